"""A drill's report on paper (演练评估报告), with its charts and a page to sign.

Everything comes from the body that was sealed; the foot of each page says which version it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from pydantic import JsonValue

from bot.charts.studio import Studio
from bot.papers.dates import day_text, moment_text
from bot.papers.drill_charts import TITLES, ChartName, charts_of
from bot.papers.typesetting import Paper
from drills.measured import Change, Measures, Step
from drills.report_bodies import Finding, ReportBody
from drills.report_words import (
    CHANGE_NAMES,
    KIND_NAMES,
    STEP_NAMES,
    difference_words,
    figure_words,
    moment_words,
    share_words,
    span_words,
)

# Below which heading a chart stands.
CHART_SECTIONS: Mapping[str, tuple[ChartName, ...]] = {
    "准备与告知": ("channels", "failures"),
    "疏散情况": ("funnel", "arrivals", "unaccounted", "floors"),
}
DRAFT = "草稿，还没有封存"


@dataclass(frozen=True, slots=True)
class SealMark:
    """Which sealed version a print is of."""

    version: int
    hash: str
    sealed_at: datetime


class Words:
    """Figures in words, for the template ``drills/report.html``."""

    share = staticmethod(share_words)
    span = staticmethod(span_words)
    figure = staticmethod(figure_words)
    difference = staticmethod(difference_words)

    @staticmethod
    def change_name(change: Change) -> str:
        """Return what a change is a change of."""
        return CHANGE_NAMES.get(change.name, change.name)

    @staticmethod
    def step_name(step: Step) -> str:
        """Return a step of the funnel by its name."""
        return STEP_NAMES[step.name]


def page_values(body: ReportBody, seal: SealMark | None) -> dict[str, object]:
    """Return what the template ``drills/report.html`` shows of a report."""
    charts = {name: chart.title for name, chart in charts_of(body.measures).items()}
    return {
        "body": body,
        "seal": seal,
        "charts": charts,
        "chart_sections": CHART_SECTIONS,
        "words": Words,
    }


def draw_charts(studio: Studio, body: ReportBody) -> dict[ChartName, bytes]:
    """Return the charts of a report as SVG; blocks, for a fifth of a second each.

    Raises:
        ChildError: as ``Studio.draw``.
    """
    return {name: studio.draw(chart) for name, chart in charts_of(body.measures).items()}


def report_paper(
    body: ReportBody,
    charts: Mapping[ChartName, bytes],
    zone: tzinfo,
    seal: SealMark | None = None,
) -> Paper:
    """Return a report to be typeset.

    Args:
        body: what was sealed, or a draft.
        charts: SVG by name, of :func:`draw_charts`.
        zone: the district's.
        seal: None for a draft, which is marked as one.
    """
    held, measures = body.subject, body.measures
    began = held.alarm_at or held.starts_at
    values: dict[str, JsonValue] = {
        "title": held.title,
        "code": f"{held.code[:4]}-{held.code[4:]}",
        "kind": KIND_NAMES.get(held.kind, held.kind),
        "place": f"{held.street}{held.community}",
        "buildings": "、".join(held.buildings),
        "assembly_point": held.assembly_point,
        "held_at": moment_text(began, zone),
        "held_on": day_text(began.astimezone(zone).date()),
        "figures": _figures(measures),
        "sections": _sections(body, charts),
        "course": [
            {"at": moment_words(one.at, zone, seconds=True), "what": one.words}
            for one in body.course
        ],
        "funnel": _funnel(measures),
        "findings": [_finding(one, zone) for one in body.findings],
        "changes": [_change(one) for one in body.earlier.changes] if body.earlier else [],
        **_seal_values(seal, zone),
    }
    return Paper("drill_report", values, {f"{name}.svg": svg for name, svg in charts.items()})


def _seal_values(seal: SealMark | None, zone: tzinfo) -> dict[str, JsonValue]:
    if seal is None:
        return {"foot": DRAFT, "is_draft": True, "hash": "", "sealed": DRAFT}
    return {
        "foot": f"第{seal.version}版　校验码 {seal.hash[:16]}",
        "is_draft": False,
        "hash": " ".join(seal.hash[place : place + 16] for place in range(0, len(seal.hash), 16)),
        "sealed": f"第{seal.version}版，{moment_text(seal.sealed_at, zone)}封存",
    }


def _figures(measures: Measures) -> JsonValue:
    lost = measures.still_unaccounted
    figures = (
        ("登记在册", f"{measures.persons}人", f"{measures.households}户"),
        ("到了集合点", f"{measures.arrived}人", f"参与率{share_words(measures.participation)}"),
        ("九成人到齐", span_words(measures.p90), "从警报响起算"),
        ("没有下落", "不详" if lost is None else f"{lost}人", "点名结束时"),
    )
    return [{"name": name, "figure": figure, "more": more} for name, figure, more in figures]


def _sections(body: ReportBody, charts: Mapping[ChartName, bytes]) -> JsonValue:
    return [
        {
            "heading": section.heading,
            "lines": list(section.lines),
            "charts": [
                {"file": f"{name}.svg", "title": TITLES[name]}
                for name in CHART_SECTIONS.get(section.heading, ())
                if name in charts
            ],
        }
        for section in body.sections
    ]


def _funnel(measures: Measures) -> JsonValue:
    whole = measures.funnel[0]
    return [
        {
            "name": STEP_NAMES[step.name],
            "persons": f"{step.persons} / {whole.persons}",
            "households": f"{step.households} / {whole.households}",
            "unknown": str(step.unknown_persons) if step.unknown_persons else "—",
        }
        for step in measures.funnel
    ]


def _finding(finding: Finding, zone: tzinfo) -> JsonValue:
    solved = finding.solved_at
    state = f"{solved.astimezone(zone):%Y-%m-%d} 已整改" if solved else "待整改"
    return {
        "kind": finding.kind,
        "where": finding.building,
        "what": finding.words,
        "owner": finding.owner,
        "due": finding.due_on,
        "state": state,
        "solution": finding.solution,
        "is_open": solved is None,
    }


def _change(change: Change) -> JsonValue:
    return {
        "name": CHANGE_NAMES.get(change.name, change.name),
        "before": figure_words(change, change.before),
        "now": figure_words(change, change.now),
        "difference": difference_words(change) or "—",
    }
