"""What tests of hazards need beside a town: photos, staff at the console, cases as they stand."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from time import sleep
from typing import Any

import httpx
from typer.testing import CliRunner

from bot.cli import staff
from tests.bot.console.console_service import PASSWORD, Visit
from tests.bot.console.office import do
from tests.hazards.taken import photo
from tests.platforms.loopback import wait_until
from tests.platforms.telegram import ShownMessage
from tests.platforms.wechat import Shown, WeChatUser
from tests.talk.conftest import Town
from tests.talk.towns import rows
from tests.talk.wechat_town import ids_of

__all__ = ["LANE", "PATIENCE", "Office", "code_in", "office_of", "photo"]

PATIENCE = 60.0
# Times are microseconds since 1970.
_HOUR, _YEAR_2020 = 3_600_000_000, 1_577_836_800_000_000
# Words of the code, which every report has.
_SHARED = frozenset({"anonymous", "lane_blocked", "fire_rescue", "2026-01-01"})
LANE = "2"  # 消防车道被堵, among the kinds that are offered first
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")


def code_in(shown: Shown | ShownMessage | None) -> str:
    """Return the first code in a reply, as the database keeps it."""
    found = CODE.search(shown.text if shown else "")
    assert found, shown
    return found[0].replace("-", "")


def said(shown: Shown | None) -> str:
    """Return what a reply says, "" for silence."""
    return shown.text if shown else ""


@dataclass(frozen=True)
class Coded:
    """A case as the console's addresses name it."""

    code: str


@dataclass(frozen=True)
class Office:
    """The console of a running town."""

    town: Town

    def hire(self, login: str, role: str, *place: str) -> None:
        """Add somebody as an operator does."""
        words = ["add", "--login", login, "--name", f"{login}同志", "--role", role, *place]
        settings = {"LIFELINE_DATA_DIR": str(self.town.data_dir), **self.town.settings}
        done = CliRunner().invoke(
            staff.app, [*words, "--password-stdin"], env=settings, input=f"{PASSWORD}\n"
        )
        assert done.exit_code == 0, done.output

    @contextmanager
    def opened(self, login: str) -> Iterator[Visit]:
        """Open a browser in which somebody is signed in."""
        assert self.town.service is not None
        visit = Visit(self.town.service.url)
        try:
            assert visit.sign_in(login).status_code == 303
            yield visit
        finally:
            visit.client.close()

    def case(self, code: str) -> dict[str, Any]:
        """Return the case that a report's code has led to, by column."""
        columns = ("id", "code", "state", "latitude", "longitude", "report_count", "place_words")
        wanted = ", ".join(f"c.{name}" for name in columns)
        query = (
            f"SELECT {wanted} FROM hazard_case c JOIN hazard_report r ON r.case_id = c.id"  # noqa: S608
            " WHERE r.code = ?"
        )
        (found,) = rows(self.town.data_dir, query, code)
        return dict(zip(columns, found, strict=True))

    def does(self, visit: Visit, code: str, *names: str, **fields: str) -> None:
        """Press the buttons of a case's page, one after another."""
        case = Coded(str(self.case(code)["code"]))
        for name in names:
            answer = do(visit, case, name, **fields)
            assert isinstance(answer, httpx.Response)
            assert answer.status_code == 303, answer.text

    def photos(self, code: str) -> list[tuple[int | None, str]]:
        """Return (file, why refused) of each photo of a report."""
        query = (
            "SELECT p.file_id, p.refused FROM hazard_photo p JOIN hazard_report r"
            " ON r.id = p.report_id WHERE r.code = ? ORDER BY p.id"
        )
        return rows(self.town.data_dir, query, code)

    def wait_for_photos(self, code: str, count: int) -> None:
        """Wait until every photo of a report was fetched and kept."""

        def is_kept() -> bool:
            found = self.photos(code)
            return len(found) == count and all(file for file, _ in found)

        assert wait_until(is_kept, PATIENCE), self.photos(code)


def office_of(town: Town) -> Office:
    """Return the console with a reviewer of the whole district at it."""
    office = Office(town)
    office.hire("shen", "reviewer")
    return office


def reported(who: WeChatUser, seed: int = 1, place: str = "南门大桥下") -> str:
    """Report a blocked lane with one photo; return the code."""
    who.sends_photo(photo(seed))
    who.says(LANE)
    assert "没错就提交" in said(who.says(place))
    return code_in(who.says("1"))


def hidden(who: WeChatUser, seed: int = 1) -> tuple[str, str]:
    """Report a blocked lane anonymously, with a photo; return code and password."""
    who.sends_photo(photo(seed))
    who.says(LANE)
    who.says("南门大桥下")

    def is_taken() -> bool:
        if "匿名上报好了" in said(who.says("匿名提交")):
            return True
        sleep(1)  # the photo is on its way, and whoever asks again at once asks too fast
        return False

    assert wait_until(is_taken, PATIENCE), who.last
    return code_in(who.last), who.last.text.split("密码：")[1][:9]


def shared_by(town: Town, who: WeChatUser, code: str) -> set[object]:
    """Return the texts and exact times that rows about somebody and about a report share."""
    account, resident = ids_of(town.data_dir, who.openid)
    ((report, case),) = rows(
        town.data_dir, "SELECT id, case_id FROM hazard_report WHERE code = ?", code
    )
    person = {"account_id": account, "resident_id": resident, "name": who.openid}
    hazard = {"report_id": report, "case_id": case, "subject": f"case:{case}"}
    own = {"channel_account": account, "resident": resident}
    return _told_by(town, person, own) & _told_by(
        town, hazard, {"hazard_report": report, "hazard_case": case}
    )


def names(town: Town, text: str) -> set[str]:
    """Return the tables with a row that holds a text, with or without its hyphen."""
    return {
        table
        for table, row in every_row(town)
        if any(text.replace("-", "") in str(cell).replace("-", "") for cell in row.values())
    }


def every_row(town: Town) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every row of the main database, with its table's name."""
    with closing(sqlite3.connect(f"file:{town.data_dir / 'lifeline.db'}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in tables:
            for row in db.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a table's own name
                yield table, dict(row)


def _told_by(town: Town, wanted: Mapping[str, object], own: Mapping[str, int]) -> set[object]:
    """Return what the rows tell that few others do: long texts, and times within the hour."""
    found: set[object] = set()
    for table, row in every_row(town):
        is_own = table in own and row["id"] == own[table]
        if is_own or any(row.get(name) == value for name, value in wanted.items()):
            found |= {cell for cell in row.values() if _is_telling(cell)}
    return found


def _is_telling(cell: object) -> bool:
    if isinstance(cell, str):
        return len(cell) > 7 and cell not in _SHARED
    return isinstance(cell, int) and cell > _YEAR_2020 and cell % _HOUR != 0
