"""A drill's report as a workbook (XLSX): 概况、到达、楼层、问题、通知, with charts of its own.

Text stays text, whatever it begins with; numbers are numbers. Written to a file, sheet by sheet.
"""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, Reference, ScatterChart
from openpyxl.chart import Series as XlsxSeries
from openpyxl.chart._chart import ChartBase
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from bot.charts.specs import clock_text
from bot.papers.drill_charts import channels_of, failures_of
from bot.papers.drill_report import SealMark
from community.tables import plain_text
from drills.measured import Measures
from drills.report_bodies import ReportBody
from drills.report_words import (
    CHANGE_NAMES,
    KIND_NAMES,
    STAGE_NAMES,
    STATUS_NAMES,
    STEP_NAMES,
    difference_words,
    figure_words,
    moment_words,
    share_words,
    span_words,
)

Value = str | int | float | None
SHEETS = ("概况", "到达", "楼层", "问题", "通知")
DRILL_MARK = "【演练】这是演练的数据，不是真实火警。"
_HEADING_FILL = PatternFill("solid", fgColor="FFE8EDF2")
_WIDTHS = "ABCDEFG"


def write_workbook(body: ReportBody, path: Path, zone: tzinfo, seal: SealMark | None) -> None:
    """Write a report as XLSX.

    Args:
        body: what was sealed, or a draft.
        path: overwritten.
        zone: the district's, for moments.
        seal: None for a draft.

    Raises:
        OSError: when the file cannot be written.
    """
    book = Workbook(write_only=True)
    _overview(_sheet(book, "概况", (18, 44, 16, 16)), body, zone, seal)
    _arrivals(_sheet(book, "到达", (14, 14, 14, 14)), body.measures)
    _floors(_sheet(book, "楼层", (24, 8, 8, 12, 14)), body.measures)
    _findings(_sheet(book, "问题", (18, 16, 44, 20, 12, 12, 30)), body, zone)
    _notices(_sheet(book, "通知", (22, 12, 12, 12, 12, 12, 12)), body.measures)
    book.save(path)


def _overview(
    sheet: WriteOnlyWorksheet, body: ReportBody, zone: tzinfo, seal: SealMark | None
) -> None:
    held, measures = body.subject, body.measures
    _heading(sheet, ("项目", "内容"))
    _rows(
        sheet,
        [
            ("说明", DRILL_MARK),
            ("名称", held.title),
            ("编号", f"{held.code[:4]}-{held.code[4:]}"),
            ("类型", KIND_NAMES.get(held.kind, held.kind)),
            ("地点", f"{held.street}{held.community}"),
            ("楼栋", "、".join(held.buildings)),
            ("集合点", held.assembly_point),
            ("时间", moment_words(held.alarm_at or held.starts_at, zone)),
            ("参与率", share_words(measures.participation)),
            ("参与率（扣除外出和不参加）", share_words(measures.participation_expected)),
            ("一半人到齐", span_words(measures.median)),
            ("九成人到齐", span_words(measures.p90)),
            ("九成五到齐", span_words(measures.p95)),
            ("点名结束时没有下落（人）", measures.still_unaccounted),
            ("不在册的来人（人）", measures.guests),
            ("版本", f"第{seal.version}版" if seal else "草稿，还没有封存"),
            ("校验码（SHA-256）", seal.hash if seal else ""),
        ],
    )
    _funnel(sheet, measures)
    _changes(sheet, body)


def _funnel(sheet: WriteOnlyWorksheet, measures: Measures) -> None:
    sheet.append([])
    _heading(sheet, ("步骤", "人", "户", "情况不明的人"))
    _rows(
        sheet,
        (
            (STEP_NAMES[one.name], one.persons, one.households, one.unknown_persons)
            for one in measures.funnel
        ),
    )
    _rows(sheet, ((STATUS_NAMES.get(name, name), n) for name, n in measures.statuses.items()))


def _changes(sheet: WriteOnlyWorksheet, body: ReportBody) -> None:
    if body.earlier is None:
        return
    sheet.append([])
    _heading(sheet, ("与上次比较", "上次", "这次", "相比"))
    _rows(
        sheet,
        (
            (
                CHANGE_NAMES.get(one.name, one.name),
                figure_words(one, one.before),
                figure_words(one, one.now),
                difference_words(one),
            )
            for one in body.earlier.changes
        ),
    )


def _arrivals(sheet: WriteOnlyWorksheet, measures: Measures) -> None:
    _heading(sheet, ("警报后", "秒", "累计到达（人）", "没有下落（人）"))
    arrived = {point.seconds: point.persons for point in measures.arrivals}
    lost = {point.seconds: point.persons for point in measures.unaccounted}
    last_arrived, last_lost = 0, lost.get(0)
    moments = sorted({*arrived, *lost})
    for moment in moments:
        last_arrived = arrived.get(moment, last_arrived)
        last_lost = lost.get(moment, last_lost)
        _row(sheet, (clock_text(moment), moment, last_arrived, last_lost))
    if moments:
        _add_chart(sheet, _curve(sheet, len(moments) + 1), "F2")


def _curve(sheet: WriteOnlyWorksheet, last: int) -> ScatterChart:
    chart = ScatterChart()
    chart.title, chart.style = "到达和没有下落的人数", 13
    chart.x_axis.title, chart.y_axis.title = "警报后（秒）", "人"
    chart.x_axis.delete = chart.y_axis.delete = False
    seconds = Reference(sheet, min_col=2, min_row=2, max_row=last)
    for column in (3, 4):
        figures = Reference(sheet, min_col=column, min_row=1, max_row=last)
        chart.series.append(XlsxSeries(figures, seconds, title_from_data=True))
    return chart


def _floors(sheet: WriteOnlyWorksheet, measures: Measures) -> None:
    _heading(sheet, ("楼栋", "单元", "楼层", "用时（秒）", "用时"))
    _rows(
        sheet,
        (
            (one.building, one.stair, one.floor, one.seconds, span_words(one.seconds))
            for one in measures.floors
        ),
    )
    if measures.floors:
        last = len(measures.floors) + 1
        chart = BarChart()
        chart.type, chart.title = "bar", "每层清查完的时间（秒）"
        chart.x_axis.delete = chart.y_axis.delete = False
        chart.add_data(Reference(sheet, min_col=4, min_row=1, max_row=last), titles_from_data=True)
        chart.set_categories(Reference(sheet, min_col=3, min_row=2, max_row=last))
        _add_chart(sheet, chart, "G2")
    sheet.append([])
    _heading(sheet, ("楼栋", "单元", "已清查层", "共几层", "全部清查用时"))
    _rows(
        sheet,
        (
            (one.building, one.stair, one.swept, one.floors, span_words(one.seconds))
            for one in measures.stairs
        ),
    )


def _findings(sheet: WriteOnlyWorksheet, body: ReportBody, zone: tzinfo) -> None:
    _heading(sheet, ("类别", "楼栋", "问题", "谁来整改", "哪天前", "结果", "整改情况"))
    for one in body.findings:
        solved = f"{one.solved_at.astimezone(zone):%Y-%m-%d}已整改" if one.solved_at else "待整改"
        _row(
            sheet, (one.kind, one.building, one.words, one.owner, one.due_on, solved, one.solution)
        )


def _notices(sheet: WriteOnlyWorksheet, measures: Measures) -> None:
    _heading(sheet, ("通知", "应通知", "已送出", "打开时看到", "不清楚", "没有账号等", "点了回应"))
    for one in measures.notices:
        states = [one.states.get(state, 0) for state in ("sent", "shown", "uncertain")]
        name = STAGE_NAMES.get(one.stage, one.stage)
        _row(sheet, (name, one.audience, *states, sum(one.suppressed.values()), one.tapped))
    for heading, counted in (("渠道", channels_of(measures)), ("没有送到", failures_of(measures))):
        sheet.append([])
        _heading(sheet, (heading, "次数"))
        _rows(sheet, counted.items())


def _add_chart(sheet: WriteOnlyWorksheet, chart: ChartBase, place: str) -> None:
    # The stubs give this method to the other kind of sheet alone.
    sheet.add_chart(chart, place)  # type: ignore[misc]


def _sheet(book: Workbook, name: str, widths: Sequence[int]) -> WriteOnlyWorksheet:
    """Return a new sheet; widths and the frozen row must come before its first row."""
    sheet: WriteOnlyWorksheet = book.create_sheet(name)
    for letter, width in zip(_WIDTHS, widths, strict=False):
        # The stubs leave this out; openpyxl's own guide sets widths so.
        sheet.column_dimensions[letter].width = width  # type: ignore[attr-defined]
    sheet.freeze_panes = "A2"
    return sheet


def _rows(sheet: WriteOnlyWorksheet, rows: Iterable[Sequence[Value]]) -> None:
    for row in rows:
        _row(sheet, row)


def _row(sheet: WriteOnlyWorksheet, values: Sequence[Value]) -> None:
    sheet.append([_cell(sheet, value) for value in values])


def _cell(sheet: WriteOnlyWorksheet, value: Value) -> object:
    """Return a cell; text is marked as text, or a spreadsheet would run what begins with =."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, plain_text(value))
    cell.data_type = "s"
    if plain_text(value).lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "#")):
        cell.quotePrefix = True
    return cell


def _heading(sheet: WriteOnlyWorksheet, names: Sequence[str]) -> None:
    cells = []
    for name in names:
        cell = WriteOnlyCell(sheet, name)
        cell.font, cell.fill = Font(bold=True), _HEADING_FILL
        cells.append(cell)
    sheet.append(cells)
