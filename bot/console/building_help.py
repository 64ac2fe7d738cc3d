"""Who needs help to leave a building: for its head, and in an incident for the duty officer.

Both are noted in the audit log before anything is shown. A paper copy is one more opening.
"""

from functools import partial

from starlette.responses import Response
from starlette.routing import Route

from bot.console.building_desk import ONE, BuildingDesk, building_at, pdf, zone_of
from bot.console.shell import Refused, Signed, form_of, page, render, text_of
from bot.papers.assistance_list import NO_PHONE, AssistanceList, assistance_paper, floor_words
from community.assistance import (
    LEAST_REASON_CHARACTERS,
    MOST_REASON_CHARACTERS,
    Household,
    NeedsRefused,
)
from community.assistance_store import OpenedList, needs_for_head, open_list
from community.keys import derived_key
from community.registers import Building
from hazards.intake import VAULT_PURPOSE

REFUSED = {
    "role": "需要帮助的住户，平时只有这栋楼的楼栋长看得到；出事时由值班员打开。",
    "reason": f"请写清出了什么事，{LEAST_REASON_CHARACTERS}到{MOST_REASON_CHARACTERS}个字。",
}
ACTIONS = {
    "assistance.seen": "查看需要帮助的住户",
    "assistance.opened": "打开需要帮助的住户名单",
}


def routes(desk: BuildingDesk) -> list[Route]:
    """Return the routes of both."""
    post = ("POST",)
    return [
        page(f"{ONE}/needs", show_needs, "building_head", methods=post),
        page(f"{ONE}/list", show_list, "duty_officer", methods=post),
        page(f"{ONE}/list.pdf", partial(print_list, desk), "duty_officer", methods=post),
    ]


async def show_needs(signed: Signed) -> Response:
    """Show rooms and kinds of help, without phones, to the head of the building."""
    building = await signed.read(lambda db: building_at(db, signed))
    key, now = derived_key(signed.console.key, VAULT_PURPOSE), signed.now
    try:
        doors = await signed.write(
            lambda db: needs_for_head(db, key, signed.staff, building.id, now)
        )
    except NeedsRefused as refused:
        raise Refused(REFUSED[refused.problem], 403) from None
    return render(signed, "buildings/needs.html", building=building, doors=_shown(doors))


async def show_list(signed: Signed) -> Response:
    """Open the whole list with phones; it stands on this one page and nowhere else."""
    building, opened = await _opened(signed)
    return render(
        signed,
        "buildings/opened.html",
        building=building,
        opened=opened,
        doors=_shown(opened.households),
    )


async def print_list(desk: BuildingDesk, signed: Signed) -> Response:
    """Answer with the list on paper."""
    building, opened = await _opened(signed)
    listed = AssistanceList(
        building.full_name,
        opened.opened_by,
        opened.opened_at,
        opened.reason,
        opened.households,
        opened.unreadable,
    )
    paper = assistance_paper(listed, zone_of(signed, building))
    return await pdf(desk, paper, f"needs-{building.code}")


async def _opened(signed: Signed) -> tuple[Building, OpenedList]:
    reason = text_of(await form_of(signed), "reason", most=MOST_REASON_CHARACTERS)
    building = await signed.read(lambda db: building_at(db, signed))
    key, now = derived_key(signed.console.key, VAULT_PURPOSE), signed.now
    try:
        opened = await signed.write(
            lambda db: open_list(db, key, signed.staff, building.id, reason, now)
        )
    except NeedsRefused as refused:
        status = 422 if refused.problem == "reason" else 403
        raise Refused(REFUSED[refused.problem], status) from None
    return building, opened


def _shown(doors: list[Household] | tuple[Household, ...]) -> list[tuple[str, Household, str]]:
    """Return each door with its floor and its phones in words."""
    return [(floor_words(one.floor), one, "、".join(one.phones) or NO_PHONE) for one in doors]
