"""Staff: who works here, in which roles, and where; values and rules alone.

A post (职务) is a role within an area. Whoever holds several posts may do what any one of them
allows, each within its own area. The tables stand in ``community.staff_store``.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

Role = Literal[
    "volunteer",
    "grid_worker",
    "building_head",
    "department",
    "supervisor",
    "reviewer",
    "curator",
    "duty_officer",
    "administrator",
]
ROLES: tuple[Role, ...] = get_args(Role)
# As shown to people.
ROLE_NAMES: Mapping[Role, str] = {
    "volunteer": "志愿者",
    "grid_worker": "网格员",
    "building_head": "楼栋长",
    "department": "部门经办人",
    "supervisor": "督办员",
    "reviewer": "审核员",
    "curator": "知识编辑",
    "duty_officer": "值班员",
    "administrator": "管理员",
}

MOST_NAME_CHARACTERS = 40
_LOGIN = re.compile(r"[^\W_](?:[^\W_]|[._@-]){1,39}")

SESSION_IDLE = timedelta(hours=8)
SESSION_LIFETIME = timedelta(days=7)
# How old a session's last sight may be before it is written anew: not with every page.
SEEN_EVERY = timedelta(minutes=5)

TRIES_BEFORE_LOCK = 5
LOCK = timedelta(minutes=15)

CHAT_CODE_LIFETIME = timedelta(minutes=10)


class StaffError(Exception):
    """Something about staff cannot be done as asked."""

    permanent = True


class BadLogin(StaffError):
    """A login or a name that nobody can be given."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text!r} cannot be a login or name: a login has 2 to 40 letters, digits, "
            f"dots, hyphens or @, a name 1 to {MOST_NAME_CHARACTERS} characters"
        )


class BadPost(StaffError):
    """A post whose area does not fit its role.

    Attributes:
        problem: ``role`` (there is none of this name), ``department`` (only, and always, the
            role department has one or a street), ``both`` (street and department at once).
    """

    def __init__(self, role: str, problem: Literal["role", "department", "both"]) -> None:
        self.role = role
        self.problem = problem
        super().__init__(f"a post of the role {role!r} has a wrong {problem}: correct its area")


@dataclass(frozen=True, slots=True)
class Area:
    """What somebody may see: whole districts, single streets, and cases of departments.

    Attributes:
        districts: ids of whole districts.
        streets: ids of streets, each within a district.
        departments: (district id, department id).
    """

    districts: frozenset[str] = frozenset()
    streets: frozenset[int] = frozenset()
    departments: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "Area") -> "Area":
        return Area(
            self.districts | other.districts,
            self.streets | other.streets,
            self.departments | other.departments,
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all may be seen."""
        return not (self.districts or self.streets or self.departments)

    def holds(self, district_id: str, street_id: int | None = None, department: str = "") -> bool:
        """Tell whether something of this place, handled by this department, may be seen."""
        return (
            district_id in self.districts
            or street_id in self.streets
            or (department != "" and (district_id, department) in self.departments)
        )


@dataclass(frozen=True, slots=True)
class Post:
    """A role within an area: a whole district, one of its streets, or one of its departments.

    Attributes:
        role: what may be done.
        district_id: where.
        street_id: only this street of it.
        department: only what this department handles or leads, an id of the district's file;
            for the role ``department``, which without one needs a street (the street office).

    Raises:
        BadPost: when role and area do not fit.
    """

    role: Role
    district_id: str
    street_id: int | None = None
    department: str = ""

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise BadPost(self.role, "role")
        if self.street_id is not None and self.department:
            raise BadPost(self.role, "both")
        is_whole = self.street_id is None and not self.department
        if is_whole if self.role == "department" else self.department:
            raise BadPost(self.role, "department")

    @property
    def area(self) -> Area:
        """What its holder may see by this post alone."""
        if self.street_id is not None:
            return Area(streets=frozenset({self.street_id}))
        if self.department:
            return Area(departments=frozenset({(self.district_id, self.department)}))
        return Area(districts=frozenset({self.district_id}))


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who works here; without ``is_active`` none of the posts counts.

    Attributes:
        id: internal, named in the audit log.
        login: what is typed to sign in.
        name: as colleagues read it.
        posts: every role held, with its area.
        is_active: whether they may do anything at all.
    """

    id: int
    login: str
    name: str
    posts: tuple[Post, ...]
    is_active: bool

    def has(self, *roles: Role) -> bool:
        """Tell whether one of ``roles`` is held, wherever."""
        return self.is_active and any(post.role in roles for post in self.posts)

    @property
    def districts(self) -> frozenset[str]:
        """Ids of the districts in which there is a post, if only in one street of it."""
        return frozenset(post.district_id for post in self.posts if self.is_active)

    def area(self, *roles: Role) -> Area:
        """Return what may be seen in ``roles``, in all roles when none is given."""
        seen = Area()
        for post in self.posts if self.is_active else ():
            if not roles or post.role in roles:
                seen |= post.area
        return seen


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A sign-in that still holds.

    Attributes:
        staff: who signed in, with the posts of now.
        csrf: what every form of theirs has to carry.
        seen_at: when they were last noted as here.
    """

    staff: Staff
    csrf: str
    seen_at: datetime

    def is_to_note(self, now: datetime) -> bool:
        """Tell whether ``note_seen`` is due, so that the idle end moves on."""
        return now - self.seen_at >= SEEN_EVERY


def unified_login(typed: str) -> str:
    """Return a login as it is kept and looked up: one width, one case, no space around."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def is_login(unified: str) -> bool:
    """Tell whether somebody may have this login, as ``unified_login`` returns it."""
    return _LOGIN.fullmatch(unified) is not None


def checked_login(typed: str) -> str:
    """Return a new login as it is kept.

    Raises:
        BadLogin: when it is none.
    """
    login = unified_login(typed)
    if not is_login(login):
        raise BadLogin(typed)
    return login


def checked_name(typed: str) -> str:
    """Return a staff member's name as it is kept.

    Raises:
        BadLogin: when it is empty, too long or holds control characters.
    """
    name = typed.strip()
    if not 1 <= len(name) <= MOST_NAME_CHARACTERS or not name.isprintable():
        raise BadLogin(typed)
    return name
