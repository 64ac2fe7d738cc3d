"""The audit log: any change breaks its chain, on both stores."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, insert, select, text, update

from community.audit import AuditCheck, NotForTheLog, audit_entry, audit_head, entries, note, verify
from storage import Database, NaiveDateTime
from tests.community.registered import NOON

ROWS = 5
DECADE = timedelta(days=3650)


class Undone(Exception):
    """Takes a write back and carries what was found in it."""

    def __init__(self, check: AuditCheck) -> None:
        self.check = check


def noted(database: Database, **changes: Any) -> int:  # noqa: ANN401
    values = {
        "actor": "staff:12",
        "action": "case.moved",
        "subject": "case:33",
        "detail": {"from": "screened", "version": 3},
        "now": NOON,
        "district_id": "demo",
    }
    return database.write(lambda db: note(db, **(values | changes)))


def checked(database: Database, chunk: int = 500) -> AuditCheck:
    return database.read(lambda db: verify(db, chunk=chunk))


def tampered(database: Database, *statements: Any) -> AuditCheck:  # noqa: ANN401
    """Return what checking finds after a change, which is then taken back."""

    def work(db: Connection) -> None:
        for statement in statements:
            db.execute(statement)
        raise Undone(verify(db))

    with pytest.raises(Undone) as caught:
        database.write(work)
    return caught.value.check


@pytest.fixture
def chain(database: Database) -> Database:
    for number in range(ROWS):
        noted(database, subject=f"case:{number}", now=NOON + timedelta(minutes=number))
    return database


def test_rows_are_counted_from_one(database: Database) -> None:
    assert checked(database) == AuditCheck(None, 0)
    assert [noted(database) for _ in range(3)] == [1, 2, 3]
    assert checked(database) == AuditCheck(None, 3)
    assert checked(database).is_whole


def test_what_is_noted_is_read_again(database: Database) -> None:
    beijing = NOON.astimezone(timezone(timedelta(hours=8)))
    noted(database, now=beijing, detail={"state": "closed", "round": -2, "empty": ""})
    (entry,) = database.read(lambda db: entries(db, ["demo"]))
    assert (entry.id, entry.at, entry.actor, entry.action) == (1, NOON, "staff:12", "case.moved")
    assert (entry.subject, entry.district_id) == ("case:33", "demo")
    assert entry.detail == {"state": "closed", "round": -2, "empty": ""}
    assert len(entry.hash) == 64
    assert checked(database).is_whole


def test_pages_go_back_from_the_latest(chain: Database) -> None:
    noted(chain, district_id="jiangjin")
    noted(chain, district_id="", actor="system", subject="")

    def page(*districts: str, before: int | None = None, most: int = 2) -> list[int]:
        rows = chain.read(lambda db: entries(db, districts, before=before, most=most))
        return [row.id for row in rows]

    assert page("demo") == [5, 4]
    assert page("demo", before=4) == [3, 2]
    assert page("demo", "", most=3) == [7, 5, 4]
    assert page("jiangjin") == [6]
    assert page() == []


CHANGES = {
    "at": st.timedeltas(-DECADE, DECADE).map(lambda moved: NOON + moved),
    "actor": st.text("abc:123", max_size=10),
    "action": st.text("abc.", max_size=10),
    "subject": st.text("abc:123", max_size=10),
    "detail": st.one_of(st.just("{}"), st.just(""), st.text('{"a:1}', max_size=10)),
    "district_id": st.text("abc", max_size=10),
    "hash": st.text("0123456789abcdef", min_size=64, max_size=64),
    "id": st.integers(ROWS + 1, 2**40),
}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_change_of_any_field_is_found(chain: Database, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, ROWS))
    name = data.draw(st.sampled_from(sorted(CHANGES)))
    column = audit_entry.c[name]
    value = data.draw(CHANGES[name])
    before = chain.read(lambda db: db.scalar(select(column).where(audit_entry.c.id == place)))
    change = update(audit_entry).where(audit_entry.c.id == place).values({name: value})
    expected = AuditCheck(None, ROWS) if value == before else AuditCheck(place, place - 1)
    assert tampered(chain, change) == expected
    assert checked(chain).is_whole


@pytest.mark.parametrize("place", range(1, ROWS + 1))
def test_a_row_taken_out_is_found(chain: Database, place: int) -> None:
    gone = delete(audit_entry).where(audit_entry.c.id == place)
    assert tampered(chain, gone) == AuditCheck(place, place - 1)


def test_a_row_put_in_is_found(chain: Database) -> None:
    copied = select(audit_entry).where(audit_entry.c.id == ROWS).subquery()
    columns = [copied.c[column.name] for column in audit_entry.columns if column.name != "id"]
    names = ["id", *(column.name for column in columns)]
    for place in (0, ROWS + 1):
        added = insert(audit_entry).from_select(names, select(text(str(place)), *columns))
        assert not tampered(chain, added).is_whole


def test_two_rows_changed_over_are_found(chain: Database) -> None:
    def moved(one: int, other: int) -> Any:  # noqa: ANN401
        return update(audit_entry).where(audit_entry.c.id == one).values(id=other)

    assert tampered(chain, moved(2, 99), moved(3, 2), moved(99, 3)) == AuditCheck(2, 1)


@pytest.mark.parametrize(
    "change",
    [
        update(audit_head).values(last_id=ROWS + 1),
        update(audit_head).values(hash="0" * 64),
        delete(audit_head),
    ],
    ids=["counted on", "other hash", "gone"],
)
def test_a_changed_head_is_found(chain: Database, change: Any) -> None:  # noqa: ANN401
    assert tampered(chain, change) == AuditCheck(ROWS + 1, ROWS)


def test_an_emptied_log_is_found(chain: Database) -> None:
    assert tampered(chain, delete(audit_entry)) == AuditCheck(1, 0)


@pytest.mark.parametrize("chunk", [1, 2, ROWS, ROWS + 1])
def test_any_chunk_finds_the_same(chain: Database, chunk: int) -> None:
    assert checked(chain, chunk) == AuditCheck(None, ROWS)


def test_those_who_note_at_once_stand_in_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda _: noted(database), range(24)))
    assert sorted(places) == list(range(1, 25))
    assert checked(database) == AuditCheck(None, 24)


def test_what_is_taken_back_leaves_no_gap(database: Database) -> None:
    def fails(db: Connection) -> None:
        note(db, actor="system", action="a", subject="", detail={}, now=NOON)
        raise RuntimeError

    noted(database)
    with pytest.raises(RuntimeError):
        database.write(fails)
    assert noted(database) == 2
    assert checked(database).is_whole


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"actor": "陈"}, "actor"),
        ({"actor": "staff:chen"}, "actor"),
        ({"action": "Moved the case"}, "action"),
        ({"subject": "case of 陈"}, "subject"),
        ({"subject": "case:33; phone 139"}, "subject"),
        ({"detail": {"reason": "楼道堆物"}}, "detail reason"),
        ({"detail": {"reason": "two words"}}, "detail reason"),
        ({"detail": {"reason": "x" * 121}}, "detail reason"),
        ({"detail": {"Reason": "x"}}, "detail Reason"),
    ],
)
def test_nothing_of_a_person_comes_in(
    database: Database, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(NotForTheLog) as caught:
        noted(database, **changes)
    assert caught.value.field == field
    assert database.read(lambda db: db.scalar(select(func.count()).select_from(audit_entry))) == 0


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises((NaiveDateTime, TypeError)):
        noted(database, now=NOON.replace(tzinfo=None))
    assert checked(database) == AuditCheck(None, 0)
