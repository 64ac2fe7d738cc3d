"""Telling organiser and helpers of a drill what needs them, in the chats they bound."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.dialogue.turns import reply_to_json
from bot.messages import Reply
from community.deliveries import Delivery
from community.delivery_store import queue_delivery
from community.staff_entry_store import bound_accounts
from community.store import address_of
from drills.check_in_store import helpers
from drills.drill_store import buildings_of
from drills.drills import Drill, Stage
from drills.roll_change_store import CheckIn
from drills.rollcall import Line

PURPOSE = "drill"
# Longer than any drill, so that a phone that comes back into a network still shows it.
LASTS = timedelta(hours=3)


class HelpCalls:
    """Queues a call for help to everybody who helps at a drill; made once."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """``words`` are what functions say, in Chinese, as staff read them."""
        self._words = words

    def __call__(
        self, db: Connection, drill: Drill, called: CheckIn, now: datetime
    ) -> Sequence[str]:
        """Queue it, once for each home and account; return the channels it went to."""
        key = f"drill:{drill.id}:help:{called.line.id}"
        return tell(db, helpers(db, drill), self._sentence(db, drill, called.line), key, now)

    def _sentence(self, db: Connection, drill: Drill, line: Line) -> str:
        names = {one.id: one.name for one in buildings_of(db, drill.id)}
        building = names.get(line.building_id, "")
        where = self._words["drill_room" if line.room else "drill_somewhere"]
        return self._words["drill_call_for_help"].format(
            title=drill.title, where=where.format(building=building, room=line.room)
        )


class StepCalls:
    """Tells the organiser that a stage was missed, or waits for somebody to decide."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """``words`` as ``HelpCalls``."""
        self._words = words

    def __call__(self, db: Connection, drill: Drill, stage: Stage, now: datetime) -> None:
        """Queue it once; who bound no chat sees it in the console."""
        name = f"drill_ask_{stage}" if stage in {"alarm", "roll_close"} else "drill_ask_notice"
        said = self._words[name].format(title=drill.title)
        tell(db, [drill.organiser_id], said, f"drill:{drill.id}:ask:{stage}", now)


def tell(
    db: Connection, staff_ids: Iterable[int], said: str, key: str, now: datetime
) -> Sequence[str]:
    """Queue a sentence to staff in every chat they bound, once under ``key``.

    Returns:
        The channels it went to, for the outbox to be woken.
    """
    body = [reply_to_json(Reply("chat", said))]
    channels: set[str] = set()
    for account_id in (one for staff_id in staff_ids for one in bound_accounts(db, staff_id)):
        channel, _ = address_of(db, account_id)
        sent = Delivery(
            account_id, channel, "alarm", PURPOSE, body, key, due_at=now, expires_at=now + LASTS
        )
        if queue_delivery(db, sent, now) is not None:
            channels.add(channel)
    return sorted(channels)
