"""What drills are worked with, joined: planning, conducting, and what residents are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.drill_telling import StepCalls
from community.districts import District, load_district
from community.workdays import load_workdays
from drills.broadcast_announcing import BroadcastAnnouncing
from drills.checklist import Checklist, load_checklist
from drills.conducting import Conducting
from drills.duties import Duties
from drills.duty_files import load_duties
from drills.planning import Planner
from drills.reports import Reporting
from drills.steps import Steps
from drills.templates import Templates, load_templates


@dataclass(frozen=True, slots=True)
class DrillParts:
    """One value for all that chat, pages and later work share about drills.

    Attributes:
        districts: those served, by id.
        templates: of every kind of drill.
        checklist: what has to be seen to before residents are told.
        planner: finds what is wrong with a plan, and plans.
        conducting: carries a drill through its course.
        steps: what happens by itself at its time.
        duties: who owes which drill by when.
        reporting: writes and seals the report.
    """

    districts: Mapping[str, District]
    templates: Templates
    checklist: Checklist
    planner: Planner
    conducting: Conducting
    steps: Steps
    duties: Duties
    reporting: Reporting


def drill_parts(districts: tuple[str, ...], words: Mapping[str, str]) -> DrillParts:
    """Join what drills are worked with.

    Args:
        districts: ids of those served, the first the default.
        words: what functions say to staff, in Chinese.

    Raises:
        UnknownDistrict: when a district has no file.
        BrokenPlaceFile: when a file of it, or of ours, cannot be used.
    """
    served = {name: load_district(name) for name in districts}
    templates, checklist = load_templates(), load_checklist()
    conducting = Conducting(checklist, BroadcastAnnouncing(served, templates))
    steps = Steps(conducting, StepCalls(words))
    duties = load_duties(ZoneInfo(served[districts[0]].timezone))
    return DrillParts(
        served,
        templates,
        checklist,
        Planner(served, templates, load_workdays()),
        conducting,
        steps,
        duties,
        Reporting(duties, checklist),
    )
