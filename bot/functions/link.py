"""关联: one person in several channels, by a code shown on one side and a yes on both."""

from dataclasses import replace

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import TYPED, Function, PushedQuestion, Visit
from bot.dialogue.house import House, Pushed
from bot.dialogue.session import Flow
from bot.messages import Account, Choice, Reply
from community.delivery_looks import reached_at
from community.link_store import (
    PendingLink,
    confirm,
    pending_link,
    refuse,
    start_link,
    tries_left,
    try_code,
    unlink,
)
from community.linking import ANSWER_LIFETIME, read_link_code
from community.merging import Belongings
from community.store import address_of

KEY = "link"
_WAITING = Flow(KEY, "code")
_WORDS = frozenset({
    "关联", "关联账号", "关联我的另一个账号", "关联另一个账号", "怎么关联", "我要关联",
    "关联微信", "关联telegram", "link", "link accounts", "link my other account",
})  # fmt: skip
_OFF_WORDS = frozenset({"取消关联", "解除关联", "unlink"})
# What is said to a code that cannot be tried on.
_ENDS = {"own": "link_own", "already": "link_done", "too_many": "link_spent"}
_YES_WORDS = frozenset({"是我,关联", "是我", "it is me, link", "it is me"})
_NO_WORDS = frozenset({"不是我,不关联", "不是我", "not me, do not link", "not me"})


class Linking:
    """The function; ``owned`` is what moves when two residents become one."""

    def __init__(self, key: bytes, owned: Belongings) -> None:
        self._key = key
        self._owned = owned

    def functions(self) -> list[Function]:
        """Return them as they are registered: linking, unlinking, a yes and a no."""
        return [
            Function(
                KEY,
                self.open,
                _WORDS,
                self.step,
                takes_words=True,
                pushed=_pushed,
                labels={"link_give": f"{KEY}/give", "link_enter": f"{KEY}/enter"},
            ),
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

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:  # noqa: ARG002 - fits Step
        """Take the code; anything but six digits is not for us."""
        if read_link_code(visit.text) is None:
            return None
        tried = try_code(visit.db, visit.account_id, visit.text, self._key, visit.now)
        if tried.outcome == "pending" and tried.giver_id is not None:
            return self._asked(visit, tried.giver_id, _ask_key(tried.link_id))
        if name := _ENDS.get(tried.outcome):
            return visit.say(name).booked().outcome()
        left = tries_left(visit.db, visit.account_id, visit.now)
        if not left:
            return visit.say("link_wrong_last").waiting(_WAITING).booked().outcome()
        return visit.say("link_wrong", left=left).waiting(_WAITING).booked().outcome()

    def _asked(self, visit: Visit, giver_id: int, key: str) -> Outcome:
        """Ask this side now, and the one who was shown the code by the outbox."""
        asked = visit.words["link_confirm_other"].format(
            channel=_named(visit, visit.account.channel)
        )
        question = Reply("chat", asked, choices=_yes_or_no(visit))
        channel = _tell(visit, giver_id, question, key)
        said = visit.say("link_confirm", channel=_named(visit, channel))
        return said.asking(*_yes_or_no(visit)).booked().waking(channel).outcome()

    def _answer(self, visit: Visit, *, is_yes: bool) -> Outcome:
        pending = pending_link(visit.db, visit.account_id, visit.now)
        if pending is None:
            return visit.say("link_gone").outcome()
        if not is_yes:
            refuse(visit.db, visit.account_id, pending.link_id, visit.now)
            channel = _tell_outcome(visit, pending, "link_refused_other")
            return visit.say("link_refused").booked().waking(channel).outcome()
        return self._agreed(visit, pending)

    def _agreed(self, visit: Visit, pending: PendingLink) -> Outcome:
        state = confirm(visit.db, visit.account_id, pending.link_id, visit.now, self._owned)
        if state == "joined":
            channel = _tell_outcome(visit, pending, "link_done")
            return visit.say("link_done").booked().waking(channel).outcome()
        return visit.say("link_half" if state == "typed" else "link_gone").booked().outcome()

    def _off(self, visit: Visit) -> Outcome:
        if unlink(visit.db, visit.account_id, visit.now):
            return visit.say("unlinked").booked().outcome()
        return visit.say("unlink_nothing").outcome()


def _pushed(visit: Visit) -> PushedQuestion | None:
    """Return the question whether it was them, once it has reached them."""
    pending = pending_link(visit.db, visit.account_id, visit.now)
    if pending is None or pending.has_agreed:
        return None
    at = reached_at(visit.db, visit.account_id, _ask_key(pending.link_id))
    return PushedQuestion(at, "linkyes", "linkno") if at else None


def _ask_key(link_id: int | None) -> str:
    return f"link:{link_id}:ask"


def _tell_outcome(visit: Visit, pending: PendingLink, name: str) -> str:
    """Tell the other side what became of the link; return its channel."""
    reply = Reply("chat", visit.words[name])
    return _tell(visit, pending.other_id, reply, f"link:{pending.link_id}:{name}")


def _tell(visit: Visit, account_id: int, reply: Reply, key: str) -> str:
    """Queue a reply to another account, to leave at once or at their next turn."""
    channel, name = address_of(visit.db, account_id)
    pushed = Pushed(Account(channel, name), (reply,), key, lasts=ANSWER_LIFETIME)
    House().push(visit.db, account_id, pushed, visit.now)
    return channel


def _yes_or_no(visit: Visit) -> tuple[Choice, Choice]:
    return (visit.choice("link_yes", "linkyes"), visit.choice("link_no", "linkno"))


def _named(visit: Visit, channel: str) -> str:
    return visit.words.get(f"channel_{channel}", channel)
