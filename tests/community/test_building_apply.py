"""Carrying out an import: visible at once or never, whatever dies in between."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, func, select

from community import building_apply
from community.building_apply import (
    ROWS_A_WRITE,
    FaultyPlan,
    ImportOvertaken,
    apply_import,
    clear_away,
)
from community.register_store import (
    all_buildings,
    building,
    building_facts,
    building_import,
    list_communities,
    list_streets,
)
from storage import Database, is_valid, open_database
from tests.community.registered import (
    LIST,
    NOON,
    building_called,
    imported,
    planned,
    with_register_tables,
)

MANY = "镇街,社区,楼栋,层数\n" + "".join(
    f"双福街道,社区{n // 50},{n}栋,33\n" for n in range(2 * ROWS_A_WRITE + 10)
)


@pytest.fixture
def database(database: Database) -> Database:
    return with_register_tables(database)


class Dying(Database):
    """A database whose process dies before its n-th write; what was written before stays."""

    def __init__(self, database: Database, writes: int) -> None:
        self._inner = database
        self._left = writes

    def write(self, work: Callable[[Connection], object], **_: object) -> object:  # type: ignore[override]
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        return self._inner.write(work)

    def read(self, work: Callable[[Connection], object]) -> object:  # type: ignore[override]
        return self._inner.read(work)


def visible(database: Database) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    after = 0
    while rows := database.read(partial(all_buildings, district_id="demo", after=after)):
        found.update({row.name: row.facts.floors_above for row in rows})
        after = rows[-1].id
    return found


def counts(database: Database) -> tuple[int, int, int]:
    """Return how many buildings, facts and imports are stored, seen or not."""
    tables = (building, building_facts, building_import)
    return database.read(
        lambda db: tuple(
            db.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        )
    )  # type: ignore[return-value]


def test_buildings_get_codes_and_keep_them(database: Database) -> None:
    imported(database)
    before = building_called(database, "双福花园3栋")
    assert is_valid(before.code)
    imported(database, LIST.replace("3栋,滨江路8号,33", "3幢,滨江路8号,34"))
    after = building_called(database, "双福花园3栋")
    assert (after.id, after.code) == (before.id, before.code)
    assert (after.name, after.facts.floors_above) == ("双福花园3幢", 34)
    assert len(visible(database)) == 4


def test_the_same_import_again_writes_nothing(database: Database) -> None:
    imported(database)
    before = counts(database)
    imported(database)
    assert counts(database) == before == (4, 4, 1)


def test_a_faulty_plan_is_not_applied(database: Database) -> None:
    plan = planned(database, LIST, add_streets=False)
    with pytest.raises(FaultyPlan, match="4 faults"):
        apply_import(database, plan, NOON)
    assert counts(database) == (0, 0, 0)


def test_many_rows_appear_together(database: Database) -> None:
    imported(database, MANY)
    assert len(visible(database)) == 2 * ROWS_A_WRITE + 10
    imported(database, MANY.replace(",33\n", ",34\n"))
    assert set(visible(database).values()) == {34}
    # What was overwritten is gone: one row of facts a building.
    assert counts(database)[:2] == (2 * ROWS_A_WRITE + 10,) * 2


def test_whenever_it_dies_readers_see_all_or_nothing(database: Database) -> None:
    """Begin and clear, three chunks, finish and clear: it dies before each of these writes."""
    imported(database, MANY)
    changed = planned(database, MANY.replace(",33\n", ",34\n") + "双福街道,社区0,新楼,34\n")
    seen = []
    for writes in range(10):
        try:
            apply_import(Dying(database, writes), changed, NOON)
        except KeyboardInterrupt:
            pass
        else:
            break
        values = set(visible(database).values())
        assert len(values) == 1, "a mixture of two imports was seen"
        assert ("新楼" in visible(database)) is (values == {34})
        seen.append(values.pop())
    assert 33 in seen
    assert set(visible(database).values()) == {34}


def test_what_a_broken_off_import_left_is_cleared_away(database: Database) -> None:
    imported(database)
    plan = planned(database, MANY)
    with pytest.raises(KeyboardInterrupt):
        apply_import(Dying(database, 4), plan, NOON)  # begun, cleared, two chunks staged
    assert counts(database)[0] > 4
    assert len(visible(database)) == 4
    (street, _) = sorted(
        database.read(lambda db: list_streets(db, "demo")).rows, key=lambda row: row.id
    )
    communities = database.read(lambda db: list_communities(db, street.id)).rows
    assert [row.name for row in communities] == ["幸福社区"], "nothing half-done to choose"

    imported(database, LIST.replace("33", "34"))

    assert counts(database) == (4, 4, 2)
    imported(database, MANY)
    assert len(visible(database)) == 4 + 2 * ROWS_A_WRITE + 10


def test_a_community_of_a_broken_off_import_may_get_another_street(database: Database) -> None:
    plan = planned(database, MANY)
    with pytest.raises(KeyboardInterrupt):
        apply_import(Dying(database, 4), plan, NOON)
    imported(database)  # clears the buildings away; 社区0 stays, under 双福街道
    text = "镇街,社区,楼栋\n几江街道,社区0,1栋\n"
    assert planned(database, text).faults == ()
    imported(database, text)
    assert building_called(database, "社区0 1栋").street == "几江街道"


def test_a_later_import_overtakes_one_that_still_runs(database: Database) -> None:
    slow = planned(database, MANY)
    steps = 0

    class Interrupted(Dying):
        def write(self, work: Callable[[Connection], object], **_: object) -> object:
            nonlocal steps
            steps += 1
            if steps == 4:
                imported(database)
            return super().write(work)

    with pytest.raises(ImportOvertaken, match="began meanwhile"):
        apply_import(Interrupted(database, 100), slow, NOON)
    assert len(visible(database)) == 4
    clear_away(database)
    assert counts(database) == (4, 4, 1)


def test_imports_of_two_districts_do_not_disturb_each_other(database: Database) -> None:
    here, there = planned(database, LIST), planned(database, LIST, district="other")
    begun = database.write(lambda db: building_apply._begin(db, here, NOON))
    apply_import(database, there, NOON + timedelta(minutes=1))
    database.write(building_apply._Staging("demo", begun, here.added, NOON))
    assert visible(database) == {}
    database.write(lambda db: building_apply._finish(db, "demo", begun, NOON))
    assert len(visible(database)) == 4


def test_a_taken_code_is_drawn_again(database: Database) -> None:
    imported(database)
    taken = building_called(database, "双福花园3栋").code
    drawn = iter([taken, taken, "2222222A", taken, "3333333B"])
    free = database.read(lambda db: building_apply._free_codes(db, 2, lambda: next(drawn)))
    assert free == ["2222222A", "3333333B"]


def test_an_import_survives_a_restart(database: Database, database_url: str) -> None:
    imported(database)
    with open_database(database_url) as again:
        assert len(visible(again)) == 4
        assert building_called(again, "江津中心A座").facts.floors_above == 30


def test_nothing_to_change_starts_no_import(database: Database) -> None:
    plan = replace(planned(database, LIST), added=())
    apply_import(database, plan, NOON)
    assert counts(database) == (0, 0, 0)
