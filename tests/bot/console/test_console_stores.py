"""The console's own queries, on both stores."""

from datetime import timedelta

import pytest

from bot.console.audit_store import AuditFilter, filtered_entries
from bot.console.people_store import has_staff, staff_id_of, staff_names
from community.audit import entries, note
from community.staff_store import add_staff
from storage import Database
from tests.bot.console.console_service import NOON, PASSWORD_HASH, post

BOTH = frozenset({"", "qianjiang"})


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> str:
    return request.param


def fill(database: Database) -> None:
    actions = ("case.moved", "case.closed", "case_note.added", "staff.added")
    for count, action in enumerate(actions):
        database.write(
            lambda db, action=action, count=count: note(
                db,
                actor=f"staff:{count}",
                action=action,
                subject=f"case:{count}",
                detail={"n": count},
                now=NOON + timedelta(hours=count),
                district_id="qianjiang" if count else "",
            )
        )


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (AuditFilter(BOTH), [4, 3, 2, 1]),
        (AuditFilter(frozenset({"qianjiang"})), [4, 3, 2]),
        (AuditFilter(frozenset()), []),
        (AuditFilter(BOTH, action="case"), [2, 1]),
        (AuditFilter(BOTH, action="case_"), []),
        (AuditFilter(BOTH, action="%"), []),
        (AuditFilter(BOTH, actor="staff:3"), [4]),
        (AuditFilter(BOTH, subject="case:1"), [2]),
        (
            AuditFilter(BOTH, since=NOON + timedelta(hours=1), until=NOON + timedelta(hours=3)),
            [3, 2],
        ),
    ],
)
def test_the_filter(database: Database, wanted: AuditFilter, ids: list[int]) -> None:
    fill(database)

    assert [one.id for one in database.read(lambda db: filtered_entries(db, wanted))] == ids


def test_pages_follow_one_another(database: Database) -> None:
    fill(database)
    wanted = AuditFilter(BOTH)

    first = database.read(lambda db: filtered_entries(db, wanted, most=3))
    rest = database.read(lambda db: filtered_entries(db, wanted, before=first[-1].id))

    assert first + rest == database.read(lambda db: entries(db, BOTH))


def test_staff_are_found_by_login_and_named(database: Database) -> None:
    assert not database.read(has_staff)
    lin = database.write(
        lambda db: add_staff(db, "lin", "小林", PASSWORD_HASH, [post("curator")], NOON)
    )

    assert database.read(has_staff)
    assert database.read(lambda db: staff_id_of(db, "lin")) == lin
    assert database.read(lambda db: staff_id_of(db, "he")) is None
    assert database.read(lambda db: staff_names(db, {lin, 99})) == {lin: "小林"}
    assert database.read(lambda db: staff_names(db, set())) == {}
