"""``lifeline doctor``: it shows no password, knows a wrong key, and makes nothing."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.doctor import examine
from bot.settings import Settings
from community.keys import KEY_FILE, installation_key
from storage import migrate, open_database

OTHER_KEY = "geheim"
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
Lifeline = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder whose database knows the key in its key file."""
    folder = tmp_path / "var"
    with open_database(f"sqlite:///{folder / 'lifeline.db'}") as database:
        migrate(database)
        installation_key(database, None, folder, now=NOW)
    return folder


def said(data_dir: Path, **settings: str) -> list[tuple[str, bool]]:
    found = Settings(_env_file=None, data_dir=data_dir, **settings)  # type: ignore[arg-type]
    return [(line.text, line.is_fault) for line in examine(found, NOW)]


def test_a_key_that_fits_is_told(data_dir: Path) -> None:
    before = sorted(path.name for path in data_dir.iterdir())
    assert ("密钥和主数据库对得上", False) in said(data_dir)
    left = {path.name for path in data_dir.iterdir()} - set(before)
    assert not [name for name in left if not name.startswith("lifeline.db-")]


def test_a_wrong_key_ends_with_1(lifeline: Lifeline, data_dir: Path) -> None:
    ended = lifeline("doctor", SECRET_KEY=OTHER_KEY)
    assert ended.returncode == 1
    assert "✗ 密钥不是这个数据库原来的那一个" in ended.stdout
    assert "geheim" not in ended.stdout + ended.stderr


def test_a_configured_key_is_known_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    with open_database(url) as database:
        migrate(database)
        installation_key(database, "geheim", tmp_path, now=NOW)
    settings = {"database_url": url, "secret_key": "geheim"}
    assert ("密钥和主数据库对得上", False) in said(tmp_path, **settings)


def test_a_lost_key_file_is_a_fault_and_none_is_made(data_dir: Path) -> None:
    (data_dir / KEY_FILE).unlink()
    assert any(text.startswith("密钥文件") and fault for text, fault in said(data_dir))
    assert not (data_dir / KEY_FILE).exists()


def test_a_key_not_used_yet_is_no_fault(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'lifeline.db'}") as database:
        migrate(database)
    assert ("密钥还没有用过，第一次启动时记下", False) in said(tmp_path)
    assert not (tmp_path / KEY_FILE).exists()


def test_tables_out_of_date_are_a_fault(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'lifeline.db'}"):
        pass
    assert ("主数据库的表不是最新的：运行 lifeline migrate", True) in said(tmp_path)


def test_a_lost_queue_is_no_fault_and_a_damaged_one_is(data_dir: Path) -> None:
    queue = data_dir / "work.db"
    assert (f"后台队列 {queue} 还没有，启动时自动建", False) in said(data_dir)
    with open_database(f"sqlite:///{queue}"):
        pass
    assert (f"后台队列 {queue} 在；不用备份，丢了会按主数据库重建", False) in said(data_dir)
    queue.write_text("no database" * 99, encoding="utf-8")
    assert any(f"{queue} 坏了" in text and fault for text, fault in said(data_dir))


def test_what_waits_is_told(data_dir: Path) -> None:
    texts = [text for text, _ in said(data_dir)]
    assert "没有待发消息" in texts
    assert "居民的留言都回了" in texts


def test_secrets_are_only_said_to_be_set(data_dir: Path) -> None:
    secrets = {
        name: "geheim" * 10
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation) and "aes" not in name
    }
    lines = said(data_dir, **secrets)
    assert not [text for text, _ in lines if "geheim" in text]
    for name in secrets:
        assert (f"LIFELINE_{name.upper()} = （已设，不显示）", False) in lines


def test_settings_are_shown_as_they_are_written(data_dir: Path) -> None:
    lines = said(data_dir, wechat_templates="drill=AbC, case=DeF", districts="demo", port="0")
    assert ("LIFELINE_PORT = 0", False) in lines
    assert ("LIFELINE_WECHAT_TEMPLATES = drill=AbC,case=DeF", False) in lines
    assert ("LIFELINE_DISTRICTS = demo", False) in lines
    assert ("LIFELINE_TELEGRAM_TOKEN = （空）", False) in lines


def test_nothing_is_made_in_an_empty_place(lifeline: Lifeline, tmp_path: Path) -> None:
    for url in ("", f"sqlite:///{tmp_path / 'elsewhere' / 'x.db'}"):
        ended = lifeline("doctor", DATABASE_URL=url)
        assert ended.returncode == 0
        assert "主数据库还没有" in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_no_password_is_shown(lifeline: Lifeline) -> None:
    url = "postgresql://u:geheim@127.0.0.1:1/x?password=geheim"
    ended = lifeline("doctor", DATABASE_URL=url)
    assert ended.returncode == 1
    assert "LIFELINE_DATABASE_URL = postgresql://u:***@127.0.0.1:1/x?password=***" in ended.stdout
    assert "用PostgreSQL必须设 LIFELINE_SECRET_KEY" in ended.stdout
    assert "geheim" not in ended.stdout + ended.stderr
