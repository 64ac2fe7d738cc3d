"""Feeds: secrets of which only HMACs are kept, areas, and what stands in them, on both stores."""

from base64 import urlsafe_b64decode
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection, select

from community.staff import Area
from drills.duty_record_store import Paper, record_duty
from drills.duty_store import subject_in
from drills.feed_store import (
    BadFeed,
    Feed,
    FeedMaker,
    Scope,
    add_feed,
    end_feed,
    feed_of,
    feeds_in,
    shown_in,
)
from drills.store import calendar_feed
from storage import Database
from tests.drills.duty_town import NOON, QIANJIANG_AREA, TODAY, DutyTown, duty_town

KEY = b"only for tests, thirty-two bytes"
OTHER_KEY = b"another one, also of thirty-two b"
ALL = Scope("qianjiang")


@pytest.fixture
def town(database: Database) -> DutyTown:
    return duty_town(database)


def maker(town: DutyTown, area: Area = QIANJIANG_AREA) -> FeedMaker:
    return FeedMaker(town.staff_id, area, KEY)


def made(
    town: DutyTown, scope: Scope = ALL, name: str = "全区演练", area: Area = QIANJIANG_AREA
) -> tuple[int, str]:
    return town.database.write(lambda db: add_feed(db, scope, name, maker(town, area), NOON))


def opened(town: DutyTown, secret: str, key: bytes = KEY) -> Feed | None:
    return town.database.read(lambda db: feed_of(db, secret, key))


def place(town: DutyTown, name: str) -> tuple[int, int, int]:
    return town.database.read(lambda db: town.ids(db, name))


def test_a_secret_opens_its_feed_and_is_not_kept(town: DutyTown) -> None:
    feed_id, secret = made(town)
    rows = town.database.read(lambda db: db.execute(select(calendar_feed)).all())

    found = opened(town, secret)
    assert found
    assert (found.id, found.scope, found.name, found.ended_at) == (feed_id, ALL, "全区演练", None)
    assert len(urlsafe_b64decode(secret + "=")) == 32
    assert secret not in repr(rows)
    assert secret != made(town)[1]


@pytest.mark.parametrize("typed", ["", "x", "x" * 65, "密码", "x" * 43])
def test_nothing_else_opens_one(town: DutyTown, typed: str) -> None:
    _, secret = made(town)

    assert opened(town, typed) is None
    assert opened(town, secret.swapcase()) is None
    assert opened(town, secret, OTHER_KEY) is None


def test_an_ended_feed_opens_nothing(town: DutyTown) -> None:
    feed_id, secret = made(town)
    other = maker(town, Area(frozenset({"jiangjin"})))

    def end(who: FeedMaker) -> bool:
        return town.database.write(lambda db: end_feed(db, feed_id, who, NOON))

    assert not end(other)
    assert opened(town, secret)
    assert end(maker(town))
    assert not end(maker(town))
    assert opened(town, secret) is None
    [feed] = town.database.read(lambda db: feeds_in(db, QIANJIANG_AREA))
    assert feed.ended_at == NOON
    assert town.database.read(lambda db: feeds_in(db, other.area)) == []


def test_feeds_are_made_within_the_area(town: DutyTown) -> None:
    _, happy, east = place(town, "滨江花园1栋")
    _, west_side, west = place(town, "商住楼")
    own = Area(streets=frozenset({east}))

    assert made(town, Scope("qianjiang", east), area=own)
    assert made(town, Scope("qianjiang", east, happy), area=own)
    for scope in (
        ALL,
        Scope("qianjiang", west),
        Scope("qianjiang", east, west_side),
        Scope("jiangjin", east),
        Scope("qianjiang", None, happy),
    ):
        with pytest.raises(BadFeed, match="place"):
            made(town, scope, area=own)


@pytest.mark.parametrize("name", ["", "  ", "长" * 81, "a\nb"])
def test_a_feed_has_a_name(town: DutyTown, name: str) -> None:
    with pytest.raises(BadFeed, match="name"):
        made(town, name=name)


@pytest.mark.parametrize(
    ("scope", "drills", "places"),
    [("district", 2, "qianjiang"), ("street", 1, "street"), ("community", 1, "community")],
)
def test_a_feed_shows_its_place_alone(town: DutyTown, scope: str, drills: int, places: str) -> None:
    _, community, street = place(town, "滨江花园1栋")
    scopes = {
        "district": ALL,
        "street": Scope("qianjiang", street),
        "community": Scope("qianjiang", street, community),
    }

    def work(db: Connection) -> object:
        town.drill(db, "滨江花园1栋", "无高度楼", title="城东的")
        town.drill(db, "商住楼", title="城西的")
        far = {"starts_at": datetime(2028, 1, 1, tzinfo=UTC)}
        town.drill(db, "滨江花园1栋", title="太远的", **far)
        feed = Feed(1, scopes[scope], "x", town.staff_id, NOON, None)
        return shown_in(db, feed, town.duties, TODAY)

    shown = town.database.write(work)

    assert len(shown.drills) == drills
    assert shown.drills[0].title == "城东的"
    assert shown.drills[0].place == "城东街道幸福社区"
    assert shown.drills[0].buildings == ("无高度楼", "滨江花园1栋")
    assert shown.place.startswith(places)
    owed = {(one.rule.id, one.period.code): one.owed for one in shown.deadlines}
    assert owed["law41_residents_drill", "2026"] == drills
    tall = {period for rule, period in owed if rule == "law44_full_drill_tall_public"}
    assert len(tall) == (0 if scope == "community" else 6)
    assert "jiangjin2_training" not in {rule for rule, _ in owed}


def test_deadlines_count_what_was_done(town: DutyTown) -> None:
    building, _, _ = place(town, "滨江花园1栋")
    feed = Feed(1, ALL, "x", town.staff_id, NOON, None)

    def work(db: Connection) -> None:
        found = subject_in(db, QIANJIANG_AREA, "building", building, town.duties)
        assert found
        paper = Paper("law41_residents_drill", found[0], date(2025, 3, 1), "签到表")
        record_duty(db, town.duties, paper, town.staff_id, NOON)

    town.database.write(work)
    shown = town.database.read(lambda db: shown_in(db, feed, town.duties, TODAY))

    done = {
        one.period.code: (one.done, one.changed_at)
        for one in shown.deadlines
        if one.rule.id == "law41_residents_drill"
    }
    assert done == {"2025": (1, NOON), "2026": (0, NOON), "2027": (0, NOON)}
