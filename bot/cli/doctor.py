"""``lifeline doctor``: what is configured, what is missing, and what that switches off."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from pydantic import SecretStr

from bot.app import utc_now
from bot.cli.doctor_backlog import backlog_lines
from bot.cli.doctor_channels import channel_lines
from bot.cli.problems import without_password
from bot.cli.wechat_check import Line
from bot.preparing import INDEX_FOLDER, KNOWLEDGE_FILE
from bot.settings import SETTING_PREFIX, Settings
from community.districts import UnknownDistrict, load_district
from community.keys import KEY_FILE, fingerprint, kept_fingerprint, present_key
from community.placefiles import BrokenPlaceFile
from hazards.checks import unconfirmed, unrewarded
from index.model import SHIPPED_MODEL, load_model
from index.values import SearchError
from knowledge.content import is_current
from storage import Database, StorageError, open_database, pending

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

# The first bytes of every SQLite file (sqlite.org/fileformat.html).
_SQLITE_HEADER = b"SQLite format 3\x00"


def examine(settings: Settings, now: datetime) -> Iterator[Line]:
    """Yield what is set, what is missing and what that switches off."""
    yield from _settings(settings)
    yield from _database(settings, now)
    yield from _knowledge(settings)
    yield from _model(settings)
    for name in settings.districts:
        yield from _district(name, now)
    yield from channel_lines(settings)


def _settings(settings: Settings) -> Iterator[Line]:
    for name in Settings.model_fields:
        value = getattr(settings, name)
        yield Line("·", f"{SETTING_PREFIX}{name.upper()} = {without_password(_shown(value))}")


def _shown(value: object) -> str:
    """Return a setting as it is written in the environment; a secret is only said to be set."""
    if isinstance(value, SecretStr):
        return "（已设，不显示）"
    if isinstance(value, Mapping):
        value = tuple(f"{name}={text}" for name, text in value.items())
    if value is None:
        return "（空）"
    return (",".join(value) if isinstance(value, tuple) else str(value)) or "（空）"


def _database(settings: Settings, now: datetime) -> Iterator[Line]:
    if not settings.is_embedded and settings.secret_key is None:
        yield Line("✗", "用PostgreSQL必须设 LIFELINE_SECRET_KEY，不设启动不了", is_fault=True)
    file = settings.database.partition(":///")[2]
    if settings.is_embedded and file and not Path(file).exists():
        yield Line("·", "主数据库还没有，第一次启动时建")
        return
    if settings.is_embedded and file:
        yield from _queue_file(file)
    try:
        with open_database(settings.database) as database:
            if pending(database):
                yield Line("✗", "主数据库的表不是最新的：运行 lifeline migrate", is_fault=True)
                return
            yield Line("✓", "主数据库可用，表是最新的")
            yield from _key_lines(settings, database)
            yield from backlog_lines(database, now)
    except StorageError as error:
        problem = without_password(str(error))
        yield Line("✗", f"主数据库打不开：{problem}", is_fault=True)


def _queue_file(main: str) -> Iterator[Line]:
    """Yield the state of the queue beside an embedded database; it can always be made anew."""
    file = Path(main).with_name("work.db")
    if not file.exists():
        yield Line("·", f"后台队列 {file} 还没有，启动时自动建")
        return
    with file.open("rb") as opened:
        header = opened.read(len(_SQLITE_HEADER))
    if header in {b"", _SQLITE_HEADER}:
        yield Line("✓", f"后台队列 {file} 在；不用备份，丢了会按主数据库重建")
    else:
        text = f"后台队列 {file} 坏了：停下服务，删掉它再启动，会按主数据库重建"
        yield Line("✗", text, is_fault=True)


def _key_lines(settings: Settings, database: Database) -> Iterator[Line]:
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


def _district(name: str, now: datetime) -> Iterator[Line]:
    try:
        district = load_district(name)
    except (UnknownDistrict, BrokenPlaceFile) as error:
        yield Line("✗", f"区县 {name} 的配置有问题：{error}", is_fault=True)
        return
    yield Line("✓", f"区县 {name}：{district.name}")
    for unset in district.unset():
        shown = f"居民看到的是“{unset.unset}”"
        yield Line("!", f"区县 {name} 没有填{unset.description}（{unset.name}），{shown}")
    for missing in unconfirmed(district, now.astimezone(ZoneInfo(district.timezone)).date()):
        yield Line("!", f"区县 {name}：{missing}")
    for missing in unrewarded(district, now):
        yield Line("!", f"区县 {name}：{missing}")


@app.command()
def doctor() -> None:
    """看配置了什么、缺什么、因此关掉了什么。 | What is configured, missing, switched off."""
    has_fault = False
    for line in examine(Settings(), utc_now()):
        typer.echo(f"{line.mark} {line.text}")
        has_fault = has_fault or line.is_fault
    if has_fault:
        raise typer.Exit(1)
