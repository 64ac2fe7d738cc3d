"""What a message says: its words, its place, or the button behind it."""

from datetime import UTC, datetime

import pytest

from bot.dialogue.analysis import Analysis
from bot.dialogue.heard import Heard
from bot.messages import Account, Choice, Event, Media, Place, Utterance
from index.values import Ranking, Zone

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def heard(text: str = "", analysis: Analysis | None = None, **more: object) -> Heard:
    said = Utterance(Account("wechat", "li"), "1", text, NOON, **more)  # type: ignore[arg-type]
    return Heard(said, analysis or Analysis())


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (heard("着火了"), "着火了"),
        (heard("", place=Place(29.5, 106.5, "阳光小区3栋")), "阳光小区3栋"),
        (heard("", place=Place(29.5, 106.5)), "29.50000,106.50000"),
        (heard("在这里", place=Place(29.5, 106.5, "阳光小区")), "在这里"),
        (heard(media=(Media("voice", "ref"),)), ""),
    ],
    ids=["words", "a place's words", "a place without words", "words before a place", "a voice"],
)
def test_text(message: Heard, text: str) -> None:
    assert message.text == text


@pytest.mark.parametrize(
    ("message", "function"),
    [
        (heard(event=Event("menu", "phones")), "phones"),
        (heard(event=Event("scanned", "building:1")), ""),
        (heard("是", tapped=Choice("是", function="building/take/1")), "building/take/1"),
        (heard("楼道", tapped=Choice("楼道", "smoke.corridor")), ""),
        (heard("phones"), ""),
    ],
    ids=["menu", "scan", "choice", "a topic's choice", "typed"],
)
def test_function(message: Heard, function: str) -> None:
    assert message.function == function


@pytest.mark.parametrize("zone", list(Zone))
def test_only_a_sure_answer_is_a_question(zone: Zone) -> None:
    analysis = Analysis(ranking=Ranking((("a", 1.0),), zone, confidence=1.0, known=1.0))
    assert heard("？", analysis).is_question is (zone is Zone.ANSWER)
    assert not heard("？").is_question


def test_a_choice_that_stands_for_words_is_these_words_alone() -> None:
    tapped = heard("1", event=Event("menu", "say/着火了"), media=(Media("voice", "ref"),))

    said = tapped.saying("着火了", Analysis(emergency="fire", is_sure=True))

    assert (said.text, said.function) == ("着火了", "")
    assert said.utterance.media == ()
    assert said.utterance.id == tapped.utterance.id
    assert said.analysis.is_sure
