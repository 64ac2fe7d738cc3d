"""Callback data: what a tapped button means, written in at most 64 bytes and read back.

What comes back was on a screen for as long as the person left it there, and anybody may send
anything; so reading gives None for whatever this release does not write.
"""

import re
from dataclasses import dataclass

MOST_BYTES = 64  # Bot API, InlineKeyboardButton: callback_data is 1-64 bytes
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Say:
    """Says ``label`` as if it had been typed."""

    label: str


@dataclass(frozen=True, slots=True)
class Tap:
    """Takes the choice ``index`` (from 0) of a stored turn; for labels that do not fit."""

    turn_id: int
    index: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Says 有用 or 没用 of the answer in a turn."""

    turn_id: int
    useful: bool


@dataclass(frozen=True, slots=True)
class More:
    """Asks for the rest of a long answer (更多)."""


TapData = Say | Tap | Rate | More

_TAP = re.compile(r"t:([0-9]{1,19}):([0-9]{1,3})", re.ASCII)
_RATE = re.compile(r"r:([0-9]{1,19}):([01])", re.ASCII)


def encode_tap(tap: TapData) -> str | None:
    """Return ``tap`` as callback data, or None when it does not fit."""
    match tap:
        case Say(label):
            data = f"s:{label}"
        case Tap(turn_id, index):
            data = f"t:{turn_id}:{index}"
        case Rate(turn_id, useful):
            data = f"r:{turn_id}:{int(useful)}"
        case More():
            data = "m"
    return data if len(data.encode("utf-8", "surrogatepass")) <= MOST_BYTES else None


def decode_tap(data: str) -> TapData | None:
    """Return what callback data means, or None when it is not of ours."""
    if data == "m":
        return More()
    if data.startswith("s:") and len(data) > len("s:"):
        return Say(data[2:])
    if (found := _TAP.fullmatch(data)) and int(found[1]) <= LARGEST_ID:
        return Tap(int(found[1]), int(found[2]))
    if (found := _RATE.fullmatch(data)) and int(found[1]) <= LARGEST_ID:
        return Rate(int(found[1]), found[2] == "1")
    return None
