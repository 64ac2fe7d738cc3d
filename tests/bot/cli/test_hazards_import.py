"""``lifeline hazards import``: a dry run that names every bad row, then the same once for real."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection
from typer.testing import CliRunner, Result

from bot.app import open_main_database
from bot.cli.hazards_import import app
from bot.settings import Settings
from hazards.case_store import find_case
from hazards.cases import Case
from storage import Database, migrate
from tests.community.registered import workbook
from tests.hazards.casefile import case_at, open_office, written

HEADINGS = ["工单编号", "办结时间", "办结结果"]
# Long past by any clock that this runs under.
BEGUN = datetime(2026, 1, 5, 4, tzinfo=UTC)
DAY = datetime(2026, 1, 6)  # noqa: DTZ001 - as Excel has it
Import = Callable[..., Result]


def opened() -> Database:
    return open_main_database(Settings())


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Case]:
    """Two cases with numbers: of one the fix was claimed, the other has just been assigned."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIFELINE_DATA_DIR", str(tmp_path / "var"))

    def work(db: Connection) -> dict[str, Case]:
        office = open_office(db)
        made = {
            "A1": case_at(db, office, "claim_fix", BEGUN),
            "A2": case_at(db, office, "assign", BEGUN),
        }
        for number, case in made.items():
            written(db, case, external_number=number)
        return made

    with opened() as database:
        migrate(database)
        return database.write(work)


@pytest.fixture
def imported(cases: dict[str, Case], tmp_path: Path) -> Import:
    """Import rows as somebody."""

    def run(
        *rows: list[object], login: str = "demo.supervisor", more: tuple[str, ...] = ()
    ) -> Result:
        file = tmp_path / "办结.xlsx"
        file.write_bytes(workbook([HEADINGS, *rows]))
        return CliRunner().invoke(app, [str(file), "--staff", login, *more])

    return run


def state(case: Case) -> str:
    with opened() as database:
        found = database.read(lambda db: find_case(db, case.id))
    assert found is not None
    return found.state


def test_without_apply_nothing_is_done(imported: Import, cases: dict[str, Case]) -> None:
    looked = imported(["A1", DAY, "已清理"], ["A2", DAY, "已清理"])

    assert looked.exit_code == 0, looked.output
    assert "可以办理 1 件，早已办好 0 件，办不了 1 件。" in looked.stdout
    assert "第3行（A2）：案件现在是“待签收”，不能直接销号" in looked.stderr
    assert state(cases["A1"]) == "fix_claimed"


def test_applied_twice_it_is_done_once(imported: Import, cases: dict[str, Case]) -> None:
    first = imported(["A1", DAY, "已清理"], ["A2", DAY, "已清理"], more=("--apply",))
    again = imported(["A1", DAY, "已清理"], more=("--apply",))

    assert "已办理 1 件，早已办好 0 件，办不了 1 件。" in first.stdout, first.output
    assert "已办理 0 件，早已办好 1 件，办不了 0 件。" in again.stdout
    assert (state(cases["A1"]), state(cases["A2"])) == ("closed", "assigned")


def test_every_bad_row_is_named_and_nothing_is_done(
    imported: Import, cases: dict[str, Case]
) -> None:
    refused = imported(
        ["A1", DAY, "已清理"], ["A2", "昨天", "已清理"], ["", DAY, "x"], more=("--apply",)
    )

    assert refused.exit_code == 1
    assert "第3行：办结时间“昨天”看不懂。" in refused.stderr
    assert "第4行：编号“”不对。" in refused.stderr
    assert "有 2 处要改" in refused.stderr
    assert state(cases["A1"]) == "fix_claimed"


def test_whoever_imports_is_staff(imported: Import) -> None:
    refused = imported(["A1", DAY, "已清理"], login="nobody")

    assert refused.exit_code == 2
    assert "nobody" in refused.output


def test_another_district_and_no_table(imported: Import, tmp_path: Path) -> None:
    assert imported(["A1", DAY, "x"], more=("--district", "moon")).exit_code == 2
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 and nothing more")

    refused = CliRunner().invoke(app, [str(broken), "--staff", "demo.supervisor"])

    assert refused.exit_code == 1
    assert "表格文件读不出来" in refused.stderr
