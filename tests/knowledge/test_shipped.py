"""The content that ships: sound as a whole, and what the law library must and must not hold."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from community.districts import declared_settings, load_district
from knowledge.build import open_library
from knowledge.checks import check
from knowledge.content import CONTENT_ROOT, entry_files
from knowledge.entries import load_entry
from knowledge.laws import Laws, load_laws
from knowledge.library import basis_line
from knowledge.syllabus import load_syllabus

# How a paragraph or an item of a law may end.
ENDS = ("。", "；", "：", "……", "”")
FINISHED = {"escape", "call", "gas", "ebike"}


@pytest.fixture(scope="module")
def laws() -> Laws:
    return load_laws()


def test_no_content_file_has_an_error() -> None:
    names = [setting.name for setting in declared_settings()]
    found = check(names, today=datetime.now(UTC).date())
    assert [str(one) for one in found if one.severity == "error"] == []


def test_the_syllabus_is_whole() -> None:
    syllabus = load_syllabus()
    assert len(syllabus.topics) == 215
    assert {part.id for part in syllabus.categories if part.is_finished} >= FINISHED
    assert all(topic.points for topic in syllabus.topics.values())


def test_no_law_is_out_of_force(laws: Laws) -> None:
    shown = "\n".join(f"{law.title}{law.version}" for law in laws.laws.values())
    assert "2013修正" not in shown
    assert laws.find("重庆市消防条例", "第四十三条") is None
    assert laws.find("重庆市电梯安全管理办法", "第三十三条") is not None
    assert laws.find("重庆市电梯安全管理办法", "第三十四条") is None


def test_articles_are_whole(laws: Laws) -> None:
    for law in laws.laws.values():
        for number, text in law.articles.items():
            assert not re.search(r"^第.{1,6}[章节编]\\s", text, re.MULTILINE), (law.name, number)
            assert not re.search(r"[#>*|]|github|来源", text), (law.name, number)
            assert all(line.endswith(ENDS) for line in text.splitlines()), (law.name, number)
    fines = laws.find("消防法", "第六十条第一款第三项")
    assert fines is not None
    assert "五千元以上五万元以下" in fines.text
    assert "警告或者五百元以下罚款" in fines.text


def test_our_own_words_are_marked_as_such(laws: Laws) -> None:
    for name in ("重庆市消防条例", "重庆市电梯安全管理办法"):
        assert all(text.startswith("（大意）") for text in laws.laws[name].articles.values())


def test_every_standard_and_law_says_something_when_cited_as_a_whole(laws: Laws) -> None:
    entries = [load_entry(path) for path in entry_files(CONTENT_ROOT)]
    whole = {source.law for entry in entries for source in entry.sources if not source.article}
    silent = [
        name for name in whole if not laws.laws[name].is_practice and not laws.laws[name].text
    ]
    assert silent == []


def test_every_answer_reads_well_in_the_neutral_district(tmp_path: Path) -> None:
    library = open_library(tmp_path / "knowledge.db")
    settings = load_district("demo").settings_text()
    counts = Counter(topic.id.partition(".")[0] for topic in library.topics())
    assert {name: counts[name] for name in FINISHED} == {
        part.id: len(part.topics) for part in load_syllabus().categories if part.id in FINISHED
    }
    for topic in library.topics():
        answer = library.answer(topic.id, settings)
        assert not re.search(r"[{}]", answer.text), topic.id
        assert basis_line(answer.citations).startswith("依据："), topic.id
        assert "。。" not in answer.text, topic.id
