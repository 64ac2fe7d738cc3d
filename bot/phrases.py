"""The words we say, read once from ``bot/wording/*.yaml`` and checked as they are read.

A duty officer may correct a sentence there; what is wrong with it is said by file and place.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Formatter
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.functionwords import FILLED_SENTENCES, FUNCTION_SENTENCES
from bot.misfits import misfits
from bot.wordingfiles import TRANSLATIONS, Fault, Place, WordingError, read_wording_file

EMERGENCY_KINDS = (
    "fire", "smoke", "trapped", "gas", "co", "explosion", "clothes",
    "battery", "ebike", "electric", "shock", "elevator", "unconscious", "burn",
)  # fmt: skip
CRISIS_KINDS = ("self_harm", "arson", "recipe")


# Every name in ``general.yaml`` that the code says something by; a new one is added here, too.
GENERAL_NAMES = frozenset({
    "bad_number", "basis_heading", "basis_more", "basis_practice", "cancelled", "chinese_only",
    "clarify",
    "dislike_hint", "disliked", "disliked_nothing", "elsewhere", "empty", "help", "human",
    "no_basis", "no_choices", "no_more", "not_these", "not_these_reply", "nothing_to_cancel",
    "nothing_to_dislike", "only_link", "only_symbols", "slow_down", "storage_failed",
    "unprepared", "unsubscribed", "useful_thanks", "welcome",
})  # fmt: skip

NOT_TRANSLATED = frozenset({"certain"})
_AT_A_PLACE = frozenset({"number", "place", "what"})
# The sentences that are filled by ``str.format``: any other name in braces would crash a reply.
_FORMATTED: Mapping[tuple[str, str], frozenset[str]] = {
    ("general", "basis_practice"): frozenset({"name", "supports"}),
    ("general", "elsewhere"): frozenset({"district", "place"}),
    **{("functions", name): values for name, values in FILLED_SENTENCES.items()},
    ("emergency", "ask_place"): _AT_A_PLACE,
    ("emergency", "ask_place_to_show"): _AT_A_PLACE,
    ("emergency", "read_out"): _AT_A_PLACE,
    ("emergency", "show_out"): _AT_A_PLACE,
    ("emergency", "place_kept"): frozenset({"number"}),
    **{
        ("emergency", name): frozenset({"number"})
        for name in ("waiting", "told_call", "place_unread", "cancel_open", "not_now_busy")
    },
}
# The parts of ``emergency.yaml`` in which a district's settings are put; elsewhere braces are
# read as they stand.
_WITH_SETTINGS = frozenset(
    {"first_line", "kinds", "perhaps", "follow", "stay", "more_done", "still_here"}
)


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


class Told(_Frozen):
    """What is said to one telling; ``steps`` names a kind whose first steps come below."""

    say: str
    steps: str = ""


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
    letting_go: str
    over: str
    not_now: str
    busy_question: str
    perhaps: Mapping[str, str]
    told: Mapping[str, Mapping[str, Told]]
    told_call: str
    place_unread: str
    cancel_open: str
    not_now_busy: str
    closed: str


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
    told: Mapping[str, tuple[re.Pattern[str], ...]]
    signs: Mapping[str, re.Pattern[str]]
    tells: tuple[re.Pattern[str], ...]
    places: re.Pattern[str]
    calm: tuple[str, ...]


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
    functions: Mapping[str, str]


def load_wording(folder: Traversable | None = None) -> Wording:
    """Read the wording files; what a reply would stumble over is an error.

    Raises:
        WordingError: naming the file, the line and what is wrong there.
    """
    place = folder or files("bot") / "wording"
    return _read(place, {name: read_wording_file(place, name) for name in Wording.model_fields})


def load_translation(language: str) -> Wording:
    """Read the wording in another language, from the folder of that name.

    What is recognised by its words alone stays in the Chinese file, which knows both.

    Raises:
        WordingError: naming the file, the line and what is wrong there.
    """
    base = files("bot") / "wording"
    place = base / language
    parts = {
        name: read_wording_file(base if name in NOT_TRANSLATED else place, name)
        for name in Wording.model_fields
    }
    return _read(place, parts)


def _read(place: Traversable, parts: Mapping[str, object]) -> Wording:
    try:
        wording = Wording.model_validate(parts)
    except ValidationError as error:
        raise misfits(error)[0].error(place) from error
    for fault in _unusable(wording):
        raise fault.error(place)
    return wording


def wording_faults(
    settings: Collection[str] | None, folder: Traversable | None = None
) -> list[WordingError]:
    """Return all that is wrong in the wording files, also what would only read badly.

    Args:
        settings: names that a district may set, and a sentence may hold in braces; None
            leaves them unchecked.
        folder: holds the files; those of the package and its translations when not given.
    """
    if folder is not None:
        return _faults_in(folder, folder, settings)
    base = files("bot") / "wording"
    folders = (base, *(base / language for language in TRANSLATIONS))
    return [fault for place in folders for fault in _faults_in(place, base, settings)]


def _faults_in(
    place: Traversable, base: Traversable, settings: Collection[str] | None
) -> list[WordingError]:
    parts: dict[str, object] = {}
    unreadable: list[WordingError] = []
    for name in Wording.model_fields:
        try:
            parts[name] = read_wording_file(base if name in NOT_TRANSLATED else place, name)
        except WordingError as error:
            unreadable.append(error)
    if unreadable:
        return unreadable
    try:
        wording = Wording.model_validate(parts)
    except ValidationError as error:
        return [fault.error(place) for fault in misfits(error)]
    found = [*_unusable(wording), *_unknown_names(wording), *_stray_braces(wording, settings)]
    return [fault.error(place) for fault in found]


def _unusable(wording: Wording) -> Iterator[Fault]:
    """Yield what a reply would stumble over."""
    emergency, crisis = wording.emergency, wording.crisis
    yield from _missing("general", (), sorted(GENERAL_NAMES), wording.general)
    yield from _missing("functions", (), sorted(FUNCTION_SENTENCES), wording.functions)
    yield from _missing("emergency", ("kinds",), EMERGENCY_KINDS, emergency.kinds)
    yield from _missing("emergency", ("perhaps",), EMERGENCY_KINDS, emergency.perhaps)
    yield from _missing("crisis", ("kinds",), CRISIS_KINDS, crisis.kinds)
    for kind, words in emergency.kinds.items():
        yield from _one_of("emergency", ("kinds", kind, "call"), words.call, emergency.first_line)
        yield from _one_of("emergency", ("kinds", kind, "follow"), words.follow, emergency.follow)
    for call in emergency.choices_by_call:
        yield from _one_of("emergency", ("choices_by_call", call), call, emergency.first_line)
    for name, steps in emergency.follow.items():
        for stage in ("called", "no_phone"):
            if not getattr(steps, stage):
                place = ("follow", name, stage)
                yield Fault("emergency", place, f"“{stage}”里没有步骤", "至少写一步")
    yield from _missing("certain", ("signs",), EMERGENCY_KINDS, wording.certain.signs)
    yield from _untold(wording)
    for kind, care in crisis.kinds.items():
        for row, label in enumerate(care.choices):
            yield from _one_of("crisis", ("kinds", kind, "choices", row), label, crisis.after)
    yield from _unknown_kinds(wording.certain)
    formatted = {
        "general": wording.general,
        "emergency": dict(emergency),
        "functions": wording.functions,
    }
    for (file, name), allowed in _FORMATTED.items():
        yield from _braces(file, (name,), formatted[file].get(name, ""), allowed)


def _untold(wording: Wording) -> Iterator[Fault]:
    """Yield what is said to tellings that are never found, or by steps that are not there."""
    emergency, known = wording.emergency, (*wording.certain.told, *EMERGENCY_KINDS)
    for group, told in emergency.told.items():
        yield from _one_of("emergency", ("told", group), group, emergency.follow)
        for name, words in told.items():
            place = ("told", group, name)
            yield from _one_of("emergency", place, name, known)
            if words.steps:
                yield from _one_of("emergency", place, words.steps, EMERGENCY_KINDS)


def _missing(
    file: str, place: Place, names: Collection[str], held: Collection[str]
) -> Iterator[Fault]:
    for name in names:
        if name not in held:
            yield Fault(file, place, f"缺“{name}”", "补上它，键名照原来的写")


def _one_of(file: str, place: Place, name: str, known: Collection[str]) -> Iterator[Fault]:
    if name not in known:
        yield Fault(file, place, f"不认识“{name}”", f"只能写：{'、'.join(known)}")


def _unknown_kinds(certain: CertainWording) -> Iterator[Fault]:
    for name in ("shouts", "holds", "loud", "aid"):
        for kind in getattr(certain, name):
            yield from _one_of("certain", (name, kind), kind, EMERGENCY_KINDS)
    for kind in certain.crisis:
        yield from _one_of("certain", ("crisis", kind), kind, CRISIS_KINDS)


def _unknown_names(wording: Wording) -> Iterator[Fault]:
    """Yield the names that nothing reads: most likely slips of the pen."""
    for file, held, names in (
        ("general", wording.general, GENERAL_NAMES),
        ("functions", wording.functions, FUNCTION_SENTENCES),
    ):
        for name in sorted(set(held) - names):
            yield Fault(file, (name,), f"不认识“{name}”", "没有地方用它：改回原来的名字，或者删掉")
    for part in ("kinds", "perhaps"):
        for kind in getattr(wording.emergency, part):
            yield from _one_of("emergency", (part, kind), kind, EMERGENCY_KINDS)
    labels = [label for care in wording.crisis.kinds.values() for label in care.choices]
    for label in wording.crisis.after:
        yield from _one_of("crisis", ("after", label), label, labels)


def _stray_braces(wording: Wording, settings: Collection[str] | None) -> Iterator[Fault]:
    """Yield the sentences that a resident would read with braces in them."""
    for file in ("general", "emergency", "crisis", "chat", "decline", "functions"):
        for place, text in _texts(getattr(wording, file)):
            part = str(place[0])
            if (file, part) in _FORMATTED:
                continue
            if file == "emergency" and part in _WITH_SETTINGS:
                if settings is not None:
                    yield from _braces(file, place, text, settings)
            else:
                yield from _braces(file, place, text, ())


def _texts(part: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:  # noqa: ANN401 - whatever a YAML file holds
    if isinstance(part, str):
        yield place, part
        return
    if isinstance(part, BaseModel):
        part = dict(part)
    items = part.items() if isinstance(part, Mapping) else enumerate(part)
    for step, inner in items:
        yield from _texts(inner, (*place, step))


def _braces(file: str, place: Place, text: str, allowed: Collection[str]) -> Iterator[Fault]:
    mend = (
        "改成：" + "、".join(f"{{{name}}}" for name in sorted(allowed)) if allowed else "删掉花括号"
    )
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        yield Fault(file, place, "花括号不成对", mend)
        return
    for _, name, form, conversion in parts:
        if name is not None and (name not in allowed or form or conversion):
            yield Fault(file, place, f"这里不能写“{{{name}}}”", mend)
