"""Documents: generated ones are current, and every command and setting is in one."""

from pathlib import Path

from bot.commands import COMMANDS
from bot.documents import commands_page, settings_page, stale_pages
from bot.settings import Settings

DOCS = Path(__file__).parent.parent / "docs"


def test_generated_documents_are_current() -> None:
    assert stale_pages(DOCS) == [], "run `lifeline docs` and commit what it writes"


def test_every_setting_is_documented_in_both_languages() -> None:
    page = settings_page()
    for name, field in Settings.model_fields.items():
        assert f"`LIFELINE_{name.upper()}`" in page
        assert " | " in (field.description or ""), f"{name} lacks one language"


def test_every_command_is_documented_in_both_languages() -> None:
    page = commands_page()
    for group, commands in COMMANDS.items():
        for name, (_, text) in commands.items():
            assert f"`lifeline {group} {name}".replace("  ", " ") in page
            assert " | " in text


def test_readme_shows_both_commands() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme
    assert "make test" in readme
