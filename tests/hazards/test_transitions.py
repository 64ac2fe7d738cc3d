"""The one table of transitions."""

import pytest

from hazards.transitions import (
    ENDED,
    MOVES,
    OPEN,
    RUNNING,
    STATE_NAMES,
    STATES,
    State,
    open_moves,
)

EVERYBODY = {role for move in MOVES.values() for role in move.roles}


def names(state: State, *roles: str) -> list[str]:
    return [move.name for move in open_moves(state, roles)]


@pytest.mark.parametrize(
    ("state", "role", "moves"),
    [
        ("submitted", "reviewer", ["screen", "reject", "refer", "mark_duplicate"]),
        ("submitted", "reporter", ["withdraw"]),
        ("submitted", "department", []),
        ("screened", "duty_officer", ["assign", "reject", "refer", "mark_duplicate"]),
        ("assigned", "department", ["accept", "return", "take_over"]),
        ("assigned", "supervisor", ["reassign", "take_over"]),
        ("assigned", "grid_worker", ["close_on_spot"]),
        ("accepted", "department", ["return", "rectify", "take_over"]),
        ("rectifying", "department", ["return", "claim_fix", "take_over"]),
        ("fix_claimed", "department", []),
        ("fix_claimed", "supervisor", ["verify", "send_back"]),
        ("verified", "supervisor", ["close", "reopen"]),
        ("verified", "reporter", ["reopen"]),
        ("closed", "reporter", ["reopen"]),
        ("closed", "department", []),
        ("reopened", "department", ["accept", "take_over"]),
        ("reopened", "supervisor", ["reassign", "take_over", "confirm_fixed"]),
        ("duplicate", "administrator", []),
        ("closed", "volunteer", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_who_may_do_what(state: State, role: str, moves: list[str]) -> None:
    assert names(state, role) == moves


def test_several_roles_may_do_what_any_of_them_may() -> None:
    assert names("verified", "reporter", "supervisor") == names("verified", "supervisor")
    assert set(names("rectifying", "department", "reviewer")) == {
        "return",
        "claim_fix",
        "take_over",
        "reassign",
        "mark_duplicate",
    }


def test_nobody_claims_a_fix_and_verifies_it_in_one_role() -> None:
    claiming = MOVES["claim_fix"].roles | MOVES["close_on_spot"].roles
    assert not claiming & (MOVES["verify"].roles | MOVES["close"].roles)


def test_a_fix_is_never_claimed_without_a_photo() -> None:
    claims = [move for move in MOVES.values() if move.to == "fix_claimed"]
    assert claims
    assert all(move.needs_photo for move in claims)


def test_whatever_turns_a_case_away_needs_a_reason() -> None:
    away = {"rejected", "returned", "referred", "reopened"}
    assert all(move.needs_reason for move in MOVES.values() if move.to in away)


def test_every_state_is_named_and_reached_and_only_ended_ones_lack_a_way_on() -> None:
    reached = {move.to for move in MOVES.values()} | {"submitted"}
    assert reached == set(STATES) == set(STATE_NAMES)
    assert {state for state in STATES if not open_moves(state, EVERYBODY)} == {"duplicate"}
    assert not OPEN & ENDED
    assert RUNNING < OPEN
    assert all(move.label for move in MOVES.values())
