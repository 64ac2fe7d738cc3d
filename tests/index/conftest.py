"""The small world of ``samples`` as fixtures; what is costly is made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.artefacts import open_searcher
from index.model import Model
from index.search import Searcher
from index.values import Topic
from tests.index import samples


@pytest.fixture(scope="session")
def topics() -> list[Topic]:
    return samples.topics()


@pytest.fixture(scope="session")
def model(topics: list[Topic]) -> Model:
    return samples.tiny_model(topics)


@pytest.fixture(scope="session")
def searcher(
    model: Model, topics: list[Topic], tmp_path_factory: pytest.TempPathFactory
) -> Searcher:
    return open_searcher(model, topics, tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of the training corpora and of the held-back set."""
    root = tmp_path_factory.mktemp("corpora")
    samples.write_corpora(root / "corpus", root / "held_back")
    return root / "corpus", root / "held_back"
