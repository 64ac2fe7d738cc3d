"""What is done to a notice from its page; what is refused changes nothing and is said there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from bot.console.broadcast_desk import (
    BroadcastDesk,
    broadcast_at,
    may_run,
    path_of,
    problem_words,
)
from bot.console.broadcast_forms import MOST_TYPED, draft_again, operation_in
from bot.console.broadcast_page import broadcast_page
from bot.console.shell import Refused, Signed, form_of, number_of, redirect, text_of
from community.broadcast_problems import Problem
from community.broadcast_totals_store import resend_failures
from community.broadcast_write_store import (
    approve,
    cancel,
    pause,
    resume,
    return_to_author,
    submit,
    try_on_self,
)
from community.broadcasts import BadBroadcast, Broadcast
from community.staff import Staff

NO_WAY = "没有这一步。请刷新页面再试。"
NOT_IN_CHARGE = "停发、重发要由写通知的人，或者管这个范围的审核员、值班员来办。"
NOBODY_LEFT = "没有要重发的了：没收到的都已经重发过一次。"
TRIED = "发到你自己的聊天里了，只有你收到，每行前面有【测试】。"


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing that somebody does to a notice within a write."""

    db: Connection
    signed: Signed
    kept: Broadcast
    form: FormData
    now: datetime

    @property
    def staff(self) -> Staff:
        """Who does it."""
        return self.signed.staff

    @property
    def reason(self) -> str:
        """Why.

        Raises:
            BadBroadcast: ``reason``, when nothing was written.
        """
        reason = text_of(self.form, "reason", most=MOST_TYPED)
        if not reason:
            raise BadBroadcast("reason")
        return reason

    def require_in_charge(self) -> None:
        """Refuse whoever neither wrote it nor is in charge of its places.

        Raises:
            Refused: saying who is to be asked.
        """
        if not may_run(self.db, self.kept, self.staff):
            raise Refused(NOT_IN_CHARGE, 403)


async def act_on_broadcast(desk: BroadcastDesk, signed: Signed) -> Response:
    """Carry out the form of a notice's page, and lead back to it."""
    form = await form_of(signed)
    act, now = _ACTS.get(text_of(form, "do")), signed.now
    if act is None:
        raise Refused(NO_WAY, 400)

    def work(db: Connection) -> tuple[Broadcast, str]:
        kept = broadcast_at(db, signed)
        return kept, act(Doing(db, signed, kept, form, now))

    try:
        kept, said = await signed.write(work)
    except BadBroadcast as error:
        written = text_of(form, "reason", most=MOST_TYPED)
        return await broadcast_page(desk, signed, 409, problem_words(error.problem), written)
    return redirect(signed, path_of(kept), said)


def _try(doing: Doing) -> str:
    draft = draft_again(doing.kept, operation_in(doing.form))
    try_on_self(doing.db, draft, doing.staff, doing.now)
    return TRIED


def _submit(doing: Doing) -> str:
    submit(doing.db, doing.kept.id, doing.staff, doing.now)
    return "提交了，等另一位同事审核。"


def _approve(doing: Doing) -> str:
    version = number_of(doing.form, "version") or 0
    approve(doing.db, doing.kept.id, doing.staff, doing.now, version)
    return "通过了，到时间自动发。"


def _return(doing: Doing) -> str:
    return_to_author(doing.db, doing.kept.id, doing.staff, doing.reason, doing.now)
    return "退回了，写的人会看到原因。"


def _pause(doing: Doing) -> str:
    doing.require_in_charge()
    done = pause(doing.db, doing.kept.id, doing.staff.id, doing.reason, doing.now)
    return _done(done, "state", "暂停了。已经发出的收不回来。")


def _resume(doing: Doing) -> str:
    doing.require_in_charge()
    done = resume(doing.db, doing.kept.id, doing.staff.id, "", doing.now)
    is_late = doing.kept.expires_at <= doing.now
    return _done(done, "expired" if is_late else "state", "接着发了，已经收到的人不会再收一次。")


def _cancel(doing: Doing) -> str:
    doing.require_in_charge()
    done = cancel(doing.db, doing.kept.id, doing.staff.id, doing.reason, doing.now)
    return _done(done, "state", "取消了，没发的不再发。")


def _resend(doing: Doing) -> str:
    doing.require_in_charge()
    if doing.kept.state != "completed":
        raise BadBroadcast("state")
    made = resend_failures(doing.db, doing.kept.id, doing.staff, doing.now)
    count = sum(len(one.audience.resident_ids) for one in made)
    return f"正在重发给没收到的{count}人，进度在“通知”里看。" if made else NOBODY_LEFT


def _done(done: bool, problem: Problem, said: str) -> str:
    if not done:
        raise BadBroadcast(problem)
    return said


_ACTS: Mapping[str, Callable[[Doing], str]] = MappingProxyType(
    {
        "try": _try,
        "submit": _submit,
        "approve": _approve,
        "return": _return,
        "pause": _pause,
        "resume": _resume,
        "cancel": _cancel,
        "resend": _resend,
    }
)
