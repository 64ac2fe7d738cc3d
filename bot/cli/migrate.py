"""``lifeline migrate``: bring the main database's tables up to date."""

import typer

from bot.settings import Settings
from storage import migrate, open_database

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def bring_up_to_date() -> None:
    """更新主数据库的表。 | Bring the main database up to date."""
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with open_database(settings.database) as database:
        applied = migrate(database)
    typer.echo(f"已更新：{'、'.join(applied)}" if applied else "已经是最新的。")
