"""Calendar feeds: their secrets, of which only HMACs are kept, and what stands in them."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from community import audit
from community.keys import derived_key
from community.register_store import building, building_facts, buildings_query, community, street
from community.staff import Area
from drills.calendar import Deadline, ListedDrill, Shown
from drills.duties import Duties, Period, Rule
from drills.duty_judging import Duty, Judge
from drills.duty_store import facts_between
from drills.store import calendar_feed, drill, drill_building, duty_record

SECRET_BYTES = 32
MOST_NAME_CHARACTERS = 80
# What a secret of ours looks like; nothing else is looked up.
MOST_SECRET_CHARACTERS = 64

_feed = calendar_feed.c


class BadFeed(Exception):
    """A feed that cannot be made.

    Attributes:
        problem: ``name`` (empty or too long), ``place`` (no such street or community there).
    """

    permanent = True

    def __init__(self, problem: Literal["name", "place"]) -> None:
        self.problem = problem
        super().__init__(f"a calendar feed has a wrong {problem}: correct it and make it again")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a feed shows: a whole district, one of its streets, or one of its communities."""

    district_id: str
    street_id: int | None = None
    community_id: int | None = None

    @property
    def place(self) -> str:
        """Tells the deadlines of one place from those of another, for good."""
        if self.community_id is not None:
            return f"community{self.community_id}"
        return self.district_id if self.street_id is None else f"street{self.street_id}"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed; ``ended_at`` is set once its address leads nowhere."""

    id: int
    scope: Scope
    name: str
    staff_id: int
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedMaker:
    """Who makes or ends feeds, and with what.

    Attributes:
        staff_id: who.
        area: where they may.
        key: the installation's.
    """

    staff_id: int
    area: Area
    key: bytes


def add_feed(
    db: Connection, scope: Scope, name: str, maker: FeedMaker, now: datetime
) -> tuple[int, str]:
    """Make a feed; return its id and its secret, which nobody can read again.

    Raises:
        BadFeed: when the name says nothing, or the place is not there or not in the area.
    """
    told = name.strip()
    if not 1 <= len(told) <= MOST_NAME_CHARACTERS or not told.isprintable():
        raise BadFeed("name")
    if not _is_there(db, scope) or not maker.area.holds(scope.district_id, scope.street_id):
        raise BadFeed("place")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    values = {
        "secret_mac": _mac(maker.key, secret),
        "district_id": scope.district_id,
        "street_id": scope.street_id,
        "community_id": scope.community_id,
        "name": told,
        "staff_id": maker.staff_id,
        "created_at": now,
    }
    feed_id = int(db.execute(insert(calendar_feed).values(values).returning(_feed.id)).scalar_one())
    _audit(db, "calendar_feed.made", feed_id, (scope.district_id, maker.staff_id), now)
    return feed_id, secret


def end_feed(db: Connection, feed_id: int, maker: FeedMaker, now: datetime) -> bool:
    """Have a feed's address lead nowhere; False when none of the area still leads somewhere."""
    ended = db.execute(
        update(calendar_feed)
        .where(_feed.id == feed_id, _feed.ended_at.is_(None), _within(maker.area))
        .values(ended_at=now)
        .returning(_feed.district_id)
    ).one_or_none()
    if ended is None:
        return False
    _audit(db, "calendar_feed.ended", feed_id, (ended[0], maker.staff_id), now)
    return True


def feeds_in(db: Connection, area: Area) -> list[Feed]:
    """Return the feeds of an area, the latest first, ended ones last."""
    query = select(calendar_feed).where(_within(area))
    order = (_feed.ended_at.is_not(None), _feed.id.desc())
    return [_feed_from(row) for row in db.execute(query.order_by(*order))]


def feed_of(db: Connection, secret: str, key: bytes) -> Feed | None:
    """Return the feed that a secret opens; None for an unknown one and an ended one.

    The secret is compared as its HMAC alone, so that time tells nothing of it.
    """
    if not secret.isascii() or len(secret) > MOST_SECRET_CHARACTERS:
        return None
    own = (_feed.secret_mac == _mac(key, secret), _feed.ended_at.is_(None))
    row = db.execute(select(calendar_feed).where(*own)).one_or_none()
    return _feed_from(row) if row else None


def shown_in(db: Connection, feed: Feed, duties: Duties, on: date) -> Shown:
    """Return what stands in a feed: last year's drills to next year's, and their deadlines."""
    days = date(on.year - 1, 1, 1), date(on.year + 1, 12, 31)
    return Shown(
        feed.name,
        feed.scope.place,
        duties.zone,
        tuple(drills_between(db, feed.scope, days, duties)),
        tuple(deadlines_between(db, feed.scope, days, duties, on)),
    )


def drills_between(
    db: Connection, scope: Scope, days: tuple[date, date], duties: Duties
) -> Iterator[ListedDrill]:
    """Yield the drills of a place that begin within some days, ended ones too, by their time."""
    wanted = _of_drill(scope, days, duties)
    own = drill.c
    query = (
        select(
            own.id, own.code, own.title, own.state, own.sequence, own.starts_at,
            own.lasts_minutes, own.assembly_point, own.changed_at,
            street.c.name.label("street"), community.c.name.label("community"),
        )
        .join(street, street.c.id == own.street_id)
        .join(community, community.c.id == own.community_id)
        .where(wanted)
        .order_by(own.starts_at, own.id)
    )  # fmt: skip
    rows = db.execute(query).all()
    names = _building_names(db, wanted)
    return (_listed(row, names.get(row.id, ())) for row in rows)


def deadlines_between(
    db: Connection, scope: Scope, days: tuple[date, date], duties: Duties, on: date
) -> Iterator[Deadline]:
    """Yield what is due in a place within some days, each rule and period once."""
    area = Area(streets=frozenset({scope.street_id})) if scope.street_id else Area()
    if scope.street_id is None:
        area = Area(frozenset({scope.district_id}))
    facts = facts_between(db, area, days, on, duties)
    judge = Judge(facts)
    changed = _latest_record(db, scope.district_id)
    for rule, period in duties.periods(*days):
        if not rule.holds_in(scope.district_id):
            continue
        owed = [one for one in judge.duties(rule, period, on) if _is_of(one, scope)]
        if owed:
            since = datetime.combine(rule.since, time(), duties.zone)
            yield _deadline(rule, period, owed, max(changed or since, since))


def _deadline(rule: Rule, period: Period, owed: list[Duty], changed_at: datetime) -> Deadline:
    done = sum(one.state == "done" for one in owed)
    return Deadline(rule, period, len(owed), done, changed_at)


def _is_of(duty: Duty, scope: Scope) -> bool:
    return scope.community_id in (None, duty.subject.community_id)


def _listed(row: Row[*tuple[Any, ...]], buildings: tuple[str, ...]) -> ListedDrill:
    return ListedDrill(
        row.code,
        row.title,
        row.state,
        row.sequence,
        row.starts_at,
        row.lasts_minutes,
        row.assembly_point,
        f"{row.street}{row.community}",
        buildings,
        row.changed_at,
    )


def _building_names(db: Connection, wanted: ColumnElement[bool]) -> Mapping[int, tuple[str, ...]]:
    """Return the names of the buildings of some drills, by the drill."""
    seen = (
        buildings_query()
        .join(drill_building, drill_building.c.building_id == building.c.id)
        .join(drill, drill.c.id == drill_building.c.drill_id)
        .add_columns(drill_building.c.drill_id, building_facts.c.sort_key)
        .where(wanted)
        .subquery()
        .c
    )
    query = select(seen.drill_id, seen.name).order_by(seen.sort_key, seen.id)
    found: dict[int, tuple[str, ...]] = {}
    for drill_id, name in db.execute(query):
        found[drill_id] = (*found.get(drill_id, ()), name)
    return found


def _latest_record(db: Connection, district_id: str) -> datetime | None:
    """Return when a district's evidence last changed."""
    own = duty_record.c
    query = select(func.max(own.created_at), func.max(own.withdrawn_at))
    row = db.execute(query.where(own.district_id == district_id)).one()
    return max((at for at in row if at is not None), default=None)


def _of_drill(scope: Scope, days: tuple[date, date], duties: Duties) -> ColumnElement[bool]:
    """Return the condition of drills of a place that begin within some days."""
    own = drill.c
    first, end = (
        datetime.combine(day, time(), duties.zone) for day in (days[0], days[1] + timedelta(days=1))
    )
    where = own.district_id == scope.district_id
    if scope.street_id is not None:
        where = own.street_id == scope.street_id
    if scope.community_id is not None:
        where = own.community_id == scope.community_id
    return where & (own.starts_at >= first) & (own.starts_at < end)


def _is_there(db: Connection, scope: Scope) -> bool:
    if scope.street_id is None:
        return scope.community_id is None
    query = select(street.c.id).where(
        street.c.id == scope.street_id, street.c.district_id == scope.district_id
    )
    if scope.community_id is not None:
        query = query.join(community, community.c.street_id == street.c.id).where(
            community.c.id == scope.community_id
        )
    return db.execute(query).first() is not None


def _within(area: Area) -> ColumnElement[bool]:
    return or_(_feed.district_id.in_(area.districts), _feed.street_id.in_(area.streets))


def _feed_from(row: Row[Any]) -> Feed:
    scope = Scope(row.district_id, row.street_id, row.community_id)
    return Feed(row.id, scope, row.name, row.staff_id, row.created_at, row.ended_at)


def _mac(key: bytes, secret: str) -> bytes:
    own = derived_key(key, "calendar feed")
    return hmac.new(own, secret.encode(), hashlib.sha256).digest()


def _audit(db: Connection, action: str, feed_id: int, who: tuple[str, int], now: datetime) -> None:
    district_id, staff_id = who
    audit.note(
        db,
        actor=f"staff:{staff_id}",
        action=action,
        subject=f"calendar_feed:{feed_id}",
        detail={},
        now=now,
        district_id=district_id,
    )
