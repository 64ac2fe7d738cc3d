"""Whose posts cover which case."""

import pytest
from sqlalchemy import Connection

from community.staff import Area, Post, Staff
from hazards.case_reach import covers, may_see, require_reach, roles_for
from hazards.cases import REPORTER, SYSTEM, Actor, Case, NotAllowed
from storage import Database
from tests.hazards.casefile import new_case, open_office

embedded = pytest.mark.parametrize("store", ["sqlite"])


@pytest.fixture
def case(database: Database) -> Case:
    """A case in the one street of demo; the street handles it, fire_rescue leads."""
    return database.write(lambda db: new_case(db, open_office(db)))


def holding(*posts: Post, is_active: bool = True) -> Staff:
    return Staff(7, "w", "经办", posts, is_active)


@embedded
@pytest.mark.parametrize(
    ("post", "covered"),
    [
        (Post("reviewer", "demo"), True),
        (Post("reviewer", "qianjiang"), False),
        (Post("reviewer", "demo", street_id=1), True),
        (Post("reviewer", "demo", street_id=2), False),
        (Post("department", "demo", street_id=1), True),
        (Post("department", "demo", street_id=2), False),
        (Post("department", "demo", department="street"), True),
        (Post("department", "demo", department="fire_rescue"), False),
        (Post("department", "qianjiang", department="street"), False),
    ],
    ids=str,
)
def test_a_post_covers_what_is_in_its_area(case: Case, post: Post, covered: bool) -> None:
    assert case.street_id == 1
    assert covers(holding(post), case, post.role) is covered
    assert not covers(holding(post, is_active=False), case, post.role)
    assert not covers(holding(post), case, "administrator")


@embedded
def test_the_lead_may_take_over_and_note_and_nothing_else(case: Case) -> None:
    lead = holding(Post("department", "demo", department="fire_rescue"))
    handler = holding(Post("department", "demo", street_id=1))

    assert covers(lead, case, "department", "take_over")
    assert covers(lead, case, "department", "note")
    assert not covers(lead, case, "department", "accept")
    assert covers(handler, case, "department", "note")
    assert not covers(handler, case, "department", "take_over")
    assert roles_for(lead, case, ["department", "reviewer"]) == {"department"}


@embedded
def test_one_post_does_not_lend_its_area_to_another(case: Case) -> None:
    mixed = holding(Post("volunteer", "demo"), Post("reviewer", "qianjiang"))
    assert roles_for(mixed, case, ["volunteer", "reviewer"]) == {"volunteer"}


@embedded
def test_only_the_service_and_reporters_act_without_a_post(database: Database, case: Case) -> None:
    def work(db: Connection) -> None:
        require_reach(db, case, SYSTEM, "verify")
        require_reach(db, case, REPORTER, "withdraw")
        for role in ("reviewer", "department", ""):
            with pytest.raises(NotAllowed):
                require_reach(db, case, Actor(role), "screen")

    database.read(work)


@embedded
@pytest.mark.parametrize(
    ("area", "seen"),
    [
        (Area(), False),
        (Area(districts=frozenset({"demo"})), True),
        (Area(streets=frozenset({1})), True),
        (Area(streets=frozenset({2})), False),
        (Area(departments=frozenset({("demo", "fire_rescue")})), True),
        (Area(departments=frozenset({("demo", "market")})), False),
        (Area(departments=frozenset({("qianjiang", "street")})), False),
    ],
    ids=["nothing", "district", "street", "another street", "lead", "another", "elsewhere"],
)
def test_a_case_is_seen_where_the_queue_shows_it(case: Case, area: Area, seen: bool) -> None:
    assert may_see(area, case) is seen
