"""All files about places at once, for the person who edits them."""

from pathlib import Path

from community.checks import place_faults
from tests.community.places import write_places


def test_sound_files_have_no_fault(tmp_path: Path) -> None:
    assert list(place_faults(write_places(tmp_path))) == []


def test_the_shipped_files_have_no_fault() -> None:
    assert list(place_faults()) == []


def test_one_fault_a_file_is_named(tmp_path: Path) -> None:
    broken = {"districts/test_area.yaml": "id: other", "places.yaml": "cues: x"}
    faults = list(place_faults(write_places(tmp_path, broken)))
    assert sorted(fault.file.name for fault in faults) == ["places.yaml", "test_area.yaml"]


def test_broken_settings_are_named_once_for_all_districts(tmp_path: Path) -> None:
    (fault,) = place_faults(write_places(tmp_path, {"settings.yaml": "- {name: x}"}))
    assert (fault.file.name, fault.line) == ("settings.yaml", 1)
