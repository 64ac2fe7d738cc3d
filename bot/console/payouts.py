"""The monthly sheet of money to pay out: shown, taken away, and marked as paid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console import reward_acts
from bot.console.case_words import spaced
from bot.console.downloads import Table, download, form_in
from bot.console.reward_acts import Decider
from bot.console.reward_desk import PATH, ROLES, STATE_NAMES, RewardDesk, districts_of
from bot.console.shell import Refused, Signed, form_of, page, redirect, render, text_of
from community.tables import Column, TableRow
from hazards.reward_rules import FEN_A_YUAN, RewardScheme
from hazards.reward_sheet_store import BadMonth, PayoutRow, month_bounds, monthly_sheet
from hazards.rewards import AT_ONCE
from storage import chunks

SHEET = f"{PATH}/payouts"
MOST_SHOWN = 500
MOST_PAYOUT = 60
COLUMNS = (
    Column("code", "奖励编号", 12),
    Column("case_code", "案件编号", 12),
    Column("category", "类别", 16),
    Column("yuan", "金额（元）", 12),
    Column("kind", "上报方式", 10),
    Column("claimed_at", "登记领取", 17),
    Column("state", "状态", 10),
    Column("paid_at", "发放时间", 17),
    Column("payout_id", "发放单号", 20),
    Column("rule_version", "规则版本", 14),
)
BAD_MONTH = "月份没看懂，请写成2026-11的样子。"
NO_DISTRICT = "没有这个区县，或者不在你的范围里。"
NO_NUMBER = "请写发放单号（付款单或批次的编号），再点一次。"
NONE_LEFT = "没有要标记的：这个月的都发过了，或者刚有人标过。"


@dataclass(frozen=True, slots=True)
class Asked:
    """The month of a district that a page is about."""

    scheme: RewardScheme
    month: str


def routes(desk: RewardDesk) -> list[Route]:
    """Return the routes of the sheet."""
    return [
        page(SHEET, partial(show_sheet, desk), *ROLES),
        page(f"{SHEET}/paid", partial(mark, desk), *ROLES, methods=("POST",)),
        page(f"{SHEET}/sheet.{{form}}", partial(take_away, desk), *ROLES),
    ]


async def show_sheet(desk: RewardDesk, signed: Signed) -> Response:
    """Show a month's money with its sums."""
    given = signed.request.query_params
    asked = asked_in(desk, signed, given.get("district", ""), given.get("month", ""))

    def read(db: Connection) -> tuple[list[PayoutRow], tuple[int, int], int]:
        rows = monthly_sheet(db, asked.scheme, asked.month)
        shown = list(islice(rows, MOST_SHOWN))
        paid, due, more = 0, 0, 0
        for number, row in enumerate([*shown, *rows]):
            more += number >= MOST_SHOWN
            paid += row.amount_fen if row.state == "paid" else 0
            due += row.amount_fen if row.state == "claimed" else 0
        return shown, (due, paid), more

    rows, sums, more = await signed.read(read)
    return render(
        signed,
        "rewards/payouts.html",
        rows=[(row, _yuan(row.amount_fen), desk.category(row.category)) for row in rows],
        states=STATE_NAMES,
        due=_yuan(sums[0]),
        paid=_yuan(sums[1]),
        more=more,
        month=asked.month,
        chosen=asked.scheme.district_id,
        districts=_choices(desk, signed),
        most=MOST_PAYOUT,
    )


async def mark(desk: RewardDesk, signed: Signed) -> Response:
    """Mark all money of a month that waits as paid out, a few rewards in each transaction."""
    form = await form_of(signed)
    payout_id = text_of(form, "payout_id", most=MOST_PAYOUT)
    asked = asked_in(desk, signed, text_of(form, "district"), text_of(form, "month"))
    if not payout_id:
        raise Refused(NO_NUMBER)
    by = Decider(signed.staff.id, districts_of(signed.staff), signed.now)
    due: Sequence[int] = await signed.read(partial(_due, asked=asked))
    marked = 0
    for few in chunks(due, AT_ONCE):
        work = partial(reward_acts.mark_paid, reward_ids=few, payout_id=payout_id, by=by)
        marked += len(await signed.write(work))
    path = f"{SHEET}?district={asked.scheme.district_id}&month={asked.month}"
    return redirect(signed, path, f"标记了{marked}笔已发放。" if marked else NONE_LEFT)


async def take_away(desk: RewardDesk, signed: Signed) -> Response:
    """Answer with the sheet as CSV or XLSX."""
    given = signed.request.query_params
    asked = asked_in(desk, signed, given.get("district", ""), given.get("month", ""))
    form = form_in(signed.request.path_params["form"])
    rows: list[TableRow] = await signed.read(lambda db: list(_rows(db, desk, asked)))
    name = f"payouts-{asked.scheme.district_id}-{asked.month}"
    return await download(Table(name, COLUMNS, lambda: rows, asked.scheme.zone), form)


def asked_in(desk: RewardDesk, signed: Signed, district: str, month: str) -> Asked:
    """Return which month of which district is asked for; the present one when none is.

    Raises:
        Refused: for a month that is none, or a district out of reach.
    """
    own = [id_ for id_ in desk.schemes if id_ in districts_of(signed.staff)]
    if not own or (district and district not in own):
        raise Refused(NO_DISTRICT, 404)
    scheme = desk.schemes[district or own[0]]
    asked = Asked(scheme, month or scheme.month(signed.now))
    try:
        month_bounds(scheme, asked.month)
    except (BadMonth, OverflowError):
        raise Refused(BAD_MONTH) from None
    return asked


def _due(db: Connection, asked: Asked) -> list[int]:
    rows = monthly_sheet(db, asked.scheme, asked.month)
    return [row.reward_id for row in rows if row.state == "claimed"]


def _rows(db: Connection, desk: RewardDesk, asked: Asked) -> Iterator[TableRow]:
    for row in monthly_sheet(db, asked.scheme, asked.month):
        yield {
            "code": spaced(row.code),
            "case_code": spaced(row.case_code),
            "category": desk.category(row.category),
            "yuan": row.amount_fen / FEN_A_YUAN,
            "kind": "匿名" if row.is_anonymous else "保密或实名",
            "claimed_at": row.claimed_at,
            "state": STATE_NAMES[row.state],
            "paid_at": row.paid_at,
            "payout_id": row.payout_id,
            "rule_version": row.rule_version,
        }


def _choices(desk: RewardDesk, signed: Signed) -> list[tuple[str, str]]:
    own = districts_of(signed.staff)
    return [(id_, one.name) for id_, one in desk.cases.districts.items() if id_ in own]


def _yuan(fen: int) -> str:
    return f"{fen / FEN_A_YUAN:,.2f}"
