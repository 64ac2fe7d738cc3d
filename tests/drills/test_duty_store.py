"""Who owes what in an area, on both stores: counted, planned, overdue, and never left out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import process_time

import pytest
from sqlalchemy import Connection, insert, select, update

from community.register_store import archive_building, building, street
from community.staff import Area
from drills.duties import DutyState
from drills.duty_judging import Duty
from drills.duty_record_store import Paper, record_drill, record_duty, withdraw_record
from drills.duty_store import (
    PAGE_SIZE,
    DutyFilter,
    DutyPage,
    duties_in,
    subject_in,
    unconfirmed_in,
)
from drills.store import drill, duty_record
from storage import Database
from tests.drills.duty_town import (
    HEADINGS,
    JIANGJIN_AREA,
    NOON,
    QIANJIANG_AREA,
    TODAY,
    DutyTown,
    duty_town,
    register,
)

DRILL = "law41_residents_drill"
TALL = "law44_full_drill_tall_public"
ESTATE = "qianjiang37_estate_drill"
TRAINING = "jiangjin2_training"
ONE = "滨江花园1栋"


@pytest.fixture
def town(database: Database) -> DutyTown:
    return duty_town(database)


def asked(
    town: DutyTown, area: Area = QIANJIANG_AREA, on: date = TODAY, **wanted: object
) -> DutyPage:
    found = DutyFilter(**wanted)  # type: ignore[arg-type]  # what the test names
    return town.database.read(lambda db: duties_in(db, area, on, town.duties, found))


def states(page: DutyPage) -> dict[tuple[str, str, str], DutyState]:
    return {(one.rule.id, one.subject.name, one.period.code): one.state for one in page.rows}


def paper(town: DutyTown, db: Connection, name: str, day: date, rule: str = DRILL) -> Paper:
    kind = next(one.subject for one in town.duties.rules if one.id == rule)
    id_ = dict(zip(("building", "community", "street"), town.ids(db, name), strict=True))[kind]
    found = subject_in(db, Area(frozenset({"qianjiang", "jiangjin"})), kind, id_, town.duties)
    assert found
    return Paper(rule, found[0], day, "签到表在社区档案柜")


def record(town: DutyTown, name: str, day: date, rule: str = DRILL) -> int | None:
    return town.database.write(
        lambda db: record_duty(
            db, town.duties, paper(town, db, name, day, rule), town.staff_id, NOON
        )
    )


def test_everybody_who_owes_is_listed_and_nobody_else(town: DutyTown) -> None:
    found = asked(town)

    assert {(rule, name) for rule, name, _ in states(found)} == {
        (DRILL, "幸福社区滨江花园1栋"),
        (DRILL, "西门社区商住楼"),
        ("law41_residents_training", "幸福社区滨江花园1栋"),
        ("law41_residents_training", "西门社区商住楼"),
        ("law44_full_drill", "幸福社区滨江花园1栋"),
        ("law44_full_drill", "西门社区商住楼"),
        (TALL, "东门社区双塔A座"),
        (ESTATE, "幸福社区"),
        (ESTATE, "西门社区"),
    }
    # All of last year is undone, and this year's end is near; of half years, those of this year.
    assert found.by_state == {"overdue": 9, "due_soon": 9}
    assert found.rows[0].state == "overdue"
    assert {one.period.code for one in found.rows if one.rule.id == TALL} == {"2026h1", "2026h2"}


def test_an_area_limits_what_is_seen(town: DutyTown) -> None:
    west = town.database.read(lambda db: town.street_area(db, "城西街道"))

    assert {one.subject.street for one in asked(town, west).rows} == {"城西街道"}
    assert asked(town, Area()).total == 0
    assert asked(town, Area(departments=frozenset({("qianjiang", "fire_rescue")}))).total == 0


def test_the_training_is_owed_by_streets_with_high_rises(town: DutyTown) -> None:
    found = asked(town, JIANGJIN_AREA, rule=TRAINING)

    assert {one.subject.name for one in found.rows} == {"双福街道"}
    record(town, "福城1栋", date(2026, 3, 1), TRAINING)
    [one] = [
        row for row in asked(town, JIANGJIN_AREA, rule=TRAINING).rows if row.state != "overdue"
    ]
    assert (one.state, one.progress.done) == ("due_soon", 1)
    record(town, "福城1栋", date(2026, 9, 1), TRAINING)
    assert asked(town, JIANGJIN_AREA, rule=TRAINING).by_state == {"done": 1, "overdue": 1}


def test_what_was_done_last_year_is_not_overdue(town: DutyTown) -> None:
    record(town, ONE, date(2025, 12, 31))

    assert states(asked(town, rule=DRILL, street_id=_street(town, "城东街道"))) == {
        (DRILL, "幸福社区滨江花园1栋", "2026"): "due_soon"
    }


def test_the_day_decides(town: DutyTown) -> None:
    record(town, ONE, date(2026, 12, 31) - timedelta(days=60))
    east = _street(town, "城东街道")

    def on(day: date) -> dict[tuple[str, str, str], DutyState]:
        return states(asked(town, on=day, rule=DRILL, street_id=east))

    name = "幸福社区滨江花园1栋"
    assert on(date(2026, 12, 31))[DRILL, name, "2026"] == "done"
    # The next day the new year begins, and what was done is not overdue.
    assert on(date(2027, 1, 1)) == {(DRILL, name, "2027"): "open"}
    assert on(date(2027, 10, 31))[DRILL, name, "2027"] == "open"
    assert on(date(2027, 11, 1))[DRILL, name, "2027"] == "due_soon"


def test_nothing_is_owed_for_years_before_a_building_was_registered(town: DutyTown) -> None:
    town.database.write(lambda db: db.execute(update(building).values(created_at=NOON)))

    assert "overdue" not in asked(town, rule=DRILL).by_state


def test_an_archived_building_owes_nothing(town: DutyTown) -> None:
    town.database.write(lambda db: archive_building(db, town.ids(db, ONE)[0], NOON))

    assert {one.subject.name for one in asked(town, rule=DRILL).rows} == {"西门社区商住楼"}


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "planned"),
        ({"state": "announced"}, "planned"),
        ({"state": "cancelled"}, "due_soon"),
        ({"state": "postponed"}, "due_soon"),
        ({"kind": "school"}, "due_soon"),
        ({"starts_at": datetime(2026, 12, 31, 16, tzinfo=UTC)}, "due_soon"),
        ({"starts_at": datetime(2026, 12, 31, 15, 59, tzinfo=UTC)}, "planned"),
        # It was to be yesterday, and nobody began it.
        ({"starts_at": NOON - timedelta(days=1)}, "due_soon"),
        ({"starts_at": NOON - timedelta(days=1), "state": "debrief"}, "planned"),
        ({"starts_at": NOON - timedelta(days=1), "state": "reported"}, "due_soon"),
    ],
)
def test_a_planned_drill_is_shown(town: DutyTown, values: dict[str, object], state: str) -> None:
    town.database.write(lambda db: town.drill(db, ONE, **values))

    found = states(asked(town, street_id=_street(town, "城东街道")))

    assert found[DRILL, "幸福社区滨江花园1栋", "2026"] == state
    assert found[ESTATE, "幸福社区", "2026"] == state


def test_a_drill_of_two_buildings_is_one_drill_of_their_community(town: DutyTown) -> None:
    town.database.write(lambda db: town.drill(db, ONE, "无高度楼"))

    [found] = [one for one in asked(town, rule=ESTATE).rows if one.state == "planned"]

    assert found.progress.planned == 1


def test_a_sealed_drill_counts_once_for_everything_it_serves(town: DutyTown) -> None:
    def seal(db: Connection) -> tuple[list[int], list[int]]:
        drill_id = town.drill(db, ONE, "滨江花园2栋", "无高度楼")
        db.execute(update(drill).values(state="reported", alarm_at=NOON))
        first = record_drill(db, town.duties, drill_id, town.staff_id, NOON)
        return first, record_drill(db, town.duties, drill_id, town.staff_id, NOON)

    first, again = town.database.write(seal)

    # Two rules for each building but the low one, and one for their community.
    assert (len(first), again) == (5, [])
    found = states(asked(town, street_id=_street(town, "城东街道")))
    assert found[DRILL, "幸福社区滨江花园1栋", "2026"] == "done"
    assert found["law44_full_drill", "幸福社区滨江花园1栋", "2026"] == "done"
    assert found["law41_residents_training", "幸福社区滨江花园1栋", "2026"] == "due_soon"
    assert found[ESTATE, "幸福社区", "2026"] == "done"
    assert town.database.write(lambda db: record_drill(db, town.duties, 999, 1, NOON)) == []


def test_what_is_withdrawn_does_not_count(town: DutyTown) -> None:
    made = record(town, ONE, date(2026, 5, 1))
    assert made
    town.database.write(lambda db: withdraw_record(db, made, town.staff_id, "记错了楼", NOON))

    assert "done" not in asked(town, rule=DRILL).by_state


def test_what_is_not_known_is_listed(town: DutyTown) -> None:
    found = town.database.read(lambda db: unconfirmed_in(db, QIANJIANG_AREA, TODAY, town.duties))

    assert {(one.rule.id, one.place.name, one.missing) for one in found} >= {
        (DRILL, "无高度楼", "height"),
        (DRILL, "无用途楼", "use"),
        (TALL, "商住楼", "meaning"),
    }
    assert {one.place.name for one in found} == {"无高度楼", "无用途楼", "商住楼"}


def test_pages_hold_every_duty_once(town: DutyTown) -> None:
    rows = "".join(f"城南街道,南门社区,,南门{number}栋,50,住宅\n" for number in range(40))
    register(town.database, "qianjiang", HEADINGS + rows)
    south = _street(town, "城南街道")

    pages = [asked(town, street_id=south, page=number) for number in range(5)]
    seen = [_key(one) for page in pages for one in page.rows]

    # Forty buildings with three duties each and their community, for two years.
    assert len(seen) == len(set(seen)) == pages[0].total == 242
    assert [len(page.rows) for page in pages[:2]] == [PAGE_SIZE] * 2
    assert [page.has_more for page in pages] == [True] * 4 + [False]


def test_a_changed_rule_judges_the_last_year_by_the_old_one(town: DutyTown) -> None:
    old = next(one for one in town.duties.rules if one.id == DRILL)
    versions = (
        replace(old, until=date(2025, 12, 31)),
        replace(old, version=2, since=date(2026, 1, 1), count=2),
    )
    changed = replace(town, duties=replace(town.duties, rules=versions))
    record(changed, ONE, date(2025, 5, 1))
    record(changed, ONE, date(2026, 5, 1))

    [one] = asked(changed, street_id=_street(town, "城东街道")).rows

    assert (one.rule.version, one.state, one.progress.done) == (2, "due_soon", 1)


def test_a_district_of_five_thousand_buildings_is_quick(town: DutyTown) -> None:
    if not town.database.is_embedded:
        pytest.skip("the time of the embedded store is the one that is promised")
    row = "城北街道,北门{part}社区,,北门{number}栋,50,住宅\n"
    rows = (row.format(part=number % 50, number=number) for number in range(5000))
    register(town.database, "qianjiang", HEADINGS + "".join(rows))

    def fill(db: Connection) -> None:
        ids = list(db.scalars(select(building.c.id)))
        own = {"rule": DRILL, "subject_kind": "building", "district_id": "qianjiang", "note": "n"}
        own |= {"done_on": "2026-04-01", "staff_id": town.staff_id, "created_at": NOON}
        db.execute(insert(duty_record), [own | {"subject_id": id_} for id_ in ids[::2]])

    town.database.write(fill)
    times = []
    for _ in range(3):
        begun = process_time()
        page = asked(town)
        times.append(process_time() - begun)

    assert sum(page.by_state.values()) > 25_000
    # 300 ms are promised; time of the processor, as tests share their machine.
    assert min(times) < 0.6, times


def _key(duty: Duty) -> tuple[str, int, str]:
    return duty.rule.id, duty.subject.id, duty.period.code


def _street(town: DutyTown, name: str) -> int:
    return town.database.read(
        lambda db: db.scalars(select(street.c.id).where(street.c.name == name)).one()
    )
