"""Staff administration: who works in one's own districts, as what, and whether they may come in.

What an administrator may do is looked up again inside each write, so that a post taken away a
moment ago gives nothing any more.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from bot.console.passwords import first_password, note_post, note_staff
from bot.console.posts import (
    ADMINISTRATOR,
    Places,
    may_give,
    may_run,
    place_of,
    places_for,
    post_of,
    post_words,
    posts_words,
    read_places,
)
from bot.console.shell import (
    Refused,
    Section,
    Signed,
    form_of,
    page,
    redirect,
    render,
    shell_of,
    text_of,
)
from bot.messages import clean_text
from community.building_posts import end_lost
from community.passwords import hash_password
from community.staff import (
    ROLE_NAMES,
    ROLES,
    BadLogin,
    BadPost,
    Post,
    Role,
    Staff,
)
from community.staff_store import (
    LoginTaken,
    add_post,
    add_staff,
    find_staff,
    list_staff,
    remove_post,
    set_active,
    set_password,
    set_totp,
    staff_by_login,
)

PATH = "/console/people"
ACTIONS = {
    "staff.added": "添加人员",
    "staff.granted": "加职务",
    "staff.revoked": "去掉职务",
    "staff.shut_out": "停用账号",
    "staff.restored": "恢复账号",
    "staff.password": "改密码",
    "staff.totp_on": "开动态码",
    "staff.totp_off": "关动态码",
    "staff.signed_in": "登录",
}
SECTION = Section("人员", PATH, (ADMINISTRATOR,), actions=ACTIONS)

NOBODY = "没有这个人，或者不在你管的区县里。"
NOT_YOURS = "这个职务不在你管的范围里，不能加也不能去掉。"
NOT_SELF = "自己的职务和账号状态，要请另一位管理员改。"
NOT_ALL_YOURS = "这个人还有别处的职务，请那边的管理员一起办。"
NO_PLACE = "没有这个地方，请重新选。"
BAD_POSTS = {
    "role": "没有这个职务，请重新选。",
    "department": "“部门经办人”要选一个部门或镇街；别的职务不能选部门。",
    "both": "镇街和部门只能选一个。",
}
BAD_LOGIN = "登录名写2到40个字母、数字或汉字，中间可以有 . _ - @；姓名写1到40个字。"
TAKEN = "这个登录名有人用了，换一个。"
SAME_ALREADY = "已经是这样了，没有改。"

Work = Callable[[Connection, Staff, Staff], None]


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """One line of the list: somebody, and their posts in words."""

    staff: Staff
    posts: list[str]


@dataclass(frozen=True, slots=True)
class ShownPost:
    """One post on somebody's page."""

    words: str
    role: Role
    place: str
    is_mine_to_change: bool


@dataclass(frozen=True, slots=True)
class TypedPerson:
    """What the form for somebody new holds."""

    login: str = ""
    name: str = ""
    role: str = "grid_worker"
    place: str = ""


def routes() -> list[Route]:
    """Return the routes of staff administration."""
    post, one = ("POST",), f"{PATH}/{{id:int}}"
    return [
        page(PATH, list_people, ADMINISTRATOR),
        page(f"{PATH}/new", new_person, ADMINISTRATOR),
        page(f"{PATH}/new", take_person, ADMINISTRATOR, methods=post),
        page(one, show_person, ADMINISTRATOR),
        page(f"{one}/posts", give_post, ADMINISTRATOR, methods=post),
        page(f"{one}/posts/remove", take_post, ADMINISTRATOR, methods=post),
        page(f"{one}/active", switch, ADMINISTRATOR, methods=post),
        page(f"{one}/password", reset_password, ADMINISTRATOR, methods=post),
        page(f"{one}/totp", drop_totp, ADMINISTRATOR, methods=post),
    ]


async def list_people(signed: Signed) -> Response:
    """Show everybody with a post in one's districts."""
    own = districts_run(signed.staff)
    places, found = await signed.read(lambda db: (_places(db, signed), list_staff(db, own)))
    sought = clean_text(signed.request.query_params.get("q", ""))[:40].strip()
    people = [
        ShownPerson(staff, posts_words(staff.posts, places))
        for staff in found
        if sought.casefold() in f"{staff.name} {staff.login}".casefold()
    ]
    return render(signed, "staff/list.html", people=people, sought=sought)


async def new_person(signed: Signed) -> Response:
    """Show the form for somebody new."""
    return await _person_form(signed, TypedPerson())


async def take_person(signed: Signed) -> Response:
    """Add somebody with a first post, and show their first password once."""
    form = await form_of(signed)
    names = ("login", "name", "role", "place")
    typed = TypedPerson(*(text_of(form, name) for name in names))
    password = first_password()
    hashed = await run_in_threadpool(hash_password, password)
    now = signed.now

    def work(db: Connection) -> None:
        post = _post_meant(db, signed, typed.role, typed.place)
        staff_id = add_staff(db, typed.login, typed.name, hashed, [post], now)
        note_post(db, signed, "staff.added", staff_id, post)

    try:
        await signed.write(work)
    except Refused as refused:
        return await _person_form(signed, typed, refused.words)
    except LoginTaken:
        return await _person_form(signed, typed, TAKEN)
    except BadLogin:
        return await _person_form(signed, typed, BAD_LOGIN)
    return render(
        signed, "staff/password.html", name=typed.name, login=typed.login, password=password
    )


async def show_person(signed: Signed) -> Response:
    """Show somebody's posts, and what one may change."""
    places, person = await signed.read(lambda db: (_places(db, signed), _person(db, signed)))
    known = await signed.read(lambda db: staff_by_login(db, person.login))
    posts = [
        ShownPost(post_words(post, places), post.role, place_of(post), may_give(signed.staff, post))
        for post in person.posts
    ]
    return render(
        signed,
        "staff/person.html",
        person=person,
        posts=posts,
        is_self=person.id == signed.staff.id,
        is_wholly_mine=may_run(signed.staff, person),
        has_totp=known is not None and known.totp is not None,
        roles=list(ROLE_NAMES.items()),
        places=list(places_for(signed.staff, places)),
    )


async def give_post(signed: Signed) -> Response:
    """Give somebody one more post."""
    role, place = await _post_typed(signed)

    def work(db: Connection, giver: Staff, person: Staff) -> None:
        post = _post_meant(db, signed, role, place)
        _require(giver.id != person.id, NOT_SELF)
        _require(add_post(db, person.id, post), SAME_ALREADY)
        note_post(db, signed, "staff.granted", person.id, post)

    return await _changed(signed, work, "加上了。")


async def take_post(signed: Signed) -> Response:
    """Take a post from somebody; their sessions end."""
    role, place = await _post_typed(signed)

    def work(db: Connection, giver: Staff, person: Staff) -> None:
        held = {(post.role, place_of(post)): post for post in person.posts}
        _require((role, place) in held, SAME_ALREADY)
        post = held[_role(role), place]
        _require(giver.id != person.id, NOT_SELF)
        _require(may_give(giver, post), NOT_YOURS)
        remove_post(db, person.id, post)
        end_lost(db, person.id, signed.now)
        note_post(db, signed, "staff.revoked", person.id, post)

    return await _changed(signed, work, "去掉了，对方已退出登录。")


async def switch(signed: Signed) -> Response:
    """Shut somebody out, or let them in again."""
    is_active = bool(text_of(await form_of(signed), "active"))

    def work(db: Connection, giver: Staff, person: Staff) -> None:
        _require_run(giver, person)
        _require(set_active(db, person.id, is_active=is_active), SAME_ALREADY)
        end_lost(db, person.id, signed.now)
        note_staff(db, signed, "staff.restored" if is_active else "staff.shut_out", person)

    return await _changed(signed, work, "账号恢复了。" if is_active else "账号停用了。")


async def reset_password(signed: Signed) -> Response:
    """Give somebody a new random password, shown once; their sessions end."""
    password = first_password()
    hashed = await run_in_threadpool(hash_password, password)

    def work(db: Connection, giver: Staff, person: Staff) -> None:
        _require_run(giver, person)
        set_password(db, person.id, hashed)
        note_staff(db, signed, "staff.password", person)

    person = await _written(signed, work)
    return render(
        signed, "staff/password.html", name=person.name, login=person.login, password=password
    )


async def drop_totp(signed: Signed) -> Response:
    """Ask somebody who lost their phone for no code any more."""

    def work(db: Connection, giver: Staff, person: Staff) -> None:
        _require_run(giver, person)
        set_totp(db, person.id, None)
        note_staff(db, signed, "staff.totp_off", person)

    return await _changed(signed, work, "动态码关了。请提醒本人登录后重新设置。")


def districts_run(staff: Staff) -> frozenset[str]:
    """Return the districts in which somebody is an administrator, if only of a street."""
    return frozenset(post.district_id for post in staff.posts if post.role == ADMINISTRATOR)


async def _person_form(signed: Signed, typed: TypedPerson, words: str = "") -> Response:
    places = await signed.read(lambda db: _places(db, signed))
    return render(
        signed,
        "staff/new.html",
        422 if words else 200,
        typed=typed,
        words=words,
        roles=list(ROLE_NAMES.items()),
        places=list(places_for(signed.staff, places)),
    )


async def _post_typed(signed: Signed) -> tuple[str, str]:
    form = await form_of(signed)
    return text_of(form, "role"), text_of(form, "place")


async def _changed(signed: Signed, work: Work, said: str) -> Response:
    person = await _written(signed, work)
    return redirect(signed, f"{PATH}/{person.id}", said)


async def _written(signed: Signed, work: Work) -> Staff:
    """Run ``work`` with whoever does it and whom it is done to, both as they are by then."""

    def write(db: Connection) -> Staff:
        person = _person(db, signed)
        work(db, _giver(db, signed), person)
        return person

    return await signed.write(write)


def _giver(db: Connection, signed: Signed) -> Staff:
    return find_staff(db, signed.staff.id) or signed.staff


def _person(db: Connection, signed: Signed) -> Staff:
    """Return whom the path names, when they work in one's districts."""
    person = find_staff(db, signed.request.path_params["id"])
    own = districts_run(signed.staff)
    if person is None or not own & {post.district_id for post in person.posts}:
        raise Refused(NOBODY, 404)
    return person


def _post_meant(db: Connection, signed: Signed, role: str, place: str) -> Post:
    """Return the post a form names, when one may give it."""
    try:
        post = post_of(_role(role), place, _places(db, signed))
    except BadPost as error:
        raise Refused(BAD_POSTS[error.problem]) from None
    if post is None:
        raise Refused(NO_PLACE)
    _require(may_give(_giver(db, signed), post), NOT_YOURS)
    return post


def _role(typed: str) -> Role:
    for role in ROLES:
        if role == typed:
            return role
    raise BadPost(typed, "role")


def _places(db: Connection, signed: Signed) -> Places:
    return read_places(db, shell_of(signed.request).districts)


def _require(is_so: bool, words: str) -> None:
    if not is_so:
        raise Refused(words, 409)


def _require_run(giver: Staff, person: Staff) -> None:
    _require(giver.id != person.id, NOT_SELF)
    _require(may_run(giver, person), NOT_ALL_YOURS)
