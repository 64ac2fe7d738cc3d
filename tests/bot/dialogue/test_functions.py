"""Functions are found by key and by word, and by nothing else."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue.brain import Brain
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import TYPED, Function, Functions, Visit, given_to, menu_choices
from bot.dialogue.house import House
from bot.phrases import load_translation, load_wording

QUIET = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def opened(visit: Visit, given: str) -> Outcome:
    raise AssertionError((visit, given))  # these tests look functions up and open none


LINK = Function("link", opened, frozenset({"关联", "link"}), takes_words=True)
PHONES = Function("phones", opened, frozenset({"常用电话", "phones"}), menu="ask")
MINE = Function("mine", opened, menu="mine")
FEW = Functions((MINE, LINK, PHONES))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("常用电话", "phones"), ("「常用电话」。", "phones"), ("/Phones", "phones"),
        ("常用电话是多少", ""), ("phones please", ""), ("", ""), ("/", ""), ("mine", ""),
        ("关联", "link"), ("关联123456", f"link/{TYPED}/123456"),
        ("关联 123456", f"link/{TYPED}/123456"), ("关联：１２３４５６", f"link/{TYPED}/123456"),
        ("/link 123456", f"link/{TYPED}/123456"), ("关联账户", ""), ("linked 123456", ""),
        ("关联：", ""), ("常用电话 119", ""), ("关联 " + "1" * 60, ""),
    ],
)  # fmt: skip
def test_called(text: str, key: str) -> None:
    assert FEW.called(text) == key


@pytest.mark.parametrize(
    ("text", "is_word"),
    [("常用电话", True), ("/link", True), ("关联 123456", False), ("关联，我家着火了", False),
     ("", False), ("mine", False)],
)  # fmt: skip
def test_a_word_alone_is_a_word(text: str, is_word: bool) -> None:
    assert FEW.is_word(text) is is_word


@QUIET
@given(text=st.text(max_size=80) | st.text("关联link:：/ 0123456789", max_size=20))
def test_any_text_opens_a_registered_function_or_none(house: House, text: str) -> None:
    functions = house.reception.functions

    key = functions.called(text)

    assert key == "" or functions.get(key) is not None
    assert not functions.is_word(text) or key == functions.require(key).key


def test_the_menu_has_the_parts_in_order_and_none_that_is_empty() -> None:
    words = {"menu_ask": "问安全", "menu_report": "报隐患", "menu_mine": "我的"}

    assert FEW.menu(words) == [("问安全", [PHONES]), ("我的", [MINE])]
    assert Functions().menu(words) == []


def test_a_choice_of_the_menu_opens_its_function() -> None:
    (choice,) = menu_choices([PHONES], {"title_phones": "常用电话"})
    assert (choice.label, choice.function) == ("常用电话", "phones")


@pytest.mark.parametrize(("key", "given"), [("a", ""), ("a/b", "b"), ("a/b/c", "b/c"), ("", "")])
def test_what_is_given(key: str, given: str) -> None:
    assert given_to(key) == given


def words_of(functions: Functions) -> Iterator[tuple[str, str]]:
    for function in functions.registered:
        for word in function.words:
            yield word, function.key


def test_no_two_functions_share_a_word_or_a_key(house: House) -> None:
    functions = house.reception.functions
    words = [word for word, _ in words_of(functions)]

    assert len(words) == len(set(words))
    assert len({one.key for one in functions.registered}) == len(functions.registered)
    assert all(functions.called(word) == key for word, key in words_of(functions))


@pytest.mark.parametrize("wording", [load_wording(), load_translation("en")], ids=["zh", "en"])
def test_every_function_of_the_menu_has_a_title_that_opens_it(
    house: House, wording: object
) -> None:
    words = wording.functions  # type: ignore[attr-defined]
    for function in house.reception.functions.registered:
        if function.menu:
            assert words[f"title_{function.key}"]


def test_every_choice_that_stands_for_words_is_an_emergency(brain: Brain) -> None:
    """Behind 「着火了」 on a button stands a sentence; a new model must still know it."""
    for name in ("fire", "gas", "smoke", "unconscious"):
        for language in ("zh", "en"):
            words = brain.function_words(language)
            analysis = brain.analyse(words[f"say_{name}"])
            assert (analysis.emergency, analysis.is_sure) == (name, True)
