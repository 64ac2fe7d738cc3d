"""Where a hazard is: what is read out of words, and which usual place fits them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from bot.dialogue.functions import Visit
from bot.dialogue.session import Session
from bot.functions.report_places import Places, sent_place
from bot.messages import Account, Place
from bot.phrases import load_wording
from community.bindings import bind
from community.districts import load_district
from community.register_store import find_building_by_code
from community.store import account_of, resident_of
from hazards.drafts import Where
from storage import Database

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
WHO = Account("web", "somebody")
PLACES = Places({"demo": load_district("demo")})


def visit_of(db: Connection, place: Place | None = None) -> Visit:
    account = account_of(db, WHO.channel, WHO.name, NOW)
    return Visit(db, WHO, account, Session(), "", NOW, load_wording().functions, place=place)


@pytest.fixture
def visit(database: Database, codes: dict[str, str]) -> Iterator[Visit]:
    """A turn within a transaction of its own; the register is filled before it begins."""
    assert codes
    with database.engines.write.begin() as db:
        yield visit_of(db)


def bound(visit: Visit, code: str) -> int:
    building = find_building_by_code(visit.db, code)
    assert building is not None
    bind(visit.db, resident_of(visit.db, visit.account_id), building.id, "choice", NOW)
    return building.id


@pytest.mark.parametrize(
    ("said", "words", "floor"),
    [
        ("我要举报阳光小区13栋2楼楼道堆物", "阳光小区13栋2楼", "2楼"),
        ("阳光小区二栋二十层有人充电", "阳光小区二栋二十层", "二十层"),
        ("在翠湖苑9幢负一层", "翠湖苑9幢负一层", "负一层"),
        ("3栋2楼楼道堆满", "", ""),
        ("楼道堆满纸箱", "", ""),
    ],
)
def test_a_sentence_names_its_place(visit: Visit, said: str, words: str, floor: str) -> None:
    where = PLACES.named(visit, said).where

    assert (where.words, where.floor) == (words, floor)


def test_an_answer_is_kept_as_it_was_said(visit: Visit) -> None:
    read = PLACES.answered(visit, " 南门口的车棚 ")

    assert read is not None
    assert (read.buildings, read.where) == ((), Where(words="南门口的车棚"))


@pytest.mark.parametrize("said", ["？？", "123", ""])
def test_what_names_nothing_is_no_place(visit: Visit, said: str) -> None:
    assert PLACES.answered(visit, said) is None


def test_a_code_on_the_wall_is_its_building(visit: Visit, codes: dict[str, str]) -> None:
    name, code = next(iter(codes.items()))

    read = PLACES.answered(visit, f"编号{code}")

    assert read is not None
    assert [one.name for one in read.buildings] == [name]


@pytest.mark.parametrize(("said", "floor"), [("楼道堆满", ""), ("3栋堆满", ""), ("5楼堆满", "5楼")])
def test_the_bound_building_fits(
    visit: Visit, codes: dict[str, str], said: str, floor: str
) -> None:
    home = bound(visit, next(code for name, code in codes.items() if "3栋" in name))

    assert PLACES.default(visit, said) == Where(building_id=home, floor=floor)


def test_another_building_is_not_taken_for_it(visit: Visit, codes: dict[str, str]) -> None:
    bound(visit, next(code for name, code in codes.items() if "3栋" in name))

    assert PLACES.default(visit, "5栋楼道堆满") is None


def test_nobody_has_a_usual_place_at_first(visit: Visit) -> None:
    assert PLACES.default(visit, "楼道堆满") is None


def test_a_location_keeps_its_datum(database: Database) -> None:
    place = Place(29.5, 106.5, "南门", "gcj02")
    with database.engines.write.begin() as db:
        assert sent_place(visit_of(db, place)) == Where(
            words="南门", latitude=29.5, longitude=106.5, datum="gcj02"
        )
        assert sent_place(visit_of(db)) is None


@pytest.mark.parametrize(
    ("words", "floor", "shown"),
    [
        ("", "", "{name}"),
        ("", "2楼", "{name}2楼"),
        ("{name}2楼楼道", "2楼", "{name}2楼楼道"),
        ("配电房旁边", "", "{name}（配电房旁边）"),
    ],
)
def test_a_building_is_shown_with_what_was_said(
    visit: Visit, codes: dict[str, str], words: str, floor: str, shown: str
) -> None:
    name, code = next(iter(codes.items()))
    building = find_building_by_code(visit.db, code)
    assert building is not None
    where = Where(building_id=building.id, words=words.format(name=name), floor=floor)

    assert PLACES.shown(visit, where) == shown.format(name=name)


def test_a_bare_location_is_shown_as_such(visit: Visit) -> None:
    assert PLACES.shown(visit, Where(latitude=29.5, longitude=106.5)) == "你发的位置"
