"""Who of an audience can be reached how, and by when, and who cannot, and why.

The preview shows it to whoever sends, before anything leaves; the expansion uses the same rules,
so that the preview and what then happens differ only by what happened in between.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    select,
)

from community.audience_store import DEFAULT_LANGUAGE, members, resident_language
from community.broadcast_optout_store import broadcast_optout
from community.broadcasts import Audience, ignores_opt_out
from community.consents import subscription_consent
from community.deliveries import Lane
from community.reach import reach
from community.store import channel_account, resident
from storage import UtcDateTime

# push: sent at once; held: shown when they next write or open the page; "": not at all.
Way = Literal["push", "held", ""]
Suppressed = Literal["", "left", "blocked", "opted_out", "no_account"]
# As shown to people.
WAY_NAMES: Mapping[Way, str] = MappingProxyType(
    {"push": "马上能收到", "held": "下次打开时看到", "": "收不到"}
)
SUPPRESSED_NAMES: Mapping[Suppressed, str] = MappingProxyType(
    {
        "": "",
        "left": "已取消关注",
        "blocked": "已屏蔽我们",
        "opted_out": "已退订这类通知",
        "no_account": "没有聊天账号",
    }
)

# Messages a second. Telegram's limit over all chats is its own; WeChat names none, and its
# servers take a call in about a tenth of a second, one after another.
RATES: Mapping[str, float] = MappingProxyType({"telegram": 30.0, "wechat": 10.0})

_PURPOSE = bindparam("purpose", type_=String)
_NOW = bindparam("now", type_=UtcDateTime)
# What costs nothing first: a chat without limits, then an open window, then a used-up consent.
_FREE, _WINDOW, _CONSENT, _HELD, _STOPPED, _BLOCKED, _LEFT, _NONE = range(8)
_WAYS: Mapping[int, tuple[Way, Suppressed]] = {
    _FREE: ("push", ""),
    _WINDOW: ("push", ""),
    _CONSENT: ("push", ""),
    _HELD: ("held", ""),
    _STOPPED: ("", "opted_out"),
    _BLOCKED: ("", "blocked"),
    _LEFT: ("", "left"),
    _NONE: ("", "no_account"),
}


@dataclass(frozen=True, slots=True)
class Reachable:
    """How one resident is reached.

    Attributes:
        account_id: the account to write to; None exactly when ``suppressed`` says why not.
        channel: of that account; "" without one.
        way: how.
        suppressed: why they cannot be reached; "" when they can.
        language: which they chose.
    """

    resident_id: int
    account_id: int | None
    channel: str
    way: Way
    suppressed: Suppressed
    language: str = DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class ReachPreview:
    """What a broadcast would do if it left now; the counts add up to ``audience``.

    Attributes:
        audience: residents, each once.
        ways: (channel, way) → residents who can be reached.
        reasons: why not → residents who cannot, for a poster, a call or a knock.
        finishes_at: when the last push would have left.
    """

    audience: int
    ways: Mapping[tuple[str, Way], int]
    reasons: Mapping[Suppressed, int]
    finishes_at: datetime

    @property
    def pushed(self) -> int:
        """How many get it at once."""
        return self._count("push")

    @property
    def held(self) -> int:
        """How many see it when they next write or open the page."""
        return self._count("held")

    @property
    def unreachable(self) -> int:
        """How many are not reached at all."""
        return sum(self.reasons.values())

    def _count(self, way: Way) -> int:
        return sum(count for (_, found), count in self.ways.items() if found == way)


def reach_preview(
    db: Connection, audience: Audience, purpose: str, now: datetime, lane: Lane = "bulk"
) -> ReachPreview:
    """Count how an audience would be reached; for reading only, it looks at each resident.

    Args:
        db: for reading.
        audience: whom.
        purpose: what it is about.
        now: when sending would begin.
        lane: how urgent; an alert of danger reaches those, too, who stopped alerts.
    """
    obeys = not ignores_opt_out(lane, purpose)
    found = _ranked(members(db, audience), obeys=obeys).subquery().c
    kinds = (found.rank, found.channel, found.has_stopped)
    query = select(*kinds, func.count().label("residents")).where(found.place == 1)
    rows = db.execute(query.group_by(*kinds), {"purpose": purpose, "now": now})
    ways: Counter[tuple[str, Way]] = Counter()
    reasons: Counter[Suppressed] = Counter()
    for row in rows:
        way, suppressed = _outcome(row)
        if suppressed:
            reasons[suppressed] += row.residents
        else:
            ways[row.channel, way] += row.residents
    total = ways.total() + reasons.total()
    finishes_at = now + timedelta(seconds=_seconds(ways))
    return ReachPreview(total, dict(ways), dict(reasons), finishes_at)


def best_accounts(
    db: Connection,
    resident_ids: Collection[int],
    purpose: str,
    now: datetime,
    lane: Lane = "bulk",
) -> list[Reachable]:
    """Return for each of up to 500 residents how they are best reached, by id.

    Args:
        db: for reading.
        resident_ids: who.
        purpose: what it is about, for consents and who stopped it.
        now: when it would be sent.
        lane: how urgent.
    """
    asked = {"ids": list(resident_ids), "purpose": purpose, "now": now}
    rows = db.execute(_best(obeys=not ignores_opt_out(lane, purpose)), asked)
    return [_reached(row) for row in rows]


@cache
def _best(*, obeys: bool) -> Select[Any]:
    """Return the statement behind ``best_accounts``; built once, for that costs half of a run."""
    ranked = _ranked(bindparam("ids", expanding=True), obeys=obeys).subquery()
    return select(ranked).where(ranked.c.place == 1).order_by(ranked.c.resident_id)


def _ranked(whose: BindParameter[Any] | Select[Any], *, obeys: bool) -> Select[Any]:
    """Return the query of each resident's accounts, ``place`` 1 being the best.

    Of equals the one last written from is better; a resident without any has one row, too. What
    was asked for is bound to ``purpose`` and ``now``.
    """
    rank = _rank(obeys=obeys)
    stopped = broadcast_optout.c
    better = (rank, reach.c.wrote_at.desc().nulls_last(), channel_account.c.id)
    return (
        select(
            resident.c.id.label("resident_id"),
            channel_account.c.id.label("account_id"),
            channel_account.c.channel,
            rank.label("rank"),
            and_(stopped.purpose.is_not(None), literal(obeys)).label("has_stopped"),
            resident_language.c.language,
            func.row_number().over(partition_by=resident.c.id, order_by=better).label("place"),
        )
        .outerjoin(channel_account, channel_account.c.resident_id == resident.c.id)
        .outerjoin(reach, reach.c.account_id == channel_account.c.id)
        .outerjoin(
            broadcast_optout,
            and_(stopped.resident_id == resident.c.id, stopped.purpose == _PURPOSE),
        )
        .outerjoin(resident_language, resident_language.c.resident_id == resident.c.id)
        .where(resident.c.id.in_(whose))
    )


def _rank(*, obeys: bool) -> ColumnElement[int]:
    """Return how well an account can be written to, the best first."""
    allows = _said("accepted")
    has_withdrawn = and_(literal(obeys), _said("withdrawn"), ~allows)
    has_window = and_(reach.c.window_left > 0, reach.c.window_ends_at > _NOW)
    return case(
        (channel_account.c.id.is_(None), _NONE),
        (reach.c.left_at.is_not(None), _LEFT),
        (reach.c.blocked_at.is_not(None), _BLOCKED),
        (has_withdrawn, _STOPPED),
        (channel_account.c.channel == "telegram", _FREE),
        (channel_account.c.channel != "wechat", _HELD),
        (has_window, _WINDOW),
        (allows, _CONSENT),
        else_=_HELD,
    )


def _said(state: str) -> ColumnElement[bool]:
    """Return whether an account has said this to a template of the purpose."""
    consent = subscription_consent.c
    return exists().where(
        consent.account_id == channel_account.c.id,
        consent.purpose == _PURPOSE,
        consent.state == state,
    )


def _outcome(row: Row[Any]) -> tuple[Way, Suppressed]:
    """Return way and reason; whoever stopped the purpose is reached by no account."""
    return _WAYS[max(row.rank, _STOPPED) if row.has_stopped else row.rank]


def _reached(row: Row[Any]) -> Reachable:
    way, suppressed = _outcome(row)
    language = row.language or DEFAULT_LANGUAGE
    if suppressed:
        return Reachable(row.resident_id, None, "", "", suppressed, language)
    return Reachable(row.resident_id, row.account_id, row.channel, way, "", language)


def _seconds(ways: Mapping[tuple[str, Way], int]) -> float:
    """Return how long the slowest channel takes; they all send at the same time."""
    pushes = [count / RATES[channel] for (channel, way), count in ways.items() if way == "push"]
    return max(pushes, default=0.0)
