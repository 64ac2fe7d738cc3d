"""``lifeline buildings``: from an office's list to the register, in words for whoever keeps it."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.app import open_main_database
from bot.cli.buildings import app
from bot.settings import Settings
from community.building_rows import template
from storage import Database, is_valid
from tests.community.registered import (
    LIST,
    building_called,
    with_register_tables,
    workbook,
    written,
)

Buildings = Callable[..., Result]


@pytest.fixture
def buildings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Buildings:
    """Run ``lifeline buildings`` on a data folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIFELINE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("LIFELINE_DISTRICTS", raising=False)
    with opened() as database:
        with_register_tables(database)
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "名单.csv", LIST.encode("gbk"))


def opened() -> Database:
    return open_main_database(Settings())


def test_checking_writes_nothing(buildings: Buildings, file: Path) -> None:
    checked = buildings("import", file, "--add-streets")
    assert checked.exit_code == 0, checked.output
    assert "新增 4 栋，更新 0 栋，不变 0 栋。" in checked.stdout
    assert "新的镇街：双福街道、几江街道" in checked.stdout
    assert "新的社区（看看有没有写错）：幸福社区、东门社区" in checked.stdout
    assert "没有写入" in checked.stdout
    assert "还没有登记楼栋" in buildings("list").stdout


def test_applied_it_stands_in_the_register(buildings: Buildings, file: Path) -> None:
    applied = buildings("import", file, "--add-streets", "--apply")
    assert applied.exit_code == 0, applied.output
    assert "已写入" in applied.stdout
    listed = [line.split("\t") for line in buildings("list").stdout.splitlines()]
    assert [line[1:] for line in listed] == [
        ["双福街道", "幸福社区", "双福花园3栋"],
        ["双福街道", "幸福社区", "双福花园13栋"],
        ["双福街道", "幸福社区", "双福花园2栋"],
        ["几江街道", "东门社区", "江津中心A座"],
    ]
    assert all(is_valid(line[0]) for line in listed)

    again = buildings("import", file, "--apply")
    assert again.exit_code == 0
    assert "什么也不用改" in again.stdout
    assert "不变 4 栋" in again.stdout


def test_every_bad_row_is_named_and_nothing_is_written(
    buildings: Buildings, tmp_path: Path
) -> None:
    text = LIST.replace("13栋,滨江路8号,33", "三栋,滨江路8号,很高").replace("江津中心A座", "")
    bad = written(tmp_path / "bad.csv", text.encode())
    found = buildings("import", bad, "--apply")
    assert found.exit_code == 1
    lines = found.stderr.splitlines()
    assert lines[0].startswith("第2行“镇街”：写的是“双福街道”，镇街名单里没有。")
    assert "第3行“地上层数”：写的是“很高”，不是数字。只写数字，1到200。" in lines
    assert "第5行“楼栋”：没有填。补上楼栋。" in lines
    assert lines[-1] == "有 4 处要改，改好再导入；什么也没有写入。"
    assert "还没有登记楼栋" in buildings("list").stdout


def test_many_faults_are_cut_short(buildings: Buildings, tmp_path: Path) -> None:
    text = "镇街,社区,楼栋,层数\n" + "甲街,乙社区,丙栋,很高\n" * 300
    found = buildings("import", written(tmp_path / "bad.csv", text.encode()))
    assert "还有 100 处没有列出。" in found.stderr
    assert "有 300 处要改" in found.stderr


def test_a_workbook_is_taken_too(buildings: Buildings, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["街道", "社区", "楼栋", "层数", "备注"],
        ["双福街道", "幸福社区", "3栋", 33, "x"],
    ]
    book = written(tmp_path / "名单.xlsx", workbook(rows))
    assert buildings("import", book, "--apply", "--add-streets").exit_code == 0
    checked = buildings("import", book)
    assert "没有用到的列：备注" in checked.stdout
    with opened() as database:
        assert building_called(database, "3栋").facts.floors_above == 33


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "找不到表头"), (b"PK\x03\x04x", "读不出来"), (b"\xd0\xcf\x11\xe0", "旧版的.xls")],
)
def test_a_broken_file_is_explained(
    buildings: Buildings, tmp_path: Path, content: bytes, problem: str
) -> None:
    found = buildings("import", written(tmp_path / "x.csv", content))
    assert found.exit_code == 1
    assert problem in found.stderr


def test_a_missing_file_is_named(buildings: Buildings, tmp_path: Path) -> None:
    assert buildings("import", tmp_path / "nothing.csv").exit_code == 2


def test_streets_are_listed_and_added(buildings: Buildings, file: Path) -> None:
    assert "还没有登记镇街" in buildings("streets").stdout
    added = buildings("streets", "--add", "双福街道", "--add", " 几江街道 ")
    assert added.exit_code == 0, added.output
    assert sorted(added.stdout.split()) == sorted(["双福街道", "几江街道"])
    assert buildings("import", file).exit_code == 0
    assert buildings("streets", "--add", "——").exit_code == 2


def test_only_districts_that_are_served(buildings: Buildings, file: Path) -> None:
    for arguments in (("list",), ("streets",), ("import", file)):
        found = buildings(*arguments, "--district", "elsewhere")
        assert found.exit_code == 2
        assert "elsewhere" in found.stderr
    assert buildings("list", "--district", "demo").exit_code == 0


def test_the_template_opens_in_a_spreadsheet(buildings: Buildings, tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["template"]).stdout_bytes
    assert printed.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(printed.decode("utf-8-sig"))))
    assert rows == template()
    file = written(tmp_path / "模板.csv", printed)
    assert "什么也不用改" in buildings("import", file).stdout
