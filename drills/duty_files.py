"""Reading ``duties.yaml``: every fault is named by file, line and mend."""

import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from community.placefiles import Part, read_place_file
from community.placevalues import day, decimal, texts, whole_number
from community.registers import USES, Use
from drills.duties import (
    ALL_DISTRICTS,
    PERIOD_KINDS,
    SUBJECT_KINDS,
    Condition,
    Duties,
    LeftOut,
    Rule,
    Source,
    period_of,
)

HERE = Path(__file__).parent / "duties.yaml"
# As the column of duty_record takes it.
_ID = re.compile(r"[a-z][a-z0-9_]{2,59}")
_TEXTS = ("id", "title", "district", "who")
_REQUIRED = (
    *_TEXTS, "version", "subject", "applies", "period", "count", "since", "served_by", "source",
    "confirm",
)  # fmt: skip
_MOST_COUNT = 52
_MOST_METRES = 1000

T = TypeVar("T", bound=str)


def load_duties(zone: ZoneInfo, file: Path = HERE) -> Duties:
    """Return every rule.

    Args:
        zone: in which days are counted, that of the district.
        file: where they stand.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
        OSError: when the file cannot be read.
    """
    parts = read_place_file(file).fields(("rules", "left_out"))
    rules: list[Rule] = []
    for part in parts["rules"].items():
        rule = _rule(part)
        _check_versions([one for one in rules if one.id == rule.id], rule, part)
        rules.append(rule)
    left_out = (item.texts(("source", "what", "why")) for item in parts["left_out"].items())
    return Duties(tuple(rules), tuple(LeftOut(**one) for one in left_out), zone)


def _rule(part: Part) -> Rule:
    fields = part.fields(_REQUIRED, ("until",))
    told = {name: fields[name].text() for name in _TEXTS}
    if not _ID.fullmatch(told["id"]):
        raise fields["id"].broken(f"“{told['id']}”不能做编号", "写小写字母、数字和下划线")
    period = _one_of(fields["period"], PERIOD_KINDS)
    until = day(fields["until"]) if "until" in fields else None
    if until is not None and period_of(period, until).end != until:
        raise fields["until"].broken("停用那天不是一期的最后一天", "写到年底或者半年底")
    return Rule(
        **told,
        version=whole_number(fields["version"], 1, 999),
        subject=_one_of(fields["subject"], SUBJECT_KINDS),
        applies=tuple(_condition(one) for one in fields["applies"].items()),
        period=period,
        count=whole_number(fields["count"], 1, _MOST_COUNT),
        since=day(fields["since"]),
        until=until,
        served_by=frozenset(texts(fields["served_by"])),
        source=Source(**fields["source"].texts(("title", "article", "words"))),
        confirm=texts(fields["confirm"]),
    )


def _check_versions(earlier: Sequence[Rule], rule: Rule, part: Part) -> None:
    """Refuse a version that leaves a gap, overlaps, or begins in the middle of a period."""
    if rule.until is not None and rule.until < rule.since:
        raise part.broken("停用的日子比开始的早", "改since或者until")
    if rule.version != len(earlier) + 1:
        raise part.broken(f"版本{rule.version}接不上", f"这里应当是版本{len(earlier) + 1}")
    if not earlier:
        return
    before = earlier[-1]
    if before.until is None or rule.since != before.until + timedelta(days=1):
        raise part.broken("和前一版的日子接不上", "前一版写until，这一版从第二天开始")
    if period_of(rule.period, rule.since).start != rule.since:
        raise part.broken("新版不是从一期的第一天开始", "写1月1日，半年一期的也可以写7月1日")
    same: list[tuple[object, object]] = [
        (before.subject, rule.subject),
        (before.district, rule.district),
    ]
    if any(old != new for old, new in same):
        raise part.broken("同一条的各版本对象或区县不一样", f"另起一条，区县可以写{ALL_DISTRICTS}")


def _condition(part: Part) -> Condition:
    fields = part.fields(("uses",), ("unsure_uses", "above_m", "up_to_m"))
    return Condition(
        _uses(fields["uses"]),
        _uses(fields.get("unsure_uses")),
        *(_metres(fields.get(name)) for name in ("above_m", "up_to_m")),
    )


def _metres(part: Part | None) -> float | None:
    return None if part is None else decimal(part, 0, _MOST_METRES)


def _uses(part: Part | None) -> frozenset[Use]:
    return frozenset(_one_of(one, USES) for one in (part.items() if part else ()))


def _one_of(part: Part, known: Collection[T]) -> T:
    text = part.text()
    for one in known:
        if one == text:
            return one
    raise part.broken(f"不认识“{text}”", f"只能写：{'、'.join(known)}")
