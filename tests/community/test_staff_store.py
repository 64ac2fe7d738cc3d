"""Staff, posts and sessions as rows, on both stores."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from community.register_store import add_street, all_streets
from community.staff import SESSION_IDLE, SESSION_LIFETIME, BadLogin, Post, StaffSession
from community.staff_store import (
    LoginTaken,
    UnknownStreet,
    add_post,
    add_staff,
    end_session,
    end_sessions,
    find_staff,
    forget_old_sessions,
    list_staff,
    note_seen,
    open_session,
    remove_post,
    renew_hash,
    session_of,
    set_active,
    set_password,
    set_totp,
    staff_by_login,
    staff_member,
    staff_session,
    take_totp_step,
)
from storage import Database
from tests.community.registered import NOON
from tests.community.staffed import HASH, employed

SECOND = timedelta(seconds=1)
ADMIN = Post("administrator", "demo")
DUTY = Post("duty_officer", "demo")


@pytest.fixture
def street_id(database: Database) -> int:
    database.write(lambda db: add_street(db, "demo", "双福街道"))
    return database.read(lambda db: all_streets(db, "demo"))[0].id


def opened(database: Database, staff_id: int, mac: str = "m", now: datetime = NOON) -> StaffSession:
    return database.write(lambda db: open_session(db, staff_id, mac, now))


def session(database: Database, mac: str = "m", now: datetime = NOON) -> StaffSession | None:
    return database.read(lambda db: session_of(db, mac, now))


def test_somebody_is_found_with_their_posts(database: Database, street_id: int) -> None:
    posts = (ADMIN, Post("supervisor", "demo", street_id), Post("department", "demo", None, "fire"))
    staff = employed(database, " Chen ", *posts)
    assert (staff.login, staff.name, staff.posts, staff.is_active) == ("chen", "Chen", posts, True)
    found = database.read(lambda db: staff_by_login(db, "CHEN"))
    assert found is not None
    assert (found.staff, found.password_hash, found.totp) == (staff, HASH, None)
    assert (found.failed_tries, found.locked_until, found.is_active) == (0, None, True)
    assert HASH not in repr(found)
    assert database.read(lambda db: find_staff(db, staff.id + 1)) is None


@pytest.mark.parametrize("login", ["nobody", "a\x00b", "", "\ud800x", "x" * 5000])
def test_a_login_nobody_has(database: Database, login: str) -> None:
    assert database.read(lambda db: staff_by_login(db, login)) is None


def test_a_login_is_given_once(database: Database) -> None:
    employed(database, "chen", ADMIN)
    with pytest.raises(LoginTaken, match="'chen' is taken"):
        employed(database, "ＣＨＥＮ", ADMIN)
    with pytest.raises(BadLogin):
        database.write(lambda db: add_staff(db, "li", "a\nb", HASH, [], NOON))
    assert database.read(lambda db: db.scalar(select(func.count()).select_from(staff_member))) == 1


def test_lists_hold_those_with_a_post_there(database: Database, street_id: int) -> None:
    chen = employed(database, "chen", ADMIN, Post("reviewer", "jiangjin"))
    li = employed(database, "li", Post("grid_worker", "demo", street_id))
    wu = employed(database, "wu")
    assert database.read(lambda db: list_staff(db, ["demo"])) == [chen, li]
    assert database.read(lambda db: list_staff(db, ["jiangjin", "x"])) == [chen]
    assert database.read(lambda db: list_staff(db, [])) == []
    assert database.read(list_staff) == [chen, li, wu]


def test_a_post_is_held_once_and_taken_once(database: Database, street_id: int) -> None:
    staff = employed(database, "chen", ADMIN)
    for post in (Post("volunteer", "demo"), Post("volunteer", "demo", street_id)):
        assert database.write(lambda db, post=post: add_post(db, staff.id, post))
        assert not database.write(lambda db, post=post: add_post(db, staff.id, post))
        assert database.write(lambda db, post=post: remove_post(db, staff.id, post))
        assert not database.write(lambda db, post=post: remove_post(db, staff.id, post))
    assert database.read(lambda db: find_staff(db, staff.id)) == staff


def test_a_street_belongs_to_its_district(database: Database, street_id: int) -> None:
    for post in (Post("volunteer", "jiangjin", street_id), Post("volunteer", "demo", 999)):
        with pytest.raises(UnknownStreet):
            employed(database, "chen", post)
    assert database.read(list_staff) == []


def test_a_session_carries_who_it_is(database: Database) -> None:
    staff = employed(database, "chen", ADMIN)
    made = opened(database, staff.id)
    found = session(database)
    assert found is not None
    assert (found.staff, found.csrf, found.seen_at) == (staff, made.csrf, NOON)
    assert len(made.csrf) >= 40
    assert session(database, "other") is None
    assert made.csrf != opened(database, staff.id, "n").csrf


def test_a_session_ends_when_idle(database: Database) -> None:
    opened(database, employed(database, "chen", ADMIN).id)
    later = NOON + SESSION_IDLE - SECOND
    assert session(database, now=later)
    assert session(database, now=later + SECOND) is None
    assert database.write(lambda db: note_seen(db, "m", later))
    assert session(database, now=later + SESSION_IDLE - SECOND)
    assert not database.write(lambda db: note_seen(db, "m", later + SESSION_IDLE))


def test_a_session_ends_after_a_week_however_busy(database: Database) -> None:
    opened(database, employed(database, "chen", ADMIN).id)
    now = NOON
    while now < NOON + SESSION_LIFETIME:
        now += SESSION_IDLE - SECOND
        database.write(lambda db, now=now: note_seen(db, "m", now))
    assert session(database, now=NOON + SESSION_LIFETIME - SECOND)
    assert session(database, now=NOON + SESSION_LIFETIME) is None


@pytest.mark.parametrize(
    "revoke",
    [
        lambda db, who: set_active(db, who, is_active=False),
        lambda db, who: remove_post(db, who, ADMIN),
        lambda db, who: set_password(db, who, "new"),
        end_sessions,
    ],
    ids=["shut out", "post taken", "new password", "ended"],
)
def test_revoking_ends_every_session_at_once(database: Database, revoke: object) -> None:
    staff, other = employed(database, "chen", ADMIN, DUTY), employed(database, "li", ADMIN)
    opened(database, staff.id, "one")
    opened(database, staff.id, "two")
    opened(database, other.id, "three")
    assert database.write(lambda db: revoke(db, staff.id))  # type: ignore[operator]
    assert session(database, "one") is None
    assert session(database, "two") is None
    assert session(database, "three")


def test_what_changes_nothing_ends_no_session(database: Database) -> None:
    staff = employed(database, "chen", ADMIN)
    opened(database, staff.id)
    assert not database.write(lambda db: remove_post(db, staff.id, DUTY))
    assert not database.write(lambda db: set_active(db, staff.id, is_active=True))
    assert database.write(lambda db: add_post(db, staff.id, DUTY))
    found = session(database)
    assert found is not None
    assert found.staff.posts == (ADMIN, DUTY)


def test_who_is_shut_out_opens_no_session(database: Database) -> None:
    staff = employed(database, "chen", ADMIN)
    database.write(lambda db: set_active(db, staff.id, is_active=False))
    for staff_id in (staff.id, staff.id + 1):
        with pytest.raises(LookupError):
            opened(database, staff_id)
    assert database.write(lambda db: set_active(db, staff.id, is_active=True))
    assert opened(database, staff.id).staff == staff


def test_one_session_is_ended_alone(database: Database) -> None:
    staff = employed(database, "chen", ADMIN)
    opened(database, staff.id, "one")
    opened(database, staff.id, "two")
    assert database.write(lambda db: end_session(db, "one"))
    assert not database.write(lambda db: end_session(db, "one"))
    assert session(database, "two")


def test_ended_sessions_are_forgotten(database: Database) -> None:
    staff = employed(database, "chen", ADMIN)
    for number in range(3):
        opened(database, staff.id, str(number))
    opened(database, staff.id, "late", NOON + SECOND)
    past = NOON + SESSION_IDLE
    assert database.write(lambda db: forget_old_sessions(db, past)) == 3
    assert database.read(lambda db: list(db.scalars(select(staff_session.c.token_mac)))) == ["late"]
    assert database.write(lambda db: forget_old_sessions(db, past)) == 0


def test_a_hash_is_renewed_unless_it_has_changed(database: Database) -> None:
    staff = employed(database, "chen", ADMIN)
    opened(database, staff.id)
    assert database.write(lambda db: renew_hash(db, staff.id, HASH, "stronger"))
    assert not database.write(lambda db: renew_hash(db, staff.id, HASH, "late"))
    found = database.read(lambda db: staff_by_login(db, "chen"))
    assert found is not None
    assert found.password_hash != HASH
    assert session(database)


def test_a_time_step_serves_once(database: Database) -> None:
    staff = employed(database, "chen", ADMIN)
    database.write(lambda db: set_totp(db, staff.id, b"sealed"))
    for step, is_fresh in ((10, True), (10, False), (9, False), (11, True)):
        taken = database.write(lambda db, step=step: take_totp_step(db, staff.id, step))
        assert taken is is_fresh
    found = database.read(lambda db: staff_by_login(db, "chen"))
    assert found is not None
    assert found.totp == b"sealed"
    database.write(lambda db: set_totp(db, staff.id, b"another"))
    assert database.write(lambda db: take_totp_step(db, staff.id, 5))


TRIED_POSTS = (ADMIN, DUTY, Post("volunteer", "jiangjin"), Post("department", "demo", None, "fire"))
CHANGES = st.lists(st.tuples(st.booleans(), st.sampled_from(TRIED_POSTS)), max_size=12)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(CHANGES)
def test_any_course_of_changes_leaves_the_posts_given_and_not_taken(
    database: Database, changes: list[tuple[bool, Post]]
) -> None:
    staff = database.read(list_staff)[:1] or [employed(database, "chen")]
    who = staff[0].id
    held = list(staff[0].posts)
    for is_given, post in changes:
        change = add_post if is_given else remove_post
        done = database.write(lambda db, change=change, post=post: change(db, who, post))
        assert done == ((post in held) != is_given)
        if done:
            held.append(post) if is_given else held.remove(post)
        found = database.read(lambda db: find_staff(db, who))
        assert found is not None
        assert set(found.posts) == set(held)
        assert len(found.posts) == len(held)
