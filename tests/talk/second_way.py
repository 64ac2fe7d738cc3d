"""The whole service in one process, with a clock that tests move: chat, pages, later work.

Residents use the web chat, whose photos are really kept; staff act by the rules of casework or
by the console's own forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, func, select
from starlette.applications import Starlette

from bot.assembly import Premises, drills_of, house_of, parts_of, refused_photos
from bot.channels import web
from bot.channels.web_photos import WebPhotos
from bot.dialogue.brain import Brain
from bot.dialogue.conversation import Conversation
from bot.hazard_parts import HazardParts
from bot.messages import Account, Media, Place, Utterance, plain_text
from bot.pages import Around, Pages
from bot.settings import Settings
from community.building_apply import apply_import
from community.building_import import plan_import
from community.building_rows import read_building_list
from community.building_sheets import read_csv
from community.files import FILES_FOLDER, note_file
from community.register_store import street
from community.staff import Post, Role
from community.staff_store import add_staff
from community.store import find_account, resident_of
from hazards.anonymity import new_password
from hazards.case_store import find_case, photos_of
from hazards.cases import Act, Actor, Case
from hazards.casework import move
from hazards.following import FollowJobs
from hazards.photo_store import Home, attach_files, note_looks
from hazards.photos import Photos
from hazards.report_store import Report
from hazards.reward_store import reward_of_report
from hazards.rewards import approve
from hazards.store import hazard_report
from storage import Database, Jobs, metadata, read_code
from storage.work_runs import InlineWork
from tests.bot.channels.web_service import serving
from tests.bot.console.console_service import PASSWORD_HASH, Visit
from tests.hazards.taken import photo

KEY = b"second way: thirty-two bytes key"
ZONE = ZoneInfo("Asia/Shanghai")
ANN, BOB, CAT = (Account("web", name) for name in ("ann-of-3", "bob-of-3", "cat-of-5"))
# The Thursday before 中秋 2026 (25 to 27 September), noon.
NOON = datetime(2026, 9, 24, 4, tzinfo=UTC)
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")
BUILDINGS = """镇街,社区,小区,楼栋,层数,物业电话,纬度,经度
城东街道,文汇社区,阳光小区,3栋,33,023-79220001,29.5300,108.7700
城东街道,文汇社区,阳光小区,5栋,33,023-79220002,29.5320,108.7720
"""
# Words of the code, which every report has.
SHARED = frozenset({"anonymous", "corridor_blocked", "fire_rescue", "2026-01-01"})
# Who makes which move.
WHO = {
    "screen": "shen",
    "assign": "shen",
    "reject": "shen",
    "refer": "shen",
    "accept": "ban",
    "rectify": "ban",
    "claim_fix": "ban",
    "verify": "du",
    "close": "du",
}
TO_THE_FIX = ("screen", "assign", "accept", "rectify", "claim_fix")


@dataclass
class Clock:
    """The time, as a test sets it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Walk:
    """A district at work: residents who write, staff who act, and time that passes."""

    database: Database
    data_dir: Path
    brain: Brain
    district: str = "demo"
    clock: Clock = field(default_factory=Clock)
    staff: dict[str, Actor] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        (self.data_dir / FILES_FOLDER).mkdir(parents=True, exist_ok=True)
        self._register()
        street_id = self.database.read(lambda db: db.scalars(select(street.c.id)).first())
        self._hire("shen", "reviewer")
        self._hire("du", "supervisor")
        self._hire("zhi", "duty_officer")
        self._hire("ban", "department", street_id=street_id)
        self._hire("xiao", "department", department="fire_rescue")

    @cached_property
    def parts(self) -> HazardParts:
        return parts_of(Premises((self.district,), KEY), self.clock)

    @cached_property
    def talk(self) -> Conversation:
        house = house_of(Premises((self.district,), KEY), self.clock, parts=self.parts)
        return Conversation(self.database, self.brain, self.clock, ZONE, house)

    @cached_property
    def web_photos(self) -> WebPhotos:
        return WebPhotos(self.data_dir / FILES_FOLDER, KEY)

    @cached_property
    def photos(self) -> Photos:
        fetch = {"web": self.web_photos.fetch}
        return Photos(self.data_dir / FILES_FOLDER, KEY, fetch, refused_photos(self.clock))

    @cached_property
    def work(self) -> InlineWork:
        jobs = Jobs()
        FollowJobs(self.parts.rules).register(jobs)
        self.photos.register(jobs)
        return InlineWork(self.database, jobs, self.clock)

    # -- residents --------------------------------------------------------------------------

    def says(self, who: Account, text: str = "", *, at: Place | None = None) -> str:
        """Write something, or send a place, and return what is answered; a second passes."""
        return self._sends(who, text, (), at)

    def sends_photo(self, who: Account, seed: int, text: str = "") -> str:
        """Send a photo through the web chat."""
        name = self.web_photos.keep(photo(seed)).name
        return self._sends(who, text, (Media("photo", name),), None)

    def reports(self, who: Account, what: str, seed: int = 0) -> str:
        """Report in words, with a photo if there is a ``seed``; return the code."""
        said = self.sends_photo(who, seed, what) if seed else self.says(who, f"举报 {what}")
        assert "没错就提交" in said, said
        done = self.says(who, "1")
        assert done.startswith("上报好了"), done
        assert "有进展就告诉你" in self.says(who, "要通知")
        return code_in(done)

    def is_told(self, who: Account) -> str:
        """Return what waited for somebody and is shown when they write again, minutes later."""
        self.passes(minutes=5)
        return self.says(who, "你好")

    def _sends(self, who: Account, text: str, media: tuple[Media, ...], at: Place | None) -> str:
        self.clock.now += timedelta(seconds=1)
        number = f"m{next(self.numbers)}"
        said = Utterance(who, number, text, self.clock(), media=media, place=at)
        turn = self.talk.receive(said)
        return "\n\n".join(plain_text(reply) for reply in turn.replies)

    # -- staff ------------------------------------------------------------------------------

    def case_of(self, code: str) -> Case:
        """Return the case that a report's code leads to, as it stands."""
        report = self.report_of(code)
        assert report.case_id is not None
        case_id = report.case_id
        found = self.database.read(lambda db: find_case(db, case_id))
        assert found is not None
        return found

    def version_of(self, case_id: int) -> int:
        """Return the version of a case, as it stands."""
        found = self.database.read(lambda db: find_case(db, case_id))
        assert found is not None
        return found.version

    def report_of(self, code: str) -> Report:
        """Return a report by its code."""
        read = read_code(code)
        wanted = select(*(hazard_report.c[name] for name in Report.__dataclass_fields__))
        row = self.database.read(
            lambda db: db.execute(wanted.where(hazard_report.c.code == read)).one()
        )
        return Report(*row)

    def moves(self, code: str, *names: str, reason: str = "按规定", **by: str) -> Case:
        """Make moves as staff do, each with what it needs; ``by`` names who else makes one."""
        for name in names:
            case = self.case_of(code)
            actor = self.staff[by.get(name, WHO.get(name, ""))]
            photos = (self._photo(case),) if name in {"claim_fix", "confirm_fixed"} else ()
            handler = "street" if name == "assign" else ""
            act = Act(actor, case.version, reason, photos, handler)
            self.write(partial(self._move, case, name, act))
        return self.case_of(code)

    def write(self, work: Callable[[Connection], object]) -> None:
        """Write something as a minute passes."""
        self.clock.now += timedelta(minutes=1)
        self.database.write(work)

    def approves(self, code: str) -> None:
        """Have the reward of a report approved by somebody with no part in it."""
        report = self.report_of(code)
        reward = self.database.read(lambda db: reward_of_report(db, report.id))
        assert reward is not None
        assert reward.state == "proposed"
        staff_id = self.staff["zhi"].staff_id or 0
        self.write(lambda db: approve(db, reward.id, staff_id, self.clock()))

    def photo_purposes(self, case: Case) -> list[str]:
        """Return what the photos of a case were sent for."""
        return [one.purpose for one in self.database.read(lambda db: photos_of(db, case.id))]

    def _move(self, case: Case, name: str, act: Act, db: Connection) -> None:
        move(db, case.id, name, act, self.parts.rules, self.clock())

    def _photo(self, case: Case) -> int:
        kept = self.photos.keep(photo(900 + next(self.numbers)))

        def work(db: Connection) -> int:
            file_id = note_file(db, kept.file, self.clock())
            home = Home(None, case.id, "fix", self.clock())
            photo_id = attach_files(db, [file_id], home)[0]
            note_looks(db, photo_id, kept.looks)
            return photo_id

        return self.database.write(work)

    def _hire(self, login: str, role: Role, **place: object) -> None:
        post = Post(role, self.district, **place)  # type: ignore[arg-type]

        def work(db: Connection) -> int:
            return add_staff(db, login, f"{login}同志", PASSWORD_HASH, [post], self.clock())

        self.staff[login] = Actor(role, self.database.write(work))

    # -- what is kept -------------------------------------------------------------------------

    def count_reports(self) -> int:
        """Return how many reports there are."""
        counted = select(func.count()).select_from(hazard_report)
        return self.database.read(lambda db: int(db.execute(counted).scalar_one()))

    def traces_of(self, who: Account, *secrets: str) -> list[str]:
        """Return the tables whose rows hold somebody's name beside a report's, or a password."""
        code, password = (one.replace("-", "") for one in secrets)
        found = []
        for table, row in self.rows():
            told = " ".join(texts(row)).replace("-", "")
            is_both = who.name.replace("-", "") in told and code in told
            if is_both or password in told:
                found.append(table)
        return found

    def shared_by(self, who: Account, code: str) -> set[object]:
        """Return what rows about somebody and rows about a report have in common.

        Ids of both are small numbers; long texts and exact times are what could join them.
        """
        account, resident = self.database.read(partial(_ids_of, who))
        report = self.report_of(code)
        about_them = {("channel_account", "id", account), ("resident", "id", resident)}
        of_report = {("hazard_report", "id", report.id), ("hazard_case", "id", report.case_id)}
        for table, _ in self.rows():
            about_them |= {(table, "account_id", account), (table, "resident_id", resident)}
            of_report |= {(table, "report_id", report.id), (table, "case_id", report.case_id)}
            of_report |= {(table, "subject", f"case:{report.case_id}")}
        return self._told_by(about_them) & self._told_by(of_report)

    def _told_by(self, wanted: set[tuple[str, str, object]]) -> set[object]:
        found: set[object] = set()
        for table, row in self.rows():
            if any((table, name, value) in wanted for name, value in row.items() if _is_id(value)):
                found |= told_in(row)
        return found

    def rows(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Yield every row of every table, with the table's name."""
        for table in metadata.sorted_tables:
            found = self.database.read(partial(_rows_of, table))
            yield from ((table.name, dict(row)) for row in found)

    # -- time and pages -----------------------------------------------------------------------

    def comes(self, month: int, day: int, hour: int, minute: int = 0) -> None:
        """Let it become a time of 2026 in Chongqing, with all that is due by then."""
        self.clock.now = datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)
        self.work.run_due(self.clock())

    def passes(self, **step: float) -> None:
        """Let time pass, with all that is due by then."""
        self.clock.now += timedelta(**step)
        self.work.run_due(self.clock())

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Serve all pages over this database, and yield their address."""
        settings = Settings(  # type: ignore[call-arg]
            _env_file=None, data_dir=self.data_dir, districts=(self.district,)
        )
        pages = Pages(
            Around(
                settings, self.database, KEY, self.clock, self.talk, self.parts,
                drills_of(Premises((self.district,), KEY)), self.photos, self.web_photos,
                lambda _channel: None,
            )
        )  # fmt: skip
        try:
            with serving(Starlette(routes=pages.routes(), middleware=web.middleware())) as url:
                yield url
        finally:
            pages.close()

    def _register(self) -> None:
        listed = read_building_list(read_csv(BUILDINGS.encode()))
        district = self.parts.districts[self.district]
        plan = self.database.read(
            lambda db: plan_import(
                db, listed, district_id=district.id, district_name=district.name, add_streets=True
            )
        )
        assert plan.faults == ()
        apply_import(self.database, plan, self.clock())


@contextmanager
def signed_in(url: str, *logins: str) -> Iterator[list[Visit]]:
    """Open a browser for each, in which they are signed in."""
    visits = [Visit(url) for _ in logins]
    try:
        for visit, login in zip(visits, logins, strict=True):
            assert visit.sign_in(login).status_code == 303
        yield visits
    finally:
        for visit in visits:
            visit.client.close()


def wrong_passwords(most: int, right: str) -> list[str]:
    """Return passwords that are none, though their check characters are right."""
    return [one for one in (new_password() for _ in range(most + 1)) if one != right][:most]


def texts(value: object) -> Iterator[str]:
    """Yield every text in a value, however deep."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
    elif value is not None:
        yield str(value)


def told_in(row: dict[str, object]) -> set[object]:
    """Return what a row tells that few other rows tell: long texts, and exact times."""
    long = {text for text in texts(row) if len(text) > 7 and text not in SHARED}
    times = {one for one in row.values() if isinstance(one, datetime)}
    exact = {one for one in times if one.minute or one.second or one.microsecond}
    return (long - {str(one) for one in times}) | exact


def _is_id(value: object) -> bool:
    return isinstance(value, int | str)


def _ids_of(who: Account, db: Connection) -> tuple[int, int]:
    account_id = find_account(db, who.channel, who.name)
    assert account_id is not None
    return account_id, resident_of(db, account_id)


def _rows_of(table: Table, db: Connection) -> list[dict[str, object]]:
    return [dict(row._mapping) for row in db.execute(select(table))]


def code_in(text: str) -> str:
    """Return the first code in what was said."""
    found = CODE.search(text)
    assert found, text
    return found[0]
