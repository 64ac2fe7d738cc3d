"""Makes what answers, from the files of the package and the data directory.

What is missing or stale is built; what cannot be built leaves the last good one in use, or,
where there is none, the service answering emergencies only, and says why in the log.
"""

import importlib
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bot.dialogue.analyst import Analyst, Engine, Phrases
from bot.dialogue.answering import Answerer, DistrictWords
from bot.dialogue.brain import Brain, Spoken
from bot.dialogue.certain import CertainPhrases
from bot.dialogue.control import bare, bare_word, control_word, has_words, is_command, is_link
from bot.dialogue.deciding import Dialogue
from bot.dialogue.emergency_flow import EmergencyFlow, labels_of
from bot.dialogue.session import Language
from bot.dialogue.small_talk import Chat
from bot.phrases import Wording, load_translation, load_wording
from bot.settings import Settings
from community.districts import District, load_district
from community.places import places_named
from index.artefacts import open_searcher
from index.corpus import SHIPPED_CORPUS, SHIPPED_HELD_BACK
from index.embedding import Encoder
from index.model import SHIPPED_MODEL, Model, load_model
from index.values import SearchError, Topic, Utterance
from knowledge.content import is_current
from knowledge.errors import KnowledgeError
from knowledge.library import Library

_logger = logging.getLogger(__name__)

KNOWLEDGE_FILE = "knowledge.db"
INDEX_FOLDER = "index"
HUB_FOLDER = "hub_model"
# Names of sentences that mean what they say: 「楼道有烟」 on a button is a call for help.
_MEANT = ("say_", "first", "voice")
TRANSLATED: tuple[Language, ...] = ("en",)


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
    if problem := _run_module("knowledge.build", path):
        _logger.error("the knowledge was not built; the last good one stays: %s", problem)


def _run_module(module: str, path: Path) -> str:
    """Run one of our modules in a process of its own; return what went wrong, or ""."""
    done = subprocess.run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-P", "-m", module, str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stderr if done.returncode else ""


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
        model, encoder = _model(settings, topics)
        # A hub model's index is built here: the other process would have to load it, too.
        apart = None if encoder else partial(_build_index_apart, settings.data_dir)
        searcher = open_searcher(model, topics, folder, encoder, apart)
        return Engine(searcher, model.detector)
    except (SearchError, OSError):
        _logger.exception("the index cannot be used; certain phrases still work")
        return None


def _build_index_apart(data_dir: Path) -> None:
    """Build the index in a process of its own: what building takes, this one need not hold."""
    if problem := _run_module("bot.preparing", data_dir):
        _logger.error("the index was not built apart; it is built here: %s", problem)


def build_index_here(data_dir: Path) -> None:
    """Build the index of our model over the knowledge in ``data_dir``, in this process.

    Raises:
        KnowledgeError: when there is no knowledge.
        SearchError: when the model cannot be used.
        OSError: when ``data_dir`` cannot be written.
    """
    library = Library.open(data_dir / KNOWLEDGE_FILE)
    open_searcher(load_model(SHIPPED_MODEL), topics_of(library), data_dir / INDEX_FOLDER)


def _model(settings: Settings, topics: Sequence[Topic]) -> tuple[Model, Encoder | None]:
    if not settings.index_model:
        return load_model(SHIPPED_MODEL), None
    # Loaded by name, and only when it is set: it brings torch.
    hub = importlib.import_module("index.hub")
    sources = hub.Sources(SHIPPED_CORPUS, SHIPPED_HELD_BACK)
    fitted = settings.data_dir / HUB_FOLDER
    model, encoder = hub.open_hub_model(settings.index_model, topics, sources, fitted)
    return model, encoder


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
    translations = {language: load_translation(language) for language in TRANSLATED}
    phrases = fixed_phrases(wording, *translations.values())
    analyst = Analyst(engine, phrases, places_elsewhere(district))
    known = library if engine else None
    labels = frozenset[str]().union(
        *(labels_of(each.emergency) for each in (wording, *translations.values()))
    )
    others: dict[Language, Spoken] = {}
    for language, translated in translations.items():
        dialogue = _dialogue(translated, known, words, (analyst, labels))
        others[language] = Spoken(dialogue, translated.general, translated.functions)
    dialogue = _dialogue(wording, known, words, (analyst, labels))
    return Brain(analyst, dialogue, wording.general, wording.functions, others)


def _dialogue(
    wording: Wording,
    library: Library | None,
    words: DistrictWords,
    of_all: tuple[Analyst, frozenset[str]],
) -> Dialogue:
    """Return what decides in one language; ``of_all`` is what the languages have in common."""
    analyst, labels = of_all
    answerer = Answerer(library, wording, words) if library else None
    flow = EmergencyFlow(wording.emergency, words.settings, labels)
    return Dialogue(answerer, wording, flow, analyst)


def fixed_phrases(*wordings: Wording) -> Phrases:
    """Return what is known by its words alone, in the first wording's certain phrases.

    What stands on a button is fixed, too: 「不是我，不关联」 is no cry for help.
    """
    chats = [Chat(wording.chat) for wording in wordings]
    functions = {
        bare(text)
        for wording in wordings
        for name, text in wording.functions.items()
        if not name.startswith(_MEANT)
    }
    labels = functions.union(*(labels_of(wording.emergency) for wording in wordings))

    def is_fixed(text: str) -> bool:
        if is_link(text) or is_command(text) or not has_words(text):
            return True
        is_known = control_word(text) or any(chat.reply(text) for chat in chats)
        return bool(is_known) or bare_word(text) in labels

    return Phrases(CertainPhrases(wordings[0].certain), is_fixed)


def places_elsewhere(district: District) -> Callable[[str], Sequence[str]]:
    """Return what names the places in a text that this district is not."""

    def elsewhere(text: str) -> Sequence[str]:
        return [place for place in places_named(text) if place not in district.name]

    return elsewhere


if __name__ == "__main__":
    build_index_here(Path(sys.argv[1]))
