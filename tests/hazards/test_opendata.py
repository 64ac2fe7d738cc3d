"""What may be published of a case, and finding it on both stores."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, text, update

from community.coordinates import Point, distance_m
from community.files import StoredFile, note_file
from hazards.case_store import find_case, reports_of
from hazards.cases import Act, Case
from hazards.casework import set_public
from hazards.categories import load_categories
from hazards.code_store import case_of_code
from hazards.merging import merge
from hazards.open_key_store import DayFull, add_key, client_of, count_report
from hazards.open_store import (
    OpenFilter,
    holder_of_token,
    open_cases,
    open_cases_after,
    public_events,
    released_photo,
)
from hazards.opendata import (
    PLACE_METRES,
    PublicCase,
    coarse_place,
    public_categories,
    states_of,
)
from hazards.store import hazard_case, hazard_photo, hazard_report
from hazards.transitions import STATES
from storage import Database
from tests.hazards import casefile
from tests.hazards.casefile import DAY, NOON, Office, open_office
from tests.hazards.taken import KEY

DEMO = frozenset({"demo"})
PUBLIC = public_categories(load_categories())
ALL = OpenFilter(DEMO, PUBLIC)
NAME = "ab" * 32


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(open_office)


def opened(database: Database, office: Office, now: datetime = NOON, **values: object) -> Case:
    """Return a public case."""

    def work(db: Connection) -> Case:
        case = casefile.new_case(db, office, now, **values)
        act = Act(office.staff["reviewer"], case.version)
        return set_public(db, case.id, "楼道堆了纸箱", act, office.rules, now)

    return database.write(work)


def found(database: Database, wanted: OpenFilter = ALL, most: int = 100) -> list[PublicCase]:
    return database.read(lambda db: open_cases(db, wanted, most=most))


def with_photo(database: Database, photo_id: int, *, is_looked_at: bool = True) -> None:
    """Give a photo a masked copy."""

    def work(db: Connection) -> None:
        file_id = note_file(db, StoredFile(NAME, "sealed", 9), NOON)
        values = {"masked_file_id": file_id, "looked_at_by": 1 if is_looked_at else None}
        db.execute(update(hazard_photo).where(hazard_photo.c.id == photo_id).values(values))

    database.write(work)


def test_states_are_open_or_closed() -> None:
    assert states_of(["open", "closed"]) == set(STATES)
    assert states_of(["open"]) & states_of(["closed"]) == set()
    assert {"rejected", "duplicate", "referred", "closed"} == states_of(["closed"])


def test_a_place_is_the_middle_of_its_cell() -> None:
    here, near = Point(29.25001, 106.25001), Point(29.25002, 106.25002)

    shown = coarse_place(here.latitude, here.longitude)

    assert shown is not None
    assert shown == coarse_place(near.latitude, near.longitude)
    assert distance_m(shown, here) < PLACE_METRES
    assert coarse_place(None, None) is None


def test_gas_at_home_is_never_public() -> None:
    assert "lane_blocked" in PUBLIC
    assert "gas_modification" not in PUBLIC


def test_a_public_case_says_what_was_moderated(database: Database, office: Office) -> None:
    case = opened(database, office, place_words="某某家门口", summary="内部说明")

    [shown] = found(database)

    assert (shown.code, shown.text, shown.street) == (case.code, "楼道堆了纸箱", "双福街道")
    assert not any(word in str(shown) for word in ("某某", "内部"))


def test_only_what_is_public_is_found(database: Database, office: Office) -> None:
    database.write(lambda db: casefile.new_case(db, office))
    opened(database, office, category="gas_modification")
    case = opened(database, office)

    assert [one.code for one in found(database)] == [case.code]
    assert found(database, OpenFilter(frozenset({"qianjiang"}), PUBLIC)) == []
    after = database.read(lambda db: open_cases_after(db, ALL, 0))
    assert [one.code for one in after] == [case.code]
    assert database.read(lambda db: open_cases_after(db, ALL, case.id)) == []


def test_newest_first_and_within_a_span(database: Database, office: Office) -> None:
    cases = [opened(database, office, NOON - DAY * day) for day in range(4)]
    codes = [case.code for case in cases]

    span = OpenFilter(DEMO, PUBLIC, opened_from=NOON - DAY * 2, opened_until=NOON - DAY)
    named = OpenFilter(DEMO, PUBLIC, codes=frozenset(codes[3:]))
    closed = OpenFilter(DEMO, PUBLIC, states_of(["closed"]))

    assert [one.code for one in found(database)] == codes
    assert [one.code for one in found(database, span)] == codes[1:3]
    assert [one.code for one in found(database, named)] == codes[3:]
    assert found(database, closed) == []
    assert [one.code for one in found(database, most=1)] == codes[:1]


def test_a_photo_follows_its_report_to_another_case(database: Database, office: Office) -> None:
    kept, twin = opened(database, office), opened(database, office)
    [report] = database.read(lambda db: reports_of(db, twin.id))
    photo_id = database.write(lambda db: casefile.add_photo(db, "report", report_id=report.id))
    with_photo(database, photo_id, is_looked_at=False)
    assert [one.photo for one in found(database)] == ["", ""]
    with_photo(database, photo_id)
    assert {one.code: one.photo for one in found(database)} == {kept.code: "", twin.code: NAME}

    act = office.act(twin, "reviewer", reason="同一处")
    database.write(lambda db: merge(db, kept.id, twin.id, act, office.rules, NOON))

    assert {one.code: one.photo for one in found(database)} == {kept.code: NAME, twin.code: ""}
    assert {one.code: one.kept for one in found(database)} == {kept.code: "", twin.code: kept.code}


def test_a_photo_is_served_while_its_case_is_public(database: Database, office: Office) -> None:
    case = opened(database, office)
    photo_id = database.write(lambda db: casefile.add_photo(db, "report", case_id=case.id))

    def served(name: str = NAME) -> StoredFile | None:
        return database.read(lambda db: released_photo(db, name, DEMO, PUBLIC))

    with_photo(database, photo_id, is_looked_at=False)
    assert served() is None
    with_photo(database, photo_id)
    assert served() == StoredFile(NAME, "sealed", 9)
    assert served("cd" * 32) is None
    hide = update(hazard_case).values(is_public=False)
    database.write(lambda db: db.execute(hide))
    assert served() is None


def test_events_tell_what_and_never_who_or_why(database: Database, office: Office) -> None:
    case = opened(database, office)
    database.write(lambda db: casefile.walk(db, office, case, "screen", "assign", "return"))

    events = database.read(lambda db: public_events(db, [case.id]))

    assert [(one.kind, one.to_state) for one in events] == [
        ("moved", "submitted"),
        ("moved", "screened"),
        ("moved", "assigned"),
        ("moved", "returned"),
    ]
    assert "按规定" not in str(events)


def test_a_token_leads_to_its_case_once_that_is_public(database: Database, office: Office) -> None:
    case = database.write(lambda db: casefile.new_case(db, office))
    [report] = database.read(lambda db: reports_of(db, case.id))

    def held() -> str | None:
        holder = database.read(lambda db: holder_of_token(db, report.code, DEMO, PUBLIC))
        return None if holder is None else holder.case_code

    assert held() is None
    source = update(hazard_report).values(source="open311")
    database.write(lambda db: db.execute(source))
    assert held() == ""
    act = Act(office.staff["reviewer"], case.version)
    database.write(lambda db: set_public(db, case.id, "纸箱", act, office.rules, NOON))
    assert held() == case.code


def test_a_case_is_found_by_any_code_in_hand(database: Database, office: Office) -> None:
    case = database.write(lambda db: casefile.new_case(db, office))
    [report] = database.read(lambda db: reports_of(db, case.id))

    for code in (case.code, report.code, report.code.lower()):
        assert database.read(lambda db, code=code: case_of_code(db, code)) == database.read(
            lambda db: find_case(db, case.id)
        )
    assert database.read(lambda db: case_of_code(db, "nothing")) is None


def test_a_key_counts_its_reports_by_the_day(database: Database) -> None:
    _, made = database.write(lambda db: add_key(db, "热线", KEY, NOON, per_day=1))
    client = database.read(lambda db: client_of(db, made, KEY))
    assert client is not None

    database.write(lambda db: count_report(db, client, KEY, NOON))
    with pytest.raises(DayFull):
        database.write(lambda db: count_report(db, client, KEY, NOON))
    database.write(lambda db: count_report(db, client, KEY, NOON + DAY))


@pytest.mark.parametrize("store", ["sqlite"])
def test_an_index_finds_the_few_public_ones(database: Database, store: str) -> None:
    plan = text(
        "EXPLAIN QUERY PLAN SELECT id FROM hazard_case "
        "WHERE is_public = 1 AND district_id = 'demo' ORDER BY opened_at DESC LIMIT 50"
    )

    rows = database.read(lambda db: db.execute(plan).all())

    assert "ix_hazard_case_public" in str(rows)
