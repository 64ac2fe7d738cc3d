"""Public progress (查进度): by code alone how a report goes on, with its password the reward.

Codes come by POST, so that no log of addresses holds the code of an anonymous report.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from anyio.to_thread import run_sync
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.page_answers import Answers
from bot.channels.web_errors import Refused
from bot.channels.web_forms import read_form, text_of
from bot.channels.web_limits import TokenBuckets, network_of
from bot.functions.report_card import spaced
from hazards.limits import PasswordLocked
from hazards.progress import Progress
from hazards.report_store import progress
from hazards.reward_claims import CodeClaim, claim_by_code
from hazards.reward_states import Reward, RewardState, WrongState
from storage import Database, read_code

PATH = "/progress"
# Whoever looks a code up does it a few times a day; a building stands behind one address.
ADDRESS_BURST, ADDRESS_PER_SECOND = 20, 1 / 15
CODE_BURST, CODE_PER_SECOND = 10, 1 / 60
_MOST_TYPED = 40

UNKNOWN = "没有这个编号。看看有没有抄错，少了字还是多了字。"
NO_CODE = "写上编号再查，编号在回执上，八个字。"
WRONG = "编号和密码对不上，再看看抄的。密码也是八个字，只在匿名上报的回执上。"
LOCKED = "今天密码试错太多次了，先锁上，明天再试。查进度不要密码。"
TOO_FAST = "查得太快了，过一会儿再试。着火、漏气、有人被困：直接打119（免费）。"
NO_REWARD = "密码对。这一条现在没有奖励可领；整改完成、奖励批下来以后再来看。"
_CLAIMED = "领到了：{amount}，记在这个编号名下。编号和密码收好，兑换时要用。"
_TO_BE_PAID = "登记好了：{amount}。发放时凭编号和密码领。"
_NOT_NOW: Mapping[RewardState, str] = {
    "proposed": "密码对。奖励还在审批，过几天再来看。",
    "refused": "密码对。这一条没有奖励。",
    "expired": "密码对。这笔奖励过了领取的期限。",
    "reversed": "密码对。这笔奖励已经撤销。",
}


@dataclass(frozen=True, slots=True)
class Records:
    """Where progress is looked up: the database, the installation's key, the time, the zone."""

    database: Database
    key: bytes = field(repr=False)
    clock: Callable[[], datetime]
    zone: ZoneInfo


def routes(records: Records, answers: Answers) -> list[BaseRoute]:
    """Return the routes of the page."""
    pages = ProgressPage(records, answers)
    return [
        Route(PATH, answers.refusing(pages.get_page)),
        Route(PATH, answers.refusing(pages.post_page), methods=["POST"]),
    ]


class ProgressPage:
    """The endpoints; limits on guessing live on the event loop."""

    def __init__(self, records: Records, answers: Answers) -> None:
        self._records = records
        self._answers = answers
        self._addresses = TokenBuckets(ADDRESS_BURST, ADDRESS_PER_SECOND)
        self._codes = TokenBuckets(CODE_BURST, CODE_PER_SECOND)

    async def get_page(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint
        """Ask for a code."""
        return self._page("")

    async def post_page(self, request: Request) -> Response:
        """Answer with the progress of a code, and claim its reward with the password."""
        self._answers.check_own_page(request)
        self._check_pace(self._addresses, network_of(request.client.host if request.client else ""))
        form = await read_form(request, most_photos=0)
        await form.close()
        typed, password = text_of(form, "code", _MOST_TYPED), text_of(form, "password", _MOST_TYPED)
        if not typed:
            return self._page("", NO_CODE)
        self._check_pace(self._codes, read_code(typed) or "")
        found = await run_sync(self._records.database.read, partial(_progress, typed=typed))
        if found is None:
            return self._page(typed, UNKNOWN)
        said = await run_sync(self._claimed, found.code, password) if password else ""
        return self._page(spaced(found.code), said, found)

    def _check_pace(self, buckets: TokenBuckets, key: str) -> None:
        if not buckets.take(key, time.monotonic()):
            raise Refused(429, TOO_FAST)

    def _claimed(self, code: str, password: str) -> str:
        """Claim the reward behind a code; return what is said."""
        records = self._records
        claim = partial(claim_by_code, key=records.key, now=records.clock())

        def work(db: Connection) -> CodeClaim:
            return claim(db, code, password)

        try:
            return _claim_words(records.database.write(work))
        except PasswordLocked:
            return LOCKED
        except WrongState as early_or_late:
            return _NOT_NOW.get(early_or_late.state, NO_REWARD)

    def _page(self, typed: str, said: str = "", found: Progress | None = None) -> Response:
        on = found.changed_at.astimezone(self._records.zone) if found else None
        values = {
            "typed": typed,
            "said": said,
            "found": found,
            "on": f"{on.year}年{on.month}月{on.day}日" if on else "",
        }
        return self._answers.page("report_progress.html", values)


def _progress(db: Connection, typed: str) -> Progress | None:
    return progress(db, typed)


def _claim_words(claim: CodeClaim) -> str:
    if claim.report is None:
        return WRONG
    return NO_REWARD if claim.reward is None else _reward_words(claim.reward)


def _reward_words(reward: Reward) -> str:
    words = _CLAIMED if reward.amount.unit == "points" else _TO_BE_PAID
    return words.format(amount=reward.amount.text)
