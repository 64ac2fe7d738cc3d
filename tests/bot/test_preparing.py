"""Making ready: built when missing, last good kept, emergencies in any case."""

from pathlib import Path
from shutil import copytree

import pytest

import bot.preparing
from bot.dialogue.session import Session
from bot.preparing import (
    INDEX_FOLDER,
    KNOWLEDGE_FILE,
    open_engine,
    open_library,
    prepare_brain,
    topics_of,
)
from bot.settings import Settings
from index.model import SHIPPED_MODEL, load_model, newer_share
from tests.bot.conftest import NOON

MOST_NEWER = 0.05


def settings_in(folder: Path, **more: str) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **more)  # type: ignore[call-arg, arg-type]


def test_the_shipped_model_has_seen_the_shipped_utterances(settings: Settings) -> None:
    library = open_library(settings.data_dir)
    assert library is not None
    newer = newer_share(load_model(SHIPPED_MODEL).training, topics_of(library))
    assert newer <= MOST_NEWER, "too many utterances are newer than the model: `make train`"


def test_all_of_the_first_categories_are_finished(settings: Settings) -> None:
    library = open_library(settings.data_dir)
    assert library is not None
    categories = [topic.id.partition(".")[0] for topic in topics_of(library)]
    assert {name: categories.count(name) for name in set(categories)} == {
        "escape": 30,
        "call": 10,
        "gas": 35,
        "ebike": 10,
    }


def test_everything_missing_is_built(tmp_path: Path) -> None:
    brain = prepare_brain(settings_in(tmp_path / "var"))

    assert brain.dialogue.is_ready
    assert (tmp_path / "var" / KNOWLEDGE_FILE).exists()
    assert any((tmp_path / "var" / INDEX_FOLDER).iterdir())


def test_a_damaged_knowledge_file_is_built_again(tmp_path: Path) -> None:
    assert open_library(tmp_path) is not None
    (tmp_path / KNOWLEDGE_FILE).write_bytes(b"not a database")
    assert open_library(tmp_path) is not None


def test_without_a_model_certain_phrases_still_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "model"
    copytree(SHIPPED_MODEL, broken)
    (broken / "detector.npz").write_bytes(b"damaged")
    monkeypatch.setattr(bot.preparing, "SHIPPED_MODEL", broken)
    settings = settings_in(tmp_path / "var")
    library = open_library(settings.data_dir)
    assert library is not None
    assert open_engine(settings, library) is None

    brain = prepare_brain(settings)
    assert not brain.dialogue.is_ready
    said = "我家厨房烧起来了"
    urgent = brain.dialogue.decide(Session(), said, brain.analyse(said), NOON).replies[0]
    assert urgent.kind == "emergency"
    asked = "湿毛巾有没有用"
    plain = brain.dialogue.decide(Session(), asked, brain.analyse(asked), NOON).replies[0]
    assert "119" in plain.text
