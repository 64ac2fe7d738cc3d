"""``lifeline hazards key``: keys (api_key) for systems that report through Open311."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.app import open_key, open_main_database, utc_now
from bot.settings import Settings
from community.districts import load_district
from hazards.open_key_store import (
    MOST_NAME_CHARACTERS,
    REPORTS_A_DAY,
    BadKeyName,
    add_key,
    list_keys,
    revoke_key,
)

app = typer.Typer(
    help="Open311接口的密钥：发放、列出、收回 | keys for reporting through Open311",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def add(
    name: Annotated[str, typer.Option("--name", help="给哪个系统或单位 | whom it is for")],
    per_day: Annotated[
        int, typer.Option("--per-day", min=1, help="一天最多上报几件 | reports it may send a day")
    ] = REPORTS_A_DAY,
) -> None:
    """发一个密钥，只显示这一次。 | Make a key; it is shown this once."""
    settings = Settings()
    with open_main_database(settings) as database:
        key = open_key(settings, database)
        try:
            key_id, made = database.write(
                lambda db: add_key(db, name, key, utc_now(), per_day=per_day)
            )
        except BadKeyName as error:
            problem = f"写清楚给谁，1到{MOST_NAME_CHARACTERS}个字"
            raise typer.BadParameter(problem, param_hint="--name") from error
    typer.echo(made)
    typer.echo(f"这是{key_id}号密钥，只显示这一次，请马上交给对方。", err=True)


@app.command("list")
def list_all() -> None:
    """列出发过的密钥（看不到密钥本身）。 | List the keys that were given."""
    settings = Settings()
    zone = ZoneInfo(load_district(settings.districts[0]).timezone)
    with open_main_database(settings) as database:
        found = database.read(list_keys)
    for one in found:
        ended = f"{_day(one.revoked_at, zone)}收回" if one.revoked_at else "在用"
        given = _day(one.created_at, zone)
        typer.echo(f"{one.id}\t{one.name}\t每天{one.per_day}件\t{given}发放\t{ended}")
    if not found:
        typer.echo("还没有发过密钥。用 lifeline hazards key add --name 单位 发一个。")


@app.command()
def revoke(number: Annotated[int, typer.Argument(help="几号密钥 | its number")]) -> None:
    """收回一个密钥，马上不能再上报。 | Take a key back; it reports nothing more."""
    with open_main_database(Settings()) as database:
        done = database.write(lambda db: revoke_key(db, number, utc_now()))
    if not done:
        problem = f"没有在用的{number}号密钥，用 lifeline hazards key list 看有哪些"
        raise typer.BadParameter(problem, param_hint="NUMBER")
    typer.echo(f"{number}号密钥收回了。")


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"
