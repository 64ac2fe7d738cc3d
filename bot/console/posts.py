"""Posts as people read and choose them, and which of them an administrator may give or take.

Nobody gives more than they have: an administrator of a district gives posts in it, one of a
single street posts in that street. Nobody changes their own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from community.districts import District
from community.register_store import all_streets
from community.staff import ROLE_NAMES, Post, Role, Staff

ADMINISTRATOR: Role = "administrator"


@dataclass(frozen=True, slots=True)
class Places:
    """The places of the districts served, by name.

    Attributes:
        districts: by id.
        streets: names by id.
        of_street: district id by street id.
    """

    districts: Mapping[str, District]
    streets: Mapping[int, str]
    of_street: Mapping[int, str]


def read_places(db: Connection, districts: Mapping[str, District]) -> Places:
    """Return the places of ``districts`` with the streets of their registers."""
    found = [street for id_ in districts for street in all_streets(db, id_)]
    return Places(
        districts,
        {street.id: street.name for street in found},
        {street.id: street.district_id for street in found},
    )


def may_give(giver: Staff, post: Post) -> bool:
    """Whether ``giver`` may give this post, or take it away."""
    area = giver.area(ADMINISTRATOR)
    return area.holds(post.district_id, post.street_id)


def may_run(giver: Staff, staff: Staff) -> bool:
    """Whether ``giver`` may shut somebody out or give them a new password: all posts are theirs."""
    return giver.id != staff.id and all(may_give(giver, post) for post in staff.posts)


def place_of(post: Post) -> str:
    """Return a post's place as a form carries it: ``qj``, ``qj/street/7`` or ``qj/dept/id``."""
    if post.street_id is not None:
        return f"{post.district_id}/street/{post.street_id}"
    return f"{post.district_id}/dept/{post.department}" if post.department else post.district_id


def post_of(role: Role, place: str, places: Places) -> Post | None:
    """Return the post that a form names; None when there is no such place.

    Raises:
        BadPost: when role and place do not fit.
    """
    district_id, _, within = place.partition("/")
    kind, _, id_ = within.partition("/")
    if district_id not in places.districts:
        return None
    match kind:
        case "":
            return Post(role, district_id)
        case "street" if id_.isascii() and id_.isdigit():
            is_there = places.of_street.get(int(id_)) == district_id
            return Post(role, district_id, int(id_)) if is_there else None
        case "dept":
            known = {one.id for one in places.districts[district_id].departments}
            return Post(role, district_id, department=id_) if id_ in known else None
        case _:
            return None


def places_for(giver: Staff, places: Places) -> Iterator[tuple[str, str]]:
    """Yield value and words of each place that ``giver`` may give posts in."""
    area = giver.area(ADMINISTRATOR)
    for id_, district in places.districts.items():
        if id_ in area.districts:
            yield id_, f"{district.name}（全区）"
        for street_id, name in places.streets.items():
            if places.of_street[street_id] == id_ and area.holds(id_, street_id):
                yield f"{id_}/street/{street_id}", f"{district.name} {name}"
        if id_ in area.districts:
            for department in district.departments:
                yield f"{id_}/dept/{department.id}", f"{district.name} {department.name}（部门）"


def post_words(post: Post, places: Places) -> str:
    """Return a post as people read it: 督办员（黔江区）."""
    district = places.districts.get(post.district_id)
    where = [district.name if district else post.district_id]
    if post.street_id is not None:
        where.append(places.streets.get(post.street_id, "已撤的镇街"))
    if post.department:
        names = {one.id: one.name for one in district.departments} if district else {}
        where.append(names.get(post.department, post.department))
    return f"{ROLE_NAMES[post.role]}（{' '.join(where)}）"


def posts_words(posts: Iterable[Post], places: Places) -> list[str]:
    """Return several posts as people read them."""
    return [post_words(post, places) for post in posts]
