"""Who needs help to leave a building (需要帮助登记): which help, where, and how to reach them.

Values and rules alone. What is asked is the kind of help, never why: no illness, no free text.
The tables stand in ``community.assistance_store``.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from community.registers import read_phone

Kind = Literal[
    "wheelchair", "slow", "deaf", "blind", "bedridden", "pregnant", "child_alone", "other"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
# As shown to people, who read it while they run upstairs.
KIND_NAMES: Mapping[Kind, str] = {
    "wheelchair": "坐轮椅",
    "slow": "走得慢，要人扶",
    "deaf": "听不见，要当面叫",
    "blind": "看不见，要人带",
    "bedridden": "卧床，要人抬",
    "pregnant": "怀孕",
    "child_alone": "孩子独自在家",
    "other": "需要帮助",
}

# Consent for a year, and a month more for whoever overlooks the question.
GRACE = timedelta(days=30)
LEAST_REASON_CHARACTERS = 5
MOST_REASON_CHARACTERS = 500
MOST_ROOM_CHARACTERS = 20
# 119 and the like belong to nobody's flat.
_LEAST_PHONE_CHARACTERS = 7
_ROOM = re.compile(
    r"(?:[0-9A-Za-z#/_-]|[一二三四五六七八九十]|单元|号|室|栋|幢|座|楼|层|房|户|负|吊|门|梯)+"
)
_FLOOR = re.compile(r"(负|-)?([0-9]{1,2})[楼层]")
_HIGHEST_FLOOR = 200
_ROOM_DIGITS = (3, 4)


class BadNeed(Exception):
    """A registration that cannot be taken.

    Attributes:
        field: ``room``, ``kinds`` or ``phone``.
    """

    permanent = True

    def __init__(self, field: Literal["room", "kinds", "phone"]) -> None:
        self.field = field
        super().__init__(f"a need's {field} cannot be taken as it is: ask for it again")


class NeedsRefused(Exception):
    """A staff member may not see who needs help.

    Attributes:
        staff_id: who asked.
        building_id: of which building.
        problem: ``role`` (not theirs to see), ``reason`` (none was given).
    """

    permanent = True

    def __init__(self, staff_id: int, building_id: int, problem: Literal["role", "reason"]) -> None:
        self.staff_id, self.building_id, self.problem = staff_id, building_id, problem
        super().__init__(f"staff {staff_id} may not see the needs of {building_id}: {problem}")


@dataclass(frozen=True, slots=True)
class Need:
    """What a resident registers; made by ``read_need`` from what was typed.

    Attributes:
        room: as 1203 or 2单元12-3; nothing but a room.
        kinds: one or more, in the order of ``KINDS``.
        phone: to call in an incident; may be empty.
    """

    room: str
    kinds: tuple[Kind, ...]
    phone: str = ""

    def __post_init__(self) -> None:
        if unified_room(self.room) != self.room:
            raise BadNeed("room")
        if not self.kinds or not set(self.kinds) <= set(KINDS):
            raise BadNeed("kinds")
        if self.phone and unified_phone(self.phone) != self.phone:
            raise BadNeed("phone")


@dataclass(frozen=True, slots=True)
class Household:
    """One door to knock at: everybody behind it in one line.

    Attributes:
        room: as registered.
        floor: above ground from 1, below from -1; None where the room does not tell.
        kinds: all that is needed there, in the order of ``KINDS``.
        phones: to call; empty for whoever may not see them.
    """

    room: str
    floor: int | None
    kinds: tuple[Kind, ...]
    phones: tuple[str, ...] = ()

    @property
    def kind_names(self) -> tuple[str, ...]:
        """What is needed, as people read it."""
        return tuple(KIND_NAMES[kind] for kind in self.kinds)


def read_need(room: str, kinds: Iterable[str], phone: str = "") -> Need:
    """Return a registration from what was typed and chosen.

    Raises:
        BadNeed: when the room is none or holds other words, a kind is unknown or none is
            chosen, or the phone is none. Free text is refused by this, so no illness comes in.
    """
    chosen = set(kinds)
    if not chosen or not chosen <= set(KINDS):
        raise BadNeed("kinds")
    known = tuple(kind for kind in KINDS if kind in chosen)
    return Need(unified_room(room), known, unified_phone(phone) if phone.strip() else "")


def unified_room(typed: str) -> str:
    """Return a room as it is kept: one width, no space.

    Raises:
        BadNeed: when it is none, or says more than a room.
    """
    room = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed)).upper()
    has_number = re.search(r"[0-9一二三四五六七八九十]", room)
    if not has_number or len(room) > MOST_ROOM_CHARACTERS or not _ROOM.fullmatch(room):
        raise BadNeed("room")
    return room


def unified_phone(typed: str) -> str:
    """Return a phone, or two parted by a slash, as it is dialled.

    Raises:
        BadNeed: when it is none that a flat can have.
    """
    phone = read_phone(typed)
    if phone is None or any(len(one) < _LEAST_PHONE_CHARACTERS for one in phone.split("/")):
        raise BadNeed("phone")
    return phone


def floor_of(room: str) -> int | None:
    """Return the floor that a room's number tells; None where it tells none.

    12楼, 1203, and 12-3 as Chongqing writes it; the last part of 2单元1203 counts.
    """
    if told := _FLOOR.search(room):
        return _floor(int(told[2]) * (-1 if told[1] else 1))
    numbers = re.findall(r"[0-9]+", room)
    if not numbers:
        return None
    last = numbers[-1]
    if len(last) in _ROOM_DIGITS:
        return _floor(int(last[:-2]))
    return _floor(int(numbers[-2])) if len(numbers) > 1 else None


def households(needs: Iterable[Need], *, with_phones: bool) -> list[Household]:
    """Return one line for each room, from the highest floor down, without a floor last."""
    rooms: dict[str, list[Need]] = {}
    for need in needs:
        rooms.setdefault(need.room, []).append(need)
    lines = [_household(room, found, with_phones) for room, found in rooms.items()]
    return sorted(lines, key=lambda one: (one.floor is None, -(one.floor or 0), one.room))


def checked_reason(staff_id: int, building_id: int, typed: str) -> str:
    """Return why a list is opened.

    Raises:
        NeedsRefused: when that is no reason.
    """
    reason = typed.strip()
    if not LEAST_REASON_CHARACTERS <= len(reason) <= MOST_REASON_CHARACTERS:
        raise NeedsRefused(staff_id, building_id, "reason")
    return reason


def a_year_after(moment: datetime) -> datetime:
    """Return the same day a year later; after 29 February the 28th."""
    is_leap_day = (moment.month, moment.day) == (2, 29)
    return moment.replace(year=moment.year + 1, day=28 if is_leap_day else moment.day)


def packed(need: Need) -> bytes:
    """Return a need as it is sealed."""
    content = {"room": need.room, "kinds": need.kinds, "phone": need.phone}
    return json.dumps(content, ensure_ascii=False).encode()


def unpacked(plain: bytes) -> Need:
    """Return what ``packed`` was given."""
    content = json.loads(plain)
    return Need(content["room"], tuple(content["kinds"]), content["phone"])


def _floor(number: int) -> int | None:
    return number if number and abs(number) <= _HIGHEST_FLOOR else None


def _household(room: str, needs: list[Need], with_phones: bool) -> Household:
    wanted = {kind for need in needs for kind in need.kinds}
    phones = dict.fromkeys(need.phone for need in needs if need.phone and with_phones)
    kinds = tuple(kind for kind in KINDS if kind in wanted)
    return Household(room, floor_of(room), kinds, tuple(phones))
