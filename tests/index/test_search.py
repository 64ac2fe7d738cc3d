from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from index.artefacts import open_searcher
from index.gate import Thresholds
from index.model import Model
from index.retrieval import analyse_topics, build_retrieval
from index.search import Searcher
from index.text import analyse
from index.values import Ranking, Topic, Utterance, Zone
from tests.index.samples import TEXTS

BAD_INPUT = [
    "",
    "   ",
    "😀😀",
    "火" * 10_000,
    "\x00\x01\x02",
    "樓道裡有煙guan men",
    "ＧＡＳ",
    "woyaobaojing",
    "What is the weather",
    "https://example.com/",
    "'; DROP TABLE entries; --",
    "<script>alert(1)</script>",
    "Где находится выход",
    "\ud800",
]


def first(ranking: Ranking) -> str:
    return ranking.topics[0][0]


@pytest.mark.parametrize("name", TEXTS)
def test_a_topics_own_words_find_it(searcher: Searcher, name: str) -> None:
    title, _, utterances = TEXTS[name]

    assert first(searcher.rank(analyse(title))) == name
    assert all(first(searcher.rank(analyse(said))) == name for said in utterances)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("屋頭聞到煤氣好臭", "gas.smell"),
        ("没气味怎么办", "gas.smell"),
        ("电马儿可以推进楼梯间不", "ebike.no_indoor"),
        ("燃了还能坐电梯不", "escape.no_elevator"),
        ("pi guan zi ji nian huan", "gas.hose_life"),
    ],
    ids=["traditional", "homophone", "dialect", "dialect fire", "pinyin"],
)
def test_other_ways_to_write_find_the_topic(searcher: Searcher, text: str, topic: str) -> None:
    assert topic in [found for found, _ in searcher.rank(analyse(text)).topics[:2]]


@pytest.mark.parametrize("text", [*BAD_INPUT, "煤气味"])
def test_every_topic_is_ranked_once(searcher: Searcher, text: str) -> None:
    ranking = searcher.rank(analyse(text))

    assert sorted(topic for topic, _ in ranking.topics) == sorted(TEXTS)
    assert sum(score for _, score in ranking.topics) == pytest.approx(1, abs=1e-4)
    assert 0 <= ranking.confidence <= 1
    assert 0 <= ranking.known <= 1


def test_scores_fall(searcher: Searcher) -> None:
    scores = [score for _, score in searcher.rank(analyse("软管老化")).topics]

    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("text", ["", " ", "😀", "？！", "\x00"])
def test_a_message_without_words_is_declined(searcher: Searcher, text: str) -> None:
    ranking = searcher.rank(analyse(text))

    assert ranking.zone is Zone.DECLINE
    assert ranking.confidence == 0


@pytest.mark.parametrize(
    ("thresholds", "zone"),
    [
        (Thresholds(answer=0.0, clarify=0.0), Zone.ANSWER),
        (Thresholds(answer=1.1, clarify=0.0), Zone.CLARIFY),
        (Thresholds(answer=1.1, clarify=1.1), Zone.DECLINE),
    ],
)
def test_the_gates_thresholds_decide(
    searcher: Searcher, thresholds: Thresholds, zone: Zone
) -> None:
    other = replace(searcher, gate=replace(searcher.gate, thresholds=thresholds))

    assert other.rank(analyse("软管老化")).zone is zone


def test_out_of_scope_is_less_known(searcher: Searcher) -> None:
    inside = searcher.rank(analyse("厨房一股煤气味先做啥"))
    outside = searcher.rank(analyse("推荐一家好吃的火锅店"))

    assert outside.known < inside.known


def test_a_topic_that_came_after_training_is_found(
    model: Model, topics: list[Topic], tmp_path: Path
) -> None:
    new = Topic(
        "equipment.extinguisher_use",
        "灭火器怎么用",
        "提起，拔销，对准根部。",
        (Utterance("干粉灭火器使用步骤", "keywords"), Utterance("灭火器拔销以后", "colloquial")),
    )
    searcher = open_searcher(model, [*topics, new], tmp_path)

    assert first(searcher.rank(analyse("灭火器怎么拔销"))) == new.id


def test_similar_utterances_name_their_topics(searcher: Searcher) -> None:
    found = searcher.similar_utterances(analyse("橡胶管用了好多年要不要换"), 3)

    assert len(found) == 3
    assert found[0][0] == "gas.hose_life"
    assert found[0][1] == pytest.approx(1, abs=1e-4)


def test_topics_are_held_in_the_order_of_their_ids(model: Model, topics: list[Topic]) -> None:
    assert model.static is not None
    retrieval = build_retrieval(analyse_topics(topics[::-1]), model.static)

    assert retrieval.topics == tuple(sorted(TEXTS))
    assert retrieval.centroids.labels == retrieval.topics
    assert retrieval.lexical.topic_count == len(TEXTS)


def test_a_topic_without_utterances_is_found_by_its_title(
    model: Model, topics: list[Topic], tmp_path: Path
) -> None:
    bare = Topic("home.moxa", "艾灸熏香在家安全吗", "有人看着，灰烬浸水。")
    searcher = open_searcher(model, [*topics, bare], tmp_path)

    assert first(searcher.rank(analyse("在家艾灸"))) == "home.moxa"


def test_a_single_topic_can_be_searched(model: Model, topics: list[Topic], tmp_path: Path) -> None:
    ranking = open_searcher(model, [topics[0]], tmp_path).rank(analyse("煤气味"))

    assert ranking.topics == ((topics[0].id, pytest.approx(1)),)
