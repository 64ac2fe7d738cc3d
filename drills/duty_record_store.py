"""What shows that a duty was done: sealed reports of drills, papers that staff enter, corrections.

Nothing is ever deleted: what was entered wrongly is withdrawn, with who and why.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, select, update

from community import audit
from drills.duties import Duties, Rule, SubjectKind
from drills.duty_judging import Subject, applies_to
from drills.duty_store import places_of_drill
from drills.store import drill, duty_record
from storage import inserted_id

MOST_NOTE_CHARACTERS = 500
MOST_SHOWN = 100

_record = duty_record.c


class BadEvidence(Exception):
    """A paper that cannot show that a duty was done.

    Attributes:
        problem: ``future`` (a day to come), ``too_early`` (before any version held), ``note``
            (empty or too long), ``rule`` (not one of this subject's).
    """

    permanent = True

    def __init__(self, problem: Literal["future", "too_early", "note", "rule"]) -> None:
        self.problem = problem
        super().__init__(f"evidence of a duty has a wrong {problem}: correct it and enter it again")


@dataclass(frozen=True, slots=True)
class Paper:
    """Evidence that somebody enters: a list of signatures, a photo in a folder, a report.

    Attributes:
        rule: the id of the rule.
        subject: who did it.
        done_on: the day.
        note: what was done and where the paper lies.
    """

    rule: str
    subject: Subject
    done_on: date
    note: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record; ``withdrawn_at`` is set once it does not count any more."""

    id: int
    done_on: date
    drill_id: int | None
    note: str
    staff_id: int
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: int | None
    withdrawn_note: str


def record_duty(
    db: Connection, duties: Duties, paper: Paper, staff_id: int, now: datetime
) -> int | None:
    """Enter a paper; return the record's id, None when this day stands there already.

    Args:
        db: inside a write.
        duties: the rules.
        paper: what is entered; whoever calls has looked whether its subject may be seen.
        staff_id: who enters it.
        now: when, aware.

    Raises:
        BadEvidence: when the day, the note or the rule cannot be.
    """
    _check(duties, paper, now.astimezone(duties.zone).date())
    subject = paper.subject
    key = f"paper:{paper.rule}:{subject.kind}:{subject.id}:{paper.done_on}"
    values = _values(paper.rule, subject.kind, subject.id, key=key) | {
        "district_id": subject.district_id,
        "done_on": paper.done_on.isoformat(),
        "drill_id": None,
        "note": paper.note.strip(),
        "staff_id": staff_id,
        "created_at": now,
    }
    made: int | None = inserted_id(db, duty_record, values, keys=["key"])
    if made is not None:
        _audit(db, "duty.recorded", (made, subject.district_id, staff_id), now)
    return made


def withdraw_record(
    db: Connection, record_id: int, staff_id: int, reason: str, now: datetime
) -> bool:
    """Take back a paper that was entered wrongly; False when there is none that counts.

    A record of a drill follows its sealed report and is not taken back here.

    Raises:
        BadEvidence: when no reason is given.
    """
    _check_note(reason)
    withdrawn = db.execute(
        update(duty_record)
        .where(_record.id == record_id, _record.withdrawn_at.is_(None), _record.drill_id.is_(None))
        .values(key=None, withdrawn_at=now, withdrawn_by=staff_id, withdrawn_note=reason.strip())
        .returning(_record.district_id)
    ).one_or_none()
    if withdrawn is None:
        return False
    _audit(db, "duty.withdrawn", (record_id, withdrawn[0], staff_id), now)
    return True


def record_drill(
    db: Connection, duties: Duties, drill_id: int, staff_id: int, now: datetime
) -> list[int]:
    """Note a drill whose report was sealed with every duty that it serves.

    Doing so again, as for a corrected report, adds nothing. Buildings of which it is not known
    whether a rule applies are noted too, so that nothing is lost once it is.

    Args:
        db: inside the write that seals the report.
        duties: the rules.
        drill_id: which; nothing is noted for an unknown one.
        staff_id: who sealed it.
        now: when, aware.

    Returns:
        Ids of the records that were added.
    """
    row = db.execute(select(drill).where(drill.c.id == drill_id)).one_or_none()
    if row is None:
        return []
    day = (row.alarm_at or row.starts_at).astimezone(duties.zone).date()
    added = []
    for rule, subject_id in _served(db, duties, row, day):
        key = f"drill:{drill_id}:{rule.id}:{rule.subject}:{subject_id}"
        values = _values(rule.id, rule.subject, subject_id, key=key) | {
            "district_id": row.district_id,
            "done_on": day.isoformat(),
            "drill_id": drill_id,
            "note": "",
            "staff_id": staff_id,
            "created_at": now,
        }
        made = inserted_id(db, duty_record, values, keys=["key"])
        added += [] if made is None else [int(made)]
    return added


def evidence_of(db: Connection, rule_id: str, kind: SubjectKind, subject_id: int) -> list[Evidence]:
    """Return what was noted for a duty in any period, the latest day first, withdrawn included."""
    query = (
        select(*_columns())
        .where(
            _record.rule == rule_id,
            _record.subject_kind == kind,
            _record.subject_id == subject_id,
        )
        .order_by(_record.done_on.desc(), _record.id.desc())
        .limit(MOST_SHOWN)
    )
    return [_evidence(row) for row in db.execute(query)]


def subject_of_record(db: Connection, record_id: int) -> tuple[str, SubjectKind, int] | None:
    """Return (rule id, subject kind, subject id) of a record; None when there is none."""
    query = select(_record.rule, _record.subject_kind, _record.subject_id)
    row = db.execute(query.where(_record.id == record_id)).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def _served(db: Connection, duties: Duties, row: Row[Any], day: date) -> list[tuple[Rule, int]]:
    """Return each rule that a drill serves with each subject that it serves it for."""
    places = places_of_drill(db, row.id, duties)
    found: list[tuple[Rule, int]] = []
    for rule in duties.rules_served(row.kind, row.district_id, day):
        own = [place for place in places if applies_to(rule, [place]) is not False]
        if rule.subject == "building":
            found += [(rule, place.id) for place in own]
        elif rule.subject == "community":
            found += [(rule, id_) for id_ in sorted({place.community_id for place in own})]
        else:
            found += [(rule, id_) for id_ in sorted({place.street_id for place in own})]
    return found


def _check(duties: Duties, paper: Paper, today: date) -> None:
    _check_note(paper.note)
    versions = duties.of(paper.rule)
    own = paper.subject
    if not any(one.subject == own.kind and one.holds_in(own.district_id) for one in versions):
        raise BadEvidence("rule")
    if paper.done_on > today:
        raise BadEvidence("future")
    if not any(one.holds_on(paper.done_on) for one in versions):
        raise BadEvidence("too_early")


def _check_note(note: str) -> None:
    if not 1 <= len(note.strip()) <= MOST_NOTE_CHARACTERS:
        raise BadEvidence("note")


def _values(rule: str, kind: SubjectKind, subject_id: int, *, key: str) -> dict[str, Any]:
    return {
        "rule": rule,
        "subject_kind": kind,
        "subject_id": subject_id,
        "key": key,
        "withdrawn_note": "",
    }


def _columns() -> tuple[Any, ...]:
    return tuple(_record[name] for name in Evidence.__dataclass_fields__)


def _evidence(row: Row[Any]) -> Evidence:
    named = dict(row._mapping)
    return Evidence(**{**named, "done_on": date.fromisoformat(named["done_on"])})


def _audit(db: Connection, action: str, where: tuple[int, str, int], now: datetime) -> None:
    record_id, district_id, staff_id = where
    audit.note(
        db,
        actor=f"staff:{staff_id}",
        action=action,
        subject=f"duty_record:{record_id}",
        detail={},
        now=now,
        district_id=district_id,
    )
