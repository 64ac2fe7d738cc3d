from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, create_engine, delete, insert, select
from sqlalchemy.exc import StatementError

from storage import Database, JsonText, NaiveDateTime, RowId, UtcDateTime, metadata
from storage.facts import settings as settings_table

CHONGQING = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 1, 31, 12, tzinfo=CHONGQING)

values = Table(
    "value",
    MetaData(),
    Column("id", RowId, primary_key=True),
    Column("at", UtcDateTime),
    Column("json", JsonText),
)
slow_fixture = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
moments = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, CHONGQING, timezone(timedelta(hours=-12, minutes=-1))]),
)
json_values = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab楼"), inner),
)


@pytest.fixture
def table(database: Database) -> Database:
    database.write(values.create)
    return database


def stored(database: Database, **row: object) -> tuple[object, object]:
    """Write one row in place of all others, and read it back."""
    database.write(lambda connection: connection.execute(delete(values)))
    database.write(lambda connection: connection.execute(insert(values).values(**row)))
    return tuple(database.read(lambda c: c.execute(select(values.c.at, values.c.json)).one()))


@slow_fixture
@given(moment=moments)
def test_a_moment_comes_back_to_the_microsecond_in_utc(table: Database, moment: datetime) -> None:
    at, _ = stored(table, at=moment)

    assert isinstance(at, datetime)
    assert at == moment.astimezone(UTC)
    assert at.tzinfo is UTC


@given(one=moments, other=moments)
def test_moments_are_stored_in_their_order(one: datetime, other: datetime) -> None:
    dialect = create_engine("sqlite://").dialect
    first, second = (UtcDateTime().process_bind_param(moment, dialect) for moment in (one, other))

    assert (first < second) is (one.astimezone(UTC) < other.astimezone(UTC))
    assert (first == second) is (one.astimezone(UTC) == other.astimezone(UTC))


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 1, 31), date(2026, 1, 31), "2026-01-31"],  # noqa: DTZ001
    ids=["naive", "date", "text"],
)
def test_what_has_no_zone_is_refused(table: Database, value: object) -> None:
    with pytest.raises(NaiveDateTime) as caught:
        stored(table, at=value)

    assert caught.value.value == value
    assert caught.value.permanent


def test_moments_are_compared_in_sql(table: Database) -> None:
    stored(table, at=NOON)

    def found(moment: datetime) -> list[datetime]:
        query = select(values.c.at).where(values.c.at >= moment)
        return list(table.read(lambda connection: connection.scalars(query).all()))

    assert found(NOON.astimezone(UTC)) == [NOON]
    assert found(NOON + timedelta(microseconds=1)) == []


@slow_fixture
@given(value=json_values)
def test_json_comes_back(table: Database, value: object) -> None:
    assert stored(table, json=value)[1] == value


def test_nothing_is_null(table: Database) -> None:
    assert stored(table, at=None, json=None) == (None, None)


def test_json_that_other_readers_refuse_is_refused(table: Database) -> None:
    with pytest.raises(StatementError, match="not JSON compliant"):
        stored(table, json=float("nan"))


def test_the_same_json_is_the_same_text() -> None:
    dialect = create_engine("sqlite://").dialect

    first = JsonText().process_bind_param({"b": 1, "a": "楼"}, dialect)

    assert first == JsonText().process_bind_param({"a": "楼", "b": 1}, dialect)
    assert first == '{"a":"楼","b":1}'


def test_rows_number_themselves(table: Database) -> None:
    def add(number: int) -> int:
        return table.write(
            lambda c: c.execute(insert(values).values(json=number)).inserted_primary_key[0]
        )

    assert [add(n) for n in range(3)] == [1, 2, 3]


def test_constraints_have_names_a_migration_can_find() -> None:
    assert settings_table.metadata is metadata
    assert settings_table.primary_key.name == "pk_setting"
