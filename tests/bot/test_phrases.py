"""The wording files: complete, checked when read, and their mistakes named."""

from pathlib import Path
from shutil import copytree

import pytest

from bot.phrases import EMERGENCY_KINDS, WordingError, load_wording

WORDING = Path(__file__).parents[2] / "bot" / "wording"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copytree(WORDING, tmp_path / "wording")
    return tmp_path / "wording"


def test_every_emergency_kind_has_its_words() -> None:
    wording = load_wording().emergency
    assert set(wording.kinds) == set(wording.perhaps) == set(EMERGENCY_KINDS)
    assert {words.follow for words in wording.kinds.values()} <= set(wording.follow)
    assert {words.call for words in wording.kinds.values()} <= set(wording.first_line)


def test_crisis_texts_hold_no_amounts_and_name_help() -> None:
    crisis = load_wording().crisis
    for kind in crisis.kinds.values():
        assert "110" in kind.text
        assert "12356" in kind.text
    for kind in crisis.kinds.values():
        assert set(kind.choices) <= set(crisis.after)


def test_each_decline_names_another_door() -> None:
    decline = load_wording().decline
    for text in (decline.other, *(door.say for door in decline.doors)):
        assert any(word in text for word in ("12345", "110", "120", "95598", "天气预报", "客服"))


def test_a_missing_kind_is_named(folder: Path) -> None:
    path = folder / "emergency.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  burn:", "  burnt:"), "utf-8")
    with pytest.raises(WordingError, match=r"emergency.yaml: lacks burn"):
        load_wording(folder)


def test_broken_yaml_is_named(folder: Path) -> None:
    (folder / "chat.yaml").write_text("- said: [你好\n", encoding="utf-8")
    with pytest.raises(WordingError, match=r"chat.yaml: [\s\S]*line 1"):
        load_wording(folder)


def test_an_unknown_key_is_named(folder: Path) -> None:
    (folder / "decline.yaml").write_text("other: 不懂\ndoors: []\nextra: 1\n", encoding="utf-8")
    with pytest.raises(WordingError, match=r"decline.yaml: extra"):
        load_wording(folder)
