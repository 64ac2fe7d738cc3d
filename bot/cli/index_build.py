"""``lifeline index build``: build the search index over the knowledge, without torch."""

import typer

from bot.preparing import INDEX_FOLDER, open_engine, open_library
from bot.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def build() -> None:
    """生成检索索引；没变就不动。 | Build the search index, unless it is current."""
    settings = Settings()
    library = open_library(settings.data_dir)
    if library is None or open_engine(settings, library) is None:
        typer.echo("没有生成，上面说了为什么。", err=True)
        raise typer.Exit(1)
    typer.echo(f"索引可用：{settings.data_dir / INDEX_FOLDER}（{len(library)} 个条目）")
