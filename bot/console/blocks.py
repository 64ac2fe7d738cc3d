"""False reports counted, blocks with a reason and an end, and appeals that somebody else decides.

A number stands for whoever is blocked; no page says who that is. ``BlockPages(desk)`` is the
page module.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.block_looks_store import (
    FalseReport,
    FalseReporter,
    block_in,
    district_of_false,
    false_reporters,
    false_reports_of,
)
from bot.console.case_desk import CaseDesk
from bot.console.case_words import spaced
from bot.console.people_store import staff_names
from bot.console.shell import (
    Refused,
    Section,
    Signed,
    Task,
    form_of,
    number_of,
    page,
    redirect,
    render,
    text_of,
)
from community.staff import Role, Staff
from hazards.appeal_store import MOST_WORDS, upheld, uphold
from hazards.limit_store import Block, NewBlock, block, block_of, blocks_in, hold_resident, lift
from hazards.limits import FALSE_REPORTS

PATH = "/console/blocks"
ROLES: tuple[Role, ...] = ("reviewer", "duty_officer", "supervisor", "administrator")
DAYS = (7, 30, 90, 180)
LEAST_REASON = 2
MOST_REASON = 200
ACTIONS = {
    "block.made": "停止接收上报",
    "block.lifted": "恢复接收上报",
    "block.upheld": "维持停止接收",
}
NO_REASON = "请写清理由，本人会看到，再点一次。"
NO_DAYS = "请选停多久。"
NOT_FALSE = "这个人在你的区里没有虚假上报，不能停。"
BLOCKED = "这个人已经停着，没有再停。"
NO_BLOCK = "没有这一条，或者不在你的区里。"
NOT_OTHER = "没有办成：可能已经恢复、到期或办过，或者是你自己停的，要别人来定。"


@dataclass(frozen=True, slots=True)
class Row:
    """A block that holds, with who made it and why an appeal was not granted."""

    block: Block
    by: str
    is_own: bool
    upheld: str

    @property
    def is_waiting(self) -> bool:
        """Whether its appeal is to be decided on."""
        return self.block.appealed_at is not None and not self.upheld


@dataclass(frozen=True, slots=True)
class BlockPages:
    """The pages of blocks; given to ``console_routes``."""

    desk: CaseDesk

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("上报管理", PATH, ROLES, waiting, ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            page(PATH, show, *ROLES),
            page(f"{PATH}/people/{{id:int}}", partial(show_person, self.desk), *ROLES),
            page(f"{PATH}/people/{{id:int}}", make, *ROLES, methods=("POST",)),
            page(f"{PATH}/{{id:int}}/lift", give_back, *ROLES, methods=("POST",)),
            page(f"{PATH}/{{id:int}}/uphold", let_stand, *ROLES, methods=("POST",)),
        ]


def waiting(db: Connection, staff: Staff, now: datetime) -> list[Task]:
    """Return the appeals that somebody may decide on."""
    rows = _rows(db, staff, now)
    count = sum(row.is_waiting and not row.is_own for row in rows)
    return [Task("待定的申诉", count, PATH)]


async def show(signed: Signed) -> Response:
    """Show appeals first, then blocks, then who has false reports."""
    districts, now = _districts(signed.staff), signed.now

    def read(db: Connection) -> tuple[list[Row], list[FalseReporter]]:
        return _rows(db, signed.staff, now), false_reporters(db, districts)

    rows, people = await signed.read(read)
    blocked = {row.block.resident_id for row in rows}
    return render(
        signed,
        "blocks/list.html",
        appeals=[row for row in rows if row.is_waiting],
        rows=[row for row in rows if not row.is_waiting],
        people=people,
        blocked=blocked,
        suggested=FALSE_REPORTS,
        most=MOST_WORDS,
    )


async def show_person(desk: CaseDesk, signed: Signed) -> Response:
    """Show somebody's false reports, and the form to block them."""
    resident_id: int = signed.request.path_params["id"]
    districts, now = _districts(signed.staff), signed.now

    def read(db: Connection) -> tuple[list[FalseReport], Block | None]:
        return false_reports_of(db, districts, resident_id), block_of(db, resident_id, now)

    reports, holding = await signed.read(read)
    if not reports:
        raise Refused(NOT_FALSE, 404)
    names = {one.id: one.name for one in desk.categories.all}
    return render(
        signed,
        "blocks/person.html",
        resident_id=resident_id,
        reports=[(one, spaced(one.code), names.get(one.category, one.category)) for one in reports],
        holding=holding,
        days=[(days, f"{days}天") for days in DAYS],
        suggested=FALSE_REPORTS,
        most=MOST_REASON,
    )


async def make(signed: Signed) -> Response:
    """Block somebody for a while."""
    form = await form_of(signed)
    resident_id: int = signed.request.path_params["id"]
    reason, days = text_of(form, "reason", most=MOST_REASON), number_of(form, "days")
    if len(reason) < LEAST_REASON:
        raise Refused(NO_REASON)
    if days not in DAYS:
        raise Refused(NO_DAYS)
    districts, now = _districts(signed.staff), signed.now

    def work(db: Connection) -> None:
        hold_resident(db, resident_id)
        district = district_of_false(db, districts, resident_id)
        if district is None:
            raise Refused(NOT_FALSE, 404)
        if block_of(db, resident_id, now) is not None:
            raise Refused(BLOCKED, 409)
        until = now + timedelta(days=days)
        block(db, NewBlock(resident_id, district, reason, signed.staff.id, now, until))

    await signed.write(work)
    return redirect(signed, PATH, f"停{days}天。本人能看到理由，可以申诉一次。")


async def give_back(signed: Signed) -> Response:
    """Lift a block, upon an appeal or without one; never one's own."""
    now = signed.now

    def work(db: Connection) -> bool:
        return lift(db, _block(db, signed).id, signed.staff.id, now)

    if not await signed.write(work):
        raise Refused(NOT_OTHER, 409)
    return redirect(signed, PATH, "恢复了，可以接着上报。")


async def let_stand(signed: Signed) -> Response:
    """Let a block stand after its appeal was looked at; never one's own."""
    words = text_of(await form_of(signed), "words", most=MOST_WORDS)
    if len(words) < LEAST_REASON:
        raise Refused(NO_REASON)
    now = signed.now

    def work(db: Connection) -> bool:
        return uphold(db, _block(db, signed).id, signed.staff.id, words, now)

    if not await signed.write(work):
        raise Refused(NOT_OTHER, 409)
    return redirect(signed, PATH, "维持了，到期自动恢复。")


def _districts(staff: Staff) -> frozenset[str]:
    return staff.area(*ROLES).districts


def _rows(db: Connection, staff: Staff, now: datetime) -> list[Row]:
    found = blocks_in(db, sorted(_districts(staff)), now)
    names = staff_names(db, {one.staff_id for one in found if one.staff_id is not None})
    kept = upheld(db, [one.id for one in found])
    return [
        Row(
            one,
            names.get(one.staff_id or 0, "系统"),
            one.staff_id == staff.id,
            kept.get(one.id, ""),
        )
        for one in found
    ]


def _block(db: Connection, signed: Signed) -> Block:
    found = block_in(db, _districts(signed.staff), signed.request.path_params["id"])
    if found is None:
        raise Refused(NO_BLOCK, 404)
    return found
