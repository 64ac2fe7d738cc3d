"""Rewards: proposals to decide on, one or many at once, and what was decided before.

Who proposed a reward or handled its case never approves it: the page shows so, and the SQL of
the approval decides. ``RewardPages(desk)`` is the page module.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response
from starlette.routing import Route

from bot.console import commendations, payouts, reward_acts, vouchers
from bot.console.case_desk import CaseDesk
from bot.console.people_store import staff_names
from bot.console.reward_acts import ACTIONS, Decider
from bot.console.reward_desk import (
    GONE,
    MOST_REASON,
    NO_REASON,
    PATH,
    ROLES,
    STATE_NAMES,
    RewardDesk,
    districts_of,
    problem_words,
    reason_words,
)
from bot.console.reward_looks_store import (
    Beside,
    beside,
    case_in,
    reward_in,
    rewards_in,
    state_counts,
    waiting_count,
)
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
from community import audit
from community.ledger import LedgerCheck, LedgerError
from community.ledger_recount import check
from community.staff import Staff
from hazards.reward_states import Reward, RewardError, RewardState
from storage import read_code

A_PAGE = 50
LAST = 2**62
NO_CASE = "没有这个案件编号，或者不在你的区里。"
NOTHING_CHOSEN = "先勾选要办的奖励，再点一次。"
BAD_PLACE = "页码不对，请从“奖励”重新打开。"


# Does something to one reward.
Act = Callable[[Connection, int], Reward]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    reward: Reward
    beside: Beside
    category: str
    reason: str


@dataclass(frozen=True, slots=True)
class RewardPages:
    """The pages about rewards; given to ``console_routes``."""

    desk: CaseDesk

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        return Section("奖励", PATH, ROLES, waiting, ACTIONS)

    def routes(self) -> list[Route]:
        """Return the routes; fixed addresses before those that hold an id.

        Raises:
            BrokenPlaceFile: when a district's rules of rewards cannot be read.
        """
        desk = RewardDesk.of(self.desk)
        return [
            page(PATH, partial(list_rewards, desk), *ROLES),
            page(f"{PATH}/decide", partial(decide, desk), *ROLES, methods=("POST",)),
            page(f"{PATH}/propose", partial(propose, desk), *ROLES, methods=("POST",)),
            page(f"{PATH}/check", check_ledger, *ROLES, methods=("POST",)),
            *payouts.routes(desk),
            *commendations.routes(desk),
            *vouchers.routes(),
            page(f"{PATH}/{{id:int}}", partial(show_reward, desk), *ROLES),
            page(f"{PATH}/{{id:int}}/reverse", reverse, *ROLES, methods=("POST",)),
        ]


def waiting(db: Connection, staff: Staff, now: datetime) -> list[Task]:  # noqa: ARG001 - a HomeCard
    """Return the proposals that wait."""
    return [Task("待审批的奖励", waiting_count(db, districts_of(staff)), PATH)]


async def list_rewards(desk: RewardDesk, signed: Signed) -> Response:
    """Show the rewards in one state, the latest first."""
    state, before = _state(signed), _before(signed)
    districts = districts_of(signed.staff)

    def read(db: Connection) -> tuple[list[Reward], dict[int, Beside], dict[RewardState, int]]:
        found = rewards_in(db, districts, state, before=before, most=A_PAGE)
        return found, beside(db, found, signed.staff.id), state_counts(db, districts)

    found, near, counts = await signed.read(read)
    return render(
        signed,
        "rewards/list.html",
        state=state,
        rows=[_row(desk, one, near[one.id]) for one in found],
        older=found[-1].id if len(found) == A_PAGE else 0,
        chips=[(id_, name, counts.get(id_, 0)) for id_, name in STATE_NAMES.items()],
        gaps=_gaps(desk, signed),
        districts=districts,
        most=MOST_REASON,
    )


async def show_reward(desk: RewardDesk, signed: Signed) -> Response:
    """Show one reward with what became of it."""
    reward_id: int = signed.request.path_params["id"]

    def read(db: Connection) -> tuple[Row, dict[int, str]]:
        found = reward_in(db, districts_of(signed.staff), reward_id)
        if found is None:
            raise Refused(GONE, 404)
        row = _row(desk, found, beside(db, [found], signed.staff.id)[found.id])
        people = [found.proposed_by, found.decided_by, found.paid_by]
        return row, staff_names(db, [id_ for id_ in people if id_ is not None])

    row, names = await signed.read(read)
    return render(
        signed, "rewards/one.html", row=row, names=names, states=STATE_NAMES, most=MOST_REASON
    )


async def decide(desk: RewardDesk, signed: Signed) -> Response:
    """Approve or refuse what was ticked, each in a transaction of its own."""
    form = await form_of(signed)
    ids, is_refusal = ids_in(form, "reward"), text_of(form, "do") == "refuse"
    reason = text_of(form, "reason", most=MOST_REASON)
    if not ids:
        raise Refused(NOTHING_CHOSEN)
    if is_refusal and not reason:
        raise Refused(NO_REASON)
    by = decider(signed)

    def act(db: Connection, reward_id: int) -> Reward:
        if is_refusal:
            return reward_acts.refuse(db, reward_id, reason, by)
        return reward_acts.approve(db, desk, reward_id, by)

    done, problems = await _each(signed, ids, act)
    for approved in [] if is_refusal else done:
        await _thank_all(desk, signed, approved)
    said = [f"{'不同意' if is_refusal else '同意'}了{len(done)}笔。"] if done else []
    return redirect(signed, PATH, "".join([*said, *problems]))


async def propose(desk: RewardDesk, signed: Signed) -> Response:
    """Propose the reward of a case; somebody else has to approve it."""
    form = await form_of(signed)
    code = read_code(text_of(form, "code", most=40))
    by = decider(signed)

    def work(db: Connection) -> Reward:
        case_id = case_in(db, by.districts, code) if code else None
        if case_id is None:
            raise Refused(NO_CASE)
        return reward_acts.propose(db, desk, case_id, by)

    try:
        made = await signed.write(work)
    except (RewardError, LedgerError) as error:
        raise Refused(problem_words(error)) from None
    return redirect(signed, PATH, f"提出了{made.amount.text}，等别人审批。")


async def reverse(signed: Signed) -> Response:
    """Take a reward back, with everything that was booked."""
    reward_id: int = signed.request.path_params["id"]
    reason = text_of(await form_of(signed), "reason", most=MOST_REASON)
    by = decider(signed)
    try:
        await signed.write(lambda db: reward_acts.reverse(db, reward_id, reason, by))
    except (RewardError, LedgerError) as error:
        raise Refused(problem_words(error), 409) from None
    return redirect(signed, f"{PATH}/{reward_id}", "撤销了，账也退回去了。")


async def check_ledger(signed: Signed) -> Response:
    """Count the whole ledger again and say whether it agrees."""
    found: LedgerCheck = await signed.read(check)
    now = signed.now

    def note(db: Connection) -> None:
        detail: dict[str, str | int] = {
            "is_sound": str(found.is_sound),
            "transfers": found.transfers,
        }
        audit.note(
            db, actor=signed.actor, action="ledger.checked", subject="", detail=detail, now=now
        )

    await signed.write(note)
    return render(signed, "rewards/checked.html", check=found)


def decider(signed: Signed) -> Decider:
    """Return who is signed in, as they decide now."""
    return Decider(signed.staff.id, districts_of(signed.staff), signed.now)


def ids_in(form: FormData, name: str) -> list[int]:
    """Return the ids that were ticked, each once; what is no id is refused."""
    values = [value for value in form.getlist(name) if not isinstance(value, UploadFile)]
    numbers = [number_of(FormData({name: value}), name) for value in values]
    return list(dict.fromkeys(number for number in numbers if number is not None))[:A_PAGE]


async def _each(signed: Signed, ids: Sequence[int], act: Act) -> tuple[list[Reward], list[str]]:
    """Do the same to several rewards; return those done, and what was said about others."""
    done: list[Reward] = []
    problems: dict[str, int] = {}
    for reward_id in ids:
        try:
            done.append(await signed.write(partial(_act, act=act, reward_id=reward_id)))
        except (RewardError, LedgerError) as error:
            words = problem_words(error)
            problems[words] = problems.get(words, 0) + 1
    return done, [f"{count}笔没有办：{words}" for words, count in problems.items()]


def _act(db: Connection, act: Act, reward_id: int) -> Reward:
    return act(db, reward_id)


async def _thank_all(desk: RewardDesk, signed: Signed, approved: Reward) -> None:
    """Give all later reporters of a hazard their points, a few in each transaction."""
    now = signed.now
    work = partial(reward_acts.thank_later, desk=desk, approved=approved, now=now)
    while await signed.write(work):
        pass


def _row(desk: RewardDesk, found: Reward, near: Beside) -> Row:
    return Row(found, near, desk.category(near.category), reason_words(found.reason))


def _gaps(desk: RewardDesk, signed: Signed) -> list[tuple[str, str]]:
    """Return (district, what it has yet to decide) for the districts of whoever asks."""
    own = sorted(districts_of(signed.staff) & desk.schemes.keys())
    return [(id_, gap) for id_ in own for gap in desk.schemes[id_].gaps(signed.now)]


def _state(signed: Signed) -> RewardState:
    asked = signed.request.query_params.get("state", "")
    return next((state for state in STATE_NAMES if state == asked), "proposed")


def _before(signed: Signed) -> int:
    text = signed.request.query_params.get("before", "")
    if not text:
        return LAST
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(BAD_PLACE, 400)
    return int(text)
