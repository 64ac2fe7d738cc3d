"""The generated documents: settings and commands as pages, from the code that defines them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic_core import PydanticUndefined

from bot.commands import app
from bot.settings import SETTING_PREFIX, Settings

_WRITTEN = "<!-- 由 lifeline docs 生成，不要手改。 Written by `lifeline docs`. -->\n\n"


def settings_page() -> str:
    """Return docs/settings.md: every setting with its default and what it does."""
    rows = [
        f"| `{SETTING_PREFIX}{name.upper()}` | {_default(name)} | {_two_languages(name)} |"
        for name in Settings.model_fields
    ]
    head = (
        "# 设置 Settings\n\n"
        "从环境变量或当前文件夹的 `.env` 读取。都有默认值，什么都不设也能运行。\n"
        "Read from the environment or `.env`; all have defaults.\n\n"
        "| 名称 Name | 默认 Default | 用处 What it does |\n| --- | --- | --- |\n"
    )
    return _WRITTEN + head + "\n".join(rows) + "\n"


def commands_page() -> str:
    """Return docs/commands.md: every command with its arguments and options."""
    root = typer.main.get_command(app)
    context = root.context_class(root, info_name="lifeline")
    parts = _commands(root, context, "lifeline")
    return _WRITTEN + "# 命令 Commands\n\n" + "\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return every generated page by its file name under docs/."""
    return {"settings.md": settings_page(), "commands.md": commands_page()}


def stale_pages(folder: Path) -> list[str]:
    """Return the names of the generated pages that differ from the code."""
    return [name for name, text in pages().items() if _read(folder / name) != text]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _default(name: str) -> str:
    value = Settings.model_fields[name].default
    if value in (None, "", {}, PydanticUndefined):
        return "（空）"
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"


def _two_languages(name: str) -> str:
    return (Settings.model_fields[name].description or "").replace(" | ", "<br>")


def _commands(group: Any, context: Any, before: str) -> Iterator[str]:  # noqa: ANN401 - Typer does not publish the types of its copy of click
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.context_class(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from _commands(command, inner, f"{before} {name}")
        else:
            yield from _command(command, inner, f"{before} {name}")


def _command(command: Any, context: Any, name: str) -> Iterator[str]:  # noqa: ANN401 - as above
    yield f"## `{name}`\n"
    yield f"{(command.help or '').strip().replace(' | ', '<br>')}\n"
    for parameter in command.get_params(context):
        if record := parameter.get_help_record(context):
            yield f"- `{record[0]}`：{' '.join(record[1].split())}"
    yield ""
