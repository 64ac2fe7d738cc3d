"""``lifeline hazards ledger check``: says that the books are right, or where they are not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from bot.app import open_main_database
from bot.cli.hazards_ledger import app
from bot.settings import Settings
from community.ledger import LedgerAccount, Transfer, moved
from community.ledger_store import ledger_balance, post
from storage import Database, migrate

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
FUND = LedgerAccount("demo", "fund", "", "points")
ANN = LedgerAccount("demo", "resident", "1", "points")
Ledger = Callable[..., Result]


def opened() -> Database:
    return open_main_database(Settings())


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Run ``lifeline hazards ledger`` on a data folder of its own, with one transfer booked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIFELINE_DATA_DIR", str(tmp_path / "var"))
    with opened() as database:
        migrate(database)
        gift = Transfer("gift", "grant", moved(FUND, ANN, 10))
        database.write(lambda db: post(db, gift, NOON))
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def spoiled() -> None:
    with opened() as database:
        database.write(lambda db: db.execute(update(ledger_balance).values(amount=3)))


def test_sound_books_are_said_to_be(ledger: Ledger) -> None:
    checked = ledger("check")
    assert checked.exit_code == 0, checked.output
    assert checked.stdout == "账是平的：1笔转账、2个账户都对得上。\n"


def test_a_fault_is_named_and_fails(ledger: Ledger) -> None:
    spoiled()
    checked = ledger("check")
    assert checked.exit_code == 1
    assert checked.stdout == ""
    assert "账不平（1笔转账、2个账户）：" in checked.stderr
    assert "这些账户的余额和流水对不上：1、2" in checked.stderr
    assert "不要直接改账" in checked.stderr


def test_a_script_reads_json(ledger: Ledger) -> None:
    assert json.loads(ledger("check", "--json").stdout)["is_sound"]
    spoiled()
    checked = ledger("check", "--json")
    assert checked.exit_code == 1
    assert json.loads(checked.stdout)["miscounted"] == [1, 2]
