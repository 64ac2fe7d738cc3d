"""The revisions make exactly the tables that the packages declare, on both stores."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

import bot.desk_store
import bot.platform_store
import bot.store
import community.bindings
import community.consents
import community.delivery_store
import community.files
import community.link_store
import community.reach
import community.register_store
import community.store
import knowledge.store
import storage.work_rows
from community.store import account_of, channel_account, resident, resident_of
from storage import Database, differences, metadata, pending

TABLES = (
    bot.desk_store.staff_request,
    bot.platform_store.access_token,
    bot.store.turn,
    community.bindings.binding,
    community.consents.subscription_consent,
    community.delivery_store.delivery,
    community.files.stored_file,
    community.link_store.link,
    community.reach.reach,
    community.register_store.building,
    community.store.resident,
    knowledge.store.unanswered,
    storage.work_rows.due,
)


def test_upgraded_database_is_what_the_code_declares(database: Database) -> None:
    assert pending(database) == []
    assert all(table.metadata is metadata for table in TABLES)
    assert differences(database, metadata) == []


@pytest.mark.parametrize("table", ["resident", "channel_account"])
def test_an_erased_id_is_never_given_again(database: Database, table: str) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)

    def ids(name: str) -> dict[str, int]:
        def work(db: object) -> dict[str, int]:
            account = account_of(db, "web", name, now)  # type: ignore[arg-type]
            return {"channel_account": account, "resident": resident_of(db, account)}  # type: ignore[arg-type]

        return database.write(work)

    before = ids("first")
    database.write(lambda db: db.execute(delete(channel_account)))
    database.write(lambda db: db.execute(delete(resident)))

    assert ids("second")[table] > before[table]
