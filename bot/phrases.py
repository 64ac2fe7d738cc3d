"""The words we say, read once from ``bot/wording/*.yaml`` and checked as they are read.

A duty officer may correct a sentence there; what is wrong with it is said by file and place.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

EMERGENCY_KINDS = (
    "fire", "smoke", "trapped", "gas", "co", "explosion", "clothes",
    "battery", "ebike", "electric", "shock", "elevator", "unconscious", "burn",
)  # fmt: skip
CRISIS_KINDS = ("self_harm", "arson", "recipe")


class WordingError(Exception):
    """A wording file cannot be used as it stands."""

    permanent = True

    def __init__(self, file: str, problem: str) -> None:
        self.file = file
        self.problem = problem
        super().__init__(f"bot/wording/{file}: {problem}; correct the file and start again")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class EmergencyKind(_Frozen):
    """What is said for one kind of emergency: whom to call, and the next ten seconds."""

    call: str
    follow: str
    what: str
    now: tuple[str, ...]
    never: str


class Follow(_Frozen):
    """The steps that come after the first reply, one a turn."""

    called: tuple[str, ...]
    no_phone: tuple[str, ...]


class EmergencyWording(_Frozen):
    """``emergency.yaml``: the emergency flow, from the first line to the all-clear."""

    first_line: Mapping[str, str]
    choices: tuple[str, str, str]
    choices_by_call: Mapping[str, tuple[str, str, str]]
    kinds: Mapping[str, EmergencyKind]
    ask_place: str
    ask_place_to_show: str
    read_out: str
    show_out: str
    place_kept: str
    waiting: str
    follow: Mapping[str, Follow]
    stay: str
    stay_choices: tuple[str, str]
    more_done: str
    still_here: str
    over: str
    not_now: str
    busy_question: str
    perhaps: Mapping[str, str]


class CrisisKind(_Frozen):
    """What is said to somebody in a crisis, and what they may answer."""

    text: str
    others: str = ""
    choices: tuple[str, ...]


class CrisisWording(_Frozen):
    """``crisis.yaml``: care, a safer room, and somebody to talk to."""

    kinds: Mapping[str, CrisisKind]
    after: Mapping[str, str]


class Danger(_Frozen):
    """A danger that is not ours, and what cannot wait."""

    words: re.Pattern[str]
    say: str


class CertainWording(_Frozen):
    """``certain.yaml``: phrases that need no classifier."""

    shouts: Mapping[str, tuple[str, ...]]
    fillers: tuple[str, ...]
    holds: Mapping[str, tuple[str, ...]]
    unless: tuple[str, ...]
    crisis: Mapping[str, tuple[re.Pattern[str], ...]]
    crisis_unless: tuple[str, ...]
    crisis_others: tuple[re.Pattern[str], ...]
    loud: Mapping[str, tuple[re.Pattern[str], ...]]
    dangers: tuple[Danger, ...]
    aid: Mapping[str, re.Pattern[str]]


class SmallTalk(_Frozen):
    """One human line, and what it answers."""

    said: tuple[str, ...]
    reply: str


class Door(_Frozen):
    """Where else to ask, for questions that hold one of ``words``."""

    words: tuple[str, ...]
    say: str


class DeclineWording(_Frozen):
    """``decline.yaml``: what is said when we do not know, with the next door."""

    other: str
    doors: tuple[Door, ...]


class Wording(_Frozen):
    """All that residents read outside the knowledge entries."""

    general: Mapping[str, str]
    emergency: EmergencyWording
    certain: CertainWording
    crisis: CrisisWording
    chat: tuple[SmallTalk, ...]
    decline: DeclineWording


def load_wording(folder: Traversable | None = None) -> Wording:
    """Read and check the wording files.

    Raises:
        WordingError: naming the file and what is wrong in it.
    """
    place = folder or files("bot") / "wording"
    parts = {name: _read(place, name) for name in Wording.model_fields}
    wording = _checked(parts)
    _require("emergency.yaml", EMERGENCY_KINDS, wording.emergency.kinds)
    _require("emergency.yaml", EMERGENCY_KINDS, wording.emergency.perhaps)
    _require("crisis.yaml", CRISIS_KINDS, wording.crisis.kinds)
    return wording


def _read(folder: Traversable, name: str) -> object:
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        raise WordingError(f"{name}.yaml", str(error)) from error


def _checked(parts: Mapping[str, object]) -> Wording:
    try:
        return Wording.model_validate(parts)
    except ValidationError as error:
        first = error.errors()[0]
        name, *place = (str(step) for step in first["loc"])
        raise WordingError(f"{name}.yaml", f"{'.'.join(place)}: {first['msg']}") from error


def _require(file: str, names: tuple[str, ...], held: Mapping[str, object]) -> None:
    missing = [name for name in names if name not in held]
    if missing:
        raise WordingError(file, f"lacks {', '.join(missing)}")
