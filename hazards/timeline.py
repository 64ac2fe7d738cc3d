"""What happens to a case, in order: recorded once, audited, and heard by those who listen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, Protocol

from sqlalchemy import Connection

from community import audit
from hazards.cases import Actor, Case
from hazards.event_store import add_event

Kind = Literal[
    "moved",
    "noted",
    "merged",
    "split",
    "reminded",
    "escalated",
    "paused",
    "resumed",
    "asked",
    "answered",
]
# As shown to staff in the timeline (办理过程).
KIND_NAMES: Mapping[Kind, str] = MappingProxyType(
    {
        "moved": "流转",
        "noted": "备注",
        "merged": "合并",
        "split": "拆分",
        "reminded": "催办",
        "escalated": "升级督办",
        "paused": "暂停计时",
        "resumed": "恢复计时",
        "asked": "请上报人确认",
        "answered": "上报人答复",
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is about to be recorded.

    Attributes:
        kind: what.
        actor: who did it.
        from_state: of the case before; as ``case.state`` when it did not move.
        reason: words, of staff or ours; never in the audit log.
        photo_ids: the evidence.
        action: the move's name, or a word of the code for what else was done.
    """

    kind: Kind
    actor: Actor
    from_state: str = ""
    reason: str = ""
    photo_ids: tuple[int, ...] = ()
    action: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event that was recorded, with the case as it stands now."""

    id: int
    case: Case
    event: Event
    at: datetime


class Listener(Protocol):
    """Whoever hears of events."""

    def happened(self, db: Connection, event: Happened) -> None:
        """Hear of one, in its transaction."""


def record(db: Connection, case: Case, event: Event, listener: Listener, now: datetime) -> int:
    """Add an event to the timeline and return its id.

    What a reporter does is in the timeline alone: the audit log is about staff and the service.

    Args:
        db: inside a write.
        case: as it stands after the event.
        event: what happened.
        listener: hears of it.
        now: when.
    """
    row = {
        "case_id": case.id,
        "kind": event.kind,
        "from_state": event.from_state or case.state,
        "to_state": case.state,
        "role": event.actor.role,
        "staff_id": event.actor.staff_id,
        "reason": event.reason,
        "photo_ids": list(event.photo_ids),
        "at": now,
    }
    event_id = add_event(db, row)
    if event.actor.role != "reporter":
        _audit(db, case, event, event_id, now)
    listener.happened(db, Happened(event_id, case, event, now))
    return event_id


def _audit(db: Connection, case: Case, event: Event, event_id: int, now: datetime) -> None:
    detail: dict[str, str | int] = {
        "event": event_id,
        "role": event.actor.role,
        "from": event.from_state or case.state,
        "to": case.state,
        "round": case.round,
    }
    audit.note(
        db,
        actor=event.actor.audited,
        action=f"case.{event.kind}",
        subject=f"case:{case.id}",
        detail=detail | ({"action": event.action} if event.action else {}),
        now=now,
        district_id=case.district_id,
    )
