"""Ready answers and handover notes, on both stores."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.desk_answers_store import ReadyAnswer, answers_of, drop_answer, find_answer, keep_answer
from bot.desk_handover_store import (
    Handover,
    Item,
    add_handover,
    handover_at,
    handovers,
    last_ended,
)
from bot.desk_rules import Place
from community.staff import Area
from storage import Database
from tests.bot.desk_town import DISTRICT, MONDAY, hired

WHOLE = Area(districts=frozenset({DISTRICT}))
ELSEWHERE = Area(districts=frozenset({"jiangjin"}), streets=frozenset({8}))
ANSWER = ReadyAnswer(0, DISTRICT, "派人", "今天派人来看。")


@pytest.fixture
def staff_id(database: Database) -> int:
    return database.write(lambda db: hired(db, "wang").id)


def note(staff_id: int, place: Place) -> Handover:
    item = Item("居民 #K7M3", "1条留言没回", "等人回复", MONDAY, is_overdue=True)
    begun, counts = MONDAY - timedelta(hours=8), (("等回复的居民", 1, False),)
    return Handover(
        0, place, staff_id, "wang同志", "夜班", begun, MONDAY, counts, (item,), "明早再催"
    )


def test_an_answer_is_kept_changed_and_dropped_in_its_district(
    database: Database, staff_id: int
) -> None:
    def work(db: Connection) -> list[bool]:
        kept = keep_answer(db, ANSWER, staff_id, MONDAY)
        [one] = answers_of(db, DISTRICT)
        foreign = replace(one, district_id="jiangjin", text="别人的")
        return [
            kept,
            keep_answer(db, foreign, staff_id, MONDAY),
            keep_answer(db, replace(one, text="明天"), staff_id, MONDAY),
            find_answer(db, DISTRICT, one.id) == replace(one, text="明天"),
            find_answer(db, "jiangjin", one.id) is None,
            drop_answer(db, ELSEWHERE, one.id),
            drop_answer(db, WHOLE, one.id),
            drop_answer(db, WHOLE, one.id),
        ]

    assert database.write(work) == [True, False, True, True, True, False, True, False]


@pytest.mark.parametrize("street_id", [None, 7])
def test_a_note_is_read_as_it_was_written_within_its_area(
    database: Database, staff_id: int, street_id: int | None
) -> None:
    place = Place(DISTRICT, street_id)
    written = note(staff_id, place)
    note_id = database.write(lambda db: add_handover(db, written))

    expected = replace(written, id=note_id)
    assert database.read(lambda db: handover_at(db, WHOLE, note_id)) == expected
    assert database.read(lambda db: handovers(db, WHOLE)) == [expected]
    assert database.read(lambda db: handover_at(db, ELSEWHERE, note_id)) is None
    assert database.read(lambda db: handovers(db, ELSEWHERE)) == []
    assert database.read(lambda db: last_ended(db, place)) == MONDAY
    other = Place(DISTRICT, 9 if street_id is None else None)
    assert database.read(lambda db: last_ended(db, other)) is None
