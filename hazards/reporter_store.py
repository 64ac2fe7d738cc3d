"""What reporters say about their own reports once these are made: wishes, photos of a no."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from hazards.draft_store import FETCH_PHOTO
from hazards.store import hazard_notice, hazard_photo, hazard_report
from storage import schedule

# The moments that ask 「真的整改好了吗」.
ASKING = ("fixed", "month")

_report = hazard_report.c
_notice = hazard_notice.c


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What a reporter was asked and has not answered; ``told_at`` is aware, UTC."""

    report_id: int
    code: str
    moment: str
    told_at: datetime


def wish_notices(db: Connection, code: str, resident_id: int, *, wants: bool) -> bool:
    """Note whether a reporter wants to be told; False when the report is not theirs."""
    noted = db.execute(
        update(hazard_report)
        .where(_report.code == code, _report.reporter_id == resident_id)
        .values(wants_notices=wants)
    )
    return noted.rowcount == 1


def is_told(db: Connection, resident_id: int) -> bool:
    """Tell whether a resident wants to be told of any report of theirs."""
    wanted = select(_report.id).where(_report.reporter_id == resident_id, _report.wants_notices)
    return db.scalar(wanted.limit(1)) is not None


def stop_notices(db: Connection, resident_id: int) -> bool:
    """Tell a resident of no report of theirs any more; False when they were not told."""
    stopped = db.execute(
        update(hazard_report)
        .where(_report.reporter_id == resident_id, _report.wants_notices)
        .values(wants_notices=False)
    )
    return stopped.rowcount > 0


def open_question(db: Connection, resident_id: int, since: datetime) -> OpenQuestion | None:
    """Return the last question put to a resident since then that has no answer yet."""
    row = db.execute(
        select(_report.id, _report.code, _notice.moment, _notice.told_at)
        .join(hazard_report, _report.id == _notice.report_id)
        .where(_report.reporter_id == resident_id, _report.standing != "withdrawn")
        .where(_notice.moment.in_(ASKING), _notice.answer == "", _notice.told_at >= since)
        .order_by(_notice.told_at.desc(), _report.id.desc())
        .limit(1)
    ).first()
    return OpenQuestion(*row) if row else None


def last_asked(db: Connection, report_id: int) -> str:
    """Return the moment at which a reporter was last asked about a report, "" for never."""
    asked = db.scalar(
        select(_notice.moment)
        .where(_notice.report_id == report_id, _notice.moment.in_(ASKING))
        .order_by(_notice.round.desc(), _notice.told_at.desc())
        .limit(1)
    )
    return asked or ""


def add_no_photo(
    db: Connection, report_id: int, case_id: int, sent: tuple[str, str], now: datetime
) -> int:
    """Add the photo that goes with a no to its case, plan to fetch it, and return its id.

    Args:
        db: inside a write.
        report_id: of the reporter's own report.
        case_id: of its case.
        sent: the channel, and how it finds the photo.
        now: aware.
    """
    channel, ref = sent
    values = {
        "report_id": report_id,
        "case_id": case_id,
        "purpose": "no",
        "channel": channel,
        "ref": ref,
        "refused": "",
        "sha256": "",
        "phash": "",
        "masks": [],
        "created_at": now,
    }
    added: int = db.execute(
        insert(hazard_photo).values(values).returning(hazard_photo.c.id)
    ).scalar_one()
    schedule(db, FETCH_PHOTO, str(added), now, (added,))
    return added
