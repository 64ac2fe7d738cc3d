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
class Cry:
    """Writes ``words`` that say what happens now, for whoever taps, as long as it is seen."""

    words: str


@dataclass(frozen=True, slots=True)
class Tap:
    """Takes the choice ``index`` (from 0) of a stored turn; its account's alone."""

    turn_id: int
    index: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Says 有用 or 没用 of the answer in a turn."""

    turn_id: int
    useful: bool


@dataclass(frozen=True, slots=True)
class Basis:
    """Asks for the sources of the answer in a turn (依据)."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class More:
    """Asks for the rest of a long answer (更多)."""


TapData = Say | Cry | Tap | Rate | Basis | More

_TURN = "(?P<kind>[trb]):(?P<turn>[0-9]{1,19})"
# The number behind a turn's id is the place of a choice, or whether an answer was useful.
_OF_TURN = re.compile(rf"{_TURN}(?::(?P<number>[0-9]{{1,3}}))?", re.ASCII)


def encode_tap(tap: TapData) -> str | None:
    """Return ``tap`` as callback data, or None when it does not fit."""
    match tap:
        case Say(label):
            data = f"s:{label}"
        case Cry(words):
            data = f"c:{words}"
        case Tap(turn_id, index):
            data = f"t:{turn_id}:{index}"
        case Rate(turn_id, useful):
            data = f"r:{turn_id}:{int(useful)}"
        case Basis(turn_id):
            data = f"b:{turn_id}"
        case More():
            data = "m"
    return data if len(data.encode("utf-8", "surrogatepass")) <= MOST_BYTES else None


def decode_tap(data: str) -> TapData | None:
    """Return what callback data means, or None when it is not of ours."""
    if data == "m":
        return More()
    kind, _, words = data.partition(":")
    if words and kind == "s":
        return Say(words)
    if words and kind == "c":
        return Cry(words)
    return _of_turn(data)


def _of_turn(data: str) -> TapData | None:
    found = _OF_TURN.fullmatch(data)
    if found is None or int(found["turn"]) > LARGEST_ID:
        return None
    turn_id = int(found["turn"])
    match found["kind"], found["number"]:
        case "t", str(index):
            return Tap(turn_id, int(index))
        case "r", "0" | "1" as useful:
            return Rate(turn_id, useful == "1")
        case "b", None:
            return Basis(turn_id)
    return None
