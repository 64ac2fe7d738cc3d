"""Candidates are found by building, place and photo, and what has ended stays out."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Select, insert, select, text, update

from community.coordinates import Point
from hazards.drafts import Where
from hazards.duplicate_store import _queries, suggest
from hazards.duplicates import Looked
from hazards.store import hazard_case, hazard_photo
from storage import Database
from tests.community.registered import building_called, imported
from tests.hazards.taken import (
    DAY,
    HERE,
    NOON,
    Somebody,
    add,
    drafted,
    handed_in,
    somebody,
    submitted,
)

HASH = "781244fa6cbf9bf1"


@pytest.fixture
def who(database: Database) -> Somebody:
    return somebody(database)


def reported(
    database: Database, who: Somebody, category: str = "lane_blocked", north: float = 0.0
) -> int:
    where = Where(latitude=HERE[0] + north, longitude=HERE[1])
    return submitted(database, handed_in(who, drafted(category, where))).case_id


def found(database: Database, case_id: int, now: datetime = NOON, most: int = 5) -> list[int]:
    suggestions = database.read(lambda db: suggest(db, case_id, now, most))
    return [one.case_id for one in suggestions]


def test_what_is_near_and_of_a_kind_is_found(database: Database, who: Somebody) -> None:
    case = reported(database, who)
    near = reported(database, who, north=0.001)
    alike = reported(database, who, "gate_obstacle")
    reported(database, who, "canopy")
    reported(database, who, north=0.01)

    assert set(found(database, case)) == {near, alike}
    assert found(database, case, most=1) == [near]
    assert found(database, 999) == []


def test_the_same_building_needs_no_place(database: Database, who: Somebody) -> None:
    imported(database)
    towers = [building_called(database, name).id for name in ("双福花园3栋", "双福花园13栋")]
    cases = [
        submitted(database, handed_in(who, drafted("exit_locked", Where(tower)))).case_id
        for tower in (*towers, towers[0])
    ]
    assert found(database, cases[0]) == [cases[2]]
    assert found(database, cases[1]) == []


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        ({"state": "rectifying"}, True),
        ({"state": "closed", "closed_at": NOON - 10 * DAY}, True),
        ({"state": "closed", "closed_at": NOON - 31 * DAY}, False),
        ({"state": "rejected", "closed_at": NOON}, False),
        ({"state": "duplicate", "closed_at": NOON}, False),
        ({"state": "referred", "closed_at": NOON}, False),
    ],
    ids=["open", "closed lately", "closed long ago", "turned down", "merged", "elsewhere"],
)
def test_what_has_ended_stays_out(
    database: Database, who: Somebody, values: dict[str, object], is_found: bool
) -> None:
    case, other = reported(database, who), reported(database, who)
    ended = update(hazard_case).where(hazard_case.c.id == other).values(values)
    database.write(lambda db: db.execute(ended))

    assert found(database, case) == ([other] if is_found else [])


def test_the_same_photo_is_found_wherever_it_is_said_to_be(
    database: Database, who: Somebody
) -> None:
    cases = [reported(database, who), reported(database, who, north=0.2)]
    assert found(database, cases[0]) == []
    for case_id in cases:
        photo = {"case_id": case_id, "purpose": "report", "channel": "", "ref": "", "refused": ""}
        looks = {"sha256": "0" * 64, "phash": HASH, "masks": [], "created_at": NOON}
        add(database, hazard_photo, {**photo, **looks})

    (suggestion,) = database.read(lambda db: suggest(db, cases[0], NOON))

    assert suggestion.case_id == cases[1]
    assert "photo" in suggestion.reasons


CASE = Looked(1, "flying_wire", 7, "", Point(*HERE), NOON, (HASH,))


@pytest.fixture
def filled(database: Database, who: Somebody) -> Database:
    """So many cases that looking through all of them would be seen in the plan."""
    reported(database, who)
    copied = [column for column in hazard_case.c if column.name not in {"id", "code"}]

    def work(number: int) -> None:
        row = dict(database.read(lambda db: db.execute(select(*copied)).first())._mapping)  # type: ignore[union-attr]
        many = [{**row, "code": f"{number}{n:06d}"} for n in range(500)]
        database.write(lambda db: db.execute(insert(hazard_case), many))

    for number in range(4):
        work(number)
    database.write(lambda db: db.execute(text("ANALYZE")))
    return database


@pytest.mark.parametrize("has_building", [True, False])
def test_no_question_looks_through_all_cases(filled: Database, has_building: bool) -> None:
    case = replace(CASE, building_id=7 if has_building else None, point=Point(10.0, 10.0))
    for query in _queries(case, NOON):
        plan = filled.read(lambda db, query=query: _plan(db, query))
        assert "SCAN hazard_case" not in plan, plan
        assert "Seq Scan on hazard_case" not in plan, plan
        assert "ix_hazard_case_merged" not in plan, plan


def _plan(db: Connection, query: Select[Any]) -> str:
    word = "EXPLAIN QUERY PLAN" if db.dialect.name == "sqlite" else "EXPLAIN"
    asked = query.compile(dialect=db.dialect, compile_kwargs={"literal_binds": True})
    return str(db.exec_driver_sql(f"{word} {asked}".replace("%", "%%")).all())
