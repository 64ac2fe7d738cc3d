"""Writing a notice by a form: what was typed, and the draft that it makes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from bot.console.forms import text_of
from bot.console.operation_store import MOST_TOKEN_CHARACTERS
from community.broadcasts import Audience, BadBroadcast, Broadcast, Draft, Mode, Purpose
from community.deliveries import Lane

T = TypeVar("T", bound=str)

# Longer than any field takes, so that the rules say what is too long and nothing is lost.
MOST_TYPED = 8000
MOST_TICKED = 500
MOST_ID_DIGITS = 18
# Drills make their own; alarms are no matter of a form.
PURPOSES: tuple[Purpose, ...] = ("notice", "tip", "campaign")
MODES: tuple[Mode, ...] = ("live", "test")
LANE: Lane = "bulk"
USUAL_LIFE = timedelta(days=3)
LOWEST_FLOOR, HIGHEST_FLOOR = -9, 200
_FLOORS = re.compile(r"(-?\d{1,3})(?:\s*(?:[-–—~～到至])\s*(-?\d{1,3}))?")
_TEXTS = (
    "district", "purpose", "mode", "title", "zh", "en", "floors", "due", "expires", "find",
    "version",
)  # fmt: skip


class BadTime(Exception):
    """A time that nobody can read; browsers send none."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A notice as it stands in the form; times as ``<input type=datetime-local>`` writes them."""

    district: str = ""
    purpose: str = "notice"
    mode: str = "live"
    title: str = ""
    zh: str = ""
    en: str = ""
    floors: str = ""
    due: str = ""
    expires: str = ""
    find: str = ""
    version: str = ""
    everyone: bool = False
    needs: bool = False
    street: frozenset[int] = frozenset()
    community: frozenset[int] = frozenset()
    building: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    @property
    def audience(self) -> Audience:
        """Whom it is for.

        Raises:
            BadBroadcast: ``floors``, ``roles`` or ``languages``.
        """
        return Audience(
            self.district,
            street_ids=tuple(sorted(self.street)),
            community_ids=tuple(sorted(self.community)),
            building_ids=tuple(sorted(self.building)),
            floors=floors_in(self.floors),
            roles=tuple(sorted(self.roles)),
            languages=tuple(sorted(self.languages)),
            needs=("any",) if self.needs else (),
        )


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, under which key, by whose clocks, and when."""

    key: str
    staff_id: int
    timezone: str
    now: datetime


def typed_in(form: FormData) -> Typed:
    """Return what a form holds.

    Raises:
        Refused: for what no browser sends.
    """
    texts = {name: text_of(form, name, most=MOST_TYPED) for name in _TEXTS}
    ids = {name: frozenset(_ids(form, name)) for name in ("street", "community", "building")}
    words = {name: frozenset(_words(form, name)) for name in ("roles", "languages")}
    ticks = {name: text_of(form, name) == "yes" for name in ("everyone", "needs")}
    return Typed(**texts, **ids, **words, **ticks)  # type: ignore[arg-type]


def operation_in(form: FormData) -> str:
    """Return the token of a form, under which what it makes is made once."""
    return text_of(form, "operation", most=MOST_TOKEN_CHARACTERS)


def first_form(district_id: str, zone: ZoneInfo, now: datetime) -> Typed:
    """Return the form of a new notice: sent once it is approved, of use for three days."""
    return Typed(district=district_id, expires=local_time(now + USUAL_LIFE, zone))


def form_of_broadcast(kept: Broadcast) -> Typed:
    """Return the form of a notice that is written anew."""
    zone, audience = ZoneInfo(kept.timezone), kept.audience
    return Typed(
        district=kept.district_id,
        purpose=kept.purpose,
        mode=kept.mode,
        title=kept.title,
        zh=kept.words["zh"],
        en=kept.words.get("en", ""),
        floors="、".join(map(str, audience.floors)),
        due=local_time(kept.due_at, zone),
        expires=local_time(kept.expires_at, zone),
        version=str(kept.version),
        everyone=audience.is_everyone,
        needs=bool(audience.needs),
        street=frozenset(audience.street_ids),
        community=frozenset(audience.community_ids),
        building=frozenset(audience.building_ids),
        roles=frozenset(audience.roles),
        languages=frozenset(audience.languages),
    )


def draft_of(typed: Typed, writer: Writer) -> Draft:
    """Return the draft that a form makes.

    Raises:
        BadBroadcast: naming the first problem.
        BadTime: when a time cannot be read.
    """
    zone = ZoneInfo(writer.timezone)
    due_at = _moment(typed.due, zone) if typed.due else writer.now
    expires_at = _moment(typed.expires, zone) if typed.expires else due_at + USUAL_LIFE
    texts = {"zh": typed.zh, "en": typed.en}
    return Draft(
        key=writer.key,
        district_id=typed.district,
        street_id=None,
        purpose=_one_of(PURPOSES, typed.purpose),
        mode=_one_of(MODES, typed.mode),
        lane=LANE,
        title=typed.title,
        words={language: text for language, text in texts.items() if text},
        choices=(),
        audience=typed.audience,
        due_at=due_at,
        expires_at=expires_at,
        author_id=writer.staff_id,
        is_for_everyone=typed.everyone,
        timezone=writer.timezone,
    )


def draft_again(kept: Broadcast, key: str) -> Draft:
    """Return a notice as the draft that it was, to be tried under another key."""
    return Draft(
        key=key,
        district_id=kept.district_id,
        street_id=kept.street_id,
        purpose=kept.purpose,
        mode=kept.mode,
        lane=kept.lane,
        title=kept.title,
        words=kept.words,
        choices=kept.choices,
        audience=kept.audience,
        due_at=kept.due_at,
        expires_at=kept.expires_at,
        author_id=kept.author_id,
        is_for_everyone=True,
        timezone=kept.timezone,
    )


def floors_in(typed: str) -> tuple[int, ...]:
    """Return floors as people write them: ``3、5-7，-1``.

    Raises:
        BadBroadcast: ``floors``.
    """
    found: set[int] = set()
    for part in filter(None, re.split(r"[,，、;；\s]+", typed)):
        read = _FLOORS.fullmatch(part.removesuffix("楼").removesuffix("层"))
        first, last = (int(read[1]), int(read[2] or read[1])) if read else (1, 0)
        if not LOWEST_FLOOR <= first <= last <= HIGHEST_FLOOR:
            raise BadBroadcast("floors")
        found |= set(range(first, last + 1)) - ({0} if first < last else set())
    return tuple(sorted(found))


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment as ``<input type=datetime-local>`` writes it."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def _moment(typed: str, zone: ZoneInfo) -> datetime:
    try:
        read = datetime.fromisoformat(typed)
    except ValueError:
        raise BadTime from None
    return read.replace(tzinfo=zone) if read.tzinfo is None else read


def _one_of(known: tuple[T, ...], typed: str) -> T:
    for one in known:
        if one == typed:
            return one
    raise BadBroadcast("lane")


def _ids(form: FormData, name: str) -> Iterator[int]:
    for one in _words(form, name):
        if one.isascii() and one.isdigit() and len(one) <= MOST_ID_DIGITS:
            yield int(one)


def _words(form: FormData, name: str) -> Iterator[str]:
    yield from (one for one in form.getlist(name)[:MOST_TICKED] if isinstance(one, str) and one)
