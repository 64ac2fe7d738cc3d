"""Reports in the database: made once, read by their reporter or by code, taken back, emptied."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, select, update

from hazards.anonymity import daily_mac, password_mac, read_password
from hazards.limit_store import count_up, counted
from hazards.limits import WRONG_PASSWORDS, PasswordLocked, day_of
from hazards.progress import Progress, stage_of
from hazards.store import hazard_case, hazard_report
from storage import inserted_id, new_code, read_code

_own = hazard_report.c


@dataclass(frozen=True, slots=True)
class Report:
    """One report (上报), as ``hazards.store.hazard_report`` describes its columns."""

    id: int
    code: str
    district_id: str
    source: str
    privacy: str
    reporter_id: int | None
    case_id: int | None
    standing: str
    category: str
    said: str
    building_id: int | None
    place_words: str
    floor: str
    sent_latitude: float | None
    sent_longitude: float | None
    datum: str
    is_outside: bool
    wants_notices: bool
    is_false: bool
    created_at: datetime


_COLUMNS = tuple(field.name for field in fields(Report))


def add_report(db: Connection, values: Mapping[str, Any]) -> tuple[int, str] | None:
    """Add a report under a new code; return its id and code.

    None when one with the same ``operation`` stands, also when another transaction was first.
    """
    row = {
        **values,
        "code": _free_code(db),
        "standing": "new",
        "wrong_tries": 0,
        "is_false": False,
    }
    report_id: int | None = inserted_id(db, hazard_report, row, keys=["operation"])
    return None if report_id is None else (report_id, str(row["code"]))


def complete_report(db: Connection, report_id: int, case_id: int, secret_mac: str | None) -> None:
    """Note which case a new report led to, and the HMAC of its password if it has one."""
    fresh = update(hazard_report).where(_own.id == report_id, _own.case_id.is_(None))
    db.execute(fresh.values(case_id=case_id, secret_mac=secret_mac))


def find_report(db: Connection, report_id: int) -> Report | None:
    """Return a report by its id."""
    return _first(db, _reports().where(_own.id == report_id))


def report_of_operation(db: Connection, operation: str) -> Report | None:
    """Return the report that an operation (as its HMAC) led to."""
    return _first(db, _reports().where(_own.operation == operation))


def own_report(db: Connection, typed: str, resident_id: int) -> Report | None:
    """Return a resident's report by its code as typed; None for another person's as for none."""
    code = read_code(typed)
    if code is None:
        return None
    return _first(db, _reports().where(_own.code == code, _own.reporter_id == resident_id))


def reports_of_resident(db: Connection, resident_id: int, most: int = 10) -> list[Report]:
    """Return a resident's reports, the latest first; anonymous ones lead to nobody."""
    query = _reports().where(_own.reporter_id == resident_id)
    rows = db.execute(query.order_by(_own.created_at.desc(), _own.id.desc()).limit(most))
    return [Report(*row) for row in rows]


def report_by_code(
    db: Connection, typed: str, password: str, *, key: bytes, now: datetime
) -> Report | None:
    """Return an anonymous report to whoever knows its code and password.

    A wrong password is counted, a slip (its check character is wrong) is not: call it within
    a write, and keep what it wrote.

    Args:
        db: inside a write.
        typed: the code as somebody typed it.
        password: likewise.
        key: the installation's.
        now: aware.

    Returns:
        None when there is no such report, it has no password, or this is not it: whoever
        guesses learns nothing.

    Raises:
        PasswordLocked: after ten wrong ones on one day (UTC), also for the right one.
    """
    code = read_code(typed)
    row = None if code is None else _with_mac(db, code)
    if code is None or row is None:
        return None
    today = now.astimezone(UTC).date()
    tries = daily_mac(key, today, f"password of {code}")
    if counted(db, tries, today) >= WRONG_PASSWORDS:
        raise PasswordLocked(day_of(now, ZoneInfo("UTC")).ends)
    given = read_password(password)
    if given is not None and compare_digest(password_mac(key, code, given), row):
        return _first(db, _reports().where(_own.code == code))
    if given is not None:
        count_up(db, tries, today, WRONG_PASSWORDS)
    return None


def progress(db: Connection, typed: str) -> Progress | None:
    """Return how a report goes on, to whoever knows its code; None when there is none.

    Needs no account and tells neither place nor photo nor words, so a guessed code harms nobody.
    """
    code = read_code(typed)
    row = db.execute(
        select(_own.standing, hazard_case.c.state, hazard_case.c.changed_at)
        .join(hazard_case, hazard_case.c.id == _own.case_id)
        .where(_own.code == code)
    ).first()
    if row is None or code is None:
        return None
    return Progress(code, stage_of(row.state, row.standing), row.changed_at)


def mark_withdrawn(db: Connection, report_id: int, resident_id: int) -> Report | None:
    """Mark a resident's report withdrawn while nobody has looked at it; return it then.

    None when it is not theirs, was withdrawn, or its case has moved on.
    """
    submitted = select(hazard_case.c.id).where(
        hazard_case.c.id == _own.case_id, hazard_case.c.state == "submitted"
    )
    marked = db.execute(
        update(hazard_report)
        .where(_own.id == report_id, _own.reporter_id == resident_id)
        .where(_own.standing != "withdrawn", submitted.exists())
        .values(standing="withdrawn")
    )
    return find_report(db, report_id) if marked.rowcount == 1 else None


def has_others(db: Connection, case_id: int) -> bool:
    """Tell whether anybody still stands behind a case."""
    standing = select(_own.id).where(_own.case_id == case_id, _own.standing != "withdrawn")
    return db.scalar(standing.limit(1)) is not None


def empty_reports(db: Connection, resident_id: int) -> int:
    """Empty what a resident's reports say in their own words; return how many there were.

    For whoever asks to be forgotten, before their ids are: the case stays with its place and
    photos, which the law wants kept, and nothing of it is theirs any more.
    """
    emptied = db.execute(
        update(hazard_report)
        .where(_own.reporter_id == resident_id)
        .values(
            said="",
            place_words="",
            floor="",
            sent_latitude=None,
            sent_longitude=None,
            wants_notices=False,
            reporter_id=None,
        )
    )
    return emptied.rowcount


def _free_code(db: Connection) -> str:
    """Return a code that no report has; thirty in a million draws are taken by then."""
    while True:
        code = new_code()
        if db.scalar(select(_own.id).where(_own.code == code)) is None:
            return code


def _with_mac(db: Connection, code: str) -> str | None:
    return db.scalar(select(_own.secret_mac).where(_own.code == code))


def _reports() -> Select[Any]:
    return select(*(_own[name] for name in _COLUMNS))


def _first(db: Connection, query: Select[Any]) -> Report | None:
    row = db.execute(query).first()
    return Report(*row) if row else None
