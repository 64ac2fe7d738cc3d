"""Templates of drills: what each kind is called, its course on the day, what residents are told.

``templates.yaml`` holds the words. The mark 【演练】 and the line on a real fire are not among
them: they are put there when a broadcast of the mode ``drill`` is rendered.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from community.placefiles import Part, read_place_file
from community.placevalues import texts, whole_number
from drills.drills import KINDS, Kind

TEMPLATES_FILE = Path(__file__).parent / "templates.yaml"
LANGUAGES = ("zh", "en")

Occasion = Literal[
    "notice_week",
    "notice_day",
    "notice_soon",
    "alarm",
    "reminder",
    "all_clear",
    "postponed",
    "postponed.undated",
    "cancelled",
    "aborted",
]
OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)

# Not the six digits: they hang at the assembly point, and having read them there shows who came.
FIELDS = frozenset({"title", "when", "place", "scenario", "reason"})
# Without these a message would leave people asking.
NEEDED: Mapping[Occasion, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("notice_week", "notice_day", "notice_soon"), frozenset({"title", "when", "place"})
        ),
        "alarm": frozenset({"place"}),
        "reminder": frozenset({"place"}),
        "all_clear": frozenset(),
        "postponed": frozenset({"title", "when", "reason"}),
        "postponed.undated": frozenset({"title", "reason"}),
        "cancelled": frozenset({"title", "when", "reason"}),
        "aborted": frozenset({"reason"}),
    }
)

# The drill's shortest and longest duration, also of what a plan may ask for.
LEAST_MINUTES, MOST_MINUTES = 10, 180


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of drill.

    Attributes:
        kind: stands in rows.
        name: on a button.
        title: of a drill that is given none; buildings are named before it.
        scenario: what is assumed to have happened.
        lasts_minutes: how long it usually takes.
        steps: the course of the day, for those who conduct it.
        words: language → occasion → words with the fields of ``FIELDS``.
    """

    kind: Kind
    name: str
    title: str
    scenario: str
    lasts_minutes: int
    steps: tuple[str, ...]
    words: Mapping[str, Mapping[Occasion, str]]

    def filled(self, language: str, occasion: Occasion, values: Mapping[str, str]) -> str:
        """Return what residents are told; ``values`` has every field of ``FIELDS``.

        Raises:
            KeyError: for a language or a field that is not there.
        """
        return self.words[language][occasion].format_map(values)


# Kind → template, in the order that they are offered.
Templates = Mapping[Kind, Template]


@lru_cache(maxsize=4)
def load_templates(file: Path = TEMPLATES_FILE) -> Templates:
    """Read the templates, once for each ``file``.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend; also when a kind, an occasion or
            a language is missing, or words name a field that does not exist or lack one.
        OSError: when it cannot be read.
    """
    fields = read_place_file(file).fields(("version", "templates"))
    found: dict[Kind, Template] = {}
    for part in fields["templates"].items():
        template = _template(part)
        if template.kind in found:
            raise part.broken(f"“{template.kind}”写了两次", "删掉一个")
        found[template.kind] = template
    for kind in KINDS:
        if kind not in found:
            raise fields["templates"].broken(f"缺“{kind}”的模板", "补上这一种演练")
    return MappingProxyType(found)


def _template(part: Part) -> Template:
    plain = ("name", "title", "scenario")
    fields = part.fields(("kind", *plain, "lasts_minutes", "steps", "words"))
    steps = texts(fields["steps"])
    if not steps:
        raise fields["steps"].broken("一步也没有", "至少写一步")
    return Template(
        kind=_kind(fields["kind"]),
        **{name: fields[name].text() for name in plain},
        lasts_minutes=whole_number(fields["lasts_minutes"], LEAST_MINUTES, MOST_MINUTES),
        steps=steps,
        words=_words(fields["words"]),
    )


def _kind(part: Part) -> Kind:
    for kind in KINDS:
        if kind == part.text():
            return kind
    raise part.broken(f"没有“{part.text()}”这种演练", f"只能写：{'、'.join(KINDS)}")


def _words(part: Part) -> Mapping[str, Mapping[Occasion, str]]:
    fields = part.fields(OCCASIONS)
    said: dict[str, dict[Occasion, str]] = {language: {} for language in LANGUAGES}
    for occasion in OCCASIONS:
        for language, words in fields[occasion].fields(LANGUAGES).items():
            said[language][occasion] = _checked(words, NEEDED[occasion])
    return MappingProxyType({name: MappingProxyType(words) for name, words in said.items()})


def _checked(part: Part, needed: frozenset[str]) -> str:
    text = part.text()
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise part.broken("花括号不成对", "只在要填的名字两边写{ }") from error
    for name in sorted(named - FIELDS):
        raise part.broken(f"不认识“{{{name}}}”", f"只能写：{'、'.join(sorted(FIELDS))}")
    for name in sorted(needed - named):
        raise part.broken(f"少了“{{{name}}}”", "补上，不然居民还要再问")
    return text
