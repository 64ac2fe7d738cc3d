from __future__ import annotations

import pytest

from index.evaluation import recall_at
from index.values import Topic
from tests.index import samples

# jieba 0.42 still reads its dictionary through pkg_resources, which warns on import.
pytestmark = pytest.mark.filterwarnings("ignore")

from index.baseline import WordBaseline, rank_baseline, word_baseline  # noqa: E402 - see above


@pytest.fixture(scope="module")
def baseline() -> WordBaseline:
    return word_baseline(samples.topics())


@pytest.mark.parametrize("text", ["", "zzz", "😀", "软管多久换"])
def test_every_topic_is_ranked(baseline: WordBaseline, topics: list[Topic], text: str) -> None:
    assert sorted(baseline.rank(text)) == sorted(topic.id for topic in topics)


def test_words_find_their_topic(baseline: WordBaseline) -> None:
    assert baseline.rank("橡胶软管老化")[0] == "gas.hose_life"


def test_the_baseline_is_measured_like_the_search(baseline: WordBaseline) -> None:
    held = samples.held_back()

    assert recall_at(rank_baseline(baseline, held.in_scope), 1) >= 0.75


def test_questions_about_unknown_topics_are_left_out(baseline: WordBaseline) -> None:
    known = samples.held_back().in_scope[0]
    strange = type(known)("别的", ("unknown.topic",), "child", "no")

    assert [one.asked for one in rank_baseline(baseline, [known, strange])] == [known]
