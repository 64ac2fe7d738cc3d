"""Stopping a purpose, and wanting it again."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from community.broadcast_optout_store import (
    allow,
    is_stopped,
    stop,
    stopped_purposes,
)
from storage import Database
from tests.community.broadcast_rows import NOON, living, opened_town, undone


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with opened_town(request, tmp_path_factory.mktemp("town")) as database:
        yield database


@pytest.fixture
def db(town: Database) -> Iterator[Connection]:
    with undone(town) as connection:
        yield connection


def test_a_purpose_is_stopped_once_and_allowed_again(db: Connection) -> None:
    ann = living(db, "ann")

    assert stop(db, ann, "tip", NOON)
    assert not stop(db, ann, "tip", NOON)
    assert is_stopped(db, ann, "tip")
    assert allow(db, ann, "tip")
    assert not allow(db, ann, "tip")
    assert not is_stopped(db, ann, "tip")


def test_each_purpose_and_each_resident_stand_alone(db: Connection) -> None:
    ann, ben = living(db, "ann"), living(db, "ben")
    stop(db, ann, "tip", NOON)
    stop(db, ann, "drill", NOON)
    stop(db, ben, "drill", NOON)

    assert stopped_purposes(db, ann) == ["drill", "tip"]
    assert stopped_purposes(db, ben) == ["drill"]
    assert not is_stopped(db, ben, "tip")
    assert not is_stopped(db, ann, "alert")
