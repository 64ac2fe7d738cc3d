"""关联: one person in several channels, by a code shown on one side and a yes on both."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Column

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import TYPED, Function, Visit
from bot.dialogue.house import House, Pushed
from bot.dialogue.session import Flow
from bot.messages import Account, Choice, Reply
from community.link_store import (
    PendingLink,
    confirm,
    pending_link,
    refuse,
    start_link,
    try_code,
    unlink,
)
from community.linking import ANSWER_LIFETIME, TRIES_OF_ACCOUNT, read_link_code
from community.store import address_of

KEY = "link"
_WAITING = Flow(KEY, "code")
_WORDS = frozenset({"关联", "关联账号", "link"})
_OFF_WORDS = frozenset({"取消关联", "解除关联", "unlink"})
_YES_WORDS = frozenset({"是我,关联", "是我", "it is me, link", "it is me"})
_NO_WORDS = frozenset({"不是我,不关联", "不是我", "not me, do not link", "not me"})


class Linking:
    """The function; ``owned`` are the columns that move when two residents become one."""

    def __init__(self, key: bytes, owned: Sequence[Column[Any]]) -> None:
        self._key = key
        self._owned = tuple(owned)

    def functions(self) -> list[Function]:
        """Return them as they are registered: linking, unlinking, a yes and a no."""
        return [
            Function(KEY, self.open, _WORDS, self.step, takes_words=True),
            Function("unlink", lambda visit, _: self._off(visit), _OFF_WORDS),
            Function("linkyes", lambda visit, _: self._answer(visit, is_yes=True), _YES_WORDS),
            Function("linkno", lambda visit, _: self._answer(visit, is_yes=False), _NO_WORDS),
        ]

    def open(self, visit: Visit, given: str) -> Outcome:
        """Explain; give a code (``give``), wait for one (``enter``), or unlink (``off``)."""
        if given == "give":
            code = start_link(visit.db, visit.account_id, self._key, visit.now)
            return visit.say("link_code", code=code).booked().outcome()
        if given == "enter":
            return visit.say("link_type").waiting(_WAITING).outcome()
        if given == "off":
            return self._off(visit)
        if given.startswith(f"{TYPED}/"):
            typed = replace(visit, text=given.removeprefix(f"{TYPED}/"))
            if outcome := self.step(typed, _WAITING):
                return outcome
        choices = [
            visit.choice("link_give", f"{KEY}/give"),
            visit.choice("link_enter", f"{KEY}/enter"),
        ]
        return visit.say("link").offering(choices).waiting(_WAITING).outcome()

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:
        """Take the code; anything but six digits is not for us."""
        if read_link_code(visit.text) is None:
            return None
        tried = try_code(visit.db, visit.account_id, visit.text, self._key, visit.now)
        if tried.outcome == "pending" and tried.giver_id is not None:
            self._ask_other(visit, tried.giver_id)
            return self._asked(visit, address_of(visit.db, tried.giver_id)[0])
        if tried.outcome == "own":
            return visit.say("link_own").outcome()
        if tried.outcome == "already":
            return visit.say("link_done").outcome()
        if tried.outcome == "too_many":
            return visit.say("link_spent").booked().outcome()
        wrong = int(flow.data.get("wrong", "0")) + 1
        left = max(TRIES_OF_ACCOUNT - wrong, 0)
        again = Flow(KEY, "code", {"wrong": str(wrong)})
        return visit.say("link_wrong", left=left).waiting(again).booked().outcome()

    def _asked(self, visit: Visit, channel: str) -> Outcome:
        said = visit.say("link_confirm", channel=_named(visit, channel))
        return said.offering(_yes_or_no(visit)).booked().outcome()

    def _ask_other(self, visit: Visit, giver_id: int) -> None:
        """Ask the one who was shown the code, by the outbox or at their next turn."""
        channel, name = address_of(visit.db, giver_id)
        text = visit.words["link_confirm_other"].format(
            channel=_named(visit, visit.account.channel)
        )
        reply = Reply("chat", text, choices=_yes_or_no(visit))
        key = f"link:{visit.account_id}:{visit.now.timestamp():.6f}"
        pushed = Pushed(Account(channel, name), (reply,), key, lasts=ANSWER_LIFETIME)
        House().push(visit.db, giver_id, pushed, visit.now)

    def _answer(self, visit: Visit, *, is_yes: bool) -> Outcome:
        pending = pending_link(visit.db, visit.account_id, visit.now)
        if pending is None:
            return visit.say("link_gone").outcome()
        if not is_yes:
            refuse(visit.db, visit.account_id, pending.link_id, visit.now)
            return visit.say("link_refused").booked().outcome()
        return self._agreed(visit, pending)

    def _agreed(self, visit: Visit, pending: PendingLink) -> Outcome:
        state = confirm(visit.db, visit.account_id, pending.link_id, visit.now, self._owned)
        names = {"joined": "link_done", "typed": "link_half"}
        return visit.say(names.get(state or "", "link_gone")).booked().outcome()

    def _off(self, visit: Visit) -> Outcome:
        if unlink(visit.db, visit.account_id, visit.now):
            return visit.say("unlinked").booked().outcome()
        return visit.say("unlink_nothing").outcome()


def _yes_or_no(visit: Visit) -> tuple[Choice, ...]:
    return (visit.choice("link_yes", "linkyes"), visit.choice("link_no", "linkno"))


def _named(visit: Visit, channel: str) -> str:
    return visit.words.get(f"channel_{channel}", channel)
