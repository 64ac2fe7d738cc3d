"""``lifeline docs``: write the generated documents again."""

from pathlib import Path
from typing import Annotated

import typer

from bot.documents import pages

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def docs(
    folder: Annotated[Path, typer.Argument(help="放文档的文件夹 | where the documents go")] = Path(
        "docs"
    ),
) -> None:
    """重新生成说明文档。 | Write the generated documents again."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        typer.echo(f"已写 {folder / name}")
