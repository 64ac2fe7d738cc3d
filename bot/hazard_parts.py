"""What hazards are worked with, joined: the districts' rules, who hears of events, the intake."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.dialogue.session import Language
from bot.telling import Telling
from community.districts import District, load_district
from community.workdays import WorkDays, load_workdays
from hazards.case_rules import CaseRules
from hazards.categories import Categories, load_categories
from hazards.intake import Intake
from hazards.reward_files import scheme_of
from hazards.reward_rules import RewardScheme
from hazards.rewards import propose_for_closed
from hazards.timeline import Happened
from hazards.webhook_booking import Outgoing


@dataclass(frozen=True, slots=True)
class HazardParts:
    """One value for all that chat, pages and later work share about hazards.

    Attributes:
        districts: those served, by id.
        categories: there are.
        days: the holidays.
        schemes: the rules of rewards, by district.
        rules: of casework, with those who are told of it.
        intake: takes reports in.
    """

    districts: Mapping[str, District]
    categories: Categories
    days: WorkDays
    schemes: Mapping[str, RewardScheme]
    rules: CaseRules
    intake: Intake


@dataclass(frozen=True, slots=True)
class Listening:
    """Hears of every event of a case, in its transaction: webhooks, and the reward that is due."""

    outgoing: Outgoing
    schemes: Mapping[str, RewardScheme]

    def __call__(self, db: Connection, happened: Happened) -> None:
        """Book messages to other systems, and propose a reward when a case is closed."""
        self.outgoing.happened(db, happened)
        case = happened.case
        if happened.event.kind == "moved" and case.state == "closed":
            propose_for_closed(db, case.id, happened.at, self.schemes[case.district_id])


def hazard_parts(
    districts: tuple[str, ...],
    key: bytes,
    words: Mapping[Language, Mapping[str, str]],
    clock: Callable[[], datetime],
) -> HazardParts:
    """Join what hazards are worked with.

    Args:
        districts: ids of those served, the first the default.
        key: the installation's.
        words: what functions say, by language; reporters are told in theirs.
        clock: the time, aware.

    Raises:
        UnknownDistrict: when a district has no file.
        BrokenPlaceFile: when a file of it cannot be used.
    """
    served = {name: load_district(name) for name in districts}
    categories, days = load_categories(), load_workdays()
    ids = [category.id for category in categories.all]
    schemes = {name: scheme_of(district, ids) for name, district in served.items()}
    listening = Listening(Outgoing(served, categories), schemes)
    telling = Telling(words, served, categories, clock)
    rules = CaseRules(served, days, telling, listening)
    intake = Intake(rules, served, categories, key)
    return HazardParts(served, categories, days, schemes, rules, intake)
