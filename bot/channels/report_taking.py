"""Handing in what a web form holds: the place looked up, the report taken, in one transaction."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from bot.channels.report_fields import Filled, FormState, NoName
from bot.dialogue.functions import Visit
from bot.dialogue.session import Session
from bot.functions.report_names import read_name
from bot.functions.report_places import Places
from bot.messages import Account
from community.districts import District
from community.files import full_hour, note_file
from community.registers import Building
from community.store import account_of, find_account, resident_of
from community.workdays import WorkDays
from hazards.case_store import find_case
from hazards.deadlines import deadline
from hazards.drafts import Draft, Where
from hazards.intake import Intake
from hazards.sites import NoPlace
from hazards.submissions import Receipt, Submission

SOURCE = "form"
CHANNEL = "web"


class ManyBuildings(Exception):
    """The words fit several buildings; nothing was taken yet."""

    permanent = True

    def __init__(self, buildings: tuple[Building, ...]) -> None:
        self.buildings = buildings
        super().__init__(f"the place may be one of {len(buildings)} buildings: ask which")


@dataclass(frozen=True, slots=True)
class Browser:
    """Who has the form open: a visitor with or without a cookie, at an address."""

    name: str = field(repr=False)
    is_new: bool
    address: str = field(repr=False)

    @property
    def counted_as(self) -> str:
        """By what anonymous reports are counted: as in the chat, by address without a cookie."""
        return f"{SOURCE}:{self.address}" if self.is_new else f"{CHANNEL}:{self.name}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A report that was taken: its receipt, and what its reporter is told beside.

    Attributes:
        receipt: with code and, if anonymous, password.
        kind: the category's name.
        district: whose case it is.
        term: until when it is looked at, as people read it.
        is_anonymous: whether its reporter wished to be.
    """

    receipt: Receipt
    kind: str
    district: District
    term: str
    is_anonymous: bool


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes what web forms hold."""

    intake: Intake
    days: WorkDays

    @property
    def home(self) -> str:
        """The district of whoever names no place in another."""
        return next(iter(self.intake.districts))

    def take(
        self, db: Connection, filled: Filled, state: FormState, browser: Browser, now: datetime
    ) -> Taken:
        """Take a report.

        Raises:
            ManyBuildings: when they have to say first which building they mean.
            NoName: when it is to be named, and is not.
            IntakeError, NoPlace, BadCoordinates, UnknownCategory, OverLimit, Blocked: as
                ``Intake.submit``.
        """
        draft = Draft(
            category=filled.category,
            said=filled.said,
            where=self._where(db, filled, now),
            privacy=filled.privacy,
            wants_notices=filled.wants_notices and filled.privacy != "anonymous",
            begun_at=now,
            district_id=self.home,
        )
        submission = Submission(
            SOURCE,
            draft,
            reporter_id=_reporter(db, filled, browser, now),
            account_id=None,
            operation=state.operation,
            file_ids=tuple(note_file(db, one, full_hour(now)) for one in state.photos),
            sender=browser.counted_as,
            name=_name(filled),
        )
        return self._told(db, submission, self.intake.submit(db, submission, now))

    def _where(self, db: Connection, filled: Filled, now: datetime) -> Where:
        where = Where(words=filled.place)
        if filled.has_point:
            where = replace(where, latitude=filled.latitude, longitude=filled.longitude)
        if not filled.place:
            return where
        visit, places = self._visit(db, now), Places(self.intake.districts)
        read = places.answered(visit, filled.place)
        if read is None:  # no word in it
            if filled.has_point:
                return where
            raise NoPlace
        found = next(iter(read.buildings), None)
        if filled.chosen_building:
            found = places.by_code(visit, filled.chosen_building)
        elif len(read.buildings) > 1:
            raise ManyBuildings(read.buildings)
        return replace(where, building_id=found.id if found else None, floor=read.where.floor)

    def _told(self, db: Connection, submission: Submission, receipt: Receipt) -> Taken:
        case = find_case(db, receipt.case_id)
        if case is None:
            raise LookupError(f"the case {receipt.case_id} of a new report is gone")
        district = self.intake.districts[case.district_id]
        calendar = district.calendar(self.days)
        term = deadline(district, case.category, case.opened_at, calendar).text
        kind = self.intake.categories.require(case.category).name
        return Taken(receipt, kind, district, term, submission.is_anonymous)

    def _visit(self, db: Connection, now: datetime) -> Visit:
        """Return what the chat's looking up of places asks for: nobody in particular."""
        return Visit(db, Account(CHANNEL, ""), 0, Session(), "", now, {})


def _name(filled: Filled) -> str:
    if filled.privacy != "named":
        return ""
    name = read_name(filled.name)
    if not name:
        raise NoName
    return name


def _reporter(db: Connection, filled: Filled, browser: Browser, now: datetime) -> int | None:
    """Return the visitor as a resident; an anonymous one is none, and none is made of them."""
    if filled.privacy != "anonymous":
        return resident_of(db, account_of(db, CHANNEL, browser.name, now))
    known = find_account(db, CHANNEL, browser.name)
    return None if known is None else resident_of(db, known)
