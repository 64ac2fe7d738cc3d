"""Answers to the report's questions: the calm ones are taken, the cries are heard."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import yaml

from bot.dialogue.analysis import Analysis
from bot.dialogue.brain import Brain
from bot.dialogue.calm import as_answer
from bot.dialogue.conversation import Conversation
from bot.dialogue.turns import Turn
from bot.functions.report_card import CRIES
from bot.functions.report_steps import SILENT_FOR
from bot.messages import Account, has_urgent
from hazards.categories import load_categories
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import Says
from tests.bot.functions.reporting import photo, shown
from tests.bot.functions.test_functions import labels

in_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

ROOT = Path(__file__).parents[3]
LINES = yaml.safe_load(Path(__file__).with_name("report_lines.yaml").read_text("utf-8"))
PLACES: list[str] = LINES["places"]
HAZARDS: list[str] = [line for lines in LINES["hazards"].values() for line in lines]
CRIED: list[str] = LINES["cries"]
WARNING = "如果现在正着火、漏气或有人被困，先打119。"
# Of the authored lines no more than this may be heard less surely within the report.
MOST_LOST = 0.01
# A line above an answer is cheap, but not for everybody.
MOST_WARNED = 0.4

Asks = Callable[[str], Turn]


@pytest.fixture
def answers_place(sends: Says) -> Asks:
    """Answer 「在哪里？」, every time as somebody else."""
    return partial(_answered, sends, _people("place"), "举报 楼道堆满纸箱")


@pytest.fixture
def answers_what(sends: Says) -> Asks:
    """Answer 「报哪里的隐患？」, every time as somebody else."""
    return partial(_answered, sends, _people("what"), "报隐患")


def _people(name: str) -> Iterator[Account]:
    return (Account("wechat", f"{name}-{number}") for number in count(1))


def _answered(sends: Says, people: Iterator[Account], opening: str, line: str) -> Turn:
    account = next(people)
    assert not has_urgent(sends(opening, account).replies)
    return sends(line, account)


def corpus(name: str) -> list[str]:
    lines = (ROOT / "index" / "corpus" / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["q"] for line in lines]


def is_heard(brain: Brain, analysis: Analysis) -> bool:
    """Whether it is answered at once, as an emergency, a crisis or another's danger."""
    return brain.dialogue.urgent(analysis) is not None


def share(found: Iterable[bool]) -> float:
    listed = list(found)
    return sum(listed) / len(listed)


class TestAuthored:
    def test_there_are_places_and_hazards_of_every_kind(self) -> None:
        assert set(LINES["hazards"]) == {one.id for one in load_categories().all}
        assert min(map(len, LINES["hazards"].values())) >= 6
        assert len(set(PLACES)) == len(PLACES) >= 150
        assert len(set(HAZARDS)) == len(HAZARDS) >= 150

    def test_none_is_from_a_corpus_that_was_learned(self) -> None:
        files = (ROOT / "index" / "corpus").glob("*.jsonl")
        learned = {line for file in files for line in corpus(file.stem)}

        assert learned.isdisjoint([*PLACES, *HAZARDS, *CRIED])


@in_sqlite
class TestCalmAnswers:
    def test_a_place_never_brings_the_emergency_reply(self, answers_place: Asks) -> None:
        turns = {line: answers_place(line) for line in PLACES}

        assert [line for line, turn in turns.items() if has_urgent(turn.replies)] == []
        assert share(WARNING in shown(turn) for turn in turns.values()) < MOST_WARNED

    def test_nor_does_a_hazard(self, answers_what: Asks) -> None:
        turns = {line: answers_what(line) for line in HAZARDS}

        assert [line for line, turn in turns.items() if has_urgent(turn.replies)] == []
        assert share(WARNING in shown(turn) for turn in turns.values()) < MOST_WARNED

    def test_one_in_doubt_is_taken_below_a_line(self, answers_place: Asks) -> None:
        turn = answers_place("东门旁边楼道")

        assert shown(turn).startswith(f"{WARNING}\n看一下，没错就提交：")
        assert "地点：东门旁边楼道" in shown(turn)

    def test_one_without_a_doubt_is_taken_alone(self, answers_place: Asks) -> None:
        assert shown(answers_place("阳光小区5栋负一楼车库")).startswith("看一下")

    def test_a_caption_in_doubt_is_taken_below_the_line(self, sends: Says) -> None:
        sends(media=photo())
        turn = sends("燃气管被衣柜挡住了", media=photo())

        assert not has_urgent(turn.replies)
        assert WARNING in shown(turn)


class TestShares:
    def test_as_a_first_message_they_are_heard_as_before(self, brain: Brain) -> None:
        heard = share(is_heard(brain, brain.analyse(line)) for line in [*PLACES, *HAZARDS])

        assert heard > 0.2  # the classifiers are as they were: only the question makes them calm

    def test_of_the_authored_emergencies_none_but_one_in_a_hundred_is_lost(
        self, brain: Brain
    ) -> None:
        found = [brain.analyse(line) for line in corpus("emergency")]
        first = share(is_heard(brain, one) for one in found)
        within = share(is_heard(brain, as_answer(one)) for one in found)

        assert within >= first - MOST_LOST

    def test_nor_of_the_crises(self, brain: Brain) -> None:
        found = [brain.analyse(line) for line in corpus("crisis")]
        first = share(bool(one.crisis) for one in found)

        assert share(bool(as_answer(one).crisis) for one in found) >= first - MOST_LOST


@in_sqlite
class TestCries:
    def test_said_as_an_answer_they_bring_the_emergency_reply(
        self, answers_what: Asks, answers_place: Asks, brain: Brain
    ) -> None:
        sure = [line for line in CRIED if brain.analyse(line).is_sure]

        assert len(sure) >= 0.95 * len(CRIED)
        assert [line for line in sure if not has_urgent(answers_what(line).replies)] == []
        assert [line for line in sure if not has_urgent(answers_place(line).replies)] == []

    @pytest.mark.parametrize("category", CRIES)
    def test_a_yes_at_the_gate_is_one(self, sends: Says, category: str) -> None:
        sends("报隐患")
        for step in _to_kind(category):
            asked = sends(step)
        assert labels(asked)[0] == "有，现在就有"

        assert has_urgent(sends("1").replies)

    def test_what_may_be_one_is_taken_below_the_line(self, answers_what: Asks) -> None:
        turn = answers_what("我头晕得很，屋里有股怪味")

        assert WARNING in shown(turn)

    def test_long_after_the_question_it_is_a_first_message(self, sends: Says, clock: Clock) -> None:
        sends("举报 楼道堆满纸箱")
        clock.forward(SILENT_FOR * 2)

        assert has_urgent(sends("东门旁边楼道").replies)

    def test_in_an_open_emergency_nothing_is_calm(self, sends: Says) -> None:
        sends("举报 楼道堆满纸箱")
        sends("着火了")

        assert WARNING not in shown(sends("东门旁边楼道"))


@in_sqlite
class TestFirstMessage:
    def test_what_may_be_one_is_offered_below_the_first_steps(self, sends: Says) -> None:
        said = "我们小区7栋2楼楼道里接了线给摩托车充电"
        turn = sends(said)

        assert shown(turn).index("119") < shown(turn).index("要把这件事上报")
        assert labels(turn)[:2] == ["上报", "不用，只是问问"]


def _to_kind(category: str) -> list[str]:
    categories = load_categories()
    group = next(one for one in categories.groups if categories.require(category) in one.categories)
    return ["别的隐患", group.name, categories.require(category).name]


@in_sqlite
def test_a_form_hears_the_same(talk: Conversation, brain: Brain) -> None:
    assert talk.urgent("着火了") is not None
    doubted = talk.urgent("东门旁边楼道")
    assert doubted is not None
    assert (doubted.kind, doubted.text) == ("chat", WARNING)
    assert talk.urgent("阳光小区5栋负一楼车库") is None
