"""Fixtures of the storage tests."""

from __future__ import annotations

import pytest

from storage import Database
from tests.storage.tables import create


@pytest.fixture
def tables(database: Database) -> Database:
    """A migrated database with the tests' own tables."""
    create(database)
    return database
