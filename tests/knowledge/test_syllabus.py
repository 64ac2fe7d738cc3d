"""The syllabus file."""

from pathlib import Path

import pytest

from knowledge.errors import BrokenContent
from knowledge.syllabus import load_syllabus


def test_categories_and_topics_come_in_the_order_of_the_file(root: Path) -> None:
    syllabus = load_syllabus(root / "syllabus.yaml")
    assert [(part.id, part.name, part.is_finished) for part in syllabus.categories] == [
        ("escape", "逃生疏散", True),
        ("gas", "燃气安全", False),
    ]
    assert list(syllabus.topics) == ["escape.no_elevator", "escape.smoke", "gas.hotline"]
    hotline = syllabus.topics["gas.hotline"]
    assert (hotline.title, hotline.needs) == ("燃气抢修电话是多少", ("config",))
    assert hotline.points == ("到室外打",)
    assert "gas.hotline" in syllabus
    assert "gas.none" not in syllabus


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("categories: x", [("not_a_list", 1)]),
        ("topics: []", [("unknown_key", 1)]),
        ("categories:\n- id: a", [("missing_key", 2)]),
        ("categories:\n- {id: a, name: b, topics: [{id: c.d, title: e}]}",
         [("id_outside_category", 2)]),
        ("categories:\n- id: a\n  name: b\n  topics:\n  - {id: a.b, title: c}\n"
         "  - {id: a.b, title: d}", [("twice", 6)]),
        ("categories:\n- {id: a, name: b, topics: [{id: a.b}]}", [("missing_key", 2)]),
        ("", [("empty", 1)]),
    ],
)  # fmt: skip
def test_a_broken_syllabus_is_refused_by_line(
    tmp_path: Path, text: str, expected: list[tuple[str, int]]
) -> None:
    path = tmp_path / "syllabus.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenContent) as refused:
        load_syllabus(path)
    assert [(found.kind, found.line) for found in refused.value.problems] == expected
