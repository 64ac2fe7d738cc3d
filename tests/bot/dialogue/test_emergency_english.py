"""The emergency flow for somebody who writes English: natural answers, and doubtful ones."""

from datetime import UTC, datetime
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.brain import Brain
from bot.dialogue.control import Control, control_word
from bot.dialogue.emergency_english import MOST_CHARACTERS, is_answer, plain
from bot.dialogue.emergency_flow import EmergencyFlow, FlowStep
from bot.dialogue.latin import is_calm
from bot.dialogue.session import EmergencyState, Stage
from bot.messages import plain_text
from bot.phrases import EMERGENCY_KINDS, load_translation, load_wording
from tests.bot.functions.conftest import Says
from tests.bot.functions.test_functions import shown

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDING = load_translation("en").emergency
SETTINGS = {"gas_hotline": "023-1234", "lift_rescue": "96333"}
FLOW = EmergencyFlow(WORDING, SETTINGS)
WECHAT_BYTES = 1900

CALLED = (
    "I called 119", "I've called 119", "called", "I called them already", "my wife called 119",
    "calling 119 now", "I'm on the phone with 119", "the neighbours called 119", "Help is coming",
    "the fire brigade is here", "firefighters are on the way", "yes, I called 120 and 119",
)  # fmt: skip
NO_PHONE = (
    "I can't call", "I can’t call", "cant call", "I cannot call 119", "no phone", "no signal",
    "my phone is dead", "battery dead", "the line is busy", "nobody answers", "119 doesn't answer",
    "I called 119 but no answer", "I don't have a phone", "I lost my phone", "can't get through",
    "I don't speak Chinese", "I can't speak Chinese", "I am deaf", "no credit", "no, I can't call",
)  # fmt: skip
NOT_NOW = (
    "not happening now", "it's not real", "just asking", "I'm just testing", "it is a drill",
    "nothing happened", "it was yesterday", "sent by mistake",
)  # fmt: skip
# Nobody waits for us: while it is asked who was called, each of these says to call.
YET_TO_CALL = (
    "ok", "okay", "yes", "done", "thanks", "I see", "I'm ok", "we are fine", "ok now", "what now",
    "what now?", "what should I do?", "next", "then what", "help", "help!", "help me", "send help",
    "call 119 for me", "please call 119", "come quickly", "are you coming?", "how long", "not yet",
    "no", "I haven't called", "should I call 119?", "who do I call?", "which number", "I can't",
    "not now", "going to call", "I'm outside", "we got out", "we are outside and safe", "hurry up",
)  # fmt: skip
STEPS_ON = ("next", "Next", "next step", "what now", "what do I do?", "ok", "yes", "done",
            "I'm outside", "we are ok", "then what", "thanks")  # fmt: skip
OVER = (
    "safe", "Safe", "we are safe", "everybody is safe", "everyone is safe now", "I'm safe!",
    "the fire is out", "it's over", "we were rescued", "all clear",
)  # fmt: skip
# Neither an end nor a call: the flow stays as it is.
DOUBTFUL = (
    "safe?", "is it safe?", "not safe", "no safe", "I am not safe", "we are not out", "it is over?",
    "called?", "no called", "no fire", "stop", "my cat is inside", "it is getting worse",
    "I called my husband's office twice", "unsafe",
)  # fmt: skip


def state(kind: str = "fire", stage: Stage = "asked") -> EmergencyState:
    return EmergencyState(kind, stage, "the kitchen is on fire", NOON)


def stepped(said: str, kind: str = "fire", stage: Stage = "asked") -> FlowStep:
    return FLOW.step(state(kind, stage), said, NOON)


@pytest.mark.parametrize("said", CALLED)
def test_called(said: str) -> None:
    after = stepped(said).state
    assert after is not None
    assert after.stage == "called"


@pytest.mark.parametrize("stage", ["asked", "called"])
@pytest.mark.parametrize("said", NO_PHONE)
def test_no_phone_wins_over_called(said: str, stage: Stage) -> None:
    step = stepped(said, stage=stage)
    assert step.state is not None
    assert step.state.stage == "no_phone"
    assert step.reply is not None
    assert "neighbours" in step.reply.text


@pytest.mark.parametrize("said", [*NOT_NOW, "false alarm", "Not happening now"])
def test_not_now_ends_it(said: str) -> None:
    assert stepped(said).state is None


@pytest.mark.parametrize("said", YET_TO_CALL)
def test_who_has_not_called_is_told_to_call(said: str) -> None:
    """「ok」 and 「what now」 were given the steps of somebody who had called."""
    step = stepped(said)
    assert step.state == state()
    assert step.reply is not None
    assert "I cannot call for you" in step.reply.text


@pytest.mark.parametrize("said", STEPS_ON)
def test_the_next_step(said: str) -> None:
    first = stepped("I called 119").state
    assert first is not None
    step = FLOW.step(first, said, NOON)
    assert step.state is not None
    assert step.state.step == 2
    assert step.reply is not None
    assert WORDING.follow["fire"].called[1] in step.reply.text


@pytest.mark.parametrize("stage", ["asked", "called", "no_phone"])
@pytest.mark.parametrize("said", OVER)
def test_over(said: str, stage: Stage) -> None:
    step = stepped(said, stage=stage)
    assert step.state is None
    assert step.reply is not None
    assert "tell 119 at once" in step.reply.text


@pytest.mark.parametrize("stage", ["asked", "called", "no_phone"])
@pytest.mark.parametrize("said", DOUBTFUL)
def test_what_is_doubtful_leaves_the_flow_open(said: str, stage: Stage) -> None:
    step = stepped(said, stage=stage)
    assert step.state == state(stage=stage)
    held = FLOW.hold(state(stage=stage), NOON)
    assert held.state == state(stage=stage)
    assert held.reply is not None
    assert "call" in held.reply.text.lower()


def test_a_false_alarm_after_the_call_has_119_told() -> None:
    step = stepped("false alarm", stage="called")
    assert step.state is None
    assert step.reply is not None
    assert step.reply.text == WORDING.over


@pytest.mark.parametrize("kind", EMERGENCY_KINDS)
def test_every_kind_from_the_first_line_to_the_end(kind: str) -> None:
    reply = FLOW.first_reply(kind)
    assert len(plain_text(reply).encode()) < WECHAT_BYTES
    assert "119" in reply.text.splitlines()[0]
    assert "I cannot call for you, and nobody comes" in reply.text
    assert "{" not in reply.text

    for called in (reply.choices[0].label, "I called", "I cannot call"):
        now: EmergencyState | None = state(kind)
        answers = [called, "building 3, floor 12, flat 1201", "next", "what now", "next", "safe"]
        for said in answers:
            assert now is not None
            step = FLOW.step(now, said, NOON)
            assert step.reply is not None
            assert len(plain_text(step.reply).encode()) < WECHAT_BYTES
            now = step.state
        assert now is None


@pytest.mark.parametrize("kind", EMERGENCY_KINDS)
def test_english_says_the_same_steps_as_chinese(kind: str) -> None:
    chinese = load_wording().emergency
    words, source = WORDING.kinds[kind], chinese.kinds[kind]

    assert (words.call, words.follow) == (source.call, source.follow)
    assert len(words.now) == len(source.now)
    assert words.what.startswith(f"{source.what} (")
    for name, follow in chinese.follow.items():
        assert len(WORDING.follow[name].called) == len(follow.called)
        assert len(WORDING.follow[name].no_phone) == len(follow.no_phone)
    for number in ("119", "120", "110"):
        for english, said in zip(words.now, source.now, strict=True):
            assert (number in english) == (number in said), (english, said)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Sunshine Garden building 3 flat 1201", "Sunshine Garden building 3 flat 1201"),
        ("I am in room 1201, building 7", "room 1201, building 7"),
        ("my address is building 5 unit 1", "building 5 unit 1"),
        ("I'm at 12 Nanbin road, 3rd floor", "12 Nanbin road, 3rd floor"),
    ],
)
def test_a_place_in_english_is_read_out(said: str, kept: str) -> None:
    step = stepped(said, stage="called")
    assert step.state is not None
    assert step.state.place == kept
    assert step.reply is not None
    assert f"我在{kept}，着火了" in step.reply.text


@pytest.mark.parametrize(
    "said",
    ["the fire is on floor 3", "smoke reached floor 18", "which floor should I go to?",
     "is building 3 safe", "can I take the stairs to floor 3"],
)  # fmt: skip
def test_news_and_questions_are_no_place(said: str) -> None:
    assert not FLOW.is_place(state(stage="called"), said)


def test_a_second_cry_with_a_place_is_a_cry() -> None:
    assert not FLOW.is_place(state(), "help, trapped in room 1201")


@pytest.mark.parametrize(
    ("said", "control"),
    [
        ("help", Control.HELP), ("Menu", Control.HELP), ("/start", Control.HELP),
        ("cancel", Control.CANCEL), ("Back.", Control.CANCEL), ("/cancel", Control.CANCEL),
        ("human", Control.HUMAN), ("staff", Control.HUMAN), ("source", Control.BASIS),
        ("Wrong!", Control.DISLIKE), ("not this", Control.DISLIKE), ("useful", Control.USEFUL),
        ("more", Control.MORE), ("unsubscribe", Control.UNSUBSCRIBE),
        ("/stop", Control.UNSUBSCRIBE),
        ("help the neighbour upstairs", None), ("more smoke", None), ("wrong way out?", None),
    ],
)  # fmt: skip
def test_control_words(said: str, control: Control | None) -> None:
    assert control_word(said) is control


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
class TestConversation:
    def test_help_in_an_emergency_is_a_cry_and_not_the_menu(self, sends: Says) -> None:
        sends("english")
        assert sends("the kitchen is on fire").replies[0].kind == "emergency"

        cried = sends("help!")

        assert cried.replies[0].kind == "emergency"
        assert "Call 119 at once" in shown(cried)

    def test_a_word_of_a_function_is_no_emergency(self, sends: Says) -> None:
        """「building」 was answered as a burn, 「unlink」 as a fire."""
        sends("english")
        for word in ("building", "unlink", "english", "it is me"):
            assert {reply.kind for reply in sends(word).replies} == {"chat"}

    def test_a_walk_through_it(self, sends: Says) -> None:
        sends("english")
        assert "Call 119 now" in shown(sends("the house is on fire!!"))
        assert "nobody comes because of this message" in shown(sends("ok"))
        assert "Do not hang up" in shown(sends("I’ve called 119"))
        assert "我在building 3 flat 1201，着火了" in shown(sends("building 3 flat 1201"))
        assert "tell the firefighters" in shown(sends("what now?"))
        assert "I am still here" in shown(sends("my grandmother is afraid of the dark"))
        assert "People matter most" in shown(sends("everybody is safe"))


@given(st.text(max_size=400))
def test_any_text_is_one_answer_or_none(text: str) -> None:
    said = plain(text)

    assert len(said) <= MOST_CHARACTERS
    assert said.isascii()
    assert not (said and is_answer(said, "over") and is_answer(said, "called"))


@pytest.mark.parametrize(
    "piece", ["is", "thefire", "callit", "andthe", "yesok", "help", "iam", "no"]
)
def test_a_long_answer_costs_no_time(piece: str) -> None:
    said = (piece * 60)[: MOST_CHARACTERS - 1] + "x"
    began = perf_counter()
    stepped(said)
    assert perf_counter() - began < 0.05


@pytest.mark.parametrize(
    "said",
    ["hello my name is Tom", "thank you for your kindness", "where is the assembly point",
     "what language do you speak", "please speak English", "can you translate this",
     "that is not what I asked", "how do I bind my building", "the hydrant has no water",
     "I want to see another building", "my neighbour cooks every day", "I don't understand"],
)  # fmt: skip
def test_everyday_english_is_no_emergency(brain: Brain, said: str) -> None:
    """「hello my name is Tom」 was answered as heavy smoke."""
    assert is_calm(said)
    assert brain.dialogue.urgent(brain.analyse(said)) is None


@pytest.mark.parametrize(
    "said",
    ["the kitchen is on fire", "I smell gas", "smoke in the corridor", "my father is not breathing",
     "we are trapped in the elevator", "my clothes are on fire", "someone is unconscious",
     "my e-bike battery is burning", "I burned my hand", "gas leak in my kitchen",
     "somebody was electrocuted", "there was an explosion", "the house is burning", "help me",
     "I want to die", "my mother collapsed and does not wake up"],
)  # fmt: skip
def test_danger_in_english_is_urgent(brain: Brain, said: str) -> None:
    assert not is_calm(said)
    assert brain.dialogue.urgent(brain.analyse(said)) is not None


@pytest.mark.parametrize(
    "said", ["zhaohuole", "jiuming a", "wo jia zhaohuo le", "着火了 help", "火事です"]
)
def test_what_is_not_english_is_left_to_the_classifiers(said: str) -> None:
    assert not is_calm(said)
