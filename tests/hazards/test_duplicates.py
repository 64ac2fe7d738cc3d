"""What speaks for two cases being one; people decide."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.coordinates import Point
from hazards.categories import load_categories
from hazards.duplicates import (
    CLOSED_SINCE,
    Looked,
    Reason,
    best,
    compared,
    kindred,
)
from tests.hazards.taken import DAY, HERE, NOON

CASE = Looked(1, "corridor_blocked", 7, "2楼", Point(*HERE), NOON, ("781244fa6cbf9bf1",))
OTHER = replace(CASE, id=2, phashes=())
# Within 40 m, within 250 m, and in another part of town.
BESIDE = Point(HERE[0] + 0.00035, HERE[1])
ALONG = Point(HERE[0] + 0.0018, HERE[1])
AWAY = Point(HERE[0] + 0.05, HERE[1])


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        (OTHER, {"building", "category", "floor", "recent"}),
        (replace(OTHER, floor=""), {"building", "category", "recent"}),
        (replace(OTHER, floor="第２F"), {"building", "category", "floor", "recent"}),
        (replace(OTHER, floor="3楼"), None),
        (replace(OTHER, category="exit_locked"), {"building", "kindred", "floor", "recent"}),
        (replace(OTHER, building_id=8, point=BESIDE), {"near", "category", "floor", "recent"}),
        (replace(OTHER, building_id=8, point=ALONG), None),
        (replace(OTHER, building_id=None, point=ALONG), {"near", "category", "floor", "recent"}),
        (replace(OTHER, building_id=None, point=AWAY, floor=""), None),
        (replace(OTHER, building_id=None, point=None, floor=""), None),
        (replace(OTHER, opened_at=NOON - 40 * DAY), {"building", "category", "floor"}),
        (
            replace(OTHER, floor="3楼", phashes=("781244fa6cbf9bf0",)),
            {"building", "category", "photo", "recent"},
        ),
        (
            replace(OTHER, building_id=None, point=None, phashes=CASE.phashes, category="canopy"),
            {"floor", "photo", "recent"},
        ),
        (replace(OTHER, building_id=8, point=AWAY, phashes=("87edbb0593406400",)), None),
    ],
    ids=[
        "the same", "floor unknown", "floor in other words", "another floor", "kindred",
        "beside it", "another tower", "no building, in sight", "another part of town",
        "words alone", "long ago", "another floor, the same photo", "the same photo anywhere",
        "another photo elsewhere",
    ],
)  # fmt: skip
def test_what_is_suggested(other: Looked, reasons: set[Reason] | None) -> None:
    found = compared(CASE, other)
    assert (set(found.reasons) if found else None) == reasons


def test_the_surest_come_first_and_no_more_than_asked() -> None:
    others = [
        replace(OTHER, id=3, opened_at=NOON - 29 * DAY),
        replace(OTHER, id=4, phashes=CASE.phashes),
        OTHER,
    ]
    assert [one.case_id for one in best(CASE, others, 5)] == [4, 2, 3]
    assert [one.case_id for one in best(CASE, others, 1)] == [4]


def test_every_category_named_is_one_there_is() -> None:
    known = load_categories()
    for category in known.by_id:
        assert category in kindred(category)
        assert all(known.get(one) for one in kindred(category))
    assert kindred("other") == {"other"}


looked = st.builds(
    Looked,
    st.integers(1, 9),
    st.sampled_from(["corridor_blocked", "exit_locked", "lane_blocked"]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from(["", "2楼", "3层"]),
    st.sampled_from([None, Point(*HERE), BESIDE, AWAY]),
    st.timedeltas(-CLOSED_SINCE, CLOSED_SINCE).map(lambda step: NOON + step),
    st.sampled_from([(), CASE.phashes]),
)


@given(looked, looked)
def test_what_speaks_for_it_speaks_both_ways(one: Looked, other: Looked) -> None:
    first, second = compared(one, other), compared(other, one)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert first.score == second.score
        assert 0 < first.score <= 1
        assert first.reasons == second.reasons


@given(looked, st.timedeltas(timedelta(0), CLOSED_SINCE))
def test_a_photo_never_speaks_against_it(one: Looked, step: timedelta) -> None:
    other = replace(one, id=10, opened_at=one.opened_at + step, phashes=())
    alike = replace(other, phashes=CASE.phashes)
    case = replace(one, phashes=CASE.phashes)
    plain, with_photo = compared(case, other), compared(case, alike)
    assert with_photo is not None
    assert plain is None or plain.score <= with_photo.score
