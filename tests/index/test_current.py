"""The shipped model has seen the entries: fails when it must be trained again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.preparing import open_library, topics_of
from index.model import SHIPPED_MODEL, load_model, newer_share
from index.values import Topic

NEWER_AT_MOST = 0.05


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[Topic]:
    folder: Path = tmp_path_factory.mktemp("knowledge")
    library = open_library(folder)
    assert library is not None
    return list(topics_of(library))


def test_few_utterances_are_newer_than_the_model(entries: list[Topic]) -> None:
    newer = newer_share(load_model(SHIPPED_MODEL).training, entries)

    assert newer <= NEWER_AT_MOST, "run `lifeline index train` and commit index/model"


def test_every_topic_has_a_class(entries: list[Topic]) -> None:
    classes = set(load_model(SHIPPED_MODEL).classifier.classes)
    strange = [topic.id for topic in entries if topic.id not in classes]

    assert len(strange) <= NEWER_AT_MOST * len(entries)
