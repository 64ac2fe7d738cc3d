from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from storage import Database, chunks, insert_if_absent, inserted_id, put
from tests.storage.tables import count, notes, texts


def test_a_row_is_inserted_once(tables: Database) -> None:
    def insert_note(connection: Connection) -> bool:
        return insert_if_absent(connection, notes, {"text": "a"}, keys=["text"])

    assert [tables.write(insert_note) for _ in range(3)] == [True, False, False]
    assert count(tables) == 1


def test_of_many_at_once_one_inserts(tables: Database) -> None:
    def insert_note(_: int) -> bool:
        return tables.write(lambda c: insert_if_absent(c, notes, {"text": "a"}, keys=["text"]))

    with ThreadPoolExecutor(12) as threads:
        assert sorted(threads.map(insert_note, range(24))) == [False] * 23 + [True]


def test_the_standing_row_is_left_alone(tables: Database) -> None:
    tables.write(lambda c: insert_if_absent(c, notes, {"id": 7, "text": "a"}, keys=["id"]))
    tables.write(lambda c: insert_if_absent(c, notes, {"id": 7, "text": "b"}, keys=["id"]))

    assert texts(tables) == {"a"}


def test_another_violated_constraint_still_raises(tables: Database) -> None:
    tables.write(lambda c: insert_if_absent(c, notes, {"id": 7, "text": "a"}, keys=["id"]))

    with pytest.raises(IntegrityError):
        tables.write(lambda c: insert_if_absent(c, notes, {"id": 8, "text": "a"}, keys=["id"]))

    assert tables.read(lambda c: c.scalars(select(notes.c.id)).all()) == [7]


def test_the_new_row_is_named_and_a_standing_one_is_not(tables: Database) -> None:
    def insert_note(connection: Connection) -> int | None:
        return inserted_id(connection, notes, {"text": "a"}, keys=["text"])

    first, again = tables.write(insert_note), tables.write(insert_note)

    assert first == tables.read(lambda c: c.scalars(select(notes.c.id)).one())
    assert again is None


def test_another_column_can_be_asked_for(tables: Database) -> None:
    values = {"id": 7, "text": "a"}
    found = tables.write(lambda c: inserted_id(c, notes, values, keys=["id"], wanted="text"))

    assert found == "a"


def test_a_row_is_put_and_put_again(tables: Database) -> None:
    for text in ("a", "b"):
        values = {"id": 7, "text": text}
        tables.write(lambda c, given=values: put(c, notes, given, keys=["id"]))
    tables.write(lambda c: put(c, notes, {"id": 8, "text": "c"}, keys=["id"]))

    assert texts(tables) == {"b", "c"}


def test_putting_violates_no_other_constraint(tables: Database) -> None:
    tables.write(lambda c: put(c, notes, {"id": 7, "text": "a"}, keys=["id"]))

    with pytest.raises(IntegrityError):
        tables.write(lambda c: put(c, notes, {"id": 8, "text": "a"}, keys=["id"]))


@given(items=st.lists(st.integers(), max_size=40), size=st.integers(1, 12))
def test_chunks_hold_everything_in_order(items: list[int], size: int) -> None:
    made = list(chunks(items, size))

    assert [item for chunk in made for item in chunk] == items
    assert all(len(chunk) == size for chunk in made[:-1])
    assert all(1 <= len(chunk) <= size for chunk in made)


def test_chunks_take_500_unless_told() -> None:
    assert [len(chunk) for chunk in chunks(iter(range(1100)))] == [500, 500, 100]


def test_chunks_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        list(chunks([1], 0))
