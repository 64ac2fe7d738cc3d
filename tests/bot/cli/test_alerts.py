"""``lifeline alerts``: sources and detectors, as an operator makes them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.app import open_key, open_main_database
from bot.cli import alerts
from bot.settings import Settings
from community.alert_source_store import alert_detector, find_source, secret_of
from storage import Database, metadata, migrate
from tests.community.registered import building_called, imported

HEAD = "探测器,楼栋编码,楼层,房号,类型\n"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The main database of a data folder of its own, that commands run on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIFELINE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LIFELINE_DISTRICTS", "demo")
    with open_main_database(Settings()) as opened:
        migrate(opened)
        metadata.create_all(opened.engines.write)
        imported(opened)
        yield opened


def run(*arguments: str) -> Result:
    return CliRunner().invoke(alerts.app, list(arguments))


def added() -> tuple[str, str]:
    made = run("source", "add", "--name", "烟感平台")
    assert made.exit_code == 0, made.output
    code, _, secret = made.stdout.strip().partition("\t")
    return code, secret


def test_a_source_is_shown_its_secret_once(database: Database) -> None:
    code, secret = added()

    source = database.read(lambda db: find_source(db, code))
    assert source is not None
    assert secret_of(source, open_key(Settings(), database)) == secret
    listed = run("source", "list").stdout
    assert f"{code}\t烟感平台\tdemo\t在用" in listed
    assert secret not in listed


def test_an_ended_source_stays_in_the_list(database: Database) -> None:
    code, _ = added()

    assert run("source", "end", code).exit_code == 0
    again = run("source", "end", code)

    assert again.exit_code == 2
    assert f"没有在用的来源“{code}”" in again.output
    assert "停用" in run("source", "list").stdout


def test_an_empty_list_says_how_to_begin(database: Database) -> None:
    assert "lifeline alerts source add" in run("source", "list").stdout


def test_a_source_needs_a_name_and_a_district_that_is_served(database: Database) -> None:
    assert "写清楚是哪个系统" in run("source", "add", "--name", " ").output
    elsewhere = run("source", "add", "--name", "烟感", "--district", "nowhere")
    assert "没有区县“nowhere”" in elsewhere.output


def test_detectors_come_from_a_list_and_change_with_the_next(
    database: Database, tmp_path: Path
) -> None:
    code, _ = added()
    house = building_called(database, "3栋").code
    file = tmp_path / "detectors.csv"
    file.write_text(
        f"{HEAD}s1,{house},12,1201,烟感\ng1,{house.lower()},-1,,燃气\nl1,{house},,,占道\n",
        encoding="utf-8",
    )
    first = run("detector", "import", str(file), "--source", code)
    assert "登记了3个探测器" in first.stdout, first.output
    file.write_text(f"{HEAD}s1,{house},13,1301,烟感\n", encoding="gb18030")
    assert run("detector", "import", str(file), "--source", code).exit_code == 0

    columns = [alert_detector.c[name] for name in ("external_id", "floor", "room", "kind")]
    query = select(*columns).order_by(alert_detector.c.id)
    rows = database.read(lambda db: [tuple(row) for row in db.execute(query)])
    assert rows == [("s1", 13, "1301", "smoke"), ("g1", -1, "", "gas"), ("l1", None, "", "lane")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("s1,{house},0,,烟感", "没有0层"),
        ("s1,{house},顶,,烟感", "楼层写整数"),
        ("s1,{house},1,,温感", "类型只能是烟感、燃气、占道"),
        (",{house},1,,烟感", "编号空着"),
        ("s1,{house},1,一二三四五六七八九十一二三四五六七八九十零,烟感", "房号太长"),
        ("s1,NOWHERE0,1,,烟感", "没有这个楼栋编码"),
    ],
)
def test_one_wrong_line_and_nothing_is_imported(
    database: Database, tmp_path: Path, line: str, said: str
) -> None:
    code, _ = added()
    house = building_called(database, "3栋").code
    file = tmp_path / "detectors.csv"
    right = f"ok,{house},1,,烟感\n"
    file.write_text(HEAD + right + line.format(house=house) + "\n", encoding="utf-8")

    refused = run("detector", "import", str(file), "--source", code)

    assert refused.exit_code == 2
    assert said in "".join(refused.output.replace("│", "").split())
    assert database.read(lambda db: db.execute(select(alert_detector.c.id)).all()) == []


def test_a_list_without_its_headings_or_of_an_unknown_source_is_refused(
    database: Database, tmp_path: Path
) -> None:
    code, _ = added()
    file = tmp_path / "detectors.csv"
    file.write_text("探测器,楼层\ns1,1\n", encoding="utf-8")

    without = run("detector", "import", str(file), "--source", code)
    unknown = run("detector", "import", str(file), "--source", "NOBODY00")

    assert "第一行缺这些列：楼栋编码、房号、类型" in without.output
    assert "没有在用的来源" in unknown.output
