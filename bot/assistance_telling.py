"""Asking once a year whether help on evacuation is still needed, and ending what nobody renews."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.assistance_telling_store import addresses_of
from bot.dialogue.session import Language
from bot.dialogue.turns import reply_to_json
from bot.functions.assistance import OFF, RENEW
from bot.messages import Choice, Reply
from bot.telling_store import Address
from community.assistance import GRACE
from community.assistance_store import (
    Registered,
    due_for_renewal,
    end_unrenewed,
    note_reminded,
)
from community.broadcasts import awake
from community.deliveries import Delivery
from community.delivery_store import queue_delivery
from community.register_store import find_building
from community.registers import Building

PURPOSE = "assistance"
# Each takes a handful of rows of its own, and nobody may wait for the writer.
ASKED_AT_ONCE = 20
ENDED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Reminding:
    """The two chores.

    Attributes:
        words: what functions say, by language.
        timezone: the district's, an IANA name; nobody is asked at night.
    """

    words: Mapping[Language, Mapping[str, str]]
    timezone: str

    def remind(self, db: Connection, now: datetime) -> int:
        """Ask up to ``ASKED_AT_ONCE`` residents whose year is over; return how many."""
        due = due_for_renewal(db, now, ASKED_AT_ONCE)
        return sum(self._ask(db, one, now) for one in due if note_reminded(db, one.id, now))

    def end(self, db: Connection, now: datetime) -> int:
        """Wipe what nobody renewed in the month of grace, chunk by chunk; return how many."""
        return end_unrenewed(db, now, ENDED_AT_ONCE)

    def _ask(self, db: Connection, due: Registered, now: datetime) -> int:
        building = find_building(db, due.building_id)
        if building is not None:
            for address in addresses_of(db, due.resident_id):
                queue_delivery(db, self._question(due, building, address, now), now)
        return 1

    def _question(
        self, due: Registered, building: Building, address: Address, now: datetime
    ) -> Delivery:
        words, until = self.words[address.language], due.renew_by + GRACE
        local = until.astimezone(ZoneInfo(self.timezone))
        day = words["assist_day"].format(year=local.year, month=local.month, day=local.day)
        choices = (
            Choice(words["assist_renew"], function=f"{RENEW}/{building.code}"),
            Choice(words["assist_withdraw"], function=f"{OFF}/{building.code}"),
        )
        said = words["assist_remind"].format(building=building.name, until=day)
        reply = Reply("chat", said, choices=choices)
        # The registration keeps its id over the years.
        key = f"assistance:{due.id}:{due.renew_by:%Y%m%d}"
        return Delivery(
            address.account_id, address.channel, "bulk", PURPOSE, [reply_to_json(reply)], key,
            due_at=awake("bulk", now, self.timezone), expires_at=until,
        )  # fmt: skip
