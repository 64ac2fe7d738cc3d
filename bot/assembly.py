"""Joins the dialogue's surroundings: functions, what belongs to whom, channels' manners."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from bot.assistance_telling import Reminding
from bot.belongings import belongings_at, erasable_at
from bot.desk import Teller, desk_hours
from bot.desk_threads import Speaker
from bot.dialogue.functions import Function, Functions
from bot.dialogue.groups import Discretion
from bot.dialogue.house import House, wake_nobody
from bot.dialogue.manners import Manner
from bot.dialogue.reception import Reception
from bot.dialogue.session import Language
from bot.dialogue.small_talk import Chat
from bot.drill_parts import DrillParts, drill_parts
from bot.drill_telling import HelpCalls
from bot.functions.assistance import Assistance
from bot.functions.building import BuildingFunction
from bot.functions.claims import Claims
from bot.functions.drill import DrillChat
from bot.functions.first import FIRST, LANGUAGES, NOT_YET, VOICE
from bot.functions.human import Human
from bot.functions.link import Linking
from bot.functions.notices import Notices
from bot.functions.phones import Phones
from bot.functions.privacy import PRIVACY, Forget
from bot.functions.progress import ReportProgress
from bot.functions.report import Report
from bot.functions.report_card import KEY as REPORT
from bot.functions.report_refused import RefusedPhotos
from bot.functions.report_sending import Sending
from bot.functions.rewards import Purse, Rewards
from bot.functions.staff import StaffChat
from bot.functions.thanks import Thanks
from bot.hazard_parts import HazardParts, hazard_parts
from bot.phrases import load_translation, load_wording
from community.districts import load_district
from community.erasure import forget_account, forget_person
from community.keys import derived_key
from hazards.categories import Categories
from hazards.intake import VAULT_PURPOSE
from storage import schedule

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
    """What the surroundings are made for: the districts served and the installation's key.

    ``public_url`` is where staff open the console from outside; "" names no address to them.
    """

    districts: tuple[str, ...]
    key: bytes = field(repr=False)
    public_url: str = ""


def fetch_recording_later(clock: Callable[[], datetime], db: Connection, request_id: int) -> None:
    """Plan to fetch a recording, in the transaction of the turn that booked it."""
    schedule(db, FETCH_RECORDING, str(request_id), clock(), (request_id,))


def parts_of(premises: Premises, clock: Callable[[], datetime]) -> HazardParts:
    """Return what hazards are worked with, by chat, pages and later work alike."""
    return hazard_parts(premises.districts, premises.key, _functions_words(), clock)


def drills_of(premises: Premises) -> DrillParts:
    """Return what drills are worked with, by pages and later work alike."""
    return drill_parts(premises.districts, _functions_words()["zh"])


def functions_of(
    premises: Premises, clock: Callable[[], datetime], parts: HazardParts
) -> Functions:
    """Return every function, in the order of the menu."""
    settings = load_district(premises.districts[0]).settings_text()
    linking = Linking(derived_key(premises.key, "linking"), belongings_at(clock))
    erasable = erasable_at(clock)
    courtesy = _courtesy()
    hours = desk_hours(premises.districts)
    human = Human(partial(fetch_recording_later, clock), courtesy, hours)
    report = Report(
        Sending(parts.intake, parts.days),
        lambda visit, ref: human.open(visit, f"photo/{ref}"),
        courtesy,
    )
    registered: list[Function] = [
        FIRST,
        Phones(settings).function(),
        human.function(),
        *report.functions(),
        *ReportProgress(parts.intake).functions(),
        BuildingFunction(premises.districts).function(),
        *Assistance(derived_key(premises.key, VAULT_PURPOSE)).functions(),
        *DrillChat(HelpCalls(_functions_words()["zh"])).functions(),
        Notices().function(),
        PRIVACY,
        Forget(lambda db, account_id: forget_person(db, account_id, erasable)).function(),
        *linking.functions(),
        *_rewarding(premises, parts),
        Thanks(premises.public_url, draws=True).function(),
        *StaffChat(parts.categories, premises.public_url).functions(),
        VOICE,
        *NOT_YET,
        *LANGUAGES,
    ]
    return Functions(tuple(registered))


def house_of(
    premises: Premises,
    clock: Callable[[], datetime],
    woken: Callable[[str], None] = wake_nobody,
    parts: HazardParts | None = None,
) -> House:
    """Return what belongs to every turn beside what is said; ``woken`` as ``House`` has it.

    ``parts`` are shared with pages and later work, where there are any.
    """
    wordings = (load_wording().emergency, load_translation("en").emergency)
    parts = parts or parts_of(premises, clock)
    functions = functions_of(premises, clock, parts)
    reception = Reception(functions, Discretion(wordings), _reports_by_topic(parts.categories))
    return House(reception, MANNERS, _forgetting(clock), woken)


def _rewarding(premises: Premises, parts: HazardParts) -> list[Function]:
    purse = Purse(parts.districts, parts.schemes, parts.categories)
    rewards = Rewards(purse)
    return [rewards.function(), *Claims(purse, rewards, premises.key).functions()]


def _reports_by_topic(categories: Categories) -> Mapping[str, str]:
    """Return topic → the key that reports the hazard which its answer is about."""
    return {topic: f"{REPORT}/about/{one.id}" for topic, one in categories.by_topic.items()}


def teller_of(clock: Callable[[], datetime]) -> Teller:
    """Return what tells residents what became of their requests."""
    return Teller(_functions_words(), clock)


def refused_photos(clock: Callable[[], datetime]) -> RefusedPhotos:
    """Return what tells senders that a photo could not be taken."""
    return RefusedPhotos(_functions_words(), clock)


def reminding_of(districts: tuple[str, ...]) -> Reminding:
    """Return what asks residents once a year whether they still need help on evacuation."""
    return Reminding(_functions_words(), load_district(districts[0]).timezone)


def speaker_of() -> Speaker:
    """Return what speaks to residents for staff."""
    return Speaker(_functions_words())


def _functions_words() -> Mapping[Language, Mapping[str, str]]:
    return {"zh": load_wording().functions, "en": load_translation("en").functions}


def _courtesy() -> Callable[[str], str | None]:
    """Return what answers a courtesy in any language, and nothing else."""
    chats = [Chat(wording.chat) for wording in (load_wording(), load_translation("en"))]
    return lambda text: next((line for chat in chats if (line := chat.reply(text))), None)


def _forgetting(clock: Callable[[], datetime]) -> Callable[[Connection, int, datetime], None]:
    erasable = erasable_at(clock)

    def forget(db: Connection, account_id: int, now: datetime) -> None:  # noqa: ARG001 - fits House
        forget_account(db, account_id, erasable)

    return forget
