"""``lifeline wechat qr``: codes to scan that bring a resident straight to their building."""

import re
from pathlib import Path
from typing import Annotated

import segno
import typer
from sqlalchemy import Connection

from bot.channels.wechat_account import MOST_LASTING_CODES, lasting_code
from bot.cli.wechat_opening import opened_account
from bot.settings import Settings
from community.bindings import building_scene
from community.register_store import find_building, find_building_by_code
from community.registers import Building

app = typer.Typer(
    help="公众号二维码 | codes of the Official Account",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
# About 4 cm at 300 dpi, readable from half a metre; a poster scales it up.
_PIXELS_A_MODULE = 14


@app.callback()
def qr() -> None:
    """公众号二维码。 | Codes of the Official Account."""


@app.command()
def building(
    which: Annotated[str, typer.Argument(metavar="ID", help="楼栋的编码或编号 | code or id")],
    out: Annotated[Path, typer.Option("--out", help="存到哪个文件夹 | folder")] = Path(),
    again: Annotated[
        bool, typer.Option("--again", help="已有图片也重新生成 | make it anew")
    ] = False,
) -> None:
    """生成一栋楼的永久二维码，存成PNG。 | Make a building's lasting code, saved as PNG."""
    with opened_account(Settings()) as opened:
        found = opened.database.read(lambda db: _find(db, which))
        if found is None:
            typer.echo(f"没有楼栋“{which}”：用 lifeline buildings list 看编码。", err=True)
            raise typer.Exit(1)
        file = out / file_name(found)
        if file.exists() and not again:
            typer.echo(f"已经有了：{file}。要重新生成，加 --again。")
            return
        code = lasting_code(opened.api, building_scene(found.code, "wechat"))
    out.mkdir(parents=True, exist_ok=True)
    segno.make(code.url, error="q").save(str(file), kind="png", scale=_PIXELS_A_MODULE)
    typer.echo(f"{found.full_name}：{file}")
    typer.echo(f"扫码打开的短网址：{code.url}")
    typer.echo(f"一个公众号一共只能生成{MOST_LASTING_CODES}个永久二维码，图片请留好。")


def file_name(building: Building) -> str:
    """Return the name of a building's picture: its name and code, fit for any disk."""
    name = re.sub(r"[^\w-]+", "_", building.full_name).strip("_")[:60]
    return f"{name}_{building.code}.png"


def _find(db: Connection, which: str) -> Building | None:
    if found := find_building_by_code(db, which):
        return found
    return find_building(db, int(which)) if re.fullmatch(r"[0-9]{1,18}", which) else None
