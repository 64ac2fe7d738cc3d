"""Guides that people follow: what they say of the code is held against the code."""

import re
import shlex
import shutil
import time
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from bot.commands import app
from community.districts import COMMUNITY_ROOT, load_district
from community.staff import ROLE_NAMES, ROLES
from community.workdays import load_workdays
from hazards import webhooks
from hazards.cases import Actor, Case
from hazards.categories import load_categories
from hazards.checks import hazard_faults
from hazards.deadline_rules import read_deadlines
from hazards.progress import STAGE_WORDS, STAGES
from hazards.reward_files import scheme_of
from hazards.routing import routes
from hazards.timeline import Event, Happened
from hazards.transitions import MOVES, STATE_NAMES, STATES, Move

ROOT = Path(__file__).parent.parent
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
GUIDES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
WHO = {str(role): name for role, name in ROLE_NAMES.items()} | {
    "reporter": "上报人",
    "system": "系统",
}
ORDER = (*ROLES, "reporter", "system")

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
_BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"^\s*(?:LIFELINE_\w+=\S+ )*(lifeline .+)$", re.MULTILINE)


def guide(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return [text for kind, text in _BLOCK.findall(guide(name)) if kind == language]


def table(name: str, first: str) -> list[list[str]]:
    """Return the rows of the table whose heading begins with a word."""
    text = guide(name).partition(f"\n| {first} |")[2].partition("\n\n")[0]
    rows = text.splitlines()[2:]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


def as_written(move: Move) -> list[str]:
    """Return a move as the guide's table has it."""
    return [
        move.label,
        "、".join(STATE_NAMES[state] for state in STATES if state in move.froms),
        STATE_NAMES[move.to],
        "、".join(WHO[role] for role in ORDER if role in move.roles),
        "要" if move.needs_reason else "",
        "要" if move.needs_photo else "",
    ]


def test_the_guide_has_the_table_of_transitions() -> None:
    assert table("reporting.md", "一步") == [as_written(move) for move in MOVES.values()]


def test_the_guide_has_every_state_and_what_its_reporter_reads() -> None:
    rows = {row[0]: row[2] for row in table("reporting.md", "后台看到")}
    assert list(rows) == [STATE_NAMES[state] for state in STATES]
    # A merged report is told how the case goes that took its own in.
    told = [state for state in STATES if state != "duplicate"]
    assert {state: rows[STATE_NAMES[state]] for state in told} == {
        state: STAGE_WORDS[STAGES[state]] for state in told
    }


def test_the_guide_has_every_role() -> None:
    told = " ".join(f"{row[0]} {row[1]}" for row in table("reporting.md", "职务"))
    for role in ROLES:
        assert ROLE_NAMES[role] in told
        assert f"`{role}`" in told


@pytest.fixture
def sample_root(tmp_path: Path) -> Path:
    """A folder of districts that holds the guide's example, and its year of holidays."""
    (tmp_path / "districts").mkdir()
    for file in COMMUNITY_ROOT.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    district, year = blocks("districts.md", "yaml")
    (tmp_path / "districts" / "yangli.yaml").write_text(district, encoding="utf-8")
    with (tmp_path / "workdays.yaml").open("a", encoding="utf-8") as workdays:
        workdays.write(f"\n{year}")
    return tmp_path


def test_the_example_of_a_district_can_be_used(sample_root: Path) -> None:
    district, categories = load_district("yangli", sample_root), load_categories()
    ids = [category.id for category in categories.all]
    parts = {name: district.part(name) for name in ("routes", "deadlines", "rewards")}

    assert list(hazard_faults(sample_root)) == []
    assert parts["routes"] is not None
    assert set(routes(district, parts["routes"], categories)) == set(ids)
    assert parts["deadlines"] is not None
    assert read_deadlines(parts["deadlines"])[0].allowance("canopy").working_days == 10
    assert scheme_of(district, ids).versions[0].amounts["exit_locked"].text == "50元"
    assert load_workdays(sample_root / "workdays.yaml").years[2027]


def is_ours(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Call the guide's example."""
    (example,) = blocks("open311.md", "python")
    names: dict[str, object] = {}
    exec(compile(example, "open311.md", "exec"), names)  # noqa: S102 - our own document
    check = names["is_ours"]
    assert callable(check)
    return bool(check(secret, headers, body))


def signed(body: bytes, at: int) -> dict[str, str]:
    return {
        webhooks.TIME_HEADER: str(at),
        webhooks.SIGNATURE_HEADER: webhooks.signature("secret", at, body),
    }


def test_the_example_of_a_receiver_takes_what_is_ours() -> None:
    body, now = '{"event": "案件"}'.encode(), int(time.time())
    assert is_ours("secret", signed(body, now), body)


@pytest.mark.parametrize("seconds", [-400, 400])
def test_the_example_of_a_receiver_refuses_other_times(seconds: int) -> None:
    assert not is_ours("secret", signed(b"{}", int(time.time()) + seconds), b"{}")


def test_the_example_of_a_receiver_refuses_what_is_not_ours() -> None:
    headers = signed(b"{}", int(time.time()))
    assert not is_ours("another", headers, b"{}")
    assert not is_ours("secret", headers, b"{ }")
    assert not is_ours("secret", {}, b"{}")


def test_the_guide_names_every_event_and_header() -> None:
    told = guide("open311.md")
    for name in (*webhooks.EVENTS, webhooks.ID_HEADER, webhooks.EVENT_HEADER):
        assert name in told


def test_the_example_of_a_message_has_every_field() -> None:
    receipt, message = (yaml.safe_load(text) for text in blocks("open311.md", "json"))
    assert set(receipt[0]) == {"token", "service_notice", "account_id"}
    empty: dict[str, Any] = dict.fromkeys(field.name for field in fields(Case))
    case = Case(**empty | {"state": "assigned", "opened_at": NOON})
    happened = Happened(1, case, Event("moved", Actor("reviewer", 1)), NOON)
    names = {"category": "", "handler": "", "lead": ""}
    sent = webhooks.body_of(happened, "case.assigned", names)
    assert list(message) == list(sent)
    assert list(message["case"]) == list(sent["case"])


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [link or image for link, image in _LINK.findall(text)]
    local = [target for target in targets if "://" not in target]
    missing = [link for link in local if not (page.parent / link.partition("#")[0]).exists()]
    assert missing == []


def commands() -> Iterator[tuple[str, str]]:
    """Yield every command that stands in a block of a guide, with its page."""
    for page in GUIDES:
        if page.name in {"commands.md", "settings.md"}:
            continue
        for _, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for found in _COMMAND.findall(text):
                yield page.name, found.partition(" #")[0].strip()


@pytest.mark.parametrize(("page", "written"), sorted(set(commands())))
def test_a_command_in_a_guide_is_one(page: str, written: str) -> None:
    command: Any = typer.main.get_command(app)
    words = shlex.split(written.partition(" > ")[0])[1:]
    while hasattr(command, "list_commands"):
        found = command.get_command(None, words[0])
        assert found is not None, f"{page}: {written}"
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    used = {word for word in words if word.startswith("--")}
    assert used <= known | {"--help"}, f"{page}: {written}"
