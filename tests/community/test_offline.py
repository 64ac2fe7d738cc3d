"""Each operation of a phone has one effect, however often and by whomever it is sent."""

from collections.abc import Mapping
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import Connection, func, select

from community.offline import BadOperation, Operation, OperationOfAnother, read_operation_id
from community.offline_store import (
    KEPT,
    MOST_FORGOTTEN,
    Outcome,
    forget_operations,
    offline_operation,
    take,
)
from community.staff import Post
from storage import Database
from tests.community.registered import NOON
from tests.community.staffed import employed

ID = "0b9f2c1e-6f0e-4a51-9a0c-3a6c7a1d2b11"


@pytest.fixture
def staff_id(database: Database) -> int:
    return employed(database, "zhou", Post("grid_worker", "demo")).id


class Deeds:
    """Counts what was done."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Mapping[str, str]:
        self.count += 1
        return {"code": f"C{self.count}"}


def sent(database: Database, operation: Operation, deeds: Deeds) -> Outcome:
    return database.write(lambda db: take(db, operation, NOON, deeds))


def count(database: Database) -> int:
    query = select(func.count()).select_from(offline_operation)
    return int(database.read(lambda db: db.execute(query).scalar_one()))


def test_sent_again_it_has_no_second_effect(database: Database, staff_id: int) -> None:
    deeds, operation = Deeds(), Operation(ID, staff_id, "spot")

    first = sent(database, operation, deeds)
    again = sent(database, operation, deeds)

    assert first == Outcome({"code": "C1"}, is_repeat=False)
    assert again == Outcome({"code": "C1"}, is_repeat=True)
    assert deeds.count == 1


def test_sent_twice_at_once_it_has_one_effect(database: Database, staff_id: int) -> None:
    deeds, operation = Deeds(), Operation(ID, staff_id, "spot")
    outcomes: list[Outcome] = []
    threads = [
        Thread(target=lambda: outcomes.append(sent(database, operation, deeds))) for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert deeds.count == 1
    assert sorted(one.is_repeat for one in outcomes) == [False, True, True, True]
    assert {one.result["code"] for one in outcomes} == {"C1"}


def test_what_failed_may_be_sent_again(database: Database, staff_id: int) -> None:
    def fail() -> Mapping[str, str]:
        raise OSError("the disk is full")

    operation = Operation(ID, staff_id, "spot")
    with pytest.raises(OSError, match="full"):
        database.write(lambda db: take(db, operation, NOON, fail))

    assert not sent(database, operation, Deeds()).is_repeat


@pytest.mark.parametrize("other", ["somebody", "something"])
def test_an_id_is_nobody_elses(database: Database, staff_id: int, other: str) -> None:
    deeds = Deeds()
    sent(database, Operation(ID, staff_id, "spot"), deeds)
    another = employed(database, "lin", Post("grid_worker", "demo")).id
    operation = (
        Operation(ID, another, "spot") if other == "somebody" else Operation(ID, staff_id, "answer")
    )

    with pytest.raises(OperationOfAnother, match="new UUID") as raised:
        sent(database, operation, deeds)

    assert raised.value.operation_id == ID
    assert deeds.count == 1


@pytest.mark.parametrize(
    "text",
    [ID, ID.upper(), ID.replace("-", ""), "{" + ID + "}"],
    ids=["plain", "caps", "bare", "braced"],
)
def test_an_id_is_kept_in_one_way(text: str) -> None:
    assert read_operation_id(text) == ID


@pytest.mark.parametrize("text", ["", "1", ID[:-1], ID + "0", "g" * 32])
def test_what_is_no_uuid_is_refused(text: str) -> None:
    with pytest.raises(BadOperation, match="UUID"):
        read_operation_id(text)


def test_old_operations_are_forgotten_in_parts(database: Database, staff_id: int) -> None:
    def fill(db: Connection) -> None:
        rows = [
            {
                "uuid": f"{number:032x}",
                "staff_id": staff_id,
                "kind": "spot",
                "received_at": NOON,
                "result": {},
            }
            for number in range(MOST_FORGOTTEN + 2)
        ]
        db.execute(offline_operation.insert(), rows)

    database.write(fill)
    in_time, later = NOON + KEPT, NOON + KEPT + timedelta(seconds=1)

    assert database.write(lambda db: forget_operations(db, in_time)) == 0
    assert database.write(lambda db: forget_operations(db, later)) == MOST_FORGOTTEN
    assert database.write(lambda db: forget_operations(db, later)) == 2
    assert count(database) == 0
