"""What stops a command, in Chinese for whoever runs it: the setting, its value, what to do.

Errors are found by the full names of their types, so that naming one here loads nothing:
SQLAlchemy alone would double the start of ``lifeline ask``.
"""

import errno
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_NEEDS_ENCODER = (
    "这个命令要附加依赖 encoder。 This needs the extra `encoder`:\n"
    "  pip install torch==2.13.0\n  pip install 'lifeline-fire-safety[encoder]'"
)
# What the extra `encoder` brings.
_ENCODER_PACKAGES = frozenset({"torch", "sentence_transformers", "sklearn"})
_AES_KEY = "照抄微信后台的EncodingAESKey，43个英文字母和数字"
# Their values are never shown; a test holds this against the settings.
SECRET_SETTINGS = frozenset(
    {
        "secret_key",
        "wechat_token",
        "wechat_app_secret",
        "wechat_aes_key",
        "wechat_previous_aes_key",
        "telegram_token",
        "telegram_secret",
    }
)
# setting → what may stand there.
_ALLOWED = {
    "port": "只能是0到65535的整数，例如 8000",
    "districts": "至少写一个区县，用英文逗号分开，例如 demo",
    "log_level": "只能写 DEBUG、INFO、WARNING、ERROR 或 CRITICAL",
    "database_url": "写成 sqlite:////绝对路径/lifeline.db，或 postgresql+psycopg://用户:密码@主机:端口/库名",
    "wechat_mode": "只能写 plain（明文）、compatible（兼容）或 safe（安全），和微信后台选的一样",
    "wechat_token": "3到32位英文字母和数字，和微信后台填的Token一样",
    "wechat_app_id": "开了微信就要填，照抄微信后台的AppID，样子是wx加16位字母和数字",
    "wechat_aes_key": f"安全模式和兼容模式必填；{_AES_KEY}",
    "wechat_previous_aes_key": f"换密钥时才填；{_AES_KEY}",
    "wechat_templates": "写成 用途=模板ID，用英文逗号分开，例如 drill=AbC,case=DeF",
    "wechat_fresh_seconds": "只能是30到86400的整数（秒），例如 300",
    "telegram_secret": "自己定一串，只用英文字母、数字、_ 和 -，最多256个",
}
# The fields of WeChatConfig whose settings have other names.
_WECHAT_FIELDS = {"fresh_for": "wechat_fresh_seconds"}
_REASONS = {
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "这里只能读，不能写",
    errno.EEXIST: "这里要的是文件夹，却是个文件",
    errno.ENOTDIR: "路径里有一段是文件，不是文件夹",
    errno.EISDIR: "这里要的是文件，却是个文件夹",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOSPC: "磁盘满了",
}
_DATABASE = {
    "storage.errors.DiskFull": "放数据库的磁盘满了。腾出空间再试。",
    "storage.errors.DatabaseReadOnly": "数据库不让写。给运行的用户写这个文件和它所在文件夹的权限。",
    "storage.errors.DatabaseBusy": "数据库一直被占着。稍后再试；一直这样，就找出卡住的程序。",
    "storage.errors.DatabaseDamaged": "数据库文件坏了。先留一份副本，再恢复最近的备份。",
    "storage.errors.DatabaseUnavailable": (
        "主数据库打不开。PostgreSQL：看服务器开着没有，LIFELINE_DATABASE_URL 的主机、端口、用户、"
        "密码、库名对不对。SQLite：看路径对不对、文件夹能不能写（LIFELINE_DATA_DIR）。"
    ),
    "storage.errors.MigrationNeeded": "主数据库的表不是最新的。运行 lifeline migrate，再启动。",
    "storage.errors.DatabaseNewer": "主数据库是更新的版本建的。装那个版本，或恢复升级以前的备份。",
    "storage.errors.LockTimedOut": "另一个程序一直占着锁。等它做完，或结束卡住的那个，再试。",
    "storage.errors.StorageError": "主数据库出错。",
    "community.keys.KeyMissing": (
        "用PostgreSQL必须设 LIFELINE_SECRET_KEY：在每台机器上设同一串长的随机文字。"
    ),
    "community.keys.KeyChanged": (
        "密钥（LIFELINE_SECRET_KEY，没设就是数据文件夹里的 secret.key）不是这个数据库原来的那一个。"
        "换回原来的密钥，或者换一个空的数据库。"
    ),
}

_Explain = Callable[[Any], str | None]


def explained(error: BaseException) -> str | None:
    """Return what to print for ``error``; None for what only a developer can mend."""
    for kind in type(error).__mro__:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in _DATABASE:
            return f"{_DATABASE[name]}\n  {without_password(str(error))}"
        if name in _EXPLAINED:
            return _EXPLAINED[name](error)
    return None


def without_password(text: str) -> str:
    """Return ``text`` with the passwords of database URLs in it replaced by ``***``."""
    hidden = re.sub(r"(://[^:/@\s]*):.*@", r"\1:***@", text)
    return re.sub(r"((?:^|[?&\s])\w*pass\w*=)[^&\s]*", r"\1***", hidden, flags=re.IGNORECASE)


def _settings(error: Any) -> str | None:  # noqa: ANN401 - pydantic's, not loaded here
    if error.title != "Settings":
        return None
    lines = (_setting(fault) for fault in error.errors(include_url=False))
    return "设置不对：\n" + "\n".join(f"  {line}" for line in lines)


def _setting(fault: Mapping[str, Any]) -> str:
    name = str(fault["loc"][0]) if fault["loc"] else ""
    allowed = _ALLOWED.get(name, "照 docs/settings.md 里写的改")
    variable = f"LIFELINE_{name.upper()}"
    if name in SECRET_SETTINGS or not isinstance(fault["input"], str | int):
        return f"{variable}：{allowed}"
    return f"{variable}={without_password(str(fault['input']))}：{allowed}"


def _wechat_setting(error: Any) -> str | None:  # noqa: ANN401 - the channel's, not loaded here
    name = _WECHAT_FIELDS.get(error.setting, f"wechat_{error.setting}")
    # The other fields are code, not settings.
    return f"LIFELINE_{name.upper()}：{_ALLOWED[name]}" if name in _ALLOWED else None


def _telegram_setting(error: Any) -> str:  # noqa: ANN401 - as above
    return f"{error.setting}：{error.problem}"


def _wechat_base(error: Any) -> str:  # noqa: ANN401 - as above
    return f"LIFELINE_WECHAT_API={error.base} 不能用：官方的是 https://api.weixin.qq.com"


def _speech_command(error: Any) -> str:  # noqa: ANN401 - as above
    return (
        f"LIFELINE_SPEECH_COMMAND={error.command} 不能用：引号要成对，"
        "放录音文件的地方写 {file}，例如 asr --text {file}"
    )


def _unsupported_database(error: Any) -> str:  # noqa: ANN401 - storage's, not loaded here
    # One that cannot be taken apart may hold a password anywhere, so storage does not repeat it.
    shown = f"（{without_password(error.url)}）" if "://" in error.url else ""
    return f"LIFELINE_DATABASE_URL 不能用{shown}：{_ALLOWED['database_url']}"


def _unknown_district(error: Any) -> str:  # noqa: ANN401 - community's, not loaded here
    known = "、".join(error.known)
    return (
        f"LIFELINE_DISTRICTS 里的“{error.district}”没有配置文件：改成已有的（{known}），"
        f"或照 community/districts/demo.yaml 写一个 {error.district}.yaml"
    )


def _broken_file(error: Any) -> str:  # noqa: ANN401 - as above
    return f"{error.file}:{error.line}: 错误：{error.problem}。{error.mend}。"


def _missing_module(error: ModuleNotFoundError) -> str | None:
    package = (error.name or "").partition(".")[0]
    return _NEEDS_ENCODER if package in _ENCODER_PACKAGES else None


def _not_utf8(error: UnicodeDecodeError) -> str | None:
    env = Path(".env")
    if not env.is_file():
        return None
    content = env.read_bytes()
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        return f"{env.absolute()}:{line}: 设置文件 .env 不是UTF-8编码。用编辑器另存为UTF-8。"
    del error  # .env is sound, so the fault is elsewhere and ours
    return None


def _system(error: OSError) -> str | None:
    if error.filename is None:
        return None
    name = os.fsdecode(error.filename) if isinstance(error.filename, bytes) else error.filename
    reason = _REASONS.get(error.errno or 0, error.strerror)
    return (
        f"读写不了 {name}：{reason}。检查这个路径和权限；"
        "数据放在哪里由 LIFELINE_DATA_DIR 设定，要是一个能写的文件夹。"
    )


_EXPLAINED: Mapping[str, _Explain] = {
    "pydantic_core._pydantic_core.ValidationError": _settings,
    "storage.errors.UnsupportedDatabase": _unsupported_database,
    "community.districts.UnknownDistrict": _unknown_district,
    "community.placefiles.BrokenPlaceFile": _broken_file,
    "bot.wordingfiles.WordingError": _broken_file,
    "bot.channels.wechat_errors.InvalidWeChatSetting": _wechat_setting,
    "bot.channels.wechat_outcomes.UnusableBase": _wechat_base,
    "bot.channels.telegram_config.BadTelegramSetting": _telegram_setting,
    "bot.hearing.BadCommand": _speech_command,
    "builtins.ModuleNotFoundError": _missing_module,
    "builtins.UnicodeDecodeError": _not_utf8,
    "builtins.OSError": _system,
}
KNOWN_ERRORS = frozenset({*_DATABASE, *_EXPLAINED})
