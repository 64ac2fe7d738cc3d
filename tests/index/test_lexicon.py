from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from index.lexicon import (
    LEXICON_FOLDER,
    Lexicon,
    fuzzy_sound,
    load_lexicon,
    phrase_table,
    shipped_lexicon,
)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon(LEXICON_FOLDER)


def words_of(groups: dict[str, list[object]]) -> list[str]:
    return [str(word) for words in groups.values() for word in words]


def test_the_longest_phrase_wins() -> None:
    table = phrase_table([("屋", "房"), ("屋头", "家里")])

    assert table.replace("屋头和屋") == "家里和房"


def test_a_phrase_may_have_several_values() -> None:
    table = phrase_table([("上楼", "往上"), ("上楼", "停放"), ("上楼", "往上")])

    assert list(table.found_in("推上楼")) == ["往上", "停放"]


def test_phrases_may_overlap() -> None:
    table = phrase_table([("燃气报警器", "报警器"), ("报警", "打电话")])

    assert list(table.found_in("燃气报警器")) == ["报警器", "打电话"]


def test_an_outline_keeps_what_no_phrase_covers() -> None:
    table = phrase_table([("厨房", "家"), ("烧起来", "着火")])

    assert table.outline("厨房烧起来了") == ["=家", "=着火", "了"]


@pytest.mark.parametrize("text", ["", "无关的话"], ids=["empty", "nothing known"])
def test_text_without_phrases_stays(text: str) -> None:
    table = phrase_table([("煤气", "燃气")])

    assert table.replace(text) == text
    assert list(table.found_in(text)) == []
    assert table.outline(text) == list(text)


@pytest.mark.parametrize(
    ("syllable", "fuzzy"),
    [
        ("zhang", "zan"),
        ("shi", "si"),
        ("chong", "cong"),
        ("nan", "lan"),
        ("hui", "fi"),
        ("hu", "hu"),
        ("ming", "min"),
        ("deng", "den"),
        ("ma", "ma"),
    ],
)
def test_fuzzy_sounds(syllable: str, fuzzy: str) -> None:
    assert fuzzy_sound(syllable) == fuzzy


def test_every_character_of_a_sound_is_known_by_it(lexicon: Lexicon) -> None:
    assert lexicon.sounds["火"] == fuzzy_sound("huo")
    assert len(lexicon.sounds) > 6_500


def test_traditional_characters_become_simplified(lexicon: Lexicon) -> None:
    assert "樓道裡煙霧瀰漫開門".translate(lexicon.simplified)[:2] == "楼道"
    assert len(lexicon.simplified) > 2_000


def test_simplified_characters_map_to_themselves(lexicon: Lexicon) -> None:
    """A chain in the table would make normalising twice differ from once."""
    assert not {ord(new) for new in lexicon.simplified.values()} & set(lexicon.simplified)


def test_a_dialect_word_has_one_meaning() -> None:
    words = words_of(
        yaml.safe_load((LEXICON_FOLDER / "dialect.yaml").read_text("utf-8"))["replace"]
    )

    assert sorted({word for word in words if words.count(word) > 1}) == []
    assert len(words) >= 150


def test_synonyms_are_many() -> None:
    groups = yaml.safe_load((LEXICON_FOLDER / "synonyms.yaml").read_text("utf-8"))

    assert len(words_of(groups)) >= 300


def test_names_in_the_tables_are_text() -> None:
    """YAML reads a bare 120 as a number and a bare 否 as text: only text may be a key."""
    for name in ("synonyms.yaml", "cues.yaml"):
        groups = yaml.safe_load((LEXICON_FOLDER / name).read_text("utf-8"))
        assert all(isinstance(key, str) for key in groups)


@pytest.mark.parametrize(
    ("typed", "concept"),
    [("mei'qi'", "燃气"), ("zao'fo'", "着火"), ("lou'qi'", "漏气")],
)
def test_typed_pinyin_meets_the_concepts(lexicon: Lexicon, typed: str, concept: str) -> None:
    assert concept in set(lexicon.concept_sounds.found_in(typed))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="pinyin"):
        load_lexicon(tmp_path)


def test_the_shipped_tables_are_read_once() -> None:
    assert shipped_lexicon() is shipped_lexicon()
