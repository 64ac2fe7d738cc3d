"""Transfers and postings are only ever added: no code of ours updates or deletes one."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "community", "drills", "hazards", "index", "knowledge", "quiz", "storage")
FIXED = {"ledger_transfer", "ledger_posting"}
CHANGING = {"update", "delete", "put"}


def changes(source: str) -> Iterator[str]:
    """Yield the calls that change or take out rows of the fixed tables."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        arguments = {each.id for each in node.args if isinstance(each, ast.Name)}
        owner = getattr(getattr(node.func, "value", None), "id", "")
        if called in CHANGING and ({*arguments, owner} & FIXED):
            yield ast.unparse(node)


def test_no_statement_changes_what_was_booked() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    found = {file: list(changes(file.read_text(encoding="utf-8"))) for file in files}
    assert {file.name: calls for file, calls in found.items() if calls} == {}


def test_no_text_of_sql_changes_them() -> None:
    written = [f"{verb} {name}" for name in FIXED for verb in ("update", "delete from")]
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            text = " ".join(file.read_text(encoding="utf-8").lower().split())
            assert not [words for words in written if words in text], file


def test_the_search_finds_such_a_statement() -> None:
    assert list(changes("db.execute(update(ledger_posting).values(amount=1))"))
    assert list(changes("db.execute(delete(ledger_transfer))"))
    assert list(changes("ledger_posting.delete()"))
    assert not list(changes("db.execute(insert(ledger_posting), rows)"))
    assert not list(changes("db.execute(update(ledger_balance).values(amount=1))"))
