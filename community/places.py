"""Which districts and cities a text names, so that people from elsewhere learn whom we serve."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from community.districts import COMMUNITY_ROOT
from community.placefiles import Part, read_place_file


@dataclass(frozen=True, slots=True)
class Places:
    """Finds places by one pattern; ``official`` leads from what people write to the full name."""

    pattern: re.Pattern[str]
    official: Mapping[str, str]

    def named(self, text: str) -> list[str]:
        """Return the full names of the places in ``text``, in its order, each once."""
        found = (
            self.official[match[match.lastgroup or 0]] for match in self.pattern.finditer(text)
        )
        return list(dict.fromkeys(found))


def places_named(text: str) -> list[str]:
    """Return the full names of districts, counties and cities that ``text`` names.

    In the order of the text, each once; 江津 gives 江津区. 重庆 itself is none of them.

    Raises:
        BrokenPlaceFile: when ``places.yaml`` cannot be used.
    """
    return load_places().named(text)


@lru_cache(maxsize=4)
def load_places(root: Path = COMMUNITY_ROOT) -> Places:
    """Read ``places.yaml``, once for each ``root``.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
        OSError: when it cannot be read.
    """
    fields = read_place_file(root / "places.yaml").fields(("cues", "places"))
    before, after, never = _cues(fields["cues"])
    certain: dict[str, str] = {}
    doubtful: dict[str, str] = {}
    for part in fields["places"].items():
        place = part.fields(("name",), ("names", "doubtful"))
        official = place["name"].text()
        certain.update(_names(place, "names", official))
        doubtful.update(_names(place, "doubtful", official))
    pattern = "|".join(
        [
            f"(?P<certain>{_any(certain)})(?!{_any(never)})",
            f"(?:{_any(before)})(?P<after>{_any(doubtful)})(?!{_any(never)})",
            f"(?P<before>{_any(doubtful)})(?={_any(after)})",
        ]
    )
    return Places(re.compile(pattern), {**doubtful, **certain})


def _cues(part: Part) -> Iterator[list[str]]:
    fields = part.fields(("before", "after", "never"))
    return ([item.text() for item in fields[name].items()] for name in ("before", "after", "never"))


def _names(place: Mapping[str, Part], key: str, official: str) -> dict[str, str]:
    return {item.text(): official for item in place[key].items()} if key in place else {}


def _any(words: Sequence[str] | Mapping[str, str]) -> str:
    """Return a pattern for any of the words, the longest first; for none, one of nothing."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(map(re.escape, longest_first)) or "(?!)"
