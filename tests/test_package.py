"""The package as others install it: everything that answers is inside the wheel."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the real back end without fetching anything."""
    folder = tmp_path_factory.mktemp("wheel")
    build = "from hatchling.build import build_wheel; import sys; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


def test_content_model_and_pages_are_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    for name in (
        "bot/web/templates/chat.html",
        "bot/web/static/main.js",
        "bot/wording/emergency.yaml",
        "community/districts/demo.yaml",
        "index/model/config.json",
        "index/model/tokenizer.json",
        "index/lexicon/dialect.yaml",
        "index/held_back/in_scope.jsonl",
        "knowledge/entries/gas/smell.md",
        "knowledge/laws.yaml",
        "storage/alembic/env.py",
        "storage/alembic/versions/0001_conversations.py",
    ):
        assert name in names
    assert not any(name.startswith(("tests/", "benchmarks/", "var/")) for name in names)


def test_an_unpacked_wheel_answers_without_torch(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    question = (
        "import sys; sys.modules['torch'] = None; sys.modules['sentence_transformers'] = None\n"
        "from bot.commands import main; main()"
    )
    answered = subprocess.run(
        [sys.executable, "-c", question, "ask", "--json", "电瓶能不能拿回家充"],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            "PYTHONPATH": str(tmp_path / "site"),
            "LIFELINE_DATA_DIR": str(tmp_path / "var"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout)["topics"][0] == "ebike.battery_home"
