"""The vault: who a report came from, for whoever may know, on both stores."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from community.audit import entries, verify
from community.bindings import binding
from community.data_key_store import data_key
from community.erasure import OWN, Erasable, forget_account, joined
from community.merging import Belongings, merge_residents
from community.sealing import Damaged, VaultError, WrongKey, seal, unseal
from community.staff import Post, Staff
from community.staff_store import set_active
from community.store import account_of, resident_of
from community.vault import (
    REQUEST_LIFETIME,
    OpeningRefused,
    ReasonMissing,
    Source,
    approve_opening,
    identity,
    identity_opening,
    identity_request,
    keep_identity,
    open_identity,
    open_requests,
    opened_for,
    propose_opening,
    sealed_for,
)
from storage import Database
from tests.community.registered import NOON, new_resident
from tests.community.staffed import employed

KEY = b"k" * 32
OTHER_KEY = b"o" * 32
PLAIN = "wechat:某个读者".encode()
REF = "report:33"
REASON = "举报人要求核实奖励"
SECOND = timedelta(seconds=1)
ERASABLE = joined(OWN, Erasable(residents=(data_key.c.resident_id,)))


@given(st.binary(max_size=300), st.binary(max_size=30))
def test_what_is_sealed_is_read_again(plain: bytes, context: bytes) -> None:
    sealed = seal(KEY, plain, context)
    assert unseal(KEY, sealed, context) == plain
    assert seal(KEY, plain, context) != sealed
    if len(plain) > 4:
        assert plain not in sealed


@given(st.binary(max_size=40), st.data())
def test_any_change_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, plain, b"context"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(VaultError) as caught:
        unseal(KEY, bytes(sealed), b"context")
    assert isinstance(caught.value, WrongKey if place < 8 else Damaged)


@given(st.integers(0, 35))
def test_what_is_cut_off_is_noticed(length: int) -> None:
    with pytest.raises(VaultError):
        unseal(KEY, seal(KEY, b"plain", b"")[:length], b"")


def test_another_key_or_context_opens_nothing() -> None:
    sealed = seal(KEY, b"plain", b"one")
    with pytest.raises(Damaged):
        unseal(KEY, sealed, b"other")
    with pytest.raises(WrongKey) as caught:
        unseal(OTHER_KEY, sealed, b"one")
    assert caught.value.sealed_with != caught.value.given
    assert OTHER_KEY.hex() not in str(caught.value)


class House:
    """A resident who reported, and those who work there."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.account = database.write(lambda db: account_of(db, "wechat", "reader", NOON))
        self.resident = database.read(lambda db: resident_of(db, self.account))
        self.asker = employed(database, "asker", Post("supervisor", "demo"))
        self.second = employed(database, "second", Post("duty_officer", "demo"))
        source = Source(REF, "demo", self.resident)
        database.write(lambda db: keep_identity(db, KEY, source, PLAIN))

    def ask(self, staff: Staff | None = None, reason: str = REASON, ref: str = REF) -> int:
        asker = staff or self.asker
        return self.database.write(lambda db: propose_opening(db, asker, ref, reason, NOON))

    def agree(self, request: int, staff: Staff | None = None, now: datetime = NOON) -> bool:
        second = staff or self.second
        return self.database.write(lambda db: approve_opening(db, second, request, now))

    def open(
        self, staff: Staff | None = None, *, reason: str = REASON, now: datetime = NOON
    ) -> bytes:
        asker = staff or self.asker
        return self.database.write(lambda db: open_identity(db, KEY, asker, REF, reason, now))

    def actions(self) -> list[tuple[str, str]]:
        found = self.database.read(lambda db: entries(db, ["demo"]))
        return [(entry.action, entry.actor) for entry in reversed(found)]

    def count(self, table: object) -> int:
        query = select(func.count()).select_from(table)  # type: ignore[arg-type]
        return self.database.read(lambda db: db.execute(query).scalar_one())


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def problem_of(error: pytest.ExceptionInfo[OpeningRefused]) -> str:
    return error.value.problem


def test_an_identity_is_opened_by_two_with_a_reason(house: House) -> None:
    request = house.ask()
    assert house.agree(request)
    assert house.open() == PLAIN
    assert house.actions() == [
        ("identity.asked", f"staff:{house.asker.id}"),
        ("identity.approved", f"staff:{house.second.id}"),
        ("identity.opened", f"staff:{house.asker.id}"),
    ]
    assert house.open(now=NOON + REQUEST_LIFETIME - SECOND) == PLAIN
    assert house.count(identity_opening) == 2
    assert house.database.read(verify).is_whole


def test_the_log_holds_no_reason_and_no_name(house: House) -> None:
    house.agree(house.ask())
    house.open()
    for entry in house.database.read(lambda db: entries(db, ["demo"])):
        assert entry.subject == REF
        assert list(entry.detail) == ["request"]


def test_nobody_agrees_with_themselves(house: House) -> None:
    request = house.ask()
    assert not house.agree(request, house.asker)
    with pytest.raises(OpeningRefused) as caught:
        house.open()
    assert problem_of(caught) == "approval"
    assert house.count(identity_opening) == 0


def test_not_even_by_sql(house: House) -> None:
    row = {
        "report_ref": REF,
        "district_id": "demo",
        "asked_by": house.asker.id,
        "approved_by": house.asker.id,
        "reason": REASON,
        "asked_at": NOON,
        "expires_at": NOON,
    }
    with pytest.raises(IntegrityError):
        house.database.write(lambda db: db.execute(insert(identity_request).values(row)))


def test_one_agrees_once_and_in_time(house: House) -> None:
    third = employed(house.database, "third", Post("supervisor", "demo"))
    request = house.ask()
    assert not house.agree(request, now=NOON + REQUEST_LIFETIME)
    assert house.agree(request)
    assert not house.agree(request, third)
    assert not house.agree(request + 1)


def test_of_two_who_agree_at_once_one_has_agreed(house: House) -> None:
    others = [
        employed(house.database, name, Post("supervisor", "demo")) for name in ("third", "fourth")
    ]
    request = house.ask()
    with ThreadPoolExecutor(2) as pool:
        agreed = list(pool.map(lambda other: house.agree(request, other), others))
    assert sorted(agreed) == [False, True]
    (found,) = house.database.read(lambda db: open_requests(db, house.asker, NOON))
    assert found.approved_by == others[agreed.index(True)].id
    assert [action for action, _ in house.actions()] == ["identity.asked", "identity.approved"]


def test_a_later_request_counts_after_an_earlier_one_is_past(house: House) -> None:
    house.agree(house.ask())
    later = NOON + REQUEST_LIFETIME
    again = house.database.write(lambda db: propose_opening(db, house.asker, REF, REASON, later))
    with pytest.raises(OpeningRefused):
        house.open(now=later)
    assert house.agree(again, now=later)
    assert house.open(now=later) == PLAIN


def test_after_a_day_it_has_to_be_asked_again(house: House) -> None:
    house.agree(house.ask())
    with pytest.raises(OpeningRefused) as caught:
        house.open(now=NOON + REQUEST_LIFETIME)
    assert problem_of(caught) == "approval"


def test_only_who_asked_opens(house: House) -> None:
    house.agree(house.ask())
    with pytest.raises(OpeningRefused) as caught:
        house.open(house.second)
    assert problem_of(caught) == "approval"


@pytest.mark.parametrize("reason", ["", "   ", "奖励 ", "x" * 501])
def test_no_reason_no_opening(house: House, reason: str) -> None:
    with pytest.raises(ReasonMissing):
        house.ask(reason=reason)
    house.agree(house.ask())
    with pytest.raises(ReasonMissing):
        house.open(reason=reason)


@pytest.mark.parametrize(
    "post",
    [
        Post("administrator", "demo"),
        Post("reviewer", "demo"),
        Post("department", "demo", department="housing"),
        Post("supervisor", "jiangjin"),
    ],
    ids=lambda post: f"{post.role} of {post.district_id}",
)
def test_only_certain_roles_of_the_district(house: House, post: Post) -> None:
    outsider = employed(house.database, "outsider", post)
    request = house.ask()
    assert not house.agree(request, outsider)
    for attempt in (house.ask, house.open):
        with pytest.raises(OpeningRefused) as caught:
            attempt(outsider)
        assert problem_of(caught) == "role"
    assert house.database.read(lambda db: open_requests(db, outsider, NOON)) == []


def test_who_is_shut_out_opens_nothing(house: House) -> None:
    house.agree(house.ask())
    house.database.write(lambda db: set_active(db, house.asker.id, is_active=False))
    shut = Staff(house.asker.id, "asker", "asker", house.asker.posts, is_active=False)
    with pytest.raises(OpeningRefused):
        house.open(shut)


def test_a_report_nothing_is_kept_of(house: House) -> None:
    with pytest.raises(OpeningRefused) as caught:
        house.ask(ref="report:34")
    assert problem_of(caught) == "unknown"


def test_requests_are_listed_for_those_who_may_agree(house: House) -> None:
    request = house.ask()
    (found,) = house.database.read(lambda db: open_requests(db, house.second, NOON))
    assert (found.id, found.asked_by, found.reason) == (request, house.asker.id, REASON)
    assert (found.report_ref, found.approved_by) == (REF, None)
    house.agree(request)
    (found,) = house.database.read(lambda db: open_requests(db, house.asker, NOON))
    assert found.approved_by == house.second.id
    late = NOON + REQUEST_LIFETIME
    assert house.database.read(lambda db: open_requests(db, house.second, late)) == []


def test_the_wrong_key_is_told_and_takes_the_opening_back(house: House) -> None:
    house.agree(house.ask())
    with pytest.raises(WrongKey):
        house.database.write(
            lambda db: open_identity(db, OTHER_KEY, house.asker, REF, REASON, NOON)
        )
    assert house.count(identity_opening) == 0
    assert len(house.actions()) == 2


def test_one_key_serves_all_of_a_residents_things(house: House) -> None:
    def sealed(text: bytes, context: bytes = b"") -> bytes:
        return house.database.write(lambda db: sealed_for(db, KEY, house.resident, text, context))

    one, other = sealed(b"name"), sealed(b"phone", b"phone")
    assert house.count(data_key) == 1

    def opened(what: bytes, context: bytes = b"", resident: int | None = None) -> bytes | None:
        whose = resident or house.resident
        return house.database.read(lambda db: opened_for(db, KEY, whose, what, context))

    assert opened(one) == b"name"
    assert opened(other, b"phone") == b"phone"
    with pytest.raises(Damaged):
        opened(other)
    stranger = house.database.write(new_resident)
    assert opened(one, resident=stranger) is None
    assert opened(b"") is None


def test_erasing_somebody_makes_it_unreadable_for_good(house: House) -> None:
    kept = house.database.write(lambda db: sealed_for(db, KEY, house.resident, b"name"))
    house.agree(house.ask())
    assert house.database.write(lambda db: forget_account(db, house.account, ERASABLE))
    assert house.count(data_key) == 0
    assert house.count(identity) == 0
    assert house.database.read(lambda db: opened_for(db, KEY, house.resident, kept)) is None
    with pytest.raises(OpeningRefused) as caught:
        house.open()
    assert problem_of(caught) == "unknown"
    assert house.database.read(verify).is_whole


def test_erasing_somebody_leaves_others_readable(house: House) -> None:
    database = house.database
    other = database.write(lambda db: account_of(db, "telegram", "other", NOON))
    whose = database.read(lambda db: resident_of(db, other))
    source = Source("report:34", "demo", whose)
    database.write(lambda db: keep_identity(db, KEY, source, b"other"))
    database.write(lambda db: forget_account(db, other, ERASABLE))
    house.agree(house.ask())
    assert house.open() == PLAIN


def test_what_is_kept_cannot_be_put_beside_another_report(house: House) -> None:
    source = Source("report:34", "demo", house.resident)
    house.database.write(lambda db: keep_identity(db, KEY, source, b"other"))
    stolen = select(identity.c.sealed).where(identity.c.report_ref == "report:34")
    house.database.write(
        lambda db: db.execute(
            update(identity)
            .where(identity.c.report_ref == REF)
            .values(sealed=stolen.scalar_subquery())
        )
    )
    house.agree(house.ask())
    with pytest.raises(Damaged):
        house.open()


def test_keys_stand_wrapped(house: House) -> None:
    wrapped = house.database.read(lambda db: db.execute(select(data_key)).one())
    assert len(wrapped.wrapped) == 8 + 12 + 32 + 16
    moved = update(data_key).values(key_id="0" * 16)
    with pytest.raises(IntegrityError):
        house.database.write(lambda db: db.execute(moved))


def test_nothing_is_sealed_for_nobody(house: House) -> None:
    with pytest.raises(IntegrityError):
        house.database.write(lambda db: sealed_for(db, KEY, 999_999, b"name"))


def test_two_who_become_one_lose_nothing(house: House) -> None:
    database = house.database
    newer = database.write(lambda db: new_resident(db, NOON + SECOND))
    theirs = database.write(lambda db: sealed_for(db, KEY, newer, b"theirs"))
    owned = Belongings([binding.c.resident_id, data_key.c.resident_id])
    database.write(lambda db: merge_residents(db, house.resident, newer, owned))
    opened = database.read(lambda db: opened_for(db, KEY, house.resident, theirs))
    assert opened == b"theirs"
    house.agree(house.ask())
    assert house.open() == PLAIN


def test_what_is_kept_again_takes_the_place(house: House) -> None:
    source = Source(REF, "demo", house.resident)
    house.database.write(lambda db: keep_identity(db, KEY, source, b"later"))
    house.agree(house.ask())
    assert house.open() == b"later"
