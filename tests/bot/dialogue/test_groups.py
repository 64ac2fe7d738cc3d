"""In a group no reply asks for a flat or reads one out, whatever the wording is."""

import pytest

from bot.dialogue.groups import Discretion
from bot.messages import Choice, Reply
from bot.phrases import EmergencyWording, load_translation, load_wording

WORDINGS = {"zh": load_wording(), "en": load_translation("en")}
DISCRETION = Discretion(wording.emergency for wording in WORDINGS.values())
VALUES = {"number": "120", "place": "阳光小区3栋(A座)1单元1201", "what": "着火了"}
TEMPLATES = ("ask_place", "ask_place_to_show", "read_out", "show_out")


def kept(text: str, language: str = "zh") -> str:
    reply = Reply("emergency", text, choices=(Choice("下一步"),))
    (after,) = DISCRETION.kept((reply,), WORDINGS[language].functions)
    assert after.choices == reply.choices
    return after.text


def sentence(emergency: EmergencyWording, name: str) -> str:
    text: str = getattr(emergency, name)
    return text.format(**VALUES)


@pytest.mark.parametrize("language", WORDINGS)
@pytest.mark.parametrize("name", TEMPLATES)
def test_what_asks_for_a_place_or_holds_one_is_replaced(language: str, name: str) -> None:
    words = WORDINGS[language]
    line = words.functions["group_place"].format(number="120")
    asked = sentence(words.emergency, name)

    text = kept(f"• 先做这一步\n{asked}\n我还在。", language)

    assert text == f"• 先做这一步\n{line}\n我还在。"


@pytest.mark.parametrize("language", WORDINGS)
def test_nothing_in_the_emergencys_words_prints_a_place(language: str) -> None:
    """A sentence that is added later is found as well."""
    emergency = WORDINGS[language].emergency
    for name, text in dict(emergency).items():
        if isinstance(text, str) and "{place}" in text:
            assert VALUES["place"] not in kept(sentence(emergency, name), language), name


def test_the_line_stands_once() -> None:
    emergency = WORDINGS["zh"].emergency
    both = f"{sentence(emergency, 'ask_place')}\n{sentence(emergency, 'read_out')}"

    assert kept(both).count("群里别发") == 1


@pytest.mark.parametrize("kind", ["chat", "answer", "decline"])
def test_other_replies_stay_as_they_are(kind: str) -> None:
    reply = Reply(kind, sentence(WORDINGS["zh"].emergency, "ask_place"))  # type: ignore[arg-type]

    assert DISCRETION.kept((reply,), WORDINGS["zh"].functions) == (reply,)


def test_a_crisis_is_asked_into_private() -> None:
    (told,) = DISCRETION.kept((Reply("crisis", "我在。"),), WORDINGS["zh"].functions)
    assert told.text.startswith("我在。\n")
    assert "私下" in told.text


def test_first_steps_are_untouched() -> None:
    for wording in WORDINGS.values():
        for words in wording.emergency.kinds.values():
            text = "\n".join((*words.now, words.never))
            assert kept(text) == text
