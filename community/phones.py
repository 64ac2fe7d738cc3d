"""Numbers to call (常用电话): the same for everybody first, then those of one's own building."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from community.registers import Building

FIRE = "119"
AMBULANCE = "120"
# 国家电网 nationwide, at all hours.
POWER = "95598"
# 政务服务便民热线 nationwide; it passes on what fits nowhere else.
GOVERNMENT = "12345"


PhoneKind = Literal[
    "fire", "ambulance", "gas", "power", "property", "control_room", "property_and_control_room",
    "community", "government",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phone:
    """One number to call; where none is known ``number`` says where it is posted."""

    kind: PhoneKind
    number: str


def phones_for(building: Building | None, settings: Mapping[str, str]) -> list[Phone]:
    """Return the numbers a resident may need, the most urgent first and 12345 last.

    Args:
        building: the one they are bound to, if any; its own numbers come before the district's.
        settings: of their district, ``District.settings_text()``: a setting without a value
            reads as its general wording.

    Raises:
        KeyError: when the district's settings lack one of the three that are named here.
    """
    facts = building.facts if building else None
    posted = settings["property_phone"]
    manager = (facts and facts.property_phone) or posted
    control_room = (facts and facts.control_room_phone) or posted
    return [
        Phone("fire", FIRE),
        Phone("ambulance", AMBULANCE),
        Phone("gas", settings["gas_hotline"]),
        Phone("power", POWER),
        *_together(Phone("property", manager), Phone("control_room", control_room)),
        Phone("community", (facts and facts.community_phone) or settings["community_phone"]),
        Phone("government", GOVERNMENT),
    ]


def _together(first: Phone, second: Phone) -> list[Phone]:
    """Return one line for two who answer at the same number, or are posted at one place."""
    if first.number == second.number:
        return [Phone("property_and_control_room", first.number)]
    return [first, second]
