"""What stops a command is said in words: the setting, its value and the mend; no traceback."""

import importlib
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from bot.channels.wechat_errors import InvalidWeChatSetting
from bot.cli.problems import KNOWN_ERRORS, SECRET_SETTINGS, explained, without_password
from bot.settings import Settings

HIDDEN = "geheim"
Lifeline = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("command", "settings", "said"),
    [
        ("serve", {"PORT": "abc"}, "LIFELINE_PORT=abc：只能是0到65535的整数"),
        ("doctor", {"PORT": "99999"}, "LIFELINE_PORT=99999：只能是0到65535的整数"),
        ("doctor", {"LOG_LEVEL": "loud"}, "LIFELINE_LOG_LEVEL=loud：只能写 DEBUG"),
        ("doctor", {"DISTRICTS": ","}, "LIFELINE_DISTRICTS：至少写一个区县"),
        ("doctor", {"WECHAT_MODE": "aes"}, "LIFELINE_WECHAT_MODE=aes：只能写 plain（明文）"),
        ("doctor", {"WECHAT_AES_KEY": HIDDEN}, "LIFELINE_WECHAT_AES_KEY：安全模式和兼容模式必填"),
        ("doctor", {"WECHAT_PREVIOUS_AES_KEY": HIDDEN}, "PREVIOUS_AES_KEY：换密钥时才填"),
        ("doctor", {"WECHAT_TEMPLATES": "AbC"}, "LIFELINE_WECHAT_TEMPLATES=AbC：写成 用途=模板ID"),
        ("doctor", {"WECHAT_FRESH_SECONDS": "5"}, "LIFELINE_WECHAT_FRESH_SECONDS=5：只能是30到"),
        ("doctor", {"TELEGRAM_SECRET": f"{HIDDEN}+"}, "LIFELINE_TELEGRAM_SECRET：自己定一串"),
        ("serve", {"WECHAT_TOKEN": HIDDEN}, "LIFELINE_WECHAT_APP_ID：开了微信就要填"),
        ("chat", {"DISTRICTS": "nope"}, "LIFELINE_DISTRICTS 里的“nope”没有配置文件"),
        ("chat", {"DATABASE_URL": "sqlite://"}, "LIFELINE_DATABASE_URL 不能用（sqlite://）"),
        ("migrate", {"DATABASE_URL": f"mysql://u:{HIDDEN}@h/x"}, "（mysql://u:***@h/x）"),
        ("migrate", {"DATABASE_URL": HIDDEN}, "LIFELINE_DATABASE_URL 不能用：写成 sqlite:"),
        ("doctor", {"DATABASE_URL": f"postgresql://u:{HIDDEN}@h:p/x"}, "u:***@h:p/x：写成"),
        (
            "migrate",
            {"DATABASE_URL": f"postgresql://u:{HIDDEN}@127.0.0.1:1/x"},
            "主数据库打不开。PostgreSQL：看服务器开着没有",
        ),
    ],
    ids=[
        "port is a word", "port too high", "log level", "no district", "mode", "AES key",
        "previous AES key", "templates", "freshness", "webhook secret", "no app id",
        "unknown district",
        "in memory", "another database", "no URL", "port of a URL", "no server",
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named(
    lifeline: Lifeline, command: str, settings: dict[str, str], said: str
) -> None:
    ended = lifeline(command, **{"PORT": "0"} | settings)

    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert HIDDEN not in ended.stdout + ended.stderr


@pytest.mark.parametrize("command", ["ask 好", "serve", "migrate", "knowledge build"])
def test_a_data_folder_that_is_a_file_is_named(
    lifeline: Lifeline, tmp_path: Path, command: str
) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    ended = lifeline(*command.split(), DATA_DIR=str(tmp_path / "taken"), PORT="0")

    assert ended.returncode == 1
    assert f"读写不了 {tmp_path / 'taken'}" in ended.stderr
    assert "LIFELINE_DATA_DIR" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_damaged_database_is_named(lifeline: Lifeline, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "lifeline.db").write_text("no database" * 99, encoding="utf-8")
    ended = lifeline("knowledge", "questions")

    assert ended.returncode == 1
    assert "数据库文件坏了" in ended.stderr
    assert "lifeline.db" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_env_file_in_gbk_is_named_by_line(lifeline: Lifeline, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LIFELINE_PORT=8000\n# 端口\n", encoding="gbk")
    ended = lifeline("doctor")

    assert ended.returncode == 1
    assert f"{tmp_path / '.env'}:2: 设置文件 .env 不是UTF-8编码" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_only_we_can_mend_keeps_its_traceback() -> None:
    class Other(BaseModel):
        number: int

    with pytest.raises(ValidationError) as raised:
        Other.model_validate({"number": "x"})

    assert explained(raised.value) is None
    assert explained(KeyError("x")) is None
    assert explained(ModuleNotFoundError("x", name="numpy")) is None
    assert explained(OSError("no file is named")) is None
    assert explained(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")) is None


def test_what_the_extra_brings_is_named() -> None:
    assert "encoder" in (explained(ModuleNotFoundError("x", name="torch.nn")) or "")


def test_a_secret_is_never_shown() -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({"secret_key": [HIDDEN]})

    shown = explained(raised.value) or ""
    assert "LIFELINE_SECRET_KEY" in shown
    assert HIDDEN not in shown


def test_every_secret_is_known_as_one() -> None:
    secret = {
        name
        for name, field in Settings.model_fields.items()
        if field.annotation == SecretStr | None
    }
    assert secret == SECRET_SETTINGS


def test_what_is_no_setting_keeps_its_traceback() -> None:
    assert explained(InvalidWeChatSetting("path", "does not start with a slash")) is None


@pytest.mark.parametrize(
    ("field", "name"),
    [("mode", "WECHAT_MODE"), ("fresh_for", "WECHAT_FRESH_SECONDS"), ("token", "WECHAT_TOKEN")],
)
def test_a_field_of_the_channel_is_named_as_it_is_set(field: str, name: str) -> None:
    said = explained(InvalidWeChatSetting(field, "is wrong")) or ""
    assert said.startswith(f"LIFELINE_{name}：")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:geheim@h/x",
        "postgresql+psycopg://u:geheim@h:5432/x",
        "postgresql://u:ge@geheim@h/x",
        "postgresql://:geheim@h/x",
        "postgresql://u@h/x?password=geheim&sslmode=require",
        "postgresql://u@h/x?sslPassword=geheim",
        "postgresql://u:geheim@h/x: connection failed",
    ],
)
def test_passwords_are_hidden(text: str) -> None:
    shown = without_password(text)
    assert HIDDEN not in shown
    assert "***" in shown
    assert "h" in shown


@pytest.mark.parametrize("text", ["sqlite:////var/lifeline.db", "postgresql://u@h:5432/x", "8000"])
def test_what_holds_no_password_stays(text: str) -> None:
    assert without_password(text) == text


@pytest.mark.parametrize("name", sorted(KNOWN_ERRORS))
def test_every_error_of_the_table_is_there(name: str) -> None:
    module, _, kind = name.rpartition(".")
    found = getattr(importlib.import_module(module), kind)
    assert issubclass(found, Exception)
    assert f"{found.__module__}.{found.__qualname__}" == name


def test_naming_the_errors_loads_none_of_their_packages() -> None:
    listed = "import sys, bot.commands; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", listed],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in ended.stdout.split()}
    assert not loaded & {"sqlalchemy", "pydantic", "storage", "community", "numpy", "yaml"}


def test_an_interrupt_while_starting_is_quiet(
    lifeline_process: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    with lifeline_process("serve", PORT="0") as process:
        until = monotonic() + 60
        while not (tmp_path / "var").exists() and monotonic() < until:
            sleep(0.01)  # the folder is made once the command has begun to load
        process.send_signal(signal.SIGINT)
        printed = process.communicate(timeout=60)

    assert process.returncode == -signal.SIGINT, "a shell shows 130"
    assert printed == ("", "")


def test_an_interrupt_ends_a_chat_in_order(
    lifeline_process: Callable[..., "subprocess.Popen[str]"],
) -> None:
    with lifeline_process("chat") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("谢谢\n")
        process.stdin.flush()
        assert process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 0
    assert errors == ""
