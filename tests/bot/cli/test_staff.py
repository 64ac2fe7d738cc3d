"""``lifeline staff``: from the first administrator to somebody shut out, in words."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.app import open_key, open_main_database, utc_now
from bot.cli.staff import app
from bot.settings import Settings
from community.audit import entries, verify
from community.passwords import read_totp_text
from community.register_store import add_street
from community.sign_in import Attempt, SignIn, opened_totp, sign_in
from community.staff import Post, Staff
from community.staff_store import list_staff, open_session, session_of, staff_by_login
from storage import Database, migrate
from tests.bot.cli.conftest import environment
from tests.community.staffed import app_code

Lifeline = Callable[..., Result]
PASSWORD = "brass kettle 7"  # noqa: S105 - made up
ADD = ("add", "--login", "chen", "--name", "值班室", "--role", "duty_officer", "--password-stdin")


@pytest.fixture
def staff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lifeline:
    """Run ``lifeline staff`` on a data folder of its own, in which there is one street."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIFELINE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("LIFELINE_DISTRICTS", raising=False)
    with opened() as database:
        migrate(database)
        database.write(lambda db: add_street(db, "demo", "双福街道"))
    return lambda *arguments, said=PASSWORD: CliRunner().invoke(
        app, list(arguments), input=f"{said}\n"
    )


@pytest.fixture
def chen(staff: Lifeline) -> Lifeline:
    """Run it with a duty officer called chen."""
    added = staff(*ADD)
    assert added.exit_code == 0, added.output
    return staff


def opened() -> Database:
    return open_main_database(Settings())


def everybody() -> list[Staff]:
    with opened() as database:
        return database.read(list_staff)


def signing_in(password: str = PASSWORD, code: str = "") -> SignIn:
    settings = Settings()
    with opened() as database:
        key = open_key(settings, database)
        return sign_in(database, Attempt("chen", password, code), key, utc_now())


def noted() -> list[tuple[str, str]]:
    with opened() as database:
        assert database.read(verify).is_whole
        found = database.read(lambda db: entries(db, ["demo", ""]))
    return [(entry.action, entry.subject) for entry in reversed(found)]


def test_somebody_is_added_and_signs_in(chen: Lifeline) -> None:
    (found,) = everybody()
    assert (found.login, found.name) == ("chen", "值班室")
    assert found.posts == (Post("duty_officer", "demo"),)
    assert signing_in().staff == found
    assert noted() == [("staff.added", f"staff:{found.id}")]


def test_everybody_is_listed_with_their_posts(chen: Lifeline) -> None:
    other = (
        "--login",
        "li",
        "--name",
        "双福街道办",
        "--role",
        "部门经办人",
        "--street",
        "双福街道",
    )
    assert chen("add", *other, "--password-stdin").exit_code == 0
    chen("grant", "--login", "li", "--role", "reviewer")
    chen("revoke", "--login", "chen")
    lines = [line.split("\t") for line in chen("list").stdout.splitlines()]
    assert lines == [
        ["chen", "值班室", "值班员（demo）", "已停用"],
        ["li", "双福街道办", "部门经办人（demo 双福街道）；审核员（demo）"],
    ]
    assert chen("list", "--district", "demo").stdout.count("\n") == 2
    assert chen("list", "--district", "elsewhere").exit_code == 2


def test_nobody_yet(staff: Lifeline) -> None:
    assert "还没有工作人员" in staff("list").stdout


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"--login": "a b"}, "“a b”不能用。登录名写2到40个"),
        ({"--name": " "}, "姓名写1到40个字"),
        ({"--role": "chief"}, "没有这个角色。角色有：志愿者（volunteer）"),
        ({"--role": "department"}, "部门经办人写 --department"),
        ({"--department": "street"}, "别的角色不写部门"),
        ({"--role": "department", "--department": "x"}, "没有部门“x”。这个区县的部门：street、"),
        (
            {"--role": "department", "--department": "street", "--street": "双福街道"},
            "只写一个",
        ),
        ({"--street": "几江街道"}, "演示区没有镇街“几江街道”。登记的镇街：双福街道。"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_added_is_explained(
    staff: Lifeline, changes: dict[str, str], problem: str
) -> None:
    options = {"--login": "li", "--name": "李", "--role": "volunteer"} | changes
    arguments = [part for option in options.items() for part in option]
    found = staff("add", *arguments, "--password-stdin")
    assert found.exit_code == 1
    assert problem in found.stderr
    assert everybody() == []


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("short", "密码至少10个字符"),
        ("chen's brass kettle", "密码里不要有登录名"),
        ("password1234", "太容易猜到"),
        ("x7" * 200, "密码最多200个字符"),
        ("", "密码至少10个字符"),
    ],
)
def test_a_weak_password_is_explained(staff: Lifeline, said: str, problem: str) -> None:
    found = staff(*ADD, said=said)
    assert found.exit_code == 1
    assert problem in found.stderr
    assert everybody() == []


def test_a_password_is_never_waited_for_where_nobody_types(staff: Lifeline) -> None:
    found = staff(*ADD[:-1])
    assert found.exit_code == 1
    assert "--password-stdin" in found.stderr


def typed_at_a_terminal(folder: Path, *lines: str) -> tuple[int, str]:
    """Add chen with a password typed in; return how that ended and what the terminal showed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from bot.cli.staff import app; app()", *ADD[:-1]]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(folder / "var") | {"PYTHONIOENCODING": "utf-8"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = ""
        for line in lines:
            shown += shown_until(ours, ": ")
            os.write(ours, f"{line}\n".encode())
        shown += shown_until(ours, "")
        os.close(ours)
        return process.wait(60), shown


def shown_until(terminal: int, mark: str) -> str:
    """Return what a terminal shows up to ``mark``, or to its end."""
    shown = b""
    while not mark or not shown.decode(errors="replace").endswith(mark):
        try:
            part = os.read(terminal, 1024)
        except OSError:  # Linux: the other side is closed
            break
        if not part:
            break
        shown += part
    return shown.decode()


def test_a_password_is_typed_twice_and_never_shown(staff: Lifeline, tmp_path: Path) -> None:
    ended, shown = typed_at_a_terminal(tmp_path, PASSWORD, PASSWORD)
    assert ended == 0, shown
    assert PASSWORD not in shown
    assert "再输一遍" in shown
    assert signing_in().staff


def test_a_password_is_no_argument(staff: Lifeline) -> None:
    assert staff(*ADD[:-1], "--password", PASSWORD).exit_code == 2


def test_a_login_is_given_once(chen: Lifeline) -> None:
    again = chen(*ADD)
    assert again.exit_code == 1
    assert "登录名 chen 有人用了" in again.stderr
    assert "lifeline staff grant" in again.stderr


def test_a_new_password_replaces_the_old_one(chen: Lifeline) -> None:
    with opened() as database:
        database.write(lambda db: open_session(db, 1, "mac", utc_now()))
    changed = chen("password", "--login", "CHEN", "--password-stdin", said="tin kettle 8 river")
    assert changed.exit_code == 0, changed.output
    assert signing_in().staff is None
    assert signing_in("tin kettle 8 river").staff
    with opened() as database:
        assert database.read(lambda db: session_of(db, "mac", utc_now())) is None
    assert noted()[-1][0] == "staff.password"


def test_who_is_shut_out_comes_back_only_when_restored(chen: Lifeline) -> None:
    assert "没有停用" in chen("restore", "--login", "chen").stderr
    assert "已停用 chen，已退出登录" in chen("revoke", "--login", "chen").stdout
    assert signing_in().staff is None
    again = chen("revoke", "--login", "chen")
    assert (again.exit_code, again.stderr) == (1, "chen 已经停用。\n")
    assert "已恢复 chen" in chen("restore", "--login", "chen").stdout
    assert signing_in().staff
    actions = [action for action, _ in noted()]
    assert actions == ["staff.added", "staff.shut_out", "staff.restored"]


def test_one_role_is_given_and_taken_back(chen: Lifeline) -> None:
    post = ("--login", "chen", "--role", "督办员", "--street", "双福街道")
    assert "已加上：督办员（demo）" in chen("grant", *post).stdout
    assert "原来就有" in chen("grant", *post).stdout
    assert len(everybody()[0].posts) == 2
    assert "已收回" in chen("revoke", *post).stdout
    assert "没有这个角色" in chen("revoke", *post).stderr
    assert everybody()[0].posts == (Post("duty_officer", "demo"),)
    unclear = chen("revoke", "--login", "chen", "--street", "双福街道")
    assert (unclear.exit_code, everybody()[0].is_active) == (1, True)
    actions = [action for action, _ in noted()]
    assert actions == ["staff.added", "staff.granted", "staff.revoked"]


@pytest.mark.parametrize("command", ["grant", "revoke", "restore", "password", "totp"])
def test_somebody_unknown_is_told(staff: Lifeline, command: str) -> None:
    role = ("--role", "volunteer") if command == "grant" else ()
    found = staff(command, "--login", "nobody", *role)
    assert found.exit_code == 1
    assert "没有登录名是“nobody”的人" in found.stderr


def test_a_wrong_code_sets_up_no_app(chen: Lifeline) -> None:
    found = chen("totp", "--login", "chen", said="abcdef")
    assert found.exit_code == 1
    assert "数字不对，没有改" in found.stderr
    assert signing_in().staff


def test_an_app_is_set_up_and_taken_away(chen: Lifeline, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "from bot.cli.staff import app; app()", "totp", "--login", "chen"],
        cwd=tmp_path,
        env=environment(tmp_path / "var") | {"PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        secret = read_totp_text(process.stdout.readline().replace("密钥", ""))
        assert secret is not None
        assert "otpauth://totp/" in process.stdout.readline()
        process.stdin.write(app_code(secret, utc_now()) + os.linesep)
        process.stdin.close()
        assert "已设好" in process.stdout.read()
    settings = Settings()
    with opened() as database:
        found = database.read(lambda db: staff_by_login(db, "chen"))
        assert found is not None
        assert found.totp is not None
        assert opened_totp(open_key(settings, database), found.staff.id, found.totp) == secret
    assert signing_in().staff is None
    assert signing_in(code=app_code(secret, utc_now())).staff

    assert "已关闭" in chen("totp", "--login", "chen", "--off").stdout
    assert signing_in().staff
    assert [action for action, _ in noted()][-2:] == ["staff.totp_on", "staff.totp_off"]
