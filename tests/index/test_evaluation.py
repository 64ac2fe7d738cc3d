from __future__ import annotations

import pytest

from index.corpus import Asked, Line
from index.evaluation import (
    Judged,
    Ranked,
    Report,
    danger_named,
    evaluate,
    false_answers,
    full_replies,
    grouped,
    mean_reciprocal_rank,
    ranking_figures,
    recall_at,
    share,
)
from index.model import Model
from index.search import Searcher
from index.values import Verdict, Zone
from tests.index import samples


def ranked(
    *topics: str,
    right: tuple[str, ...] = ("gas.smell",),
    zone: Zone = Zone.ANSWER,
    emergency: str | None = None,
    expected: str = "no",
) -> Ranked:
    return Ranked(Asked("q", right, "child", expected), topics, zone, emergency)


def judged(
    kind: str = "near_miss",
    zone: Zone = Zone.DECLINE,
    emergency: str | None = None,
    perhaps: bool = False,
    is_long: bool = False,
) -> Judged:
    verdict = Verdict(emergency, perhaps, "fire", None, 0.1, 0.2)
    return Judged(Line("q", kind, is_long=is_long), zone, verdict)


@pytest.fixture(scope="module")
def report(searcher: Searcher, model: Model) -> Report:
    return evaluate(searcher, model.detector, samples.held_back())


@pytest.mark.parametrize(
    ("topics", "right", "rank"),
    [
        (("a", "b", "c"), ("a",), 1),
        (("a", "b", "c"), ("c", "b"), 2),
        (("a", "b", "c"), ("d",), 0),
        ((), ("a",), 0),
    ],
    ids=["first", "the better of two", "absent", "nothing ranked"],
)
def test_rank(topics: tuple[str, ...], right: tuple[str, ...], rank: int) -> None:
    assert ranked(*topics, right=right).rank == rank


@pytest.mark.parametrize(
    ("case", "served"),
    [
        (ranked("gas.smell", "b"), True),
        (ranked("b", "gas.smell"), False),
        (ranked("b", "c", "gas.smell", zone=Zone.CLARIFY), True),
        (ranked("b", "c", "d", "gas.smell", zone=Zone.CLARIFY), False),
        (ranked("gas.smell", zone=Zone.DECLINE), False),
        (ranked("b", zone=Zone.DECLINE, emergency="gas", expected="sure"), True),
        (ranked("b", zone=Zone.DECLINE, emergency="gas", expected="no"), False),
        (ranked("b", zone=Zone.DECLINE, expected="sure"), False),
    ],
    ids=[
        "right answer",
        "wrong answer",
        "right button",
        "fourth button",
        "declined",
        "emergency reply",
        "emergency reply without need",
        "missed emergency",
    ],
)
def test_served(case: Ranked, served: bool) -> None:
    assert case.is_served is served


CASES = [ranked("gas.smell"), ranked("b", "gas.smell"), ranked("b", "c", "d", "gas.smell")]


@pytest.mark.parametrize(("k", "expected"), [(1, 1 / 3), (3, 2 / 3), (4, 1)])
def test_recall(k: int, expected: float) -> None:
    assert recall_at(CASES, k) == pytest.approx(expected)


def test_mean_reciprocal_rank() -> None:
    assert mean_reciprocal_rank([*CASES, ranked("z")]) == pytest.approx((1 + 1 / 2 + 1 / 4) / 4)


def test_nothing_measured_is_zero() -> None:
    assert ranking_figures([]) == {"recall_1": 0, "recall_3": 0, "mrr": 0, "questions": 0}
    assert share([]) == 0


def test_out_of_scope_counts_direct_answers_only() -> None:
    cases = [judged(zone=Zone.ANSWER), judged(zone=Zone.CLARIFY), judged(zone=Zone.DECLINE)]

    assert false_answers(cases) == pytest.approx(1 / 3)


def test_a_banner_names_119_but_is_no_full_reply() -> None:
    cases = [judged(emergency="gas"), judged(perhaps=True), judged(), judged()]

    assert full_replies(cases) == 0.25
    assert danger_named(cases) == 0.5


def test_groups_are_sorted_and_counted() -> None:
    groups = grouped(
        [ranked("a", right=("b.x",)), ranked("a", right=("a",))], lambda r: r.asked.topics[0]
    )

    assert list(groups) == ["a", "b.x"]
    assert groups["a"]["recall_1"] == 1
    assert groups["b.x"]["questions"] == 1


def test_a_report_of_known_cases() -> None:
    report = Report(
        in_scope=(
            ranked("gas.smell"),
            ranked("b", "gas.smell"),
            ranked("b", zone=Zone.DECLINE, emergency="gas"),
            ranked("b", "gas.smell", zone=Zone.CLARIFY),
        ),
        out_of_scope=(judged(zone=Zone.ANSWER, is_long=True), judged("chitchat", Zone.CLARIFY)),
        emergencies=(judged("gas", emergency="gas"), judged("gas", emergency="co"), judged("co")),
        look_alikes=(judged("past", emergency="fire"), judged("past", perhaps=True)),
    )
    figures = report.figures()

    assert figures["served"] == 0.5
    assert figures["answered"] == 0.5
    assert figures["wrong_answers"] == 0.25
    assert figures["declined"] == 0.25
    assert figures["false_answers"] == 0.5
    assert figures["false_answers_near_miss"] == 1
    assert figures["false_answers_long"] == 1
    assert figures["false_buttons"] == 0.5
    assert figures["emergency_recall"] == pytest.approx(2 / 3)
    assert figures["emergency_kind_right"] == 0.5
    assert figures["false_alarms"] == 0.5
    assert figures["false_banners"] == 0.5
    assert figures["alarms_in_scope"] == 0.25


def test_every_line_is_measured(report: Report) -> None:
    held = samples.held_back()

    assert len(report.in_scope) == len(held.in_scope)
    assert len(report.out_of_scope) == len(held.out_of_scope)
    assert len(report.emergencies) == len(held.emergencies)
    assert len(report.look_alikes) == len(held.look_alikes)


def test_figures_are_shares(report: Report) -> None:
    figures = report.figures()

    assert all(0 <= figure <= 1 for name, figure in figures.items() if name != "questions")
    assert figures["recall_1"] >= 0.9
    assert figures["emergency_recall"] == 1


def test_figures_by_voice_and_category(report: Report) -> None:
    assert list(report.by_register()) == ["colloquial"]
    assert set(report.by_category()) == {"gas", "ebike", "escape", "call"}
    assert report.by_category()["gas"]["questions"] == 4


def test_questions_about_unknown_topics_are_left_out(searcher: Searcher, model: Model) -> None:
    held = samples.held_back()
    strange = Asked("别的", ("unknown.topic",), "child", "no")
    more = type(held)((*held.in_scope, strange), (), (), ())

    assert len(evaluate(searcher, model.detector, more).in_scope) == len(held.in_scope)
