"""What is not said in a group, where the neighbours read along: where somebody is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bot.messages import Reply
from bot.phrases import EmergencyWording

_NAME = re.compile(r"\{(\w+)\}")
_NUMBER = "number"


class Discretion:
    """Takes out of an emergency's replies what asks for a flat or reads an address out."""

    def __init__(self, wordings: Iterable[EmergencyWording] = ()) -> None:
        self._places = tuple(_pattern(text) for one in wordings for text in _about_places(one))

    def kept(self, replies: tuple[Reply, ...], words: Mapping[str, str]) -> tuple[Reply, ...]:
        """Return ``replies`` as a group may read them; ``words`` are what functions say."""
        return tuple(self._kept(reply, words) for reply in replies)

    def _kept(self, reply: Reply, words: Mapping[str, str]) -> Reply:
        if reply.kind == "crisis":
            return replace(reply, text=f"{reply.text}\n{words['group_crisis']}")
        if reply.kind != "emergency":
            return reply
        text = reply.text
        for pattern in self._places:
            text = pattern.sub(lambda found: _told(found, words["group_place"]), text)
        return replace(reply, text="\n".join(dict.fromkeys(text.split("\n"))))


def _told(found: re.Match[str], line: str) -> str:
    return line.format(number=found.groupdict().get(_NUMBER) or "119")


def _about_places(wording: EmergencyWording) -> Iterator[str]:
    for name, text in dict(wording).items():
        if isinstance(text, str) and ("place" in name or "{place}" in text):
            yield text


def _pattern(template: str) -> re.Pattern[str]:
    """Return what finds a sentence that was filled into ``template``."""
    parts, seen = [], False
    for number, part in enumerate(_NAME.split(template)):
        is_name = number % 2 == 1
        is_number = is_name and part == _NUMBER and not seen
        seen = seen or is_number
        parts.append(f"(?P<{_NUMBER}>.+?)" if is_number else ".*?" if is_name else re.escape(part))
    return re.compile("".join(parts))
