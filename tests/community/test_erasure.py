"""Erasing a person: nothing that names them is left, and nobody else loses anything.

Every table of ours that points at an account or a resident is looked at, so a table added
later fails here until somebody has decided what becomes of its rows.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    MetaData,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import IntegrityError

from bot.store import TurnRow, add_turn, save_session, session, turn
from community.bindings import bind, binding
from community.erasure import OWN, Erasable, forget_account, forget_person, joined
from community.link_store import confirm, link, link_miss, start_link, try_code
from community.merging import Belongings, columns_left_out, columns_naming
from community.store import account_of, channel_account, find_account, resident, resident_of
from knowledge.store import feedback, list_unanswered, record_feedback, record_unanswered
from storage import Database, RowId, metadata
from tests.community.registered import NOON, building_called, imported, with_register_tables

Forget = Callable[[Connection, int, Erasable], bool]
KEY = b"k" * 32
# What the joining place of the service has to name; the tables of deliveries and the like
# belong to it as well, and are erased there.
SERVICE = joined(
    OWN,
    Erasable(
        accounts=(turn.c.account_id, session.c.account_id),
        residents=(feedback.c.resident_id,),
    ),
)
NAMES = ("o6_bmjrPTlm6_2sgVt7hMZOPfL2M", "778899001122", "o6_bmjrNEIGHBOUR")


@pytest.fixture
def database(database: Database) -> Database:
    database = with_register_tables(database)
    imported(database)
    return database


def live(db: Connection, channel: str, name: str) -> int:
    """Do everything with one account that leaves a row in these tables."""
    account = account_of(db, channel, name, NOON)
    who = resident_of(db, account)
    add_turn(db, account, "m1", TurnRow(0, f"我是{name}", [], NOON))
    save_session(db, account, {"said": name}, NOON)
    record_feedback(db, resident_id=who, topic=f"gas.{account}", useful=True, now=NOON)
    record_unanswered(db, question="楼下能停车吗", kind="declined", nearest=["a.b"], now=NOON)
    try_code(db, account, "000000", KEY, NOON)
    start_link(db, account, KEY, NOON)
    return account


@pytest.fixture
def accounts(database: Database) -> tuple[int, int, int]:
    """Two linked accounts of one person, and a neighbour's, all bound to one building."""
    building = building_called(database, "双福花园3栋").id

    def work(db: Connection) -> tuple[int, int, int]:
        wechat = live(db, "wechat", NAMES[0])
        telegram = live(db, "telegram", NAMES[1])
        neighbour = live(db, "wechat", NAMES[2])
        for account in (wechat, telegram, neighbour):
            bind(db, resident_of(db, account), building, "scan", NOON)
        return wechat, telegram, neighbour

    return database.write(work)


def linked(database: Database, one: int, other: int) -> None:
    def work(db: Connection) -> None:
        attempt = try_code(db, other, start_link(db, one, KEY, NOON), KEY, NOON)
        assert attempt.link_id is not None
        owned = Belongings([binding.c.resident_id, feedback.c.resident_id])
        for account in (one, other):
            confirm(db, account, attempt.link_id, NOON, owned)

    database.write(work)


def naming(database: Database, target: Column[Any], id_: int) -> dict[str, int]:
    """Return how many rows name an id, by column, wherever there are any."""

    def work(db: Connection) -> Iterator[tuple[str, int]]:
        standing = set(inspect(db).get_table_names())
        for column in columns_naming(metadata, target):
            if column.table.name in standing:
                query = select(func.count()).select_from(column.table).where(column == id_)
                yield str(column), db.execute(query).scalar_one()

    return {name: count for name, count in database.read(lambda db: list(work(db))) if count}


def everything(database: Database) -> str:
    """Return every value of every table as one text."""

    def work(db: Connection) -> str:
        standing = set(inspect(db).get_table_names())
        return "\n".join(
            str(tuple(row))
            for table in metadata.sorted_tables
            if table.name in standing
            for row in db.execute(select(table))
        )

    return database.read(work)


def test_every_row_of_the_last_account_goes(
    database: Database, accounts: tuple[int, int, int]
) -> None:
    wechat, _, neighbour = accounts
    who = database.read(lambda db: resident_of(db, wechat))
    before = naming(database, channel_account.c.id, neighbour)
    assert set(naming(database, channel_account.c.id, wechat)) == {
        "turn.account_id", "session.account_id", "link.giver_id", "link_miss.account_id",
    }  # fmt: skip
    assert NAMES[0] in everything(database)

    assert database.write(lambda db: forget_account(db, wechat, SERVICE))

    assert naming(database, channel_account.c.id, wechat) == {}
    assert naming(database, resident.c.id, who) == {}
    assert database.read(lambda db: find_account(db, "wechat", NAMES[0])) is None
    assert NAMES[0] not in everything(database)
    assert naming(database, channel_account.c.id, neighbour) == before
    assert NAMES[2] in everything(database)


def test_counts_that_name_nobody_stay(database: Database, accounts: tuple[int, int, int]) -> None:
    for account in accounts:
        database.write(lambda db, account=account: forget_account(db, account, SERVICE))
    (asked,) = database.read(list_unanswered)
    assert (asked.question, asked.count) == ("楼下能停车吗", 3)
    assert building_called(database, "双福花园3栋").name == "双福花园3栋"
    misses = database.read(lambda db: db.scalars(select(link_miss.c.account_id)).all())
    assert misses == [None] * 3, "erasing oneself buys no new tries"
    counted = select(func.count()).select_from(resident)
    assert database.read(lambda db: db.execute(counted).scalar_one()) == 0


def test_leaving_one_channel_keeps_the_person_in_the_other(
    database: Database, accounts: tuple[int, int, int]
) -> None:
    wechat, telegram, _ = accounts
    linked(database, wechat, telegram)
    who = database.read(lambda db: resident_of(db, telegram))

    assert database.write(lambda db: forget_account(db, wechat, SERVICE))

    assert naming(database, channel_account.c.id, wechat) == {}
    assert NAMES[0] not in everything(database)
    assert database.read(lambda db: resident_of(db, telegram)) == who
    assert set(naming(database, resident.c.id, who)) == {
        "channel_account.resident_id", "binding.resident_id", "feedback.resident_id",
    }  # fmt: skip


def test_asking_for_it_erases_every_channel(
    database: Database, accounts: tuple[int, int, int]
) -> None:
    wechat, telegram, neighbour = accounts
    linked(database, wechat, telegram)
    who = database.read(lambda db: resident_of(db, wechat))

    assert database.write(lambda db: forget_person(db, telegram, SERVICE))

    left = everything(database)
    assert NAMES[0] not in left
    assert NAMES[1] not in left
    assert NAMES[2] in left
    assert naming(database, resident.c.id, who) == {}
    assert database.read(lambda db: resident_of(db, neighbour)) != who


@pytest.mark.parametrize("forget", [forget_account, forget_person])
def test_a_repeat_does_nothing(
    database: Database, accounts: tuple[int, int, int], forget: Forget
) -> None:
    assert database.write(lambda db: forget(db, accounts[0], SERVICE))
    before = everything(database)
    assert not database.write(lambda db: forget(db, accounts[0], SERVICE))
    assert everything(database) == before


@pytest.mark.parametrize("forget", [forget_account, forget_person])
def test_a_column_left_out_undoes_everything(
    database: Database, accounts: tuple[int, int, int], forget: Forget
) -> None:
    before = everything(database)
    with pytest.raises(IntegrityError):
        database.write(lambda db: forget(db, accounts[0], OWN))
    assert everything(database) == before


def test_who_comes_back_is_somebody_new(database: Database, accounts: tuple[int, int, int]) -> None:
    database.write(lambda db: forget_account(db, accounts[0], SERVICE))
    again = database.write(lambda db: account_of(db, "wechat", NAMES[0], NOON))
    who = database.read(lambda db: resident_of(db, again))
    assert naming(database, resident.c.id, who) == {"channel_account.resident_id": 1}
    assert naming(database, channel_account.c.id, again) == {}


def test_a_row_may_stay_without_its_name(
    database: Database, accounts: tuple[int, int, int]
) -> None:
    columns = MetaData()
    Table("resident", columns, Column("id", RowId, primary_key=True))
    case = Table(
        "open_case",
        columns,
        Column("id", RowId, primary_key=True),
        Column("place", Text),
        Column("reporter_id", RowId, ForeignKey("resident.id")),
    )
    database.write(case.create)
    who = database.read(lambda db: resident_of(db, accounts[0]))
    row = {"id": 1, "place": "3栋楼道", "reporter_id": who}
    database.write(lambda db: db.execute(insert(case).values(row)))
    service = joined(
        SERVICE, Erasable(residents=(case.c.reporter_id,), emptied=(case.c.reporter_id,))
    )
    assert database.write(lambda db: forget_account(db, accounts[0], service))
    assert database.read(lambda db: db.execute(select(case)).all()) == [(1, "3栋楼道", None)]


def test_this_package_names_all_of_its_own() -> None:
    tables = {table.name for table in (binding, link, link_miss, channel_account)}
    own = MetaData()
    for table in metadata.sorted_tables:
        if table.name in {*tables, "resident", "street", "community", "building"}:
            table.to_metadata(own)
    accounts = columns_left_out(own, own.tables["channel_account"].c.id, OWN.accounts)
    residents = columns_left_out(own, own.tables["resident"].c.id, OWN.residents)
    assert accounts == []
    assert residents == ["channel_account.resident_id"]


def test_a_registry_holds_each_column_once() -> None:
    twice = joined(OWN, OWN)
    assert list(map(str, twice.accounts)) == list(map(str, OWN.accounts))
