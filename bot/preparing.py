"""Makes what answers, from the files of the package and the data directory.

What is missing or stale is built; what cannot be built leaves the last good one in use, or,
where there is none, the service answering emergencies only, and says why in the log.
"""

import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from index.hub import load_hub_model

from bot.dialogue.analyst import Analyst, Engine
from bot.dialogue.answering import Answerer, DistrictWords
from bot.dialogue.certain import CertainPhrases
from bot.dialogue.conversation import Brain
from bot.dialogue.deciding import Dialogue
from bot.dialogue.emergency_flow import EmergencyFlow
from bot.phrases import Wording, load_wording
from bot.settings import Settings
from community.districts import District, load_district
from community.places import places_named
from index.artefacts import open_searcher
from index.model import SHIPPED_MODEL, load_model
from index.values import SearchError, Topic, Utterance
from knowledge.content import is_current
from knowledge.errors import KnowledgeError
from knowledge.library import Library

_logger = logging.getLogger(__name__)

KNOWLEDGE_FILE = "knowledge.db"
INDEX_FOLDER = "index"


def open_library(data_dir: Path) -> Library | None:
    """Return the finished answers, built again when an entry has changed.

    A broken entry leaves the last good file in use; None when there is none.
    """
    path = data_dir / KNOWLEDGE_FILE
    if not is_current(path):
        _build(path)
    try:
        return Library.open(path)
    except KnowledgeError:
        _logger.exception("there is no knowledge to answer from; emergencies are answered")
        return None


def _build(path: Path) -> None:
    """Build the knowledge in a process of its own, whose memory goes with it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    built = subprocess.run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "knowledge.build", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if built.returncode:
        _logger.error("the knowledge was not built; the last good one stays: %s", built.stderr)


def topics_of(library: Library) -> list[Topic]:
    """Return the library's topics as the index takes them."""
    return [
        Topic(
            topic.id,
            topic.title,
            topic.text,
            tuple(
                Utterance(text, register)
                for register, texts in topic.utterances.items()
                for text in texts
            ),
        )
        for topic in library.topics()
    ]


def open_engine(settings: Settings, library: Library) -> Engine | None:
    """Return the search core over ``library``; None when neither can be loaded nor built."""
    topics = topics_of(library)
    folder = settings.data_dir / INDEX_FOLDER
    try:
        if settings.index_model:
            model, encoder = load_hub_model(settings.index_model, topics, folder)
        else:
            model, encoder = load_model(SHIPPED_MODEL), None
        return Engine(open_searcher(model, topics, folder, encoder), model.detector)
    except (SearchError, OSError):
        _logger.exception("the index cannot be used; certain phrases still work")
        return None


def prepare_brain(settings: Settings) -> Brain:
    """Return what answers, with everything built that was missing or stale.

    Raises:
        bot.phrases.WordingError: when a wording file is broken.
        community.districts.UnknownDistrict: when a district has no file.
        community.placefiles.BrokenPlaceFile: when a district's file is broken.
    """
    wording = load_wording()
    district = load_district(settings.districts[0])
    library = open_library(settings.data_dir)
    engine = open_engine(settings, library) if library else None
    words = DistrictWords(district.name, district.settings_text(), district.general_text())
    return Brain(
        Analyst(engine, CertainPhrases(wording.certain), places_elsewhere(district)),
        _dialogue(wording, words, library if engine else None),
        dict(wording.general),
    )


def places_elsewhere(district: District) -> Callable[[str], Sequence[str]]:
    """Return what names the places in a text that this district is not."""

    def elsewhere(text: str) -> Sequence[str]:
        return [place for place in places_named(text) if place not in district.name]

    return elsewhere


def _dialogue(wording: Wording, words: DistrictWords, library: Library | None) -> Dialogue:
    answerer = Answerer(library, wording, words) if library else None
    return Dialogue(answerer, wording, EmergencyFlow(wording.emergency, words.settings))
