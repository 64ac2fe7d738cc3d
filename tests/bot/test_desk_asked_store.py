"""A message as staff take it over: words and building, within the area, never whose."""

from dataclasses import asdict

import pytest
from sqlalchemy import Connection, select

from bot.desk_asked_store import Asked, asked_at
from bot.messages import Media
from community.bindings import unbind
from community.register_store import building
from community.staff import Area
from community.store import resident_of
from storage import Database
from tests.bot.desk_town import DISTRICT, SAID, settle_in, street_with_building, writes

ALL = Area(districts=frozenset({DISTRICT}))


def code_at(db: Connection, tower: int) -> str:
    return str(db.scalars(select(building.c.code).where(building.c.id == tower)).one())


def test_words_and_building_are_found_by_the_message(database: Database) -> None:
    def work(db: Connection) -> tuple[Asked | None, str, str]:
        _, tower = street_with_building(db, "城东街道")
        settle_in(db, "li", tower)
        booked = writes(db, "li")
        return asked_at(db, ALL, f" {booked.code.lower()} "), code_at(db, tower), booked.code

    asked, tower, code = database.write(work)

    assert asked == Asked(SAID, has_media=False, building_code=tower)
    assert code not in str(asdict(asked))


def test_what_came_along_is_told(database: Database) -> None:
    asked = database.write(
        lambda db: asked_at(db, ALL, writes(db, "li", "", sent=Media("photo", "ref")).code)
    )

    assert asked == Asked("", has_media=True, building_code="")


def test_a_building_left_since_is_not_named(database: Database) -> None:
    def work(db: Connection) -> Asked | None:
        _, first = street_with_building(db, "城东街道")
        _, second = street_with_building(db, "城西街道")
        account_id = settle_in(db, "li", first)
        code = writes(db, "li").code
        assert unbind(db, resident_of(db, account_id), first)
        settle_in(db, "li", second)
        return asked_at(db, ALL, code)

    assert database.write(work) == Asked(SAID, has_media=False, building_code="")


@pytest.mark.parametrize("typed", ["", "x", "00000000", "K7M39QX2"])
def test_no_code_finds_nothing(database: Database, typed: str) -> None:
    assert database.read(lambda db: asked_at(db, ALL, typed)) is None


def test_nothing_is_found_outside_the_area(database: Database) -> None:
    def work(db: Connection) -> list[bool]:
        east, tower = street_with_building(db, "城东街道")
        west, _ = street_with_building(db, "城西街道")
        settle_in(db, "li", tower)
        code = writes(db, "li").code
        areas = (Area(streets=frozenset({east})), Area(streets=frozenset({west})), Area())
        return [asked_at(db, area, code) is not None for area in areas]

    assert database.write(work) == [True, False, False]
