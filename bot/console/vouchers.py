"""Vouchers: whoever brings a code gets what it is good for, once."""

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.case_words import spaced
from bot.console.reward_desk import PATH, ROLES, districts_of
from bot.console.reward_looks_store import voucher_in
from bot.console.shell import Refused, Signed, form_of, page, redirect, render, text_of
from community import audit
from hazards.voucher_store import Voucher, VoucherEnded, cancel, hand_over
from storage import read_code

HERE = f"{PATH}/vouchers"
STATES = {"open": "没有领", "handed_over": "已交付", "cancelled": "已取消"}
NO_VOUCHER = "没有这个兑换编号，或者不在你的区里。请再看看编号。"
ENDED = "这张已经交付或取消了，页面已更新。"


def routes() -> list[Route]:
    """Return the routes of looking a voucher up and ending it."""
    return [
        page(HERE, show_voucher, *ROLES),
        page(f"{HERE}/end", end, *ROLES, methods=("POST",)),
    ]


async def show_voucher(signed: Signed) -> Response:
    """Ask for a code, and show the voucher behind it."""
    typed = signed.request.query_params.get("code", "")[:40]
    found = await signed.read(lambda db: _found(db, signed, typed)) if typed else None
    if typed and found is None:
        raise Refused(NO_VOUCHER, 404)
    code = spaced(found.code) if found else ""
    return render(
        signed, "rewards/voucher.html", typed=typed, voucher=found, code=code, states=STATES
    )


async def end(signed: Signed) -> Response:
    """Note that a voucher was handed over, or cancel it and give the points back."""
    form = await form_of(signed)
    typed, is_over = text_of(form, "code", most=40), text_of(form, "do") != "cancel"
    now = signed.now

    def work(db: Connection) -> Voucher:
        found = _found(db, signed, typed)
        if found is None:
            raise Refused(NO_VOUCHER, 404)
        change = hand_over if is_over else cancel
        ended = change(db, found.id, signed.staff.id, now)
        audit.note(
            db,
            actor=signed.actor,
            action=f"voucher.{ended.state}",
            subject=f"voucher:{ended.id}",
            detail={"offer": ended.offer_id, "price": ended.price},
            now=now,
            district_id=ended.district_id,
        )
        return ended

    try:
        ended = await signed.write(work)
    except VoucherEnded:
        raise Refused(ENDED, 409) from None
    words = "记下了：已交付。" if is_over else "取消了，积分退回去了。"
    return redirect(signed, f"{HERE}?code={ended.code}", words)


def _found(db: Connection, signed: Signed, typed: str) -> Voucher | None:
    code = read_code(typed)
    return voucher_in(db, districts_of(signed.staff), code) if code else None
