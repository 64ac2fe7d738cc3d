"""What people are told of alerts: ``alerts.yaml``, read once and checked when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

import yaml

from community.alerts import KINDS, Alert, Step
from community.broadcasts import LANGUAGES

WORDS_FILE = Path(__file__).parent / "alerts.yaml"
_STAFF = (*KINDS, "spread", "stood_down")
_FIRES = ("smoke", "gas")


class BrokenAlertWords(Exception):
    """The file of words cannot be used; ``problem`` names the place."""

    permanent = True

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"{WORDS_FILE.name}: {problem} is missing or no text: put it in")


@dataclass(frozen=True, slots=True)
class Words:
    """A title, for the Chinese words, and the words by language."""

    title: str
    by_language: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AlertWords:
    """Everything that is said of alerts.

    Attributes:
        bell: by language, once for each resident.
        household: by kind.
        building: by kind; they name ``{where}``.
        stood_down: for household and building alike.
        staff: by kind, and ``spread`` and ``stood_down``.
        floor: how a floor is named, above and below ground.
    """

    bell: Mapping[str, str]
    household: Mapping[str, Words]
    building: Mapping[str, Words]
    stood_down: Words
    staff: Mapping[str, str]
    floor: tuple[str, str]

    def place(self, building_name: str, alert: Alert, *, with_room: bool) -> str:
        """Return where it is; who lives in the room is nobody's business but of those on duty."""
        floor = ""
        if alert.floor is not None:
            floor = self.floor[alert.floor < 0].format(floor=abs(alert.floor))
        return f"{building_name}{floor}{alert.room if with_room else ''}"

    def for_staff(self, alert: Alert, step: Step, where: str, zone: tzinfo) -> str:
        """Return what those on duty are told at a step, without a mark."""
        name = alert.kind if step == "received" else step
        time = alert.heard_at.astimezone(zone).strftime("%H:%M")
        return self.staff[name].format(where=where, time=time, code=alert.code)


def load_alert_words(path: Path = WORDS_FILE) -> AlertWords:
    """Read the file.

    Raises:
        BrokenAlertWords: when something is missing.
        OSError: when it cannot be read.
    """
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    return AlertWords(
        _spoken(told, "bell"),
        {kind: _words(told, "household", kind) for kind in _FIRES},
        {kind: _words(told, "building", kind) for kind in _FIRES},
        _words(told, "stood_down"),
        {name: _text(told, "staff", name) for name in _STAFF},
        (_text(told, "place", "floor"), _text(told, "place", "below")),
    )


def _words(told: Any, *path: str) -> Words:  # noqa: ANN401 - whatever the file holds
    return Words(_text(told, *path, "title"), _spoken(told, *path))


def _spoken(told: Any, *path: str) -> Mapping[str, str]:  # noqa: ANN401 - likewise
    return {language: _text(told, *path, language) for language in LANGUAGES}


def _text(told: Any, *path: str) -> str:  # noqa: ANN401 - likewise
    for name in path:
        told = told.get(name) if isinstance(told, dict) else None
    if not isinstance(told, str) or not told.strip():
        raise BrokenAlertWords(".".join(path))
    return told.strip()
