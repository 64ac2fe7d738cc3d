"""The revisions make exactly the tables that the packages declare, on both stores."""

import bot.store
import community.store
import knowledge.store
from storage import Database, differences, metadata, pending

TABLES = (bot.store.turn, community.store.resident, knowledge.store.unanswered)


def test_upgraded_database_is_what_the_code_declares(database: Database) -> None:
    assert pending(database) == []
    assert all(table.metadata is metadata for table in TABLES)
    assert differences(database, metadata) == []
