"""Who needs help, sealed: for the building's head and an incident alone, on both stores."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from community.assistance import GRACE, Household, Need, NeedsRefused, read_need
from community.assistance_store import (
    OpenedList,
    assistance_need,
    assistance_opening,
    change,
    due_for_renewal,
    end_unrenewed,
    need_of,
    needs_for_head,
    note_reminded,
    open_list,
    register_need,
    registered,
    registrations_of,
    renew,
    residents_needing_help,
    withdraw_need,
)
from community.audit import AuditEntry, entries, verify
from community.bindings import binding
from community.building_posts import end, name_for
from community.data_key_store import data_key
from community.erasure import OWN, Erasable, forget_account, joined
from community.merging import Belongings, merge_residents
from community.register_store import all_streets
from community.sealing import WrongKey
from community.staff import Post, Role, Staff
from community.staff_store import remove_post, set_active
from community.store import account_of, resident_of
from storage import Database
from tests.community.registered import NOON, building_called, imported, new_resident
from tests.community.staffed import employed

KEY = b"k" * 32
YEAR = timedelta(days=365)
SECOND = timedelta(seconds=1)
FIRE = "12楼起火，楼道有烟"
SLOW = read_need("1203", ["slow"], "13800000001")
CHAIR = read_need("2205", ["wheelchair"], "13800000002")
HEAD = Post("building_head", "demo")
ERASABLE = joined(OWN, Erasable(residents=(data_key.c.resident_id, assistance_need.c.resident_id)))


class House:
    """A building with its head, a duty officer, and residents who register."""

    def __init__(self, database: Database) -> None:
        self.database = database
        imported(database)
        self.building = building_called(database, "3栋").id
        self.next_door = building_called(database, "2栋").id
        self.account = database.write(lambda db: account_of(db, "wechat", "reader", NOON))
        self.resident = database.read(lambda db: resident_of(db, self.account))
        self.head = employed(database, "head", HEAD)
        self.officer = employed(database, "officer", Post("duty_officer", "demo"))
        database.write(
            lambda db: name_for(
                db, self.head.id, self.building, "building_head", self.officer.id, NOON
            )
        )

    def neighbour(self) -> int:
        return self.database.write(new_resident)

    def register(
        self, need: Need = SLOW, resident: int = 0, building: int = 0, now: datetime = NOON
    ) -> int:
        whose, where = resident or self.resident, building or self.building
        return self.database.write(lambda db: register_need(db, KEY, whose, where, need, now))

    def need(self, now: datetime = NOON) -> Need | None:
        return self.database.read(lambda db: need_of(db, KEY, self.resident, self.building, now))

    def seen(self, staff: Staff | None = None, building: int = 0) -> list[Household]:
        who, where = staff or self.head, building or self.building
        return self.database.write(lambda db: needs_for_head(db, KEY, who, where, NOON))

    def open(self, staff: Staff | None = None, reason: str = FIRE, key: bytes = KEY) -> OpenedList:
        who = staff or self.officer
        return self.database.write(lambda db: open_list(db, key, who, self.building, reason, NOON))

    def log(self) -> list[AuditEntry]:
        return self.database.read(lambda db: entries(db, ["demo"]))

    def needing(self, now: datetime = NOON) -> set[int]:
        where = [self.building, self.next_door]
        return self.database.read(lambda db: residents_needing_help(db, where, now))

    def count(self, table: object) -> int:
        query = select(func.count()).select_from(table)  # type: ignore[arg-type]
        return self.database.read(lambda db: db.execute(query).scalar_one())

    def kept(self) -> list[bytes | None]:
        query = select(assistance_need.c.sealed).order_by(assistance_need.c.id)
        return list(self.database.read(lambda db: db.scalars(query).all()))


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_resident_registers_changes_and_takes_it_back(house: House) -> None:
    house.register()
    assert house.need() == SLOW
    assert house.needing() == {house.resident}
    database, later = house.database, NOON + timedelta(days=9)
    assert database.write(lambda db: change(db, KEY, house.resident, house.building, CHAIR, later))
    assert house.need() == CHAIR
    standing = database.read(lambda db: registered(db, house.resident, house.building, later))
    assert standing is not None
    assert standing.consent_at == NOON
    for is_first in (True, False):
        assert is_first is database.write(
            lambda db: withdraw_need(db, house.resident, house.building, later)
        )
    assert house.need() is None
    assert house.needing() == set()
    assert house.kept() == [None, None]
    assert not database.write(
        lambda db: change(db, KEY, house.resident, house.building, CHAIR, later)
    )


def test_what_is_kept_shows_nothing_without_the_key(house: House) -> None:
    house.register()
    [sealed] = house.kept()
    assert sealed is not None
    for shown in (b"1203", b"slow", b"13800000001"):
        assert shown not in sealed
    with pytest.raises(WrongKey):
        house.open(key=b"o" * 32)
    assert house.log() == []
    assert house.count(assistance_opening) == 0


def test_registering_again_takes_the_place(house: House) -> None:
    house.register()
    house.register(CHAIR)
    house.register(SLOW, building=house.next_door)
    assert house.need() == CHAIR
    found = house.database.read(lambda db: registrations_of(db, house.resident, NOON))
    assert [one.building_id for one in found] == [house.next_door, house.building]
    assert house.count(data_key) == 1


def test_nothing_is_registered_for_nobody_or_nowhere(house: House) -> None:
    with pytest.raises(IntegrityError):
        house.register(resident=999_999)
    with pytest.raises(IntegrityError):
        house.register(building=999_999)


def test_a_head_sees_rooms_and_kinds_but_no_phones(house: House) -> None:
    house.register()
    house.register(CHAIR, house.neighbour())
    assert house.seen() == [
        Household("2205", 22, ("wheelchair",)),
        Household("1203", 12, ("slow",)),
    ]
    [noted] = house.log()
    assert (noted.actor, noted.action) == (f"staff:{house.head.id}", "assistance.seen")
    assert noted.subject == f"building:{house.building}"
    assert noted.detail == {"needs": 2, "unreadable": 0}
    assert house.database.read(verify).is_whole


def test_a_head_sees_only_the_building_they_are_named_for(house: House) -> None:
    house.register(building=house.next_door)
    for building in (house.next_door, 999_999):
        with pytest.raises(NeedsRefused) as caught:
            house.seen(building=building)
        assert caught.value.problem == "role"
    assert house.log() == []


@pytest.mark.parametrize("role", ["grid_worker", "volunteer", "duty_officer", "administrator"])
def test_nobody_else_sees_it_as_a_head_does(house: House, role: Role) -> None:
    other = employed(house.database, "other", Post(role, "demo"))
    if role in {"grid_worker", "volunteer"}:
        house.database.write(
            lambda db: name_for(db, other.id, house.building, role, house.head.id, NOON)
        )
    with pytest.raises(NeedsRefused):
        house.seen(other)


def test_a_head_who_left_sees_nothing(house: House) -> None:
    house.register()
    database = house.database

    def refused() -> bool:
        # ``house.head`` was read while the post still stood, as a request may have.
        with pytest.raises(NeedsRefused) as caught:
            house.seen()
        return caught.value.problem == "role"

    database.write(lambda db: set_active(db, house.head.id, is_active=False))
    assert refused()
    database.write(lambda db: set_active(db, house.head.id, is_active=True))
    assert house.seen()
    database.write(lambda db: end(db, house.head.id, house.building, "building_head", NOON))
    assert refused()
    database.write(
        lambda db: name_for(
            db, house.head.id, house.building, "building_head", house.officer.id, NOON
        )
    )
    database.write(lambda db: remove_post(db, house.head.id, HEAD))
    assert refused()


def test_a_duty_officer_opens_the_list_with_phones_and_a_reason(house: House) -> None:
    house.register()
    found = house.open()
    assert found.households == (Household("1203", 12, ("slow",), ("13800000001",)),)
    assert (found.opened_by, found.reason, found.opened_at) == ("officer", FIRE, NOON)
    row = house.database.read(lambda db: db.execute(select(assistance_opening)).one())
    assert (row.staff_id, row.reason, row.households) == (house.officer.id, FIRE, 1)
    [noted] = house.log()
    assert (noted.actor, noted.action) == (f"staff:{house.officer.id}", "assistance.opened")
    assert noted.detail == {"opening": found.id, "unreadable": 0}
    assert FIRE not in str(noted)


def test_no_reason_no_list(house: House) -> None:
    with pytest.raises(NeedsRefused) as caught:
        house.open(reason="着火了")
    assert caught.value.problem == "reason"
    assert house.count(assistance_opening) == 0


@pytest.mark.parametrize("role", ["supervisor", "reviewer", "administrator", "building_head"])
def test_only_a_duty_officer_of_the_place_opens_it(house: House, role: Role) -> None:
    streets = house.database.read(lambda db: all_streets(db, "demo"))
    elsewhere = next(one.id for one in streets if one.name == "几江街道")
    others = [
        employed(house.database, "other", Post(role, "demo")),
        employed(house.database, "foreign", Post("duty_officer", "jiangjin")),
        employed(house.database, "street", Post("duty_officer", "demo", elsewhere)),
    ]
    for other in others:
        with pytest.raises(NeedsRefused) as caught:
            house.open(other)
        assert caught.value.problem == "role"
    house.database.write(lambda db: set_active(db, house.officer.id, is_active=False))
    with pytest.raises(NeedsRefused):
        house.open()
    assert house.log() == []


def test_one_damaged_registration_does_not_hide_the_others(house: House) -> None:
    broken = house.register()
    house.register(CHAIR, house.neighbour())
    cut = update(assistance_need).where(assistance_need.c.id == broken)
    [sealed, _] = house.kept()
    assert sealed is not None
    house.database.write(lambda db: db.execute(cut.values(sealed=sealed[:-1] + b"\0\0")))
    found = house.open()
    assert [one.room for one in found.households] == ["2205"]
    assert found.unreadable == 1
    assert [one.room for one in house.seen()] == ["2205"]


def test_what_is_kept_cannot_be_put_in_another_building(house: House) -> None:
    house.register()
    moved = update(assistance_need).values(building_id=house.next_door)
    house.database.write(lambda db: db.execute(moved))
    assert (
        house.database.write(
            lambda db: open_list(db, KEY, house.officer, house.next_door, FIRE, NOON)
        ).unreadable
        == 1
    )


def test_a_year_later_it_is_asked_once_and_a_month_after_it_ends(house: House) -> None:
    database = house.database
    need_id = house.register()
    house.register(CHAIR, house.neighbour(), now=NOON + timedelta(days=60))
    assert database.read(lambda db: due_for_renewal(db, NOON + YEAR - SECOND, 10)) == []
    [due] = database.read(lambda db: due_for_renewal(db, NOON + YEAR, 10))
    assert (due.id, due.resident_id) == (need_id, house.resident)
    for is_first in (True, False):
        assert is_first is database.write(lambda db: note_reminded(db, need_id, NOON + YEAR))
    assert database.read(lambda db: due_for_renewal(db, NOON + YEAR, 10)) == []

    last = NOON + YEAR + GRACE
    assert database.write(lambda db: end_unrenewed(db, last - SECOND, 10)) == 0
    assert house.need(last - SECOND) == SLOW
    # Past the month it holds no more, even before the job that wipes it has run.
    assert house.need(last) is None
    assert house.resident not in house.needing(last)
    assert not database.write(lambda db: renew(db, house.resident, house.building, last))
    assert database.write(lambda db: end_unrenewed(db, last, 10)) == 1
    assert database.write(lambda db: end_unrenewed(db, last, 10)) == 0
    kept = house.kept()
    assert kept[0] is None
    assert kept[1] is not None


def test_renewing_holds_for_a_year_more_and_is_asked_again_then(house: House) -> None:
    database = house.database
    need_id = house.register()
    asked = NOON + YEAR
    database.write(lambda db: note_reminded(db, need_id, asked))
    assert database.write(lambda db: renew(db, house.resident, house.building, asked))
    assert house.need(asked + GRACE) == SLOW
    assert database.write(lambda db: end_unrenewed(db, asked + GRACE, 10)) == 0
    [again] = database.read(lambda db: due_for_renewal(db, asked + YEAR + timedelta(days=1), 10))
    assert again.consent_at == asked


def test_no_more_than_was_asked_for_at_a_time(house: House) -> None:
    for _ in range(3):
        house.register(resident=house.neighbour())
    late = NOON + YEAR + GRACE
    assert len(house.database.read(lambda db: due_for_renewal(db, NOON + YEAR, 2))) == 2
    ended = [house.database.write(lambda db: end_unrenewed(db, late, 2)) for _ in range(3)]
    assert ended == [2, 1, 0]


def test_erasing_somebody_leaves_nothing_of_it(house: House) -> None:
    house.register()
    house.register(CHAIR, house.neighbour())
    assert house.database.write(lambda db: forget_account(db, house.account, ERASABLE))
    assert house.count(assistance_need) == 1
    assert [one.room for one in house.open().households] == ["2205"]


def test_without_their_key_a_row_is_gone(house: House) -> None:
    house.register()
    house.database.write(lambda db: db.execute(data_key.delete()))
    assert house.count(assistance_need) == 0


def test_two_who_become_one_stay_on_the_list_at_one_door(house: House) -> None:
    newer = house.neighbour()
    house.database.write(lambda db: withdraw_need(db, house.resident, house.building, NOON))
    house.register()
    house.register(resident=newer)
    owned = Belongings(
        [binding.c.resident_id, data_key.c.resident_id, assistance_need.c.resident_id]
    )
    older = house.database.write(lambda db: merge_residents(db, house.resident, newer, owned))
    assert house.needing() == {older}
    assert house.open().households == (Household("1203", 12, ("slow",), ("13800000001",)),)
    assert house.database.write(lambda db: withdraw_need(db, older, house.building, NOON))
    assert house.open().households == ()
