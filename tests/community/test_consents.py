"""Consents to subscription notices, on both stores."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from community.consents import (
    Refusal,
    Template,
    consents_of,
    forget_consents,
    give_consent_back,
    note_accepted,
    note_refused,
    take_consent,
    withdraw_consent,
)
from storage import Database
from tests.community.outbox_rows import HOUR, NOON, add_account, make_tables

DRILLS = Template("tmpl-drill", "drills")
OLD_DRILLS = Template("tmpl-drill-old", "drills")
HAZARDS = Template("tmpl-hazard", "hazards")


@pytest.fixture
def db(database: Database) -> Iterator[Connection]:
    make_tables(database)
    with database.engines.write.begin() as connection:
        yield connection


@pytest.fixture
def ann(db: Connection) -> int:
    return add_account(db)


def listed(db: Connection, account: int) -> list[tuple[str, str, int]]:
    return [(c.template.purpose, c.state, c.uses) for c in consents_of(db, account)]


def test_one_yes_is_good_for_one_notice(db: Connection, ann: int) -> None:
    assert take_consent(db, ann, "drills", NOON) is None
    note_accepted(db, ann, DRILLS, NOON)

    assert listed(db, ann) == [("drills", "accepted", 1)]
    assert take_consent(db, ann, "hazards", NOON) is None
    assert take_consent(db, ann, "drills", NOON + HOUR) == "tmpl-drill"
    assert take_consent(db, ann, "drills", NOON + HOUR) is None
    assert listed(db, ann) == [("drills", "consumed", 0)]
    assert consents_of(db, ann)[0].changed_at == NOON + HOUR


def test_consents_add_up_and_start_anew_after_the_last(db: Connection, ann: int) -> None:
    note_accepted(db, ann, DRILLS, NOON)
    note_accepted(db, ann, DRILLS, NOON)
    assert listed(db, ann) == [("drills", "accepted", 2)]
    for _ in range(2):
        take_consent(db, ann, "drills", NOON)

    note_accepted(db, ann, DRILLS, NOON)

    assert listed(db, ann) == [("drills", "accepted", 1)]


def test_a_long_term_consent_is_not_used_up(db: Connection, ann: int) -> None:
    note_accepted(db, ann, DRILLS, NOON, is_long_term=True)

    assert [take_consent(db, ann, "drills", NOON) for _ in range(3)] == ["tmpl-drill"] * 3
    note_accepted(db, ann, DRILLS, NOON)
    assert consents_of(db, ann)[0].is_long_term


@pytest.mark.parametrize("refusal", ["rejected", "banned"])
def test_a_no_voids_what_was_accepted_until_the_next_yes(
    db: Connection, ann: int, refusal: Refusal
) -> None:
    note_accepted(db, ann, DRILLS, NOON, is_long_term=True)
    note_accepted(db, ann, DRILLS, NOON)
    note_refused(db, ann, DRILLS, refusal, NOON)

    assert listed(db, ann) == [("drills", refusal, 0)]
    assert take_consent(db, ann, "drills", NOON) is None

    note_accepted(db, ann, DRILLS, NOON)
    assert listed(db, ann) == [("drills", "accepted", 1)]
    assert not consents_of(db, ann)[0].is_long_term


def test_the_longest_waiting_template_of_a_purpose_goes_first(db: Connection, ann: int) -> None:
    note_accepted(db, ann, DRILLS, NOON)
    note_accepted(db, ann, OLD_DRILLS, NOON - HOUR)
    note_accepted(db, ann, HAZARDS, NOON - 2 * HOUR)

    took = [take_consent(db, ann, "drills", NOON) for _ in range(3)]

    assert took == ["tmpl-drill-old", "tmpl-drill", None]


def test_a_notice_that_was_not_sent_uses_nothing_up(db: Connection, ann: int) -> None:
    note_accepted(db, ann, DRILLS, NOON)
    take_consent(db, ann, "drills", NOON)
    give_consent_back(db, ann, "tmpl-drill", NOON)

    assert listed(db, ann) == [("drills", "accepted", 1)]


def test_giving_back_undoes_no_refusal(db: Connection, ann: int) -> None:
    note_accepted(db, ann, DRILLS, NOON)
    take_consent(db, ann, "drills", NOON)
    note_refused(db, ann, DRILLS, "rejected", NOON)
    give_consent_back(db, ann, "tmpl-drill", NOON)

    assert listed(db, ann) == [("drills", "rejected", 0)]


def test_a_resident_withdraws_one_purpose(db: Connection, ann: int) -> None:
    note_accepted(db, ann, DRILLS, NOON, is_long_term=True)
    note_accepted(db, ann, OLD_DRILLS, NOON)
    note_accepted(db, ann, HAZARDS, NOON)

    assert withdraw_consent(db, ann, "drills", NOON)
    assert not withdraw_consent(db, ann, "drills", NOON)
    assert listed(db, ann) == [
        ("drills", "withdrawn", 0),
        ("drills", "withdrawn", 0),
        ("hazards", "accepted", 1),
    ]
    assert [consent.allows for consent in consents_of(db, ann)] == [False, False, True]


def test_consents_are_kept_by_account_and_can_be_forgotten(db: Connection, ann: int) -> None:
    bob = add_account(db, "bob")
    note_accepted(db, ann, DRILLS, NOON)
    note_accepted(db, bob, DRILLS, NOON)
    forget_consents(db, ann)

    assert listed(db, ann) == []
    assert listed(db, bob) == [("drills", "accepted", 1)]


def test_workers_at_once_take_no_more_than_was_accepted(database: Database) -> None:
    make_tables(database)

    def accept(db: Connection) -> int:
        account = add_account(db)
        for template in (DRILLS, DRILLS, OLD_DRILLS):
            note_accepted(db, account, template, NOON)
        return account

    account = database.write(accept)
    with ThreadPoolExecutor(8) as threads:
        took = list(
            threads.map(
                lambda _: database.write(lambda db: take_consent(db, account, "drills", NOON)),
                range(16),
            )
        )

    assert sorted(filter(None, took)) == ["tmpl-drill", "tmpl-drill", "tmpl-drill-old"]
