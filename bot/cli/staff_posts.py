"""How ``lifeline staff`` reads districts, roles and posts, and words what is wrong with them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer

from bot.settings import Settings
from community.departments import UnknownDepartment
from community.districts import District, load_district
from community.passwords import LEAST_CHARACTERS, MOST_CHARACTERS, WeakPassword
from community.placenames import name_key
from community.register_store import all_streets
from community.staff import (
    MOST_NAME_CHARACTERS,
    ROLE_NAMES,
    BadLogin,
    BadPost,
    Post,
    Role,
    Staff,
)
from community.staff_store import LoginTaken
from storage import Database

ROLES_TEXT = "、".join(f"{name}（{role}）" for role, name in ROLE_NAMES.items())
_WEAK = {
    "short": f"密码至少{LEAST_CHARACTERS}个字符",
    "long": f"密码最多{MOST_CHARACTERS}个字符",
    "login": "密码里不要有登录名",
    "common": "这样的密码太容易猜到，换几个不相干的词连起来",
}
_BAD_POST = {
    "role": f"没有这个角色。角色有：{ROLES_TEXT}",
    "department": "部门经办人写 --department（部门）或 --street（镇街）；别的角色不写部门",
    "both": "--street 和 --department 只写一个",
}


@contextmanager
def explained() -> Iterator[None]:
    """Say in words what whoever runs the command can mend."""
    try:
        yield
    except BadLogin as error:
        raise stopped(
            f"“{error.text}”不能用。登录名写2到40个字母、数字或汉字，中间可以有 . _ - @；"
            f"姓名写1到{MOST_NAME_CHARACTERS}个字。"
        ) from error
    except LoginTaken as error:
        raise stopped(
            f"登录名 {error.login} 有人用了。换一个，或用 lifeline staff grant 给他再加角色。"
        ) from error
    except BadPost as error:
        raise stopped(f"{_BAD_POST[error.problem]}。") from error
    except UnknownDepartment as error:
        known = "、".join(error.known) or "（还没有登记部门）"
        raise stopped(f"没有部门“{error.department}”。这个区县的部门：{known}。") from error
    except WeakPassword as error:
        raise stopped(f"{_WEAK[error.problem]}。没有改。") from error


def stopped(text: str) -> typer.Exit:
    """Print why a command stops, and return what to raise."""
    typer.echo(text, err=True)
    return typer.Exit(1)


def district_meant(settings: Settings, chosen: str) -> District:
    """Return the district meant, which must be one of those served.

    Raises:
        typer.BadParameter: when it is not.
    """
    if chosen and chosen not in settings.districts:
        served = "、".join(settings.districts)
        raise typer.BadParameter(f"没有服务“{chosen}”，只有：{served}", param_hint="--district")
    return load_district(chosen or settings.districts[0])


def post_meant(
    database: Database, district: District, role: str, street: str, department: str
) -> Post:
    """Return the post meant.

    Raises:
        BadPost: when role and area do not fit.
        UnknownDepartment: when the district has no such department.
        typer.Exit: when the district has no such street.
    """
    if department:
        district.department(department)
    street_id = _street(database, district, street) if street else None
    return Post(_role(role), district.id, street_id, department)


def _role(typed: str) -> Role:
    for role, name in ROLE_NAMES.items():
        if typed.strip() in {role, name}:
            return role
    raise BadPost(typed, "role")


def _street(database: Database, district: District, name: str) -> int:
    known = database.read(lambda db: all_streets(db, district.id))
    for street in known:
        if name_key(street.name) == name_key(name):
            return street.id
    names = (
        "、".join(street.name for street in known) or "还没有登记，先用 lifeline buildings streets"
    )
    raise stopped(f"{district.name}没有镇街“{name}”。登记的镇街：{names}。")


def street_names(database: Database, staff: list[Staff]) -> dict[int, str]:
    """Return id → name of the streets in the districts where they have posts."""
    districts = {post.district_id for one in staff for post in one.posts}
    return database.read(
        lambda db: {
            street.id: street.name
            for district_id in sorted(districts)
            for street in all_streets(db, district_id)
        }
    )


def post_text(post: Post, streets: Mapping[int, str]) -> str:
    """Return a post as people read it: role, district, street or department."""
    place = post.department or streets.get(post.street_id or 0, "")
    where = f"{post.district_id} {place}".strip()
    return f"{ROLE_NAMES[post.role]}（{where}）"
