"""``lifeline knowledge``: build the knowledge base, and see what it could not answer."""

from typing import Annotated

import typer

from bot.app import open_main_database
from bot.cli.check import show
from bot.preparing import KNOWLEDGE_FILE
from bot.settings import Settings
from knowledge.build import build
from knowledge.errors import BrokenContent
from knowledge.findings import worded
from knowledge.library import Library
from knowledge.store import list_unanswered

app = typer.Typer(
    help="知识库 | the knowledge base",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command("build")
def build_knowledge() -> None:
    """生成知识库 knowledge.db。 | Write knowledge.db from the entries."""
    path = Settings().data_dir / KNOWLEDGE_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        build(path)
    except BrokenContent as error:
        show(worded(problem) for problem in error.problems)
        typer.echo("没有生成，原来的知识库没动。", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"已生成 {path}：{len(Library.open(path))} 个条目")


@app.command()
def questions(
    most: Annotated[int, typer.Option(min=1, help="最多列几条 | how many")] = 50,
) -> None:
    """列出没答上和答得不好的问题。 | List what was not answered, or not well."""
    with open_main_database(Settings()) as database:
        rows = database.read(lambda db: list_unanswered(db, most))
    for row in rows:
        nearest = "、".join(row.nearest)
        typer.echo(f"{row.count}次\t{row.kind}\t{row.question}\t最近的条目：{nearest or '无'}")
    if not rows:
        typer.echo("没有待处理的问题。")
