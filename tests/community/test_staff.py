"""Roles and areas: what posts add up to, and which logins and posts there may be."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.staff import (
    ROLE_NAMES,
    ROLES,
    SEEN_EVERY,
    Area,
    BadLogin,
    BadPost,
    Post,
    Role,
    Staff,
    StaffSession,
    checked_login,
    checked_name,
    unified_login,
)
from tests.community.registered import NOON

DISTRICTS = ("demo", "qianjiang", "jiangjin")
DEPARTMENTS = ("housing", "fire_rescue")


@st.composite
def drawn_posts(draw: st.DrawFn) -> Post:
    role = draw(st.sampled_from(ROLES))
    district = draw(st.sampled_from(DISTRICTS))
    if draw(st.booleans()):
        return Post(role, district, street_id=draw(st.integers(1, 9)))
    department = draw(st.sampled_from(DEPARTMENTS)) if role == "department" else ""
    return Post(role, district, department=department)


many_posts = st.lists(drawn_posts(), max_size=6).map(tuple)
some_roles = st.lists(st.sampled_from(ROLES), max_size=4).map(tuple)


def working(*posts: Post, is_active: bool = True) -> Staff:
    return Staff(1, "chen", "陈", posts, is_active)


@given(many_posts)
def test_the_area_is_the_sum_of_the_posts(posts: tuple[Post, ...]) -> None:
    area = working(*posts).area()
    assert area.is_empty == (not posts)
    for post in posts:
        assert area.holds(post.district_id, post.street_id, post.department)
    assert len(area.districts) + len(area.streets) + len(area.departments) <= len(posts)


@given(many_posts, some_roles, some_roles)
def test_more_roles_never_show_less(
    posts: tuple[Post, ...], some: tuple[Role, ...], more: tuple[Role, ...]
) -> None:
    staff = working(*posts)
    if some and more:
        assert staff.area(*some, *more) == staff.area(*some) | staff.area(*more)
    assert staff.area(*some) | staff.area() == staff.area()
    assert staff.has(*some) == any(staff.has(role) for role in some)
    if some:
        assert staff.has(*some) != staff.area(*some).is_empty


@given(many_posts, many_posts)
def test_posts_add_up_in_any_order(one: tuple[Post, ...], other: tuple[Post, ...]) -> None:
    together = working(*one, *other)
    assert together.area() == working(*other, *one).area()
    assert together.area() == working(*one).area() | working(*other).area()
    assert together.districts == working(*one).districts | working(*other).districts


@given(many_posts, some_roles)
def test_who_is_shut_out_sees_and_may_do_nothing(
    posts: tuple[Post, ...], roles: tuple[Role, ...]
) -> None:
    staff = working(*posts, is_active=False)
    assert not staff.has(*roles)
    assert staff.area().is_empty
    assert not staff.districts


def test_a_role_counts_only_where_it_is_held() -> None:
    staff = working(Post("supervisor", "demo", street_id=3), Post("reviewer", "jiangjin"))
    assert staff.area("supervisor") == Area(streets=frozenset({3}))
    assert not staff.area("supervisor").holds("demo", 4)
    assert not staff.area("supervisor").holds("jiangjin", 4)
    assert staff.area("reviewer").holds("jiangjin", 4, "housing")
    assert staff.districts == {"demo", "jiangjin"}
    assert staff.area("curator").is_empty


def test_a_department_sees_its_own_cases_of_its_own_district() -> None:
    area = working(Post("department", "demo", department="housing")).area()
    assert area.holds("demo", 7, "housing")
    assert not area.holds("demo", 7, "fire_rescue")
    assert not area.holds("jiangjin", 7, "housing")
    assert not area.holds("demo")


@pytest.mark.parametrize(
    ("role", "street_id", "department", "problem"),
    [
        ("chief", None, "", "role"),
        ("department", None, "", "department"),
        ("volunteer", None, "housing", "department"),
        ("department", 3, "housing", "both"),
    ],
    ids=["no such role", "department without one", "volunteer of one", "street and department"],
)
def test_a_post_that_fits_no_role(
    role: Role, street_id: int | None, department: str, problem: str
) -> None:
    with pytest.raises(BadPost) as caught:
        Post(role, "demo", street_id, department)
    assert caught.value.problem == problem


def test_every_role_has_a_name() -> None:
    assert set(ROLE_NAMES) == set(ROLES)
    assert len(set(ROLE_NAMES.values())) == len(ROLES)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Chen.Li ", "chen.li"),
        ("ｄｕｔｙ－１", "duty-1"),
        ("值班一号", "值班一号"),
        ("a@b.cn", "a@b.cn"),
    ],
)
def test_logins_are_kept_in_one_way(typed: str, kept: str) -> None:
    assert checked_login(typed) == kept
    assert unified_login(kept) == kept


@pytest.mark.parametrize("typed", ["", "a", "_a", "a b", "a\x00b", "x" * 41, "a<b>", ".ab"])
def test_what_is_no_login(typed: str) -> None:
    with pytest.raises(BadLogin):
        checked_login(typed)


@pytest.mark.parametrize("typed", ["", "  ", "x" * 41, "a\nb", "a\x00"])
def test_what_is_no_name(typed: str) -> None:
    with pytest.raises(BadLogin):
        checked_name(typed)


def test_a_session_is_noted_now_and_then() -> None:
    session = StaffSession(working(), "csrf", NOON)
    assert not session.is_to_note(NOON + SEEN_EVERY - timedelta(seconds=1))
    assert session.is_to_note(NOON + SEEN_EVERY)
