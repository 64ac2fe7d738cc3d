"""``lifeline doctor``: what is configured, what is missing, and what that switches off."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import typer
from pydantic import SecretStr

from bot.cli.problems import without_password
from bot.preparing import INDEX_FOLDER, KNOWLEDGE_FILE
from bot.settings import SETTING_PREFIX, Settings
from community.districts import UnknownDistrict, load_district
from community.keys import KEY_FILE, fingerprint, kept_fingerprint, present_key
from community.placefiles import BrokenPlaceFile
from index.model import SHIPPED_MODEL, load_model
from index.values import SearchError
from knowledge.content import is_current
from storage import Database, StorageError, open_database, pending

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


class Line(NamedTuple):
    """One thing the doctor says; ``is_fault`` makes the command end with 1."""

    mark: str
    text: str
    is_fault: bool = False


def examine(settings: Settings) -> Iterator[Line]:
    """Yield what is set, what is missing and what that switches off."""
    yield from _settings(settings)
    yield from _database(settings)
    yield from _knowledge(settings)
    yield from _model(settings)
    for name in settings.districts:
        yield from _district(name)
    yield Line("·", "微信、Telegram：这一版还没有，网页聊天和终端可用")


def _settings(settings: Settings) -> Iterator[Line]:
    for name in Settings.model_fields:
        value = getattr(settings, name)
        hidden = "（已设，不显示）" if isinstance(value, SecretStr) else value
        shown = ",".join(hidden) if isinstance(hidden, tuple) else str(hidden or "（空）")
        yield Line("·", f"{SETTING_PREFIX}{name.upper()} = {without_password(shown)}")


def _database(settings: Settings) -> Iterator[Line]:
    if not settings.is_embedded and settings.secret_key is None:
        yield Line("✗", "用PostgreSQL必须设 LIFELINE_SECRET_KEY，不设启动不了", is_fault=True)
    file = settings.database.partition(":///")[2]
    if settings.is_embedded and file and not Path(file).exists():
        yield Line("·", "主数据库还没有，第一次启动时建")
        return
    try:
        with open_database(settings.database) as database:
            yield from _tables_and_key(settings, database)
    except StorageError as error:
        problem = without_password(str(error))
        yield Line("✗", f"主数据库打不开：{problem}", is_fault=True)


def _tables_and_key(settings: Settings, database: Database) -> Iterator[Line]:
    if pending(database):
        yield Line("✗", "主数据库的表不是最新的：运行 lifeline migrate", is_fault=True)
        return
    yield Line("✓", "主数据库可用，表是最新的")
    kept = database.read(kept_fingerprint)
    key = _key(settings)
    if kept is None:
        yield Line("·", "密钥还没有用过，第一次启动时记下")
    elif key is None and settings.is_embedded:
        problem = f"密钥文件 {settings.data_dir / KEY_FILE} 不见了：从备份里放回来"
        yield Line("✗", problem, is_fault=True)
    elif key is not None and fingerprint(key) != kept:
        yield Line("✗", "密钥不是这个数据库原来的那一个，启动不了：换回原来的", is_fault=True)
    elif key is not None:
        yield Line("✓", "密钥和主数据库对得上")


def _key(settings: Settings) -> bytes | None:
    secret = settings.secret_key.get_secret_value() if settings.secret_key else None
    return present_key(secret, settings.data_dir, is_embedded=settings.is_embedded)


def _knowledge(settings: Settings) -> Iterator[Line]:
    if is_current(settings.data_dir / KNOWLEDGE_FILE):
        yield Line("✓", "知识库是最新的")
    else:
        yield Line("·", "知识库没有或旧了，下次启动时自动重建")
    built = (settings.data_dir / INDEX_FOLDER).is_dir()
    yield Line("✓" if built else "·", "索引已生成" if built else "索引没有，下次启动时自动生成")


def _model(settings: Settings) -> Iterator[Line]:
    if settings.index_model:
        yield Line("·", f"换用模型 {settings.index_model}，要装附加依赖 encoder")
    try:
        load_model(SHIPPED_MODEL)
    except SearchError as error:
        yield Line("✗", f"自带模型坏了，只剩紧急短语可用：{error}", is_fault=True)
    else:
        yield Line("✓", "自带模型完好")


def _district(name: str) -> Iterator[Line]:
    try:
        district = load_district(name)
    except (UnknownDistrict, BrokenPlaceFile) as error:
        yield Line("✗", f"区县 {name} 的配置有问题：{error}", is_fault=True)
        return
    yield Line("✓", f"区县 {name}：{district.name}")
    for unset in district.unset():
        shown = f"居民看到的是“{unset.unset}”"
        yield Line("!", f"区县 {name} 没有填{unset.description}（{unset.name}），{shown}")


@app.command()
def doctor() -> None:
    """看配置了什么、缺什么、因此关掉了什么。 | What is configured, missing, switched off."""
    lines = list(examine(Settings()))
    for line in lines:
        typer.echo(f"{line.mark} {line.text}")
    if any(line.is_fault for line in lines):
        raise typer.Exit(1)
