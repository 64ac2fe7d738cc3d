"""``lifeline hazards export``, ``show`` and ``key``: open data, one case, and keys."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import typer
from sqlalchemy import Connection
from typer.testing import CliRunner, Result

from bot.app import open_key, open_main_database
from bot.cli import hazards_export, hazards_show, open311_key
from bot.settings import Settings
from hazards.case_store import reports_of
from hazards.cases import Act, Case
from hazards.casework import set_public
from hazards.open_key_store import client_of
from storage import Database, migrate
from tests.hazards import casefile
from tests.hazards.casefile import Office

Run = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The main database of a data folder of its own, that commands run on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIFELINE_DATA_DIR", str(tmp_path / "var"))
    with open_main_database(Settings()) as opened:
        migrate(opened)
        yield opened


@pytest.fixture
def office(database: Database) -> Office:
    return database.write(casefile.open_office)


def run(app: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def public(
    database: Database, office: Office, last: str = "assign", text: str = "楼道堆物"
) -> Case:
    def work(db: Connection) -> Case:
        case = casefile.case_at(db, office, last)
        act = Act(office.staff["reviewer"], case.version)
        return set_public(db, case.id, text, act, office.rules, casefile.NOON)

    return database.write(work)


def rows(file: Path, query: str, *values: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as db:
        return db.execute(query, values).fetchall()


def test_an_export_holds_moderated_cases_alone(
    database: Database, office: Office, tmp_path: Path
) -> None:
    open_, closed = public(database, office), public(database, office, "close", "顶楼门上锁")
    database.write(lambda db: casefile.case_at(db, office, "accept"))
    file = tmp_path / "cases.db"

    exported = run(hazards_export.app, "--sqlite", str(file))

    assert exported.exit_code == 0, exported.output
    assert "导出了2件隐患" in exported.stdout
    assert rows(file, "SELECT code, status, state, text FROM cases ORDER BY rowid") == [
        (open_.code, "open", "待签收", "楼道堆物"),
        (closed.code, "closed", "已销号", "顶楼门上锁"),
    ]
    [(opened_at, street, handler)] = rows(
        file, "SELECT opened_at, street, handler FROM cases WHERE code = ?", open_.code
    )
    assert (opened_at, street, handler) == (
        "2026-11-23T12:00:00+08:00",
        "双福街道",
        "属地镇街",
    )
    states = [
        state
        for (state,) in rows(
            file, 'SELECT to_state FROM events WHERE "case" = ? ORDER BY id', open_.code
        )
    ]
    assert states == ["待初审", "待派单", "待签收"]
    assert rows(file, "PRAGMA foreign_key_check") == []
    whole = file.read_bytes().decode("utf-8", "ignore")
    assert not any(text in whole for text in ("3栋2单元", "按规定", "demo.reviewer"))


@pytest.mark.parametrize(
    ("word", "count"),
    [("楼道", 2), ("物", 2), ("锁", 1), ("楼道堆物", 1), ("双福街道", 2), ("顶楼", 1), ("纸箱", 0)],
)
def test_words_are_found_as_datasette_asks(
    database: Database, office: Office, tmp_path: Path, word: str, count: int
) -> None:
    public(database, office)
    public(database, office, text="顶楼门上锁")
    file = tmp_path / "cases.db"
    run(hazards_export.app, "--sqlite", str(file))

    # As Datasette's _search does it, which finds the index by its content table.
    found = rows(
        file,
        "SELECT code FROM cases WHERE rowid IN "
        "(SELECT rowid FROM cases_fts WHERE cases_fts MATCH ?)",
        word,
    )

    assert len(found) == count
    [(made,)] = rows(file, "SELECT sql FROM sqlite_master WHERE name = 'cases_fts'")
    assert re.search(r'content=["\[]cases["\]]', str(made))


def test_an_export_goes_by_chunks_and_may_be_empty(
    database: Database, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hazards_export, "A_CHUNK", 2)
    file = tmp_path / "cases.db"
    assert "导出了0件" in run(hazards_export.app, "--sqlite", str(file)).stdout
    for _ in range(5):
        public(database, office)

    assert "导出了5件" in run(hazards_export.app, "--sqlite", str(file)).stdout

    assert rows(file, "SELECT count(*) FROM cases") == [(5,)]
    assert rows(file, 'SELECT count(DISTINCT "case") FROM events') == [(5,)]


def test_an_unknown_district_is_named(database: Database, tmp_path: Path) -> None:
    refused = run(hazards_export.app, "--sqlite", str(tmp_path / "x.db"), "--district", "moon")

    assert refused.exit_code == 2
    assert "moon" in refused.stderr
    assert not (tmp_path / "x.db").exists()


def test_a_case_is_shown_without_its_reporter(database: Database, office: Office) -> None:
    case = public(database, office)
    [report] = database.read(lambda db: reports_of(db, case.id))

    for code in (case.code, report.code):
        shown = run(hazards_show.app, code, "--json")
        assert shown.exit_code == 0, shown.output
        facts = json.loads(shown.stdout)
        assert (facts["code"], facts["state"], facts["state_name"]) == (
            case.code,
            "assigned",
            "待签收",
        )
        assert [one["code"] for one in facts["reports"]] == [report.code]
        assert [one["to_state"] for one in facts["events"]][:3] == [
            "submitted",
            "screened",
            "assigned",
        ]
        assert "reporter_id" not in shown.stdout
    lines = run(hazards_show.app, case.code).stdout
    assert lines.startswith(f"{case.code} 楼道楼梯堆物 · 待签收\n地点：3栋2单元楼道\n")
    assert "2026-11-23 12:00 流转 待签收：按规定" in lines


def test_an_unknown_code_is_said_to_be(database: Database) -> None:
    unknown = run(hazards_show.app, "AAAAAAAA")

    assert unknown.exit_code == 2
    assert "AAAAAAAA" in unknown.stderr


def test_a_key_is_given_listed_and_taken_back(database: Database) -> None:
    key = open_key(Settings(), database)
    assert "还没有发过" in run(open311_key.app, "list").stdout

    added = run(open311_key.app, "add", "--name", "区政务热线", "--per-day", "20")
    made = added.stdout.strip()

    assert "只显示这一次" in added.stderr
    assert database.read(lambda db: client_of(db, made, key)) is not None
    listed = run(open311_key.app, "list").stdout
    assert listed.startswith("1\t区政务热线\t每天20件\t")
    assert made not in listed
    assert run(open311_key.app, "revoke", "1").exit_code == 0
    assert database.read(lambda db: client_of(db, made, key)) is None
    assert "收回" in run(open311_key.app, "list").stdout
    again = run(open311_key.app, "revoke", "1")
    assert (again.exit_code, "lifeline hazards key list" in again.stderr) == (2, True)


def test_a_key_needs_a_name(database: Database) -> None:
    assert run(open311_key.app, "add", "--name", " ").exit_code == 2
