"""Values in files about places: what each reader takes, and how a fault is named."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest

from community.placefiles import BrokenPlaceFile, Part, read_place_file
from community.placevalues import day, decimal, span, text_or_empty, texts, truth, whole_number


def part(tmp_path: Path, value: str) -> Part:
    file = tmp_path / "some.yaml"
    file.write_text(f"x: {value}\n", encoding="utf-8")
    return read_place_file(file).fields(("x",))["x"]


@pytest.mark.parametrize(
    ("value", "read", "expected"),
    [
        ("true", truth, True),
        ("false", truth, False),
        ("''", text_or_empty, ""),
        ("", text_or_empty, ""),
        (" 有字 ", text_or_empty, "有字"),
        ("[a, b]", texts, ("a", "b")),
        ("", texts, ()),
        ("12", lambda one: whole_number(one, 1, 12), 12),
        ("-0.5", lambda one: decimal(one, -1, 1), -0.5),
        ("2026-02-28", day, date(2026, 2, 28)),
        ("09:00-12:30", span, (time(9), time(12, 30))),
    ],
)
def test_what_is_taken(
    tmp_path: Path, value: str, read: Callable[[Part], object], expected: object
) -> None:
    assert read(part(tmp_path, value)) == expected


def test_what_is_missing() -> None:
    assert truth(None) is False
    assert truth(None, missing=True) is True
    assert text_or_empty(None) == ""
    assert texts(None) == ()


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("yes", truth),
        ("[]", text_or_empty),
        ("[a, a]", texts),
        ("13", lambda one: whole_number(one, 1, 12)),
        ("1.5", lambda one: whole_number(one, 1, 12)),
        ("１", lambda one: whole_number(one, 1, 12)),
        ("nan", lambda one: decimal(one, -1, 1)),
        ("inf", lambda one: decimal(one, -1, 1)),
        ("一", lambda one: decimal(one, -1, 1)),
        ("2026-02-30", day),
        ("20260228", day),
        ("2026-W01-1", day),
        ("12:00-12:00", span),
        ("9:00-12:00", span),
        ("09:00", span),
        ("09:00-12:00-13:00", span),
    ],
)
def test_what_is_not_taken_is_named_by_line(
    tmp_path: Path, value: str, read: Callable[[Part], object]
) -> None:
    with pytest.raises(BrokenPlaceFile) as broken:
        read(part(tmp_path, value))
    assert broken.value.line == 1
    assert broken.value.mend
