"""Bringing a database's tables up to date with the code, through Alembic.

Revisions stand in ``storage/alembic/versions``. Each upgrade is one transaction, whole or
not at all, and processes that start together take turns: SQLite by its write lock,
PostgreSQL by an advisory lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from storage.database import Database
from storage.engine import sqlite_migration_engine
from storage.errors import BrokenReferences, DatabaseNewer, MigrationNeeded

SCRIPTS = Path(__file__).parent / "alembic"
VERSIONS = SCRIPTS / "versions"
# Any number that nothing else on the server uses for an advisory lock.
ADVISORY_LOCK = 1_190_119_120


def migrate(database: Database, *, versions: Path = VERSIONS) -> list[str]:
    """Apply the pending revisions and return their ids, oldest first.

    Args:
        database: on either store.
        versions: the folder of revisions.

    Raises:
        DatabaseNewer: when a later release has migrated it.
        BrokenReferences: when rows would point at nothing (SQLite); nothing is changed.
        StorageError: when the store refused; nothing is changed.
    """
    config = _config(versions)
    with _alone(database) as connection:
        todo = _pending(connection, config)
        if todo:
            config.attributes["connection"] = connection
            command.upgrade(config, "heads")
            _check_references(connection)
    return todo


def pending(database: Database, *, versions: Path = VERSIONS) -> list[str]:
    """Return the ids of the revisions the database lacks, oldest first.

    Raises:
        DatabaseNewer: when a later release has migrated it.
    """
    return database.read(lambda connection: _pending(connection, _config(versions)))


def bring_up_to_date(database: Database) -> list[str]:
    """Migrate an embedded database; insist that a server's has been migrated.

    For the start of the service. Returns what was applied.

    Raises:
        MigrationNeeded: when a PostgreSQL database lacks revisions; several hosts may run
            on it, so an operator chooses the moment.
        StorageError: as ``migrate``.
    """
    if database.is_embedded:
        return migrate(database)
    todo = pending(database)
    if todo:
        raise MigrationNeeded(todo)
    return []


def differences(database: Database, metadata: MetaData) -> list[Any]:
    """Return what Alembic would still change to make the database match ``metadata``."""
    options = {"compare_type": True, "compare_server_default": True}
    return database.read(
        lambda connection: compare_metadata(
            MigrationContext.configure(connection, opts=options), metadata
        )
    )


def draft_revision(
    database: Database, metadata: MetaData, title: str, *, versions: Path = VERSIONS
) -> Path:
    """Write a revision that brings an up-to-date database to ``metadata``, and return its path.

    For developers: read it, and give every kept row a value for each new column. Its id
    is the next number of four digits.
    """
    config = _config(versions)
    numbers = [int(script.revision) for script in _scripts(config).walk_revisions()]
    config.attributes["metadata"] = metadata
    with _alone(database) as connection:
        config.attributes["connection"] = connection
        made = command.revision(
            config, title, autogenerate=True, rev_id=f"{max(numbers, default=-1) + 1:04}"
        )
    script = made[0] if isinstance(made, list) else made
    if script is None:
        raise RuntimeError("Alembic wrote no revision: look at its output")
    return Path(script.path)


def _config(versions: Path) -> Config:
    config = Config(config_args={"path_separator": "os"})
    config.set_main_option("script_location", _literal(SCRIPTS))
    config.set_main_option("version_locations", _literal(versions))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _literal(path: Path) -> str:
    return os.fspath(path).replace("%", "%%")


def _scripts(config: Config) -> ScriptDirectory:
    return ScriptDirectory.from_config(config)


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """Yield a transaction that only one process at a time can be in."""
    if database.is_embedded:
        engine = sqlite_migration_engine(database.url, busy_seconds=database.busy_seconds)
        with engine.begin() as connection:
            yield connection
        return
    with database.engines.write.begin() as connection:
        # Another process's upgrade may take minutes, and is waited for.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        yield connection


def _pending(connection: Connection, config: Config) -> list[str]:
    heads = MigrationContext.configure(connection).get_current_heads()
    scripts = _scripts(config)
    known = {script.revision: script for script in scripts.walk_revisions()}
    for head in heads:
        if head not in known:
            raise DatabaseNewer(head)
    applied = {script.revision for script in scripts.iterate_revisions(heads, "base")}
    return [revision for revision in reversed(list(known)) if revision not in applied]


def _check_references(connection: Connection) -> None:
    """Refuse to commit rows that point at nothing; foreign keys are off during the upgrade."""
    if connection.dialect.name != "sqlite":
        return
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if rows:
        raise BrokenReferences(sorted({str(row[0]) for row in rows}))
