"""Announcing the stages of a drill by broadcasts: joins ``drills.announcing`` to ``community``.

A drill's own approval covers its stages, so no second question is asked. All is part of the
write that brings the stage about; one stage of one course of a drill is one broadcast.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from community.broadcast_store import broadcast_by_key
from community.broadcast_write_store import cancel, make_approved
from community.broadcasts import MOST_NAMED, Audience, Draft
from community.districts import District
from drills.announcing import ANNOUNCED, Announced, Announcement, Setting, announcement
from drills.conduct_store import building_ids_of
from drills.drills import STATE_NAMES, Drill
from drills.step_store import find_step
from drills.templates import Templates
from drills.unanswered_store import unanswered_residents

# After these, nothing that was told of the drill before is of use.
_ENDING: frozenset[Announced] = frozenset({"postponed", "cancelled", "aborted"})


class BroadcastAnnouncing:
    """Makes the broadcast of a stage; ``Conducting`` is given it as ``announce``."""

    def __init__(self, districts: Mapping[str, District], templates: Templates) -> None:
        """Join what announcing needs: the districts' clocks, and the words."""
        self._districts = districts
        self._templates = templates

    def __call__(self, db: Connection, drill: Drill, stage: Announced, now: datetime) -> None:
        """Make the broadcast of a stage, and stop what is on its way when the drill ends."""
        if stage in _ENDING:
            self._stop(db, drill, now)
        told = announcement(drill, stage, self._setting(db, drill), self._templates, now)
        for key, audience in _audiences(db, drill, told):
            make_approved(db, self._draft(drill, told, key, audience), drill.approver_id, now)

    def _setting(self, db: Connection, drill: Drill) -> Setting:
        alarm = find_step(db, drill.id, "alarm")
        return Setting(
            building_ids=tuple(building_ids_of(db, drill.id)),
            zone=self._zone(drill),
            expected_at=alarm.due_at if alarm else None,
        )

    def _zone(self, drill: Drill) -> ZoneInfo:
        return ZoneInfo(self._districts[drill.district_id].timezone)

    def _draft(self, drill: Drill, told: Announcement, key: str, audience: Audience) -> Draft:
        return Draft(
            key=key,
            district_id=drill.district_id,
            street_id=drill.street_id,
            # A real incident also reaches those who want to hear no more of drills.
            purpose="alert" if told.mode == "live" else "drill",
            mode=told.mode,
            lane=told.lane,
            title=told.title,
            words=told.words,
            choices=told.choices,
            audience=audience,
            due_at=told.due_at,
            expires_at=told.expires_at,
            author_id=drill.organiser_id,
            timezone=self._zone(drill).key,
        )

    def _stop(self, db: Connection, drill: Drill, now: datetime) -> None:
        """Cancel what the drill has told and is still on its way; what has ended stays."""
        for sequence in range(drill.sequence + 1):
            for stage in ANNOUNCED:
                for part in _parts(db, f"drill:{drill.id}:{sequence}:{stage}"):
                    cancel(db, part, None, STATE_NAMES[drill.state], now)


def _audiences(db: Connection, drill: Drill, told: Announcement) -> Iterator[tuple[str, Audience]]:
    """Yield key and audience of each broadcast: one, or for the named as many as they need."""
    if not told.to_unanswered:
        yield told.key, Audience(drill.district_id, building_ids=told.building_ids)
        return
    named = unanswered_residents(db, drill.id)
    for part, first in enumerate(range(0, len(named), MOST_NAMED)):
        ids = tuple(named[first : first + MOST_NAMED])
        yield _part_key(told.key, part), Audience(drill.district_id, resident_ids=ids)


def _part_key(key: str, part: int) -> str:
    return f"{key}:{part}" if part else key


def _parts(db: Connection, key: str) -> Iterator[int]:
    """Yield the ids of the broadcasts that a stage was told by."""
    part = 0
    while (standing := broadcast_by_key(db, _part_key(key, part))) is not None:
        yield standing.id
        part += 1
