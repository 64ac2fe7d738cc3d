from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.augment import Augmenter, make_augmenter
from index.lexicon import shipped_lexicon

SENTENCE = "我昨天在厨房做饭，闻到一股煤气味，不晓得是不是软管老化了"


@pytest.fixture(scope="module")
def augmenter() -> Augmenter:
    return make_augmenter(shipped_lexicon(), ("我住渝北",))


def variants(augmenter: Augmenter, text: str, count: int = 40) -> set[str]:
    rng = Random(3)
    return {augmenter.variant(text, rng) for _ in range(count)}


def test_variants_differ(augmenter: Augmenter) -> None:
    assert len(variants(augmenter, SENTENCE)) > 20


def test_the_same_seed_gives_the_same_variants(augmenter: Augmenter) -> None:
    assert variants(augmenter, SENTENCE) == variants(augmenter, SENTENCE)


@given(st.text(max_size=40), st.integers(0, 1_000))
def test_any_text_can_be_changed(text: str, seed: int) -> None:
    augmenter = make_augmenter(shipped_lexicon(), ())

    assert isinstance(augmenter.variant(text, Random(seed)), str)
    assert isinstance(augmenter.close_variant(text, Random(seed)), str)


def test_a_word_becomes_another_of_its_concept(augmenter: Augmenter) -> None:
    found = variants(augmenter, "小电驴", 60)
    same = {
        word
        for word, concepts in shipped_lexicon().concepts.values.items()
        if concepts == ("电动车",)
    }

    assert found & (same - {"小电驴"})


def test_wrong_characters_sound_alike(augmenter: Augmenter) -> None:
    sounds = shipped_lexicon().sounds

    for character, others in augmenter.alike.items():
        assert {sounds[other] for other in others} == {sounds[character]}


def test_a_close_variant_keeps_every_clause(augmenter: Augmenter) -> None:
    rng = Random(5)

    for _ in range(30):
        changed = augmenter.close_variant(SENTENCE, rng)
        assert changed.count("，") == SENTENCE.count("，")
        assert "渝北" not in changed


def test_fillers_surround(augmenter: Augmenter) -> None:
    assert any("我住渝北" in text for text in variants(augmenter, SENTENCE))
