"""Writing out an audience: everybody once, as they are when it is due."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from community.broadcast_expand_store import PAGE, SLICE, delivery_key, expand_chunk, read_page
from community.broadcast_slice_store import halt_slice
from community.broadcast_store import broadcast
from community.broadcast_write_store import begin_expanding, cancel
from community.delivery_claim_store import Claim, claim_deliveries
from community.delivery_store import delivery, mark_shown, pending_for
from community.reach import note_left
from community.store import find_account
from storage import Database
from tests.community.broadcast_town import (
    HOUR,
    NOON,
    approved,
    people,
    rows_of,
    standing,
    states,
    town,
)

LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def house(database: Database) -> int:
    return database.write(town)


def expanding(database: Database, house: int, **changed: object) -> int:
    """Make a broadcast that is being written out."""
    made = database.write(lambda db: approved(db, house, **changed)).id
    assert database.write(lambda db: begin_expanding(db, made, NOON))
    return made


def expand(database: Database, made: int) -> int:
    """Write all of it out; return how many pages said that there is more."""
    pages = 0
    while database.write(lambda db: expand_chunk(db, made, NOON)):
        pages += 1
    return pages


def bodies(database: Database, made: int) -> dict[str, list[dict[str, object]]]:
    query = select(delivery.c.account_id, delivery.c.body).where(
        delivery.c.key == delivery_key(made)
    )
    return {
        str(row.account_id): row.body for row in database.read(lambda db: db.execute(query).all())
    }


def test_each_resident_has_one_row_and_slices_are_small(database: Database, house: int) -> None:
    sizes = (PAGE, PAGE, 130)
    ids: list[int] = []
    for size in sizes:
        ids += database.write(lambda db, size=size: people(db, house, size))  # type: ignore[misc]
    made = expanding(database, house)

    assert expand(database, made) == 2

    rows = rows_of(database, made)
    assert [resident for resident, _, _ in rows] == ids
    assert {number for _, number, _ in rows} == {0, 1, 2}
    assert sum(number == 0 for _, number, _ in rows) == SLICE
    assert standing(database, made).slices == 3
    assert states(database, made) == {"queued": 630}


def test_writing_out_again_after_the_end_adds_nothing(database: Database, house: int) -> None:
    database.write(lambda db: people(db, house, 20))
    made = expanding(database, house)
    expand(database, made)

    assert not database.write(lambda db: expand_chunk(db, made, NOON))
    # As if the page had been written and the note of it lost.
    database.write(lambda db: db.execute(update(broadcast).values(expanded_to=0)).rowcount)
    assert not database.write(lambda db: expand_chunk(db, made, NOON))

    assert len(rows_of(database, made)) == 20
    assert states(database, made) == {"queued": 20}


def test_a_page_read_before_another_was_written_is_read_anew(
    database: Database, house: int
) -> None:
    first = database.write(lambda db: people(db, house, PAGE))
    second = database.write(lambda db: people(db, house, 30))
    made = expanding(database, house)
    page = database.read(lambda db: read_page(db, made))
    assert (page.after, page.ids) == (0, first)

    assert database.write(lambda db: expand_chunk(db, made, NOON, page))
    assert not database.write(lambda db: expand_chunk(db, made, NOON, page))

    assert [resident for resident, _, _ in rows_of(database, made)] == first + second


def test_a_page_that_fails_is_not_written_in_part(database: Database, house: int) -> None:
    database.write(lambda db: people(db, house, 20))
    made = expanding(database, house)

    def cut_off(db: object) -> None:
        expand_chunk(db, made, NOON)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(cut_off)

    assert rows_of(database, made) == []
    assert standing(database, made).expanded_to == 0


def test_ways_are_as_on_the_day(database: Database, house: int) -> None:
    pushed, left = database.write(lambda db: people(db, house, 2))
    (held,) = database.write(lambda db: people(db, house, 1, "web"))
    (silent,) = database.write(lambda db: people(db, house, 1, None))
    made = expanding(database, house)
    database.write(lambda db: note_left(db, find_account(db, "telegram", f"p{left}"), NOON))

    expand(database, made)

    reasons = {resident: reason for resident, _, reason in rows_of(database, made)}
    assert reasons == {pushed: "", left: "left", held: "", silent: "no_account"}
    assert states(database, made) == {"queued": 1, "held": 1}


def test_a_held_one_is_shown_at_the_next_turn_and_a_queued_one_is_not(
    database: Database, house: int
) -> None:
    (held,) = database.write(lambda db: people(db, house, 1, "web"))
    (queued,) = database.write(lambda db: people(db, house, 1))
    made = expanding(database, house)
    expand(database, made)

    def turn(db: object, channel: str, resident: int) -> list[int]:
        account = find_account(db, channel, f"p{resident}")
        found = pending_for(db, account, LATER)
        return mark_shown(db, [one.id for one in found], LATER)

    assert len(database.write(lambda db: turn(db, "web", held))) == 1
    assert database.write(lambda db: turn(db, "telegram", queued)) == []
    assert states(database, made) == {"shown": 1, "queued": 1}


def test_no_outbox_claims_what_a_slice_sends(database: Database, house: int) -> None:
    database.write(lambda db: people(db, house, 3))
    expand(database, expanding(database, house))

    claimed = database.write(
        lambda db: claim_deliveries(db, Claim("telegram", "outbox", 10), LATER)
    )

    assert claimed == []


def test_words_are_marked_and_in_the_residents_language(database: Database, house: int) -> None:
    database.write(lambda db: people(db, house, 1))
    made = expanding(
        database, house, mode="drill", purpose="drill", words={"zh": "十点演习", "en": "At ten."}
    )
    expand(database, made)

    ((reply,),) = bodies(database, made).values()
    assert reply["language"] == "zh"
    assert reply["choices"] == [{"label": "知道了", "function": "noted"}]
    assert all(line.startswith("【演练】") for line in str(reply["text"]).splitlines())


@pytest.mark.parametrize("ended", ["cancelled", "late"])
def test_nothing_is_written_out_for_what_has_ended(
    database: Database, house: int, ended: str
) -> None:
    database.write(lambda db: people(db, house, 3))
    made = expanding(database, house)
    now = NOON
    if ended == "cancelled":
        database.write(lambda db: cancel(db, made, None, "停错了", NOON))
    else:
        now += 7 * HOUR

    assert not database.write(lambda db: expand_chunk(db, made, now))

    assert database.read(lambda db: db.scalar(select(func.count()).select_from(delivery))) == 0


def test_cancelling_amid_it_ends_what_was_written(database: Database, house: int) -> None:
    database.write(lambda db: people(db, house, 30))
    made = expanding(database, house)
    expand(database, made)
    database.write(lambda db: cancel(db, made, None, "停错了", NOON))

    assert database.write(lambda db: halt_slice(db, made, 0, NOON)) == 30
    assert states(database, made) == {"cancelled": 30}
