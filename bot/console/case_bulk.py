"""Doing the same to many cases at once, after a look at what can be done and what cannot.

Each case is a transaction of its own with a token of its own: one that is refused harms no
other, and a form sent twice does nothing twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.case_actions import carry_out
from bot.console.case_desk import PATH, ROLES, CaseDesk, area_of, case_of, role_for
from bot.console.case_filters import units_in
from bot.console.case_forms import MOST_REASON_CHARACTERS, OUTDATED, Wanted
from bot.console.case_looks_store import visible_cases
from bot.console.case_problems import CANNOT_MERGE, NO_REASON, problem_words
from bot.console.case_words import CaseWords, spaced, state_name, states_in_words
from bot.console.operation_store import MOST_TOKEN_CHARACTERS, new_operation
from bot.console.posts import read_places
from bot.console.shell import Refused, Signed, form_of, page, render, text_of
from community.departments import UnknownDepartment
from community.staff import Staff
from hazards.cases import Case, CaseError
from hazards.transitions import LEVEL_NAMES, MOVES, REVIEW, RUNNING, SUPERVISE

MOST = 100
# A code of eight characters and a dot come behind it.
_MOST_OWN = MOST_TOKEN_CHARACTERS - 9
NONE_CHOSEN = "先在列表里勾选案件，再选要办的事。"
TOO_MANY = f"一次最多办{MOST}件。"
NOT_YOURS = "不在你的职务范围里"
NO_TARGET = "没有找到要并入的案件，请核对编号。"


@dataclass(frozen=True, slots=True)
class Bulk:
    """Something that can be done to many.

    Attributes:
        label: Chinese, on the button.
        deed: what is done to each, a name of ``case_actions.DEEDS``.
        level: for those that raise it.
        needs: what else is asked: ``reason``, ``handler``, ``target``; "" for nothing.
    """

    label: str
    deed: str
    level: int = 0
    needs: str = ""


BULKS: Mapping[str, Bulk] = MappingProxyType(
    {
        "screen": Bulk("受理", "screen"),
        "assign": Bulk("派单", "assign", needs="handler"),
        "remind": Bulk("催办", "level", level=1),
        "escalate": Bulk("升级督办", "level", level=2),
        "reject": Bulk("不予受理", "reject", needs="reason"),
        "merge": Bulk("合并到一个案件", "merge_into", needs="target"),
    }
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case that was ticked, and why nothing can be done to it; "" when it can."""

    case: Case
    why_not: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case."""

    code: str
    words: str
    is_done: bool


def routes(desk: CaseDesk) -> list[Route]:
    """Return the routes of the preview and the doing."""
    return [
        page(f"{PATH}/bulk", partial(preview, desk), *ROLES, methods=("POST",)),
        page(f"{PATH}/bulk/do", partial(do_many, desk), *ROLES, methods=("POST",)),
    ]


def names_for(staff: Staff) -> list[tuple[str, str]]:
    """Return (name, label) of what somebody may do to many; nothing for those who only handle."""
    roles = {post.role for post in staff.posts} if staff.is_active else set()
    return [
        (name, bulk.label)
        for name, bulk in BULKS.items()
        if roles & (SUPERVISE if bulk.deed == "level" else REVIEW)
    ]


async def preview(desk: CaseDesk, signed: Signed) -> Response:
    """Show what can be done to the ticked cases, and what cannot and why."""
    form = await form_of(signed)
    bulk = _bulk(text_of(form, "bulk", most=20))
    ids = _ids([str(one) for one in form.getlist("case")])
    staff = signed.staff

    def read(db: Connection) -> tuple[list[Chosen], CaseWords]:
        cases = visible_cases(db, area_of(staff), ids).values()
        words = CaseWords(desk.categories, read_places(db, desk.districts))
        return [Chosen(case, why_not(staff, case, bulk)) for case in cases], words

    chosen, words = await signed.read(read)
    return render(
        signed,
        "cases/bulk.html",
        bulk=bulk,
        name=text_of(form, "bulk", most=20),
        able=[one.case for one in chosen if not one.why_not],
        unable=[one for one in chosen if one.why_not],
        words=words,
        units=units_in(area_of(staff), words.places),
        operation=new_operation(),
        spaced=spaced,
        state_name=state_name,
    )


async def do_many(desk: CaseDesk, signed: Signed) -> Response:
    """Do it to each, and show what became of each."""
    form = await form_of(signed)
    bulk = _bulk(text_of(form, "bulk", most=20))
    reason = text_of(form, "reason", most=MOST_REASON_CHARACTERS)
    if bulk.needs == "reason" and not reason:
        raise Refused(NO_REASON)
    operation = text_of(form, "operation", most=MOST_TOKEN_CHARACTERS)
    if not operation:
        raise Refused(OUTDATED, 400)
    wanted = Wanted(
        name=bulk.deed,
        version=0,
        operation=operation,
        reason=reason,
        handler=text_of(form, "handler", most=40),
        value=text_of(form, "target", most=20),
        number=bulk.level or None,
    )
    if bulk.needs == "target":
        await _require_target(signed, wanted.value)
    seen = _seen([str(one) for one in form.getlist("case")])
    outcomes = [await _one(desk, signed, wanted, code, version) for code, version in seen]
    return render(signed, "cases/done.html", bulk=bulk, outcomes=outcomes)


def why_not(staff: Staff, case: Case, bulk: Bulk) -> str:
    """Return why something cannot be done to a case by somebody; "" when it can."""
    name = "mark_duplicate" if bulk.deed == "merge_into" else bulk.deed
    if role_for(staff, case, name) is None:
        return NOT_YOURS
    if bulk.level:
        return _why_not_raised(case, bulk.level)
    move = MOVES[name]
    if case.state not in move.froms:
        return f"现在是“{state_name(case.state)}”，要在{states_in_words(move.froms)}时才能办"
    return ""


def _why_not_raised(case: Case, level: int) -> str:
    if case.state not in RUNNING:
        return f"现在是“{state_name(case.state)}”，不用催"
    return f"已经{LEVEL_NAMES[case.level]}过了" if case.level >= level else ""


async def _one(desk: CaseDesk, signed: Signed, many: Wanted, code: str, version: int) -> Outcome:
    """Do it to one case; its token is the form's with its code."""
    operation = f"{many.operation[:_MOST_OWN]}.{code[:8]}"
    wanted = replace(many, version=version, operation=operation)
    now, staff = signed.now, signed.staff

    def work(db: Connection) -> str:
        case = case_of(db, staff, code)
        return carry_out(db, desk, staff, (case, wanted, ()), now).words

    try:
        return Outcome(spaced(code), await signed.write(work), is_done=True)
    except (CaseError, UnknownDepartment) as error:
        return Outcome(spaced(code), problem_words(error), is_done=False)
    except Refused as refused:
        return Outcome(spaced(code), refused.words, is_done=False)


async def _require_target(signed: Signed, code: str) -> None:
    """Check the case that others are put to, once for all of them."""
    try:
        kept = await signed.read(lambda db: case_of(db, signed.staff, code))
    except Refused:
        raise Refused(NO_TARGET) from None
    if kept.state in {"rejected", "duplicate", "referred"}:
        raise Refused(CANNOT_MERGE["ended"])


def _bulk(name: str) -> Bulk:
    if name not in BULKS:
        raise Refused(NONE_CHOSEN, 400)
    return BULKS[name]


def _ids(ticked: list[str]) -> list[int]:
    ids = [int(one) for one in ticked if one.isascii() and one.isdigit() and len(one) < 19]
    if not ids:
        raise Refused(NONE_CHOSEN)
    if len(ids) > MOST:
        raise Refused(TOO_MANY)
    return ids


def _seen(given: list[str]) -> list[tuple[str, int]]:
    """Return code and version of each case, as the preview wrote them."""
    pairs = [one.partition(":") for one in given]
    seen = [
        (code, int(version))
        for code, _, version in pairs
        if version.isascii() and version.isdigit() and len(version) < 10
    ]
    if not seen:
        raise Refused(NONE_CHOSEN)
    if len(seen) > MOST:
        raise Refused(TOO_MANY)
    return seen
