"""What is joined: nothing of a person is left out of what is erased and merged."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy import Column

import bot
import community
import drills
import hazards
import knowledge
import quiz
import storage
from bot.assembly import MANNERS, Premises, functions_of, house_of, parts_of
from bot.belongings import ERASABLE
from community.merging import columns_left_out, columns_naming
from community.store import channel_account, resident
from storage import metadata
from tests.bot.conftest import Clock

PACKAGES = (bot, community, drills, hazards, knowledge, quiz, storage)
SLOW_TO_IMPORT = {"bot.commands"}


def modules(package: ModuleType) -> Iterator[str]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if "alembic" not in found.name and not found.name.endswith("__main__"):
            yield found.name


@pytest.fixture(scope="module", autouse=True)
def every_table() -> None:
    """Import whatever declares tables, so that none is missing from the metadata."""
    for package in PACKAGES:
        for name in modules(package):
            if name not in SLOW_TO_IMPORT:
                importlib.import_module(name)


@pytest.mark.parametrize(
    ("target", "named"),
    [
        (channel_account.c.id, (*ERASABLE.accounts, *ERASABLE.emptied)),
        (
            resident.c.id,
            (*ERASABLE.residents, *ERASABLE.emptied, channel_account.c.resident_id),
        ),
    ],
    ids=["accounts", "residents"],
)
def test_no_column_that_names_somebody_is_left_out(
    target: Column[int], named: tuple[Column[int], ...]
) -> None:
    assert columns_naming(metadata, target), "a test that finds no column at all tests nothing"
    assert columns_left_out(metadata, target, named) == []


def test_what_is_named_stands_in_the_tables() -> None:
    for column in (*ERASABLE.accounts, *ERASABLE.residents, *ERASABLE.emptied):
        assert metadata.tables[column.table.name].c[column.name] is column


def test_an_emptied_column_can_be_empty() -> None:
    assert all(column.nullable for column in ERASABLE.emptied)


def test_each_platform_has_its_manners() -> None:
    wechat, telegram = MANNERS["wechat"], MANNERS["telegram"]

    assert wechat.forgets_who_leaves
    assert wechat.most_bytes == 1900
    assert not wechat.is_pushed
    assert telegram.is_pushed
    assert telegram.most_bytes is None
    assert not telegram.forgets_who_leaves


def test_what_is_joined_tells_no_key() -> None:
    premises = Premises(("demo",), b"secret-key-of-32-bytes-secret-ke")
    assert "secret" not in repr(premises)
    assert house_of(premises, Clock()).manners is MANNERS


def test_the_menu_keeps_to_five_in_each_part() -> None:
    premises = Premises(("demo",), b"k" * 32)
    functions = functions_of(premises, Clock(), parts_of(premises, Clock()))
    words = {"menu_ask": "a", "menu_report": "b", "menu_mine": "c"}
    assert all(1 <= len(part) <= 5 for _, part in functions.menu(words))
