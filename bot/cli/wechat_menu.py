"""``lifeline wechat menu``: push the menu below the chat, made of the functions there are."""

from typing import Annotated

import typer

from bot.app import utc_now
from bot.assembly import Premises, functions_of, parts_of
from bot.channels.wechat_menu import (
    MenuExceedsLimits,
    MenuGroup,
    MenuItem,
    menu_payload,
    push_menu,
    read_groups,
)
from bot.cli.wechat_opening import opened_account
from bot.cli.wechat_words import worded
from bot.phrases import load_wording
from bot.settings import Settings

app = typer.Typer(
    help="公众号底部菜单 | the Official Account's menu",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def menu() -> None:
    """公众号底部菜单。 | The Official Account's menu."""


@app.command()
def push(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只显示，不推送 | show it, push nothing")
    ] = False,
) -> None:
    """推送菜单，再读回来核对。 | Push the menu and read it back."""
    settings = Settings()
    groups = menu_groups(settings)
    _show(groups)
    if dry_run:
        typer.echo("没有推送。去掉 --dry-run 再运行一次就推送。")
        return
    with opened_account(settings) as opened:
        push_menu(opened.api, groups)
    typer.echo("已推送，读回来一样。关注过的人最多24小时后看到，重新进入公众号会快一些。")


def menu_groups(settings: Settings) -> list[MenuGroup]:
    """Return the menu of the registered functions, each under its title."""
    words = load_wording().functions
    # No function of the menu needs the installation's key to be named.
    premises = Premises(settings.districts, b"")
    functions = functions_of(premises, utc_now, parts_of(premises, utc_now))
    return [
        MenuGroup(title, tuple(MenuItem(words[f"title_{one.key}"], one.key) for one in part))
        for title, part in functions.menu(words)
    ]


def _show(groups: list[MenuGroup]) -> None:
    """Show the menu as it would be pushed; one that does not fit ends with 1."""
    try:
        shown = read_groups(menu_payload(groups))
    except MenuExceedsLimits as error:
        typer.echo(worded(error), err=True)
        raise typer.Exit(1) from error
    for group in shown:
        typer.echo(group.title)
        for item in group.items:
            typer.echo(f"  {item.title}\t{item.url or item.key}")
