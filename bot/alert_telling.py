"""Alerts as they come and move on: the change and everything said of it, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.drill_telling import tell
from community.alert_store import Taken, confirm, stand_down, take
from community.alert_telling_store import (
    claim_groups,
    staff_of,
    tell_building,
    tell_household,
)
from community.alert_words import AlertWords
from community.alerts import Alert, Group, Heard, Status, Step
from community.broadcasts import CHINA, Mode, marked
from community.register_store import find_building
from community.staff import Staff

_MODES: Mapping[Status, Mode] = {"actual": "live", "exercise": "drill", "test": "test"}


@dataclass(frozen=True, slots=True)
class AlertTelling:
    """Takes alerts in, moves them on, and tells whom each step concerns, once.

    Attributes:
        words: what is said.
        zones: of the districts served, by id.
    """

    words: AlertWords
    zones: Mapping[str, ZoneInfo]

    def hear(
        self, db: Connection, source_id: int, heard: Heard, now: datetime
    ) -> tuple[Taken, Sequence[str]]:
        """Take one message of a source; return what came of it, and the channels to wake.

        Raises:
            UnknownDetector: when the source has none of that name.
        """
        taken = take(db, source_id, heard, now)
        channels: set[str] = set()
        if taken.is_new and taken.alert is not None and taken.outcome == "raised":
            channels |= set(self.tell(db, taken.alert, "received", now))
        for one in taken.spread:
            channels |= set(self.tell(db, one, "spread", now))
        for one in taken.ended:
            channels |= set(self.tell(db, one, "stood_down", now))
        return taken, sorted(channels)

    def confirm(
        self, db: Connection, alert_id: int, staff: Staff, now: datetime
    ) -> tuple[Alert, Sequence[str]]:
        """Confirm as a person, and tell the building; what two detectors agreed on it knows.

        Raises:
            BadAlert: as ``community.alert_store.confirm``.
        """
        confirmed = confirm(db, alert_id, staff, now)
        return confirmed, self.tell(db, confirmed, "spread", now)

    def stand_down(
        self, db: Connection, alert_id: int, staff: Staff, now: datetime
    ) -> tuple[tuple[Alert, ...], Sequence[str]]:
        """End an alert as a person, and tell whoever was told of it.

        Returns:
            What ended, as ``community.alert_store.stand_down``, and the channels to wake.

        Raises:
            BadAlert: as ``community.alert_store.stand_down``.
        """
        ended = stand_down(db, alert_id, staff, now)
        channels = {name for one in ended for name in self.tell(db, one, "stood_down", now)}
        return ended, sorted(channels)

    def tell(self, db: Connection, alert: Alert, step: Step, now: datetime) -> Sequence[str]:
        """Tell whom a step concerns and who has not been told of it.

        Returns:
            The channels that staff are told in, for the outbox to be woken; residents are told
            by the job ``broadcast_expand``.
        """
        channels: Sequence[str] = ()
        for group in claim_groups(db, alert, step, now):
            if group == "household":
                tell_household(db, alert, step, self.words, now)
            elif group == "building":
                tell_building(db, alert, step, self.words, now)
            else:
                channels = self._tell_staff(db, alert, (step, group), now)
        return channels

    def _tell_staff(
        self, db: Connection, alert: Alert, to: tuple[Step, Group], now: datetime
    ) -> Sequence[str]:
        step, group = to
        house = find_building(db, alert.building_id)
        where = self.words.place(house.facts.name if house else "", alert, with_room=True)
        zone = self.zones.get(alert.district_id, ZoneInfo(CHINA))
        said = marked(self.words.for_staff(alert, step, where, zone), _MODES[alert.status], "zh")
        return tell(db, staff_of(db, alert, group), said, f"alert:{alert.id}:{step}", now)
