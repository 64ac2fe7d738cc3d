"""Erasing one person costs the same in a small town and in a city."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Column, UniqueConstraint

from bot.belongings import ERASABLE  # joins every package, so that all tables are declared
from community.merging import columns_naming
from community.store import channel_account, resident
from storage import metadata

TARGETS = {
    "account": (channel_account.c.id, ERASABLE.accounts),
    "resident": (resident.c.id, ERASABLE.residents),
}


def _firsts(column: Column[object]) -> set[str]:
    """The columns of a table that a whole index of it begins with."""
    table = column.table
    wholes = [index for index in table.indexes if not index.dialect_kwargs]
    uniques = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys = [table.primary_key, *uniques, *wholes]
    return {next(iter(key.columns)).name for key in keys if len(key.columns)}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_whoever_points_at_a_person_is_found_by_an_index(
    target: tuple[Column[int], Sequence[Column[int]]],
) -> None:
    columns = columns_naming(metadata, target[0])

    assert [str(column) for column in columns if column.name not in _firsts(column)] == []
    assert len(columns) >= len(target[1])
