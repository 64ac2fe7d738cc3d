"""Whom an audience means, on both stores."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert, update

from community.assistance_store import assistance_need
from community.audience_store import (
    audience_page,
    audience_size,
    note_language,
    places_of,
    require_somebody,
    residents_of_staff,
)
from community.bindings import binding
from community.broadcasts import Audience, BadBroadcast
from community.building_posts import end, name_for
from community.register_store import building, community
from community.staff import Post
from community.staff_store import set_active
from community.store import resident
from storage import Database
from tests.community.broadcast_rows import (
    NOON,
    building_id,
    chatting,
    living,
    opened_town,
    street_id,
    undone,
    working,
)

THREE, THIRTEEN, TOWER = "双福花园3栋", "双福花园13栋", "江津中心A座"


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


def homes(db: Connection) -> tuple[int, int, int]:
    return building_id(db, THREE), building_id(db, THIRTEEN), building_id(db, TOWER)


def community_of(db: Connection, building_id: int) -> int:
    found: int = db.execute(
        building.select()
        .with_only_columns(building.c.community_id)
        .where(building.c.id == building_id)
    ).scalar_one()
    return found


def test_a_resident_of_two_buildings_counts_once(db: Connection) -> None:
    three, thirteen, _ = homes(db)
    ann, ben = living(db, "ann", three, thirteen), living(db, "ben", thirteen)
    both = Audience("demo", building_ids=(three, thirteen))

    assert audience_page(db, both) == [ann, ben]
    assert audience_size(db, both) == 2
    assert audience_page(db, Audience("demo", building_ids=(three,))) == [ann]


def test_each_kind_of_place_reaches_those_who_live_there(db: Connection) -> None:
    three, thirteen, tower = homes(db)
    ann, ben, eve = living(db, "ann", three), living(db, "ben", thirteen), living(db, "eve", tower)
    old_town = Audience("demo", street_ids=(street_id(db, "几江街道"),))
    lucky = Audience("demo", community_ids=(community_of(db, three),))

    assert audience_page(db, old_town) == [eve]
    assert audience_page(db, lucky) == [ann, ben]
    assert audience_page(db, Audience("demo")) == [ann, ben, eve]
    mixed = Audience("demo", street_ids=old_town.street_ids, building_ids=(three,))
    assert audience_page(db, mixed) == [ann, eve]
    assert audience_size(db, mixed) == 2


def test_another_district_and_archived_buildings_reach_nobody(db: Connection) -> None:
    three, *_ = homes(db)
    living(db, "ann", three)
    living(db, "nowhere")
    assert audience_page(db, Audience("elsewhere")) == []
    assert audience_page(db, Audience("elsewhere", building_ids=(three,))) == []

    db.execute(update(building).where(building.c.id == three).values(archived_at=NOON))

    assert audience_page(db, Audience("demo", building_ids=(three,))) == []
    assert audience_size(db, Audience("demo")) == 0


def test_floors_reach_those_who_told_theirs(db: Connection) -> None:
    three, thirteen, _ = homes(db)
    low = living(db, "low", three, floor=2)
    living(db, "high", three, floor=20)
    living(db, "untold", three)
    living(db, "next door", thirteen, floor=2)

    found = audience_page(db, Audience("demo", building_ids=(three,), floors=(1, 2)))

    assert found == [low]


def test_languages_are_those_chosen_and_chinese_is_everybody_elses(db: Connection) -> None:
    three, *_ = homes(db)
    ann, bob, eve = (living(db, name, three) for name in ("ann", "bob", "eve"))
    note_language(db, bob, "zh", NOON)
    note_language(db, bob, "en", NOON)
    note_language(db, eve, "zh", NOON)

    assert audience_page(db, Audience("demo", building_ids=(three,), languages=("en",))) == [bob]
    assert audience_page(db, Audience("demo", languages=("zh",))) == [ann, eve]
    assert audience_page(db, Audience("demo", languages=("zh", "en"))) == [ann, bob, eve]


def test_needs_reach_those_registered_until_they_withdraw(db: Connection) -> None:
    three, *_ = homes(db)
    ann, ben = living(db, "ann", three), living(db, "ben", three)
    living(db, "eve", three)
    common = {"building_id": three, "consent_at": NOON, "changed_at": NOON, "renew_by": NOON}
    withdrawn = {ann: None, ben: NOON}
    rows = [{**common, "resident_id": one, "withdrawn_at": withdrawn[one]} for one in withdrawn]
    db.execute(insert(assistance_need), rows)

    found = audience_page(db, Audience("demo", building_ids=(three,), needs=("any",)))

    assert found == [ann]


def test_named_residents_need_no_building_but_may_be_narrowed_to_one(db: Connection) -> None:
    three, *_ = homes(db)
    ann, nomad = living(db, "ann", three), living(db, "nomad")

    assert audience_page(db, Audience("demo", resident_ids=(nomad, ann, 10**9))) == [ann, nomad]
    narrowed = Audience("demo", resident_ids=(nomad, ann), building_ids=(three,))
    assert audience_page(db, narrowed) == [ann]


def test_roles_reach_the_linked_chats_of_active_staff_of_the_place(db: Connection) -> None:
    three, _, tower = homes(db)
    new_town, old_town = street_id(db, "双福街道"), street_id(db, "几江街道")
    here = working(db, "here", Post("grid_worker", "demo", new_town))
    there = working(db, "there", Post("grid_worker", "demo", old_town))
    duty = working(db, "duty", Post("duty_officer", "demo"))
    gone = working(db, "gone", Post("grid_worker", "demo", new_town))
    working(db, "silent", Post("grid_worker", "demo", new_town))
    chats = {one.login: chatting(db, one) for one in (here, there, duty, gone)}
    set_active(db, gone.id, is_active=False)
    both = ("grid_worker", "duty_officer")

    def reached(*roles: str, **place: tuple[int, ...]) -> set[str]:
        found = audience_page(db, Audience("demo", roles=roles, **place))
        return {login for login, one in chats.items() if one in found}

    assert reached("grid_worker") == {"here", "there"}
    assert reached(*both, street_ids=(new_town,)) == {"here", "duty"}
    assert reached(*both, community_ids=(community_of(db, tower),)) == {"there", "duty"}
    assert reached(*both, building_ids=(three,)) == {"duty"}
    name_for(db, here.id, three, "grid_worker", duty.id, NOON)
    assert reached(*both, building_ids=(three,)) == {"here", "duty"}
    assert reached(*both, building_ids=(tower,)) == {"duty"}
    end(db, here.id, three, "grid_worker", NOON)
    assert reached("grid_worker", building_ids=(three,)) == set()


def test_staff_of_another_district_are_not_reached(db: Connection) -> None:
    away = working(db, "away", Post("duty_officer", "elsewhere"))
    chat = chatting(db, away)

    assert audience_page(db, Audience("demo", roles=("duty_officer",))) == []
    assert audience_page(db, Audience("elsewhere", roles=("duty_officer",))) == [chat]
    assert residents_of_staff(db, away.id) == [chat]


def test_pages_hold_each_resident_once_whatever_the_road(db: Connection) -> None:
    three, *_ = homes(db)
    ids = db.scalars(insert(resident).returning(resident.c.id), [{"created_at": NOON}] * 1203).all()
    row = {"building_id": three, "unit": "", "how": "choice", "bound_at": NOON}
    db.execute(insert(binding), [row | {"resident_id": one} for one in ids])

    for audience in (Audience("demo"), Audience("demo", building_ids=(three,))):
        pages, after = [], 0
        while page := audience_page(db, audience, after):
            pages.append(page)
            after = page[-1]
        assert [len(page) for page in pages] == [500, 500, 203]
        assert [one for page in pages for one in page] == sorted(ids)
        assert audience_size(db, audience) == 1203
    assert len(audience_page(db, Audience("demo"), 0, 10_000)) == 500
    assert len(audience_page(db, Audience("demo"), 0, 7)) == 7


def test_an_audience_of_nobody_is_refused(db: Connection) -> None:
    three, *_ = homes(db)
    empty = Audience("demo", building_ids=(three,))
    with pytest.raises(BadBroadcast) as refused:
        require_somebody(db, empty)
    assert refused.value.problem == "nobody"

    living(db, "ann", three)

    require_somebody(db, empty)


def test_an_audience_lies_in_streets(db: Connection) -> None:
    three, thirteen, tower = homes(db)
    new_town, old_town = street_id(db, "双福街道"), street_id(db, "几江街道")

    assert places_of(db, Audience("demo")) == {("demo", None)}
    assert places_of(db, Audience("demo", building_ids=(three, thirteen))) == {("demo", new_town)}
    mixed = Audience("demo", community_ids=(community_of(db, tower),), building_ids=(three,))
    assert places_of(db, mixed) == {("demo", new_town), ("demo", old_town)}
    assert places_of(db, Audience("demo", street_ids=(old_town,))) == {("demo", old_town)}


@pytest.mark.parametrize("field", ["street_ids", "community_ids", "building_ids"])
def test_a_place_that_the_district_lacks_is_refused(db: Connection, field: str) -> None:
    three, *_ = homes(db)
    real = {
        "street_ids": street_id(db, "双福街道"),
        "community_ids": community_of(db, three),
        "building_ids": three,
    }[field]
    for district, wanted in (("demo", (real, 10**9)), ("elsewhere", (real,))):
        with pytest.raises(BadBroadcast) as refused:
            places_of(db, Audience(district, **{field: wanted}))
        assert refused.value.problem == "place"


def test_a_community_in_the_register_is_one_of_the_district(db: Connection) -> None:
    assert db.scalars(community.select().with_only_columns(community.c.district_id)).all() == [
        "demo",
        "demo",
    ]
