"""``lifeline staff``: who may sign in to the console, and as what.

A password is typed or comes from standard input, never as an argument, which other users of the
machine could see. What is changed here stands in the audit log as done by the system.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy import Connection

from bot.app import open_key, open_main_database, utc_now
from bot.cli.staff_posts import (
    ROLES_TEXT,
    district_meant,
    explained,
    post_meant,
    post_text,
    stopped,
    street_names,
)
from bot.settings import Settings
from community import audit
from community.passwords import (
    check_password,
    hash_password,
    new_totp_secret,
    totp_step,
    totp_text,
    totp_uri,
)
from community.sign_in import sealed_totp
from community.staff import (
    Post,
    Staff,
    checked_login,
    unified_login,
)
from community.staff_store import (
    LoginTaken,
    add_post,
    add_staff,
    list_staff,
    remove_post,
    set_active,
    set_password,
    set_totp,
    staff_by_login,
)
from storage import Database

app = typer.Typer(
    help="工作人员：登记、停用、改密码 | who may sign in to the console",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Login = Annotated[str, typer.Option("--login", help="登录名 | login")]
RoleOption = Annotated[str, typer.Option("--role", help=f"角色：{ROLES_TEXT} | role")]
DistrictOption = Annotated[str, typer.Option("--district", help="区县，空着用默认的 | district id")]
StreetOption = Annotated[str, typer.Option("--street", help="只管这个镇街 | street's name")]
DepartmentOption = Annotated[str, typer.Option("--department", help="部门的编号 | department id")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="从标准输入读密码 | read it from stdin")
]


@app.command()
def add(  # noqa: PLR0913, PLR0917 - a command's options
    login: Login,
    name: Annotated[str, typer.Option("--name", help="姓名或岗位，同事看得到 | name")],
    role: RoleOption,
    district: DistrictOption = "",
    street: StreetOption = "",
    department: DepartmentOption = "",
    password_stdin: FromInput = False,
) -> None:
    """登记一个工作人员；密码会另外问。 | Add somebody; the password is asked for."""
    with _opened() as (settings, database), explained():
        kept_login = checked_login(login)
        if database.read(lambda db: staff_by_login(db, kept_login)):
            raise LoginTaken(kept_login)
        post = post_meant(database, district_meant(settings, district), role, street, department)
        hashed = hash_password(_new_password(kept_login, from_input=password_stdin))

        def work(db: Connection) -> None:
            staff_id = add_staff(db, kept_login, name, hashed, [post], utc_now())
            _note_post(db, "staff.added", staff_id, post)

        database.write(work)
    typer.echo(f"已登记 {kept_login}：{post_text(post, {})}。在 /console 登录。")


@app.command()
def grant(
    login: Login,
    role: RoleOption,
    district: DistrictOption = "",
    street: StreetOption = "",
    department: DepartmentOption = "",
) -> None:
    """再给一个角色。 | Give somebody one more role."""
    with _opened() as (settings, database), explained():
        post = post_meant(database, district_meant(settings, district), role, street, department)
        staff = _found(database, login)

        def work(db: Connection) -> bool:
            added = add_post(db, staff.id, post)
            if added:
                _note_post(db, "staff.granted", staff.id, post)
            return added

        is_new = database.write(work)
    typer.echo(f"已加上：{post_text(post, {})}。" if is_new else "原来就有这个角色，没有改。")


@app.command("list")
def list_all(
    district: Annotated[str, typer.Option("--district", help="只列一个区县 | one district")] = "",
) -> None:
    """列出工作人员和角色。 | List staff and their roles."""
    with _opened() as (settings, database):
        wanted = [district_meant(settings, district).id] if district else None
        found = database.read(lambda db: list_staff(db, wanted))
        streets = street_names(database, found)
    for staff in found:
        posts = "；".join(post_text(post, streets) for post in staff.posts) or "没有角色"
        shut = "" if staff.is_active else "\t已停用"
        typer.echo(f"{staff.login}\t{staff.name}\t{posts}{shut}")
    if not found:
        typer.echo("还没有工作人员。用 lifeline staff add 登记第一个管理员。")


@app.command()
def revoke(
    login: Login,
    role: Annotated[str, typer.Option("--role", help="只收回这个角色 | only this role")] = "",
    district: DistrictOption = "",
    street: StreetOption = "",
    department: DepartmentOption = "",
) -> None:
    """停用，或只收回一个角色；马上退出登录。 | Shut somebody out, or take one role back."""
    with _opened() as (settings, database), explained():
        staff = _found(database, login)
        if not role and (district or street or department):
            raise stopped("只收回一个角色时，要写 --role。")
        if role:
            post = post_meant(
                database, district_meant(settings, district), role, street, department
            )
            done = database.write(lambda db: _taken_back(db, staff.id, post))
        else:
            done = database.write(lambda db: _switched(db, staff, is_active=False))
    if not done:
        raise stopped("没有这个角色，没有改。" if role else f"{staff.login} 已经停用。")
    typer.echo("已收回，已退出登录。" if role else f"已停用 {staff.login}，已退出登录。")


@app.command()
def restore(login: Login) -> None:
    """恢复停用的工作人员，角色照旧。 | Let somebody in again, with the roles they had."""
    with _opened() as (_, database):
        staff = _found(database, login)
        if not database.write(lambda db: _switched(db, staff, is_active=True)):
            raise stopped(f"{staff.login} 没有停用。")
    typer.echo(f"已恢复 {staff.login}。聊天里的身份要重新绑定。")


@app.command()
def password(login: Login, password_stdin: FromInput = False) -> None:
    """换密码，已登录的都退出。 | Set a new password; every session ends."""
    with _opened() as (_, database), explained():
        staff = _found(database, login)
        hashed = hash_password(_new_password(staff.login, from_input=password_stdin))

        def work(db: Connection) -> None:
            set_password(db, staff.id, hashed)
            _note(db, "staff.password", staff)

        database.write(work)
    typer.echo("密码已换，已登录的都退出了。")


@app.command()
def totp(
    login: Login,
    off: Annotated[bool, typer.Option("--off", help="不再要验证码 | no code any more")] = False,
) -> None:
    """设置登录验证码（手机验证器）。 | Set up, or take away, an authenticator app."""
    with _opened() as (settings, database):
        staff = _found(database, login)
        sealed = None
        if not off:
            secret = _confirmed_secret(staff.login)
            sealed = sealed_totp(open_key(settings, database), staff.id, secret)

        def work(db: Connection) -> None:
            set_totp(db, staff.id, sealed)
            _note(db, "staff.totp_off" if off else "staff.totp_on", staff)

        database.write(work)
    typer.echo("已关闭，登录只要密码。" if off else "已设好，下次登录要输入6位验证码。")


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = Settings()
    with open_main_database(settings) as database:
        yield settings, database


def _found(database: Database, login: str) -> Staff:
    known = database.read(lambda db: staff_by_login(db, login))
    if known is None:
        raise stopped(
            f"没有登录名是“{unified_login(login)}”的人。用 lifeline staff list 看有哪些。"
        )
    return known.staff


def _new_password(login: str, *, from_input: bool) -> str:
    """Return a password that may be chosen.

    Raises:
        WeakPassword: naming the problem.
    """
    if from_input:
        typed = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        typed = typer.prompt("密码", hide_input=True, confirmation_prompt="再输一遍")
    else:
        raise stopped("这里问不了密码。加 --password-stdin，从标准输入给。")
    check_password(login, typed)
    return typed


def _confirmed_secret(login: str) -> bytes:
    """Show a new secret, and return it once the app shows the code that belongs to it."""
    secret = new_totp_secret()
    typer.echo(f"在手机验证器里添加：\n  密钥 {totp_text(secret)}\n  {totp_uri(secret, login)}")
    typed = typer.prompt("验证器显示的6位数字")
    if totp_step(secret, typed, utc_now()) is None:
        raise stopped("数字不对，没有改。看手机时间准不准，再来一次。")
    return secret


def _taken_back(db: Connection, staff_id: int, post: Post) -> bool:
    removed = remove_post(db, staff_id, post)
    if removed:
        _note_post(db, "staff.revoked", staff_id, post)
    return removed


def _switched(db: Connection, staff: Staff, *, is_active: bool) -> bool:
    changed = set_active(db, staff.id, is_active=is_active)
    if changed:
        _note(db, "staff.restored" if is_active else "staff.shut_out", staff)
    return changed


def _note_post(db: Connection, action: str, staff_id: int, post: Post) -> None:
    detail = {"role": post.role, "street": post.street_id or 0, "department": post.department}
    audit.note(
        db,
        actor="system",
        action=action,
        subject=f"staff:{staff_id}",
        detail=detail,
        now=utc_now(),
        district_id=post.district_id,
    )


def _note(db: Connection, action: str, staff: Staff) -> None:
    """Note what concerns the whole person, where all who look after them read it."""
    districts = {post.district_id for post in staff.posts}
    audit.note(
        db,
        actor="system",
        action=action,
        subject=f"staff:{staff.id}",
        detail={},
        now=utc_now(),
        district_id=districts.pop() if len(districts) == 1 else "",
    )
