"""Documents: generated ones are current, and every command and setting is in one."""

import subprocess
import sys
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


def test_the_pages_are_the_same_without_torch(tmp_path: Path) -> None:
    write = (
        "import sys\n"
        "for name in ('torch', 'sentence_transformers', 'sklearn'): sys.modules[name] = None\n"
        "from bot.commands import main; main()"
    )
    command = [sys.executable, "-c", write, "docs", str(tmp_path)]
    ended = subprocess.run(
        command, cwd=DOCS.parent, capture_output=True, encoding="utf-8", check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "commands.md").read_text(encoding="utf-8") == commands_page()


def test_a_command_that_needs_torch_says_so(tmp_path: Path) -> None:
    train = "import sys; sys.modules['torch'] = None\nfrom bot.commands import main; main()"
    command = [sys.executable, "-c", train, "index", "train", "--out", str(tmp_path)]
    ended = subprocess.run(
        command, cwd=DOCS.parent, capture_output=True, encoding="utf-8", check=False
    )
    assert ended.returncode == 1
    assert "附加依赖 encoder" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_no_page_names_a_folder_of_this_machine() -> None:
    assert str(DOCS.parent) not in commands_page() + settings_page()


def test_readme_shows_both_commands() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme
    assert "make test" in readme
