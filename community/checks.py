"""Checks of the files about places, for ``lifeline check``."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from community.districts import COMMUNITY_ROOT, declared_settings, district_ids, load_district
from community.placefiles import BrokenPlaceFile
from community.places import load_places


def place_faults(root: Path = COMMUNITY_ROOT) -> Iterator[BrokenPlaceFile]:
    """Yield the first fault of each file about places; none when all are sound.

    Raises:
        OSError: when a file cannot be read.
    """
    loads: list[Callable[[], object]] = [
        partial(declared_settings, root),
        partial(load_places, root),
        *(partial(load_district, district, root) for district in district_ids(root)),
    ]
    seen: set[tuple[Path, int]] = set()
    for load in loads:
        fault = _fault(load)
        # Without sound settings every district fails in the same place.
        if fault and (fault.file, fault.line) not in seen:
            seen.add((fault.file, fault.line))
            yield fault


def _fault(load: Callable[[], object]) -> BrokenPlaceFile | None:
    try:
        load()
    except BrokenPlaceFile as fault:
        return fault
    return None
