"""Drafts as values: what is kept comes back, and what another release wrote does no harm."""

import math

import pytest

from community.coordinates import BadCoordinates, Point, distance_m
from hazards.drafts import Draft, DraftPhoto, Where, draft_from_json, draft_to_json, storable
from tests.hazards.taken import NOON, drafted


@pytest.mark.parametrize(
    "draft",
    [
        drafted(),
        Draft(begun_at=NOON, district_id="demo"),
        drafted(where=Where(3, 2, "楼道", "2楼", 29.25, 106.25, "gcj02"), privacy="anonymous"),
    ],
    ids=["usual", "empty", "full"],
)
def test_what_is_kept_comes_back(draft: Draft) -> None:
    assert draft_from_json(draft_to_json(draft)) == draft


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        "draft",
        {},
        {"where": {}},
        {"where": [], "begun_at": "2026-11-22"},
        {"where": {"planet": 4}, "begun_at": NOON.isoformat(), "district_id": "demo"},
        {"where": {}, "begun_at": "yesterday", "district_id": "demo"},
        {"where": {}, "begun_at": 5, "district_id": "demo"},
        {"where": {}, "begun_at": NOON.isoformat(), "district_id": "demo", "mood": "good"},
    ],
)
def test_what_another_release_wrote_is_no_draft(stored: object) -> None:
    assert draft_from_json(stored) is None


def test_a_confidential_report_is_the_default_and_nothing_is_told() -> None:
    draft = Draft(begun_at=NOON, district_id="demo")
    assert (draft.privacy, draft.wants_notices, draft.where.is_empty) == (
        "confidential",
        None,
        True,
    )


@pytest.mark.parametrize(
    ("where", "is_empty"),
    [
        (Where(floor="2楼"), True),
        (Where(datum="gcj02"), True),
        (Where(building_id=1), False),
        (Where(street_id=1), False),
        (Where(words="东门"), False),
        (Where(latitude=29.0, longitude=106.0), False),
    ],
)
def test_a_floor_alone_leads_nowhere(where: Where, is_empty: bool) -> None:
    assert where.is_empty is is_empty


def test_the_datum_is_minded() -> None:
    sent = Where(latitude=29.25, longitude=106.25, datum="gcj02").point()
    assert sent is not None
    assert 100 < distance_m(sent, Point(29.25, 106.25)) < 900
    assert Where(latitude=29.25, longitude=106.25).point() == Point(29.25, 106.25)
    assert Where(latitude=29.25).point() is None


@pytest.mark.parametrize(("latitude", "longitude"), [(math.nan, 106.0), (91.0, 0.0), (0.0, 999.0)])
def test_what_is_no_place_is_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(BadCoordinates):
        Where(latitude=latitude, longitude=longitude).point()


def test_text_is_cut_and_made_storable_and_tags_stay() -> None:
    assert storable(" <b>堵\x00了\ud800</b> ", 99) == "<b>堵了</b>"
    cut = Where(words="东" * 500, floor="二" * 50).cut()
    assert (len(cut.words), len(cut.floor)) == (200, 20)


@pytest.mark.parametrize(
    ("file_id", "refused", "is_pending"), [(None, "", True), (3, "", False), (None, "gone", False)]
)
def test_a_photo_waits_until_it_is_fetched_or_refused(
    file_id: int | None, refused: str, is_pending: bool
) -> None:
    assert DraftPhoto(1, "wechat", "m", file_id, refused, "", "").is_pending is is_pending
