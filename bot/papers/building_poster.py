"""The poster for a building's entrance: a QR code that leads to its notice page (楼栋公示)."""

from dataclasses import dataclass

from pydantic import JsonValue

from bot.papers.squares import code_square
from bot.papers.typesetting import Paper

_SQUARE = "building.svg"


@dataclass(frozen=True, slots=True)
class BuildingPoster:
    """What stands on the poster.

    Attributes:
        name: as residents call the building.
        place: street and community.
        code: of the building, as it is typed.
        address: of its page, for the QR code.
        assembly_points: where to gather; may be empty.
    """

    name: str
    place: str
    code: str
    address: str
    assembly_points: tuple[str, ...] = ()


def poster_paper(poster: BuildingPoster) -> Paper:
    """Return a poster to be typeset.

    Raises:
        ValueError: when the address is too long for a QR code.
    """
    values: dict[str, JsonValue] = {
        "name": poster.name,
        "place": poster.place,
        "code": poster.code,
        "address": poster.address,
        "assembly": "、".join(poster.assembly_points),
        "code_picture": _SQUARE,
    }
    return Paper("building_poster", values, {_SQUARE: code_square(poster.address)})
