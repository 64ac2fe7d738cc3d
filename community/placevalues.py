"""Values in the files about places that are no plain texts: truths, numbers, days, times of day.

Each reader names file and line of what it cannot take, as ``community.placefiles`` does.
"""

import math
import re
from datetime import date, time

import yaml

from community.placefiles import Part

_TRUTHS = {"true": True, "false": False}
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def truth(part: Part | None, *, missing: bool = False) -> bool:
    """Return true or false; ``missing`` for a part that is not there.

    Raises:
        BrokenPlaceFile: when it is neither.
    """
    if part is None:
        return missing
    if (found := _TRUTHS.get(part.text())) is None:
        raise part.broken(f"“{part.text()}”不是true或false", "是就写true，不是就写false")
    return found


def text_or_empty(part: Part | None) -> str:
    """Return a text that may be empty or missing.

    Raises:
        BrokenPlaceFile: when it is no scalar.
    """
    if part is None or (isinstance(part.node, yaml.ScalarNode) and not part.node.value.strip()):
        return ""
    return part.text()


def texts(part: Part | None) -> tuple[str, ...]:
    """Return a list's texts; none for a part that is not there.

    Raises:
        BrokenPlaceFile: when it is no list of texts, or one stands in it twice.
    """
    found: list[str] = []
    for item in part.items() if part else ():
        if item.text() in found:
            raise item.broken(f"“{item.text()}”写了两次", "删掉一个")
        found.append(item.text())
    return tuple(found)


def whole_number(part: Part, least: int, most: int) -> int:
    """Return a whole number within ``least`` and ``most``.

    Raises:
        BrokenPlaceFile: when it is none.
    """
    text = part.text()
    # int() would also take full-width digits, underscores and a plus sign.
    if not re.fullmatch(r"-?[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise part.broken(f"“{text}”不对", f"写{least}到{most}的整数")
    return int(text)


def decimal(part: Part, least: float, most: float) -> float:
    """Return a number within ``least`` and ``most``.

    Raises:
        BrokenPlaceFile: when it is none.
    """
    try:
        number = float(part.text())
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise part.broken(f"“{part.text()}”不对", f"写{least:g}到{most:g}的数")
    return number


def day(part: Part) -> date:
    """Return a date written as 2026-01-31.

    Raises:
        BrokenPlaceFile: when it is none.
    """
    text = part.text()
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        problem: Exception | None = None
    except ValueError as error:
        problem = error
    raise part.broken(f"没有“{text}”这一天", "写成2026-01-31这样") from problem


def span(part: Part) -> tuple[time, time]:
    """Return the two times of day of a span written as 09:00-12:00, the earlier one first.

    Raises:
        BrokenPlaceFile: when it is none.
    """
    first, _, last = part.text().partition("-")
    if not (_TIME.fullmatch(first) and _TIME.fullmatch(last)) or first >= last:
        raise part.broken(f"“{part.text()}”不是一段时间", "写成09:00-12:00这样，先早后晚")
    return time.fromisoformat(first), time.fromisoformat(last)
