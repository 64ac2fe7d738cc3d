"""What the platform knows: the account, the people who follow it, and what was agreed with them."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from tests.platforms.loopback import Call, SteeredClock, Upload
from tests.platforms.wechat_errors import Refused
from tests.platforms.wechat_tokens import Tokens

Mode = Literal["plain", "compatible", "safe"]
Kind = Literal["service", "subscription"]
Via = Literal["reply", "customer service", "template", "subscription", "mass", "system"]

MEDIA_VALID = timedelta(days=3)


@dataclass
class Account:
    """One Official Account, as its settings page shows it; every field may be changed."""

    app_id: str
    secret: str
    token: str
    aes_key: str
    mode: Mode
    original_id: str = "gh_4c1fe119aa50"
    kind: Kind = "service"
    is_verified: bool = True
    knows_our_address: bool = True  # the whitelist of addresses that may fetch a token


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a 图文 message."""

    title: str
    description: str = ""
    url: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as a person sees it in the chat.

    ``choices`` are the (id, label) pairs of a menu message; ``dropped`` counts the articles
    over the limit, which the platform leaves out without a word.
    """

    kind: str
    text: str = ""
    via: Via = "reply"
    media_id: str = ""
    articles: tuple[Article, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    dropped: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Allowance:
    """How many customer-service messages may still go out, and until when."""

    left: int = 0
    until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        return self.until is not None and now < self.until


@dataclass
class Person:
    """Somebody who once met the account."""

    openid: str
    is_following: bool
    followed_at: datetime
    written: Allowance = field(default_factory=Allowance)
    did: Allowance = field(default_factory=Allowance)
    active_at: datetime | None = None
    typing_until: datetime | None = None
    consents: dict[str, int] = field(default_factory=dict)
    tags: set[int] = field(default_factory=set)
    mass_months: list[tuple[int, int]] = field(default_factory=list)
    received: list[Shown] = field(default_factory=list)
    scene: str = ""

    def wrote(self, now: datetime) -> None:
        """Open the window for five messages in 48 hours; each message opens it anew.

        Source: 客服消息, table of allowed actions.
        """
        self.active_at = now
        self.written = Allowance(5, now + timedelta(hours=48))

    def acted(self, now: datetime) -> None:
        """Follow, scan or menu tap: three messages within one minute (same table)."""
        self.active_at = now
        self.did = Allowance(3, now + timedelta(minutes=1))

    def spend(self, now: datetime) -> None:
        """Use one message up, of the window that ends first; refuse when none is left."""
        open_ones = [one for one in (self.did, self.written) if one.is_open(now)]
        if not open_ones:
            raise Refused(45015)
        usable = [one for one in open_ones if one.left > 0]
        if not usable:
            raise Refused(45047)
        usable[0].left -= 1


@dataclass(frozen=True, slots=True)
class Media:
    """A file on the platform's shelf; it goes after three days (新增临时素材)."""

    kind: str
    content: bytes
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the account: its fields, and whether one consent serves for ever."""

    fields: tuple[str, ...] = ()
    is_long_term: bool = False
    title: str = "通知"


@dataclass
class State:
    """Everything behind the calls; handlers change it, one at a time."""

    account: Account
    clock: SteeredClock
    url: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    people: dict[str, Person] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    notice_templates: dict[str, Template] = field(default_factory=dict)
    menu: dict[str, Any] | None = None
    tags: dict[int, str] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    mass_jobs: dict[int, str] = field(default_factory=dict)
    mass_to_all: list[datetime] = field(default_factory=list)
    client_ids: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    used: dict[tuple[str, date], int] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    cleared: list[tuple[int, int]] = field(default_factory=list)
    # Pushes an event from another thread: the service may be waiting for our answer.
    announce: Callable[[str, dict[str, Any]], None] = lambda _openid, _fields: None
    # Counting from C code is one step, so two threads never get the same id.
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(secrets.randbits(40)))

    def person(self, openid: object) -> Person:
        """Return a person by OpenID, or refuse."""
        if not isinstance(openid, str) or openid not in self.people:
            raise Refused(40003)
        return self.people[openid]

    def next_id(self) -> int:
        """Return an id that was not given before."""
        return next(self._ids)

    def keep(self, kind: str, upload: Upload, until: datetime | None = None) -> str:
        """Put a file on the shelf, for three days unless told, and return its media id."""
        media_id = secrets.token_urlsafe(48)
        ends = until or self.clock() + MEDIA_VALID
        self.media[media_id] = Media(kind, upload.content, upload.name, ends)
        return media_id

    def find_media(self, media_id: object) -> Media:
        """Return a file that is still there, or refuse."""
        found = self.media.get(media_id) if isinstance(media_id, str) else None
        if found is None or found.until <= self.clock():
            raise Refused(40007)
        return found


@dataclass(frozen=True, slots=True)
class Route:
    """How one address may be called: the method, by which accounts, answered by what."""

    method: Literal["GET", "POST", "ANY"]
    answer: Callable[[State, Call], Any]
    accounts: frozenset[tuple[Kind, bool]] = frozenset()  # (kind, verified); empty: all


# 接口权限说明 (which account may call what).
ANYBODY: frozenset[tuple[Kind, bool]] = frozenset()
VERIFIED: frozenset[tuple[Kind, bool]] = frozenset({("service", True), ("subscription", True)})
VERIFIED_SERVICE: frozenset[tuple[Kind, bool]] = frozenset({("service", True)})
ALL_BUT_UNVERIFIED_SUBSCRIPTION: frozenset[tuple[Kind, bool]] = frozenset(
    {("service", True), ("service", False), ("subscription", True)}
)
