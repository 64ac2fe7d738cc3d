"""Which cases may be the same thing reported again: suggested to staff, never decided.

Values in, values out; ``hazards.duplicate_store`` finds the candidates. A radius alone spans
several towers, so building, floor, kind, time and the look of the photos count together.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from community.coordinates import Point, distance_m
from community.perceptual import hash_distance

# Beside the building somebody stands in; a phone's place is off by some ten metres in a street.
NEAR_METRES = 60.0
# Where no building is known, a lane or a hydrant is what is meant; as far as one may see.
FAR_METRES = 250.0
# Of 64 bits; unlike photos lie around 32.
ALIKE_BITS = 10
CLOSED_SINCE = timedelta(days=30)
# Below this nothing but the neighbourhood speaks for it.
LEAST_SCORE = 0.45

# What people take for one another.
_KINDRED = tuple(
    map(
        frozenset,
        (
            ("lane_blocked", "rescue_site_blocked", "gate_obstacle"),
            ("corridor_blocked", "exit_locked", "fire_door_open", "ebike_parked"),
            ("ebike_parked", "ebike_charging", "ebike_elevator", "flying_wire"),
            ("flying_wire", "private_wiring", "cable_shaft"),
            ("equipment_broken", "hydrant_no_water", "fire_door_open"),
            ("canopy", "security_cage", "window_blocked"),
            ("gas_pipe_occupied", "gas_modification", "bottled_gas"),
            ("alcohol_fuel", "fuel_storage", "bottled_gas"),
            ("three_in_one", "underground_misuse", "hot_work"),
        ),
    )
)

Reason = Literal["building", "near", "category", "kindred", "floor", "photo", "recent"]


@dataclass(frozen=True, slots=True)
class Looked:
    """What is compared of a case.

    Attributes:
        id: of the case.
        category: its kind.
        building_id: None where none is known.
        floor: as people say it, "" when unknown.
        point: WGS-84, None where none is known.
        opened_at: when it was reported first.
        phashes: of its photos that can be told apart.
    """

    id: int
    category: str
    building_id: int | None
    floor: str
    point: Point | None
    opened_at: datetime
    phashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A case that may be the same, how surely (0 to 1), and what speaks for it."""

    case_id: int
    score: float
    reasons: tuple[Reason, ...]


def kindred(category: str) -> frozenset[str]:
    """Return the categories that people take for this one, itself included."""
    return frozenset({category}).union(*(group for group in _KINDRED if category in group))


def best(case: Looked, others: Iterable[Looked], most: int) -> list[Suggestion]:
    """Return what may be the same as ``case``, the surest first, at most ``most``."""
    found = [one for other in others if (one := compared(case, other)) is not None]
    return sorted(found, key=lambda one: (-one.score, -one.case_id))[:most]


def compared(case: Looked, other: Looked) -> Suggestion | None:
    """Return how much speaks for two cases being one; None when too little does.

    Two floors of a building are two places, whatever is there, unless the photos are alike.
    """
    is_photo = _alike(case.phashes, other.phashes)
    floors = _floor(case.floor), _floor(other.floor)
    if all(floors) and floors[0] != floors[1] and not is_photo:
        return None
    weights: list[tuple[Reason, float]] = [
        _place(case, other),
        _kind(case.category, other.category),
        ("floor", 0.15 if floors[0] and floors[0] == floors[1] else 0.0),
        ("photo", 0.35 if is_photo else 0.0),
        ("recent", 0.1 * _nearness(abs(case.opened_at - other.opened_at), CLOSED_SINCE)),
    ]
    score = min(1.0, sum(weight for _, weight in weights))
    if score < LEAST_SCORE:
        return None
    reasons = tuple(reason for reason, weight in weights if weight > 0.02)
    return Suggestion(other.id, round(score, 3), reasons)


def _place(case: Looked, other: Looked) -> tuple[Reason, float]:
    if case.building_id is not None and case.building_id == other.building_id:
        return "building", 0.4
    if case.point is None or other.point is None:
        return "near", 0.0
    has_buildings = case.building_id is not None and other.building_id is not None
    reach = NEAR_METRES if has_buildings else FAR_METRES
    away = distance_m(case.point, other.point)
    return "near", 0.0 if away > reach else 0.25 + 0.15 * (1 - away / reach)


def _kind(category: str, other: str) -> tuple[Reason, float]:
    if category == other:
        return "category", 0.2
    return "kindred", 0.08 if other in kindred(category) else 0.0


def _alike(first: Sequence[str], second: Sequence[str]) -> bool:
    return any(hash_distance(a, b) <= ALIKE_BITS for a in first for b in second)


def _nearness(apart: timedelta, within: timedelta) -> float:
    """Return 1 for the same moment, 0 for ``within`` apart and more."""
    return max(0.0, 1 - apart / within)


def _floor(said: str) -> str:
    """Return a floor so that 2楼, 2层, ２F and 第2层 are the same; "" when unknown."""
    plain = unicodedata.normalize("NFKC", said).upper().replace(" ", "")
    return re.sub("^第|(?:楼|层|F)$", "", plain)
