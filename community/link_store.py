"""The tables of links between accounts, and the steps that a person takes in the dialogue."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from community.linking import (
    CODE_LIFETIME,
    TRIES_OF_ACCOUNT,
    TRIES_OF_ALL,
    TRIES_WITHIN,
    Attempt,
    Link,
    LinkState,
    link_mac,
    new_link_code,
    read_link_code,
)
from community.merging import Belongings, merge_residents
from community.store import channel_account, hold_accounts, resident, resident_of
from storage import RowId, UtcDateTime, insert_if_absent, metadata

_DRAWS = 20

link = Table(
    "link",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("mac", String(64), unique=True),  # NULL once the code is of no use any more
    Column("giver_id", RowId, ForeignKey(channel_account.c.id), nullable=False),
    Column("taker_id", RowId, ForeignKey(channel_account.c.id)),
    Column("state", String(20), nullable=False),
    Column("giver_yes", Boolean, nullable=False),
    Column("taker_yes", Boolean, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_link_giver_id", "giver_id"),
    Index("ix_link_taker_id", "taker_id"),
    Index("ix_link_expires_at", "expires_at"),
    sqlite_autoincrement=True,  # an old question's yes must never meet another link of that id
)

# A wrong code that somebody typed, never the code itself. It is counted even when they are
# erased, or erasing oneself would buy new tries.
link_miss = Table(
    "link_miss",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("account_id", RowId, ForeignKey(channel_account.c.id)),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_link_miss_account_id", "account_id"),
    Index("ix_link_miss_at", "at"),
)


class NoFreeCode(Exception):
    """Every code drawn was in use, which a million codes make all but impossible."""

    permanent = False

    def __init__(self) -> None:
        super().__init__("no free link code was drawn: try again in ten minutes")


@dataclass(frozen=True, slots=True)
class LinkAttempt:
    """What typing a code led to; ``link_id`` and ``giver_id`` (whom to ask) when pending."""

    outcome: Attempt
    link_id: int | None = None
    giver_id: int | None = None


@dataclass(frozen=True, slots=True)
class PendingLink:
    """A link that waits for somebody's yes: for asking them when they next write.

    Attributes:
        link_id: what to confirm or refuse.
        other_id: the account on the other side.
        other_channel: its channel.
        has_agreed: whether the one asked has said yes already.
        expires_at: when it ends by itself.
    """

    link_id: int
    other_id: int
    other_channel: str
    has_agreed: bool
    expires_at: datetime


def start_link(db: Connection, account_id: int, key: bytes, now: datetime) -> str:
    """Return a new code of six digits for an account to show; an earlier one ends with it.

    Args:
        db: inside a write.
        account_id: who is shown it.
        key: of the installation, for this purpose alone.
        now: it is good for ``CODE_LIFETIME``.

    Raises:
        NoFreeCode: when too many codes are in use at once.
    """
    _forget_past(db, now)
    _end(db, (link.c.giver_id == account_id) & (link.c.state == "shown"), "refused")
    for _ in range(_DRAWS):
        code = new_link_code()
        values = asdict(Link(account_id, now + CODE_LIFETIME)) | {"mac": link_mac(code, key)}
        if insert_if_absent(db, link, values, keys=["mac"]):
            return code
    raise NoFreeCode


def try_code(db: Connection, account_id: int, typed: str, key: bytes, now: datetime) -> LinkAttempt:
    """Take a code that somebody typed.

    After ``TRIES_OF_ACCOUNT`` wrong ones within ten minutes, or ``TRIES_OF_ALL`` of all
    accounts together, even the right one is ``too_many``. A code serves the first who types it.

    Args:
        db: inside a write, with the account's row held (``account_of``).
        account_id: who typed it.
        typed: as typed.
        key: as for ``start_link``.
        now: when.
    """
    if _has_tried_too_often(db, account_id, now):
        return LinkAttempt("too_many")
    code = read_link_code(typed)
    query = select(link).where(link.c.mac == link_mac(code or "", key)).with_for_update()
    row = db.execute(query).one_or_none()
    if row is None:
        db.execute(insert(link_miss).values(account_id=account_id, at=now))
        return LinkAttempt("unknown")
    before = _link(row).at(now)
    if before.state == "expired":
        _keep(db, row.id, before)
        return LinkAttempt("expired")
    if before.giver_id == account_id:
        return LinkAttempt("own")
    if resident_of(db, account_id) == resident_of(db, before.giver_id):
        return LinkAttempt("already")
    _keep(db, row.id, before.typed(account_id, now))
    return LinkAttempt("pending", row.id, before.giver_id)


def confirm(
    db: Connection,
    account_id: int,
    link_id: int,
    now: datetime,
    owned: Belongings,
) -> LinkState | None:
    """Note one side's yes; with the second one the two residents become one.

    Args:
        db: inside a write.
        account_id: who says yes.
        link_id: of which link.
        now: when.
        owned: all that moves when the two become one.

    Returns:
        The state it led to (``typed``: the other side is still to say yes); None when this
        account has no part in such a link.
    """
    row = _held(db, account_id, link_id)
    if row is None:
        return None
    after = _link(row).agreed(account_id, now)
    _keep(db, link_id, after)
    if after.state == "joined" and row.state != "joined" and row.taker_id is not None:
        # Else one who is being joined with a third may have another resident by the next line.
        hold_accounts(db, [row.giver_id, row.taker_id])
        merge_residents(db, resident_of(db, row.giver_id), resident_of(db, row.taker_id), owned)
    return after.state


def refuse(db: Connection, account_id: int, link_id: int, now: datetime) -> LinkState | None:
    """Note one side's no, which ends the link; as ``confirm``."""
    row = _held(db, account_id, link_id)
    if row is None:
        return None
    after = _link(row).refused(account_id, now)
    _keep(db, link_id, after)
    return after.state


def pending_link(db: Connection, account_id: int, now: datetime) -> PendingLink | None:
    """Return the latest link that waits for a yes and has this account on one side."""
    row = db.execute(
        select(link)
        .where(_takes_part(account_id), link.c.state == "typed", link.c.expires_at > now)
        .order_by(link.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    is_giver = row.giver_id == account_id
    other = row.taker_id if is_giver else row.giver_id
    channel: str = db.execute(
        select(channel_account.c.channel).where(channel_account.c.id == other)
    ).scalar_one()
    agreed = row.giver_yes if is_giver else row.taker_yes
    return PendingLink(row.id, other, channel, agreed, row.expires_at)


def linked_accounts(db: Connection, account_id: int) -> list[tuple[int, str]]:
    """Return id and channel of the other accounts of the same person, the oldest first."""
    rows = db.execute(
        select(channel_account.c.id, channel_account.c.channel)
        .where(
            channel_account.c.resident_id == resident_of(db, account_id),
            channel_account.c.id != account_id,
        )
        .order_by(channel_account.c.id)
    )
    return [(row.id, row.channel) for row in rows]


def unlink(db: Connection, account_id: int, now: datetime) -> bool:
    """Give an account a resident of its own again; False when it had one already.

    What was gathered stays with the person it was gathered for: buildings, points and
    consents stay with the other accounts, and this one starts anew.
    """
    _end(db, _takes_part(account_id) & link.c.state.in_(["shown", "typed"]), "refused")
    if not linked_accounts(db, account_id):
        return False
    created = db.execute(insert(resident).values(created_at=now).returning(resident.c.id))
    db.execute(
        update(channel_account)
        .where(channel_account.c.id == account_id)
        .values(resident_id=created.scalar_one())
    )
    return True


def tries_left(db: Connection, account_id: int, now: datetime) -> int:
    """Return how many more wrong codes an account may type before it has to wait."""
    return max(TRIES_OF_ACCOUNT - db.execute(_misses_of(account_id, now)).scalar_one(), 0)


def _misses_of(account_id: int, now: datetime) -> Select[int]:
    return _misses(now).where(link_miss.c.account_id == account_id)


def _misses(now: datetime) -> Select[int]:
    return select(func.count()).select_from(link_miss).where(link_miss.c.at > now - TRIES_WITHIN)


def _has_tried_too_often(db: Connection, account_id: int, now: datetime) -> bool:
    if not tries_left(db, account_id, now):
        return True
    return db.execute(_misses(now)).scalar_one() >= TRIES_OF_ALL


def _held(db: Connection, account_id: int, link_id: int) -> Row[Any] | None:
    query = select(link).where(link.c.id == link_id, _takes_part(account_id))
    return db.execute(query.with_for_update()).one_or_none()


def _takes_part(account_id: int) -> ColumnElement[bool]:
    return or_(link.c.giver_id == account_id, link.c.taker_id == account_id)


def _link(row: Row[Any]) -> Link:
    return Link(
        giver_id=row.giver_id,
        expires_at=row.expires_at,
        taker_id=row.taker_id,
        state=row.state,
        giver_yes=row.giver_yes,
        taker_yes=row.taker_yes,
    )


def _keep(db: Connection, link_id: int, kept: Link) -> None:
    """Store a link; a code that has been typed or has ended can be typed no more."""
    # A code typed once must not be found by somebody else who types it by chance.
    values: dict[str, Any] = asdict(kept)
    if kept.state != "shown":
        values["mac"] = None
    db.execute(update(link).where(link.c.id == link_id).values(values))


def _end(db: Connection, condition: ColumnElement[bool], state: LinkState) -> None:
    db.execute(update(link).where(condition).values(state=state, mac=None))


def _forget_past(db: Connection, now: datetime) -> None:
    """Delete links whose time is past and misses that count no more."""
    db.execute(delete(link).where(link.c.expires_at <= now - CODE_LIFETIME))
    db.execute(delete(link_miss).where(link_miss.c.at <= now - TRIES_WITHIN))
