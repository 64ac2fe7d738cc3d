"""``lifeline hazards ledger``: whether every point and every fen is where the books say."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from bot.app import open_main_database
from bot.settings import Settings
from community.ledger import LedgerCheck
from community.ledger_recount import check as recount

app = typer.Typer(
    help="积分和奖金的账 | the ledger of points and rewards",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_FAULTS = {
    "unbalanced": "这些转账借贷不平",
    "miscounted": "这些账户的余额和流水对不上",
    "overdrawn": "这些居民账户成了负数",
    "unmirrored": "这些冲正和原来的转账对不上",
}


@app.callback()
def ledger() -> None:
    """积分和奖金的账。 | The ledger of points and rewards."""


@app.command()
def check(
    as_json: Annotated[bool, typer.Option("--json", help="输出JSON | as JSON")] = False,
) -> None:
    """把账从头算一遍，对不上就报错。 | Count everything again; fails when something is wrong."""
    with open_main_database(Settings()) as database:
        found = database.read(recount)
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"is_sound": found.is_sound}, ensure_ascii=False))
    else:
        for line in _lines(found):
            typer.echo(line, err=not found.is_sound)
    if not found.is_sound:
        raise typer.Exit(1)


def _lines(found: LedgerCheck) -> list[str]:
    counted = f"{found.transfers}笔转账、{found.accounts}个账户"
    if found.is_sound:
        return [f"账是平的：{counted}都对得上。"]
    named = asdict(found)
    faults = [
        f"{words}：{'、'.join(map(str, named[name]))}"
        for name, words in _FAULTS.items()
        if named[name]
    ]
    mend = "先停止发放，留一份数据库副本，再请管理员查明；不要直接改账。"
    return [f"账不平（{counted}）：", *faults, mend]
