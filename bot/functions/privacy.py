"""隐私与退订: what is kept, for how long, and deleting all of it."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Visit
from bot.dialogue.session import Effects, Session
from community.link_store import linked_accounts

KEY = "privacy"
FORGET = "forget"
_WORDS = frozenset({"隐私与退订", "隐私", "隐私政策", "privacy"})
_FORGET_WORDS = frozenset(
    {"删除我的信息", "删除我的数据", "删除我的资料", "注销", "delete my data", "forget me"}
)

# Deletes the person behind an account, in the turn's transaction.
ForgetPerson = Callable[[Connection, int], bool]


def _open_privacy(visit: Visit, given: str) -> Outcome:  # noqa: ARG001 - fits Open
    choices = [
        visit.choice("privacy_forget", FORGET),
        visit.choice("privacy_off", "notices/off"),
    ]
    if linked_accounts(visit.db, visit.account_id):
        choices.append(visit.choice("privacy_unlink", "link/off"))
    else:
        choices.append(visit.choice("privacy_link", "link"))
    return visit.say("privacy").offering(choices).outcome()


PRIVACY = Function(KEY, _open_privacy, _WORDS, menu="mine")


class Forget:
    """删除我的信息: asked once more, then done in one transaction."""

    def __init__(self, forget_person: ForgetPerson) -> None:
        self._forget_person = forget_person

    def open(self, visit: Visit, given: str) -> Outcome:
        """Ask, and delete on a yes."""
        if given == "yes":
            return self._forget(visit)
        if given == "no":
            return visit.say("forget_kept").outcome()
        choices = (
            visit.choice("forget_yes", f"{FORGET}/yes"),
            visit.choice("forget_no", f"{FORGET}/no"),
        )
        return visit.say("forget_ask").asking(*choices).outcome()

    def _forget(self, visit: Visit) -> Outcome:
        self._forget_person(visit.db, visit.account_id)
        said = visit.say("forget_done").outcome()
        return replace(said, session=Session(), effects=Effects(is_forgotten=True))

    def function(self) -> Function:
        """Return it as it is registered."""
        labels = {"forget_yes": "", "forget_no": f"{FORGET}/no"}
        return Function(FORGET, self.open, _FORGET_WORDS, labels=labels)
