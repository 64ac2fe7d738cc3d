"""Which posts an administrator may give, by property."""

from hypothesis import given
from hypothesis import strategies as st

from bot.console.posts import Places, may_give, may_run, place_of, places_for, post_of
from community.departments import Department
from community.districts import District
from community.staff import ROLES, Post, Staff

STREETS = {1: "城东街道", 2: "城西街道", 3: "几江街道"}
OF_STREET = {1: "qj", 2: "qj", 3: "jj"}
DEPARTMENTS = (Department("housing", "住房城乡建委"), Department("city", "城市管理局"))


def district(id_: str) -> District:
    return District(id_, f"{id_}区", "重庆市", "Asia/Shanghai", {}, (), departments=DEPARTMENTS)


PLACES = Places({"qj": district("qj"), "jj": district("jj")}, STREETS, OF_STREET)

whole = st.sampled_from(["qj", "jj"])
plain_roles = st.sampled_from([role for role in ROLES if role != "department"])
posts = st.one_of(
    st.builds(Post, plain_roles, whole),
    st.builds(
        lambda role, street: Post(role, OF_STREET[street], street),
        st.sampled_from(ROLES),
        st.sampled_from(list(STREETS)),
    ),
    st.builds(
        lambda place, department: Post("department", place, department=department),
        whole,
        st.sampled_from(["housing", "city"]),
    ),
)
people = st.builds(
    lambda id_, held: Staff(id_, f"s{id_}", "某某", tuple(held), True),
    st.integers(1, 3),
    st.lists(posts, max_size=4),
)


@given(people, posts)
def test_only_within_an_administrators_own_area(giver: Staff, post: Post) -> None:
    allowed = any(
        held.role == "administrator"
        and held.district_id == post.district_id
        and held.street_id in {None, post.street_id}
        for held in giver.posts
    )

    assert may_give(giver, post) is allowed


@given(people, people)
def test_nobody_runs_themselves_or_people_of_elsewhere(giver: Staff, other: Staff) -> None:
    if may_run(giver, other):
        assert giver.id != other.id
        assert all(may_give(giver, post) for post in other.posts)


@given(posts)
def test_a_place_is_read_as_it_was_written(post: Post) -> None:
    assert post_of(post.role, place_of(post), PLACES) == post


@given(people)
def test_every_place_offered_may_be_given(giver: Staff) -> None:
    for place, words in places_for(giver, PLACES):
        role = "department" if "/" in place else "volunteer"
        post = post_of(role, place, PLACES)
        assert post
        assert may_give(giver, post), words
