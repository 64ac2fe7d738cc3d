"""Joins the dialogue's surroundings: functions, what belongs to whom, channels' manners."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from bot import store
from bot.desk import Teller
from bot.desk_store import staff_request
from bot.dialogue.functions import Function, Functions
from bot.dialogue.groups import Discretion
from bot.dialogue.house import House, wake_nobody
from bot.dialogue.manners import Manner
from bot.dialogue.reception import Reception
from bot.dialogue.session import Language
from bot.dialogue.small_talk import Chat
from bot.functions.building import BuildingFunction
from bot.functions.first import FIRST, LANGUAGES, NOT_YET, REPORT_ELSEWHERE, VOICE
from bot.functions.human import Human
from bot.functions.link import Linking
from bot.functions.notices import Notices
from bot.functions.phones import Phones
from bot.functions.privacy import PRIVACY, Forget
from bot.phrases import load_translation, load_wording
from community.consents import subscription_consent
from community.delivery_store import delivery
from community.districts import load_district
from community.erasure import OWN, Erasable, forget_account, forget_person, joined
from community.keys import derived_key
from community.reach import reach
from knowledge.store import feedback
from storage import schedule

# Every column that holds the id of an account or of a resident; a test finds those left out.
ERASABLE = joined(
    OWN,
    Erasable(
        accounts=(
            store.turn.c.account_id,
            store.session.c.account_id,
            staff_request.c.account_id,
            delivery.c.account_id,
            reach.c.account_id,
            subscription_consent.c.account_id,
        ),
        residents=(feedback.c.resident_id,),
    ),
)

FETCH_RECORDING = "fetch_recording"

# WeChat: a passive reply is one message, of at most 2,048 bytes (measured).
WECHAT_BYTES = 1900
MANNERS: Mapping[str, Manner] = {
    "wechat": Manner(
        most_bytes=WECHAT_BYTES, shows_pending=True, forgets_who_leaves=True, has_window=True
    ),
    "telegram": Manner(is_pushed=True),
    "web": Manner(shows_pending=True),
}


@dataclass(frozen=True, slots=True)
class Premises:
    """What the surroundings are made for: the districts served and the installation's key."""

    districts: tuple[str, ...]
    key: bytes = field(repr=False)


def fetch_recording_later(clock: Callable[[], datetime], db: Connection, request_id: int) -> None:
    """Plan to fetch a recording, in the transaction of the turn that booked it."""
    schedule(db, FETCH_RECORDING, str(request_id), clock(), (request_id,))


def functions_of(premises: Premises, clock: Callable[[], datetime]) -> Functions:
    """Return every function, in the order of the menu."""
    settings = load_district(premises.districts[0]).settings_text()
    linking = Linking(derived_key(premises.key, "linking"), ERASABLE.residents)
    registered: list[Function] = [
        FIRST,
        Phones(settings).function(),
        Human(partial(fetch_recording_later, clock), _courtesy()).function(),
        REPORT_ELSEWHERE,
        BuildingFunction(premises.districts).function(),
        Notices().function(),
        PRIVACY,
        Forget(lambda db, account_id: forget_person(db, account_id, ERASABLE)).function(),
        *linking.functions(),
        VOICE,
        *NOT_YET,
        *LANGUAGES,
    ]
    return Functions(tuple(registered))


def house_of(
    premises: Premises,
    clock: Callable[[], datetime],
    woken: Callable[[str], None] = wake_nobody,
) -> House:
    """Return what belongs to every turn beside what is said; ``woken`` as ``House`` has it."""
    wordings = (load_wording().emergency, load_translation("en").emergency)
    reception = Reception(functions_of(premises, clock), Discretion(wordings))
    return House(reception, MANNERS, _forget, woken)


def teller_of(clock: Callable[[], datetime]) -> Teller:
    """Return what tells residents what became of their requests."""
    words: Mapping[Language, Mapping[str, str]] = {
        "zh": load_wording().functions,
        "en": load_translation("en").functions,
    }
    return Teller(words, clock)


def _courtesy() -> Callable[[str], str | None]:
    """Return what answers a courtesy in any language, and nothing else."""
    chats = [Chat(wording.chat) for wording in (load_wording(), load_translation("en"))]
    return lambda text: next((line for chat in chats if (line := chat.reply(text))), None)


def _forget(db: Connection, account_id: int, now: datetime) -> None:  # noqa: ARG001 - fits Forget
    forget_account(db, account_id, ERASABLE)
