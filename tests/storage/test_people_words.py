"""What people write stays out of the log: neither a slow write nor a failed one repeats it."""

import logging
import time
from functools import partial

import pytest
from sqlalchemy import Connection, text

from storage import Database
from storage.writer import SLOW_SECONDS

WORDS = "我家煤气漏了，3栋1202"


def slowly(words: str, _db: Connection) -> int:
    time.sleep(SLOW_SECONDS + 0.05)
    return len(words)


@pytest.mark.parametrize("store", ["sqlite"])
def test_a_slow_write_is_named_without_what_it_writes(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        database.write(partial(partial(slowly), WORDS))
        database.close()  # the line is written after the answer

    assert "slowly" in caplog.text
    assert WORDS not in caplog.text


def test_a_statement_that_fails_is_told_without_what_it_writes(database: Database) -> None:
    said = text("INSERT INTO nowhere (said) VALUES (:said)")

    with pytest.raises(Exception, match="nowhere") as raised:
        database.write(lambda db: db.execute(said, {"said": WORDS}))

    assert WORDS not in str(raised.value)
