"""The queries behind the list of notices, on both stores."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.console.broadcast_looks_store import (
    broadcasts_seen,
    broadcasts_to_judge,
    buildings_of_ids,
    homes_of,
)
from community.bindings import bind
from community.broadcast_write_store import make, submit, try_on_self
from community.broadcasts import STATES, Audience, Broadcast, Draft
from community.register_store import all_streets
from community.staff import Post, Staff
from storage import Database
from tests.community.broadcast_rows import a_draft, chatting, living, working
from tests.community.registered import LIST, NOON, building_called, imported, new_resident

HERE, EAST, WEST = "demo", "双福街道", "几江街道"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    """Queries run on both stores, unlike the pages around."""
    return str(request.param)


@pytest.fixture
def register(database: Database) -> Database:
    imported(database, LIST)
    return database


def home(database: Database, name: str = "2栋") -> int:
    return building_called(database, name).id


def a_notice(db: Connection, key: str, home_id: int, author: Staff) -> Broadcast:
    street = next(one.id for one in all_streets(db, HERE) if one.name == EAST)
    expires_at = NOON + timedelta(days=1)
    draft: Draft = replace(
        a_draft(Audience(HERE, building_ids=(home_id,))),
        key=key,
        street_id=street,
        author_id=author.id,
        expires_at=expires_at,
    )
    return make(db, draft, NOON)


def keys(found: Iterable[Broadcast]) -> list[str]:
    return [one.key for one in found]


def test_a_list_holds_the_area_and_the_own_the_latest_first(register: Database) -> None:
    home_id = home(register)

    def work(db: Connection) -> tuple[list[str], list[str], list[str]]:
        streets = {one.name: one.id for one in all_streets(db, HERE)}
        author = working(db, "du", Post("supervisor", HERE))
        near = working(db, "near", Post("department", HERE, streets[EAST]))
        far = working(db, "far", Post("department", HERE, streets[WEST]))
        _, two = (a_notice(db, key, home_id, author) for key in ("n:1", "n:2"))
        return (
            keys(broadcasts_seen(db, near, STATES)),
            keys(broadcasts_seen(db, author, STATES, before=two.id)),
            keys(broadcasts_seen(db, far, STATES)),
        )

    assert register.write(work) == (["n:2", "n:1"], ["n:1"], [])


def test_what_was_tried_is_in_no_list(register: Database) -> None:
    home_id = home(register)

    def work(db: Connection) -> list[str]:
        author = working(db, "du", Post("supervisor", HERE))
        chatting(db, author)
        a_notice(db, "n:1", home_id, author)
        try_on_self(db, a_draft(Audience(HERE, building_ids=(home_id,))), author, NOON)
        return keys(broadcasts_seen(db, author, STATES))

    assert register.write(work) == ["n:1"]


def test_only_another_person_in_charge_is_asked_to_approve(register: Database) -> None:
    home_id = home(register)

    def work(db: Connection) -> list[list[str]]:
        streets = {one.name: one.id for one in all_streets(db, HERE)}
        author = working(db, "du", Post("reviewer", HERE))
        asked = [
            author,
            working(db, "near", Post("reviewer", HERE, streets[EAST])),
            working(db, "far", Post("reviewer", HERE, streets[WEST])),
            working(db, "none", Post("curator", HERE)),
        ]
        living(db, "res", home_id)
        for key in ("n:1", "n:2"):
            submit(db, a_notice(db, key, home_id, author).id, author, NOON)
        return [keys(broadcasts_to_judge(db, one)) for one in asked]

    assert register.write(work) == [[], ["n:1", "n:2"], [], []]


def test_homes_are_named_and_several_of_one_resident_together(register: Database) -> None:
    first, second = home(register), home(register, "中心A座")

    def work(db: Connection) -> tuple[dict[int, str], int, int]:
        two, none = new_resident(db), new_resident(db)
        bind(db, two, first, "choice", NOON)
        bind(db, two, second, "choice", NOON)
        return homes_of(db, [two, none]), two, len(buildings_of_ids(db, [first, second, 99_999]))

    homes, two, count = register.write(work)
    assert set(homes) == {two}
    assert set(homes[two].split("、")) == {"幸福社区双福花园2栋", "东门社区江津中心A座"}
    assert count == 2
