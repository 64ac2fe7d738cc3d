"""Making, approving, holding up and ending broadcasts, on both stores."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select, update

from community import audit
from community.broadcast_store import (
    broadcast,
    broadcast_by_code,
    broadcast_by_key,
    broadcasts_in,
    find_broadcast,
)
from community.broadcast_write_store import (
    approve,
    begin_expanding,
    begin_sending,
    cancel,
    complete,
    expire,
    expire_due,
    make,
    make_approved,
    pause,
    resume,
    return_to_author,
    revise,
    submit,
    try_on_self,
)
from community.broadcasts import (
    MOVES,
    STATES,
    Audience,
    BadBroadcast,
    Broadcast,
    Draft,
    State,
    UnknownBroadcast,
)
from community.building_posts import name_for
from community.staff import Area, Post, Staff
from community.staff_store import find_staff, set_active
from storage import Database
from storage.work_rows import find_row
from tests.community.broadcast_rows import (
    DAY,
    HOUR,
    NIGHT,
    NOON,
    a_draft,
    building_id,
    chatting,
    living,
    opened_town,
    street_id,
    undone,
    working,
)

THREE, THIRTEEN, TOWER = "双福花园3栋", "双福花园13栋", "江津中心A座"
JOB = "broadcast_expand"
MORNING = datetime(2026, 11, 23, tzinfo=UTC)


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


@pytest.fixture
def home(db: Connection) -> int:
    """A building with somebody in it."""
    found = building_id(db, THREE)
    living(db, "ann", found)
    return found


@pytest.fixture
def author(db: Connection) -> Staff:
    return working(db, "author", Post("duty_officer", "demo"))


@pytest.fixture
def reviewer(db: Connection) -> Staff:
    return working(db, "reviewer", Post("reviewer", "demo"))


def drafted(home: int, author: Staff | None = None, **changed: object) -> Draft:
    author_id = author.id if author else None
    return a_draft(Audience("demo", building_ids=(home,)), author_id=author_id, **changed)


def pending(db: Connection, home: int, author: Staff, **changed: object) -> Broadcast:
    made = make(db, drafted(home, author, **changed), NOON)
    return submit(db, made.id, author, NOON)


def approved(db: Connection, home: int, **changed: object) -> Broadcast:
    return make_approved(db, drafted(home, **changed), None, NOON)


def problem(refused: pytest.ExceptionInfo[BadBroadcast]) -> str:
    return refused.value.problem


def due_of(db: Connection, key: str) -> datetime | None:
    row = find_row(db, JOB, key)
    return row.due_at if row else None


def acts(db: Connection, of: Broadcast) -> list[tuple[str, str]]:
    """Return who did what to a broadcast, as the audit log has it."""
    noted = reversed(audit.entries(db, ["demo"]))
    return [(one.actor, one.action) for one in noted if one.subject == f"broadcast:{of.id}"]


def test_a_broadcast_comes_back_as_it_was_written(db: Connection, home: int, author: Staff) -> None:
    street = street_id(db, "双福街道")
    draft = drafted(home, author, street_id=street, title=" 停水 ")

    made = make(db, draft, NOON)

    assert made == find_broadcast(db, made.id) == broadcast_by_key(db, draft.key)
    assert made == broadcast_by_code(db, made.code.lower())
    assert (made.state, made.version, made.author_id) == ("draft", 1, author.id)
    assert (made.title, made.words, made.choices) == ("停水", draft.words, draft.choices)
    assert (made.audience, made.street_id) == (draft.audience, street)
    assert (made.due_at, made.expires_at, made.created_at) == (NOON, NOON + DAY, NOON)
    assert (made.expanded_to, made.slices, made.finished_at) == (0, 0, None)


def test_the_same_key_is_the_same_broadcast(db: Connection, home: int, author: Staff) -> None:
    first = make(db, drafted(home, author), NOON)

    again = make(db, drafted(home, author, title="别的标题"), NOON + HOUR)
    sent = make_approved(db, drafted(home, author), None, NOON + HOUR)

    assert again == sent == first
    assert acts(db, first) == [(f"staff:{author.id}", "broadcast.made")]
    assert due_of(db, str(first.id)) is None


def test_two_at_once_make_one(town: Database) -> None:
    home = town.read(lambda db: building_id(db, THREE))
    draft = drafted(home, key="at-once")

    with ThreadPoolExecutor(2) as both:
        work = [
            both.submit(town.write, lambda db: make_approved(db, draft, None, NOON).id)
            for _ in range(2)
        ]
        ids = {one.result() for one in work}

    assert len(ids) == 1
    town.write(lambda db: cancel(db, ids.pop(), None, "", NOON))


def test_what_cannot_be_found_is_said(db: Connection) -> None:
    with pytest.raises(UnknownBroadcast):
        find_broadcast(db, 10**9)
    assert broadcast_by_code(db, "no code") is None
    assert broadcast_by_key(db, "none") is None


def test_a_broadcast_goes_its_way(
    db: Connection, home: int, author: Staff, reviewer: Staff
) -> None:
    waiting = pending(db, home, author)
    assert waiting.state == "pending"
    assert due_of(db, str(waiting.id)) is None

    passed = approve(db, waiting.id, reviewer, NOON + HOUR, waiting.version)

    assert (passed.state, passed.approver_id, passed.version) == ("approved", reviewer.id, 3)
    assert due_of(db, str(passed.id)) == passed.due_at == NOON + HOUR
    later = NOON + 2 * HOUR
    assert begin_expanding(db, passed.id, later)
    assert not begin_expanding(db, passed.id, later)
    assert begin_sending(db, passed.id, later)
    assert not begin_sending(db, passed.id, later)
    assert complete(db, passed.id, later)
    assert not complete(db, passed.id, later)
    done = find_broadcast(db, passed.id)
    assert (done.state, done.finished_at, done.version) == ("completed", later, 6)
    assert not cancel(db, passed.id, author.id, "", later)
    assert acts(db, done) == [
        (f"staff:{author.id}", "broadcast.made"),
        (f"staff:{author.id}", "broadcast.submitted"),
        (f"staff:{reviewer.id}", "broadcast.approved"),
        ("system", "broadcast.expanding"),
        ("system", "broadcast.sending"),
        ("system", "broadcast.completed"),
    ]
    assert audit.verify(db).is_whole


def test_nobody_approves_their_own(db: Connection, home: int, author: Staff) -> None:
    waiting = pending(db, home, author)

    with pytest.raises(BadBroadcast) as refused:
        approve(db, waiting.id, author, NOON)

    assert problem(refused) == "same_person"
    assert find_broadcast(db, waiting.id).state == "pending"


@pytest.mark.parametrize(
    ("post", "may"),
    [
        (("reviewer", None), True),
        (("duty_officer", "双福街道"), True),
        (("administrator", None), True),
        (("supervisor", "双福街道"), True),
        (("supervisor", "几江街道"), False),
        (("curator", None), False),
        (("grid_worker", None), False),
        (("volunteer", None), False),
        (("building_head", None), False),
    ],
)
def test_approval_needs_a_role_in_the_place(
    db: Connection, home: int, author: Staff, post: tuple[str, str | None], may: bool
) -> None:
    role, street = post
    where = street_id(db, street) if street else None
    other = working(db, "other", Post(role, "demo", where))  # type: ignore[arg-type]
    waiting = pending(db, home, author)

    if may:
        assert approve(db, waiting.id, other, NOON).state == "approved"
        return
    with pytest.raises(BadBroadcast) as refused:
        approve(db, waiting.id, other, NOON)
    assert problem(refused) == "role"
    with pytest.raises(BadBroadcast) as refused:
        return_to_author(db, waiting.id, other, "不行", NOON)
    assert problem(refused) == "role"


def test_who_left_the_service_approves_nothing(
    db: Connection, home: int, author: Staff, reviewer: Staff
) -> None:
    waiting = pending(db, home, author)
    set_active(db, reviewer.id, is_active=False)
    gone = find_staff(db, reviewer.id)
    assert gone is not None

    with pytest.raises(BadBroadcast) as refused:
        approve(db, waiting.id, gone, NOON)

    assert problem(refused) == "role"


def test_a_volunteer_writes_for_their_own_buildings_alone(
    db: Connection, home: int, author: Staff
) -> None:
    street = street_id(db, "双福街道")
    next_door, tower = building_id(db, THIRTEEN), building_id(db, TOWER)
    helper = working(db, "helper", Post("volunteer", "demo", street))
    name_for(db, helper.id, home, "volunteer", author.id, NOON)

    def tried(key: str, **place: tuple[int, ...]) -> str:
        draft = a_draft(Audience("demo", **place), key=key, author_id=helper.id)
        try:
            return make(db, draft, NOON).state
        except BadBroadcast as refused:
            return refused.problem

    assert tried("own", building_ids=(home,)) == "draft"
    assert tried("two", building_ids=(home, next_door)) == "area"
    assert tried("far", building_ids=(tower,)) == "area"
    assert tried("street", street_ids=(street,)) == "area"
    assert tried("mixed", street_ids=(street,), building_ids=(home,)) == "area"
    assert tried("gone", building_ids=(home, 10**9)) == "place"


def test_a_head_needs_the_building_and_keeps_it_until_submitting(
    db: Connection, home: int, author: Staff
) -> None:
    head = working(db, "head", Post("building_head", "demo", street_id(db, "双福街道")))
    with pytest.raises(BadBroadcast) as refused:
        make(db, drafted(home, head), NOON)
    assert problem(refused) == "area"

    name_for(db, head.id, home, "building_head", author.id, NOON)
    made = make(db, drafted(home, head), NOON)
    set_active(db, head.id, is_active=False)
    gone = find_staff(db, head.id)
    assert gone is not None

    with pytest.raises(BadBroadcast) as refused:
        submit(db, made.id, gone, NOON)
    assert problem(refused) == "author"


@pytest.mark.parametrize("role", ["curator", "duty_officer"])
def test_a_street_is_written_for_by_its_own(db: Connection, home: int, role: str) -> None:
    here, there = street_id(db, "双福街道"), street_id(db, "几江街道")
    local = working(db, "local", Post(role, "demo", here))  # type: ignore[arg-type]

    assert make(db, drafted(home, local), NOON).state == "draft"
    for number, audience in enumerate(
        (
            Audience("demo", street_ids=(here, there)),
            Audience("demo", roles=("volunteer",)),
            Audience("demo", resident_ids=(1,)),
        )
    ):
        with pytest.raises(BadBroadcast) as refused:
            make(db, a_draft(audience, key=f"wide:{number}", author_id=local.id), NOON)
        assert problem(refused) == "area"


def test_only_the_author_submits_and_revises(
    db: Connection, home: int, author: Staff, reviewer: Staff
) -> None:
    made = make(db, drafted(home, author), NOON)

    with pytest.raises(BadBroadcast) as refused:
        submit(db, made.id, reviewer, NOON)
    assert problem(refused) == "author"
    with pytest.raises(BadBroadcast) as refused:
        revise(db, made.id, drafted(home, author), reviewer, NOON)
    assert problem(refused) == "author"


def test_nobody_to_be_told_is_refused_before_and_at_approval(
    db: Connection, author: Staff, reviewer: Staff
) -> None:
    empty = building_id(db, THIRTEEN)
    made = make(db, drafted(empty, author), NOON)
    with pytest.raises(BadBroadcast) as refused:
        submit(db, made.id, author, NOON)
    assert problem(refused) == "nobody"

    db.execute(update(broadcast).where(broadcast.c.id == made.id).values(state="pending"))
    with pytest.raises(BadBroadcast) as refused:
        approve(db, made.id, reviewer, NOON)
    assert problem(refused) == "nobody"


def test_a_returned_one_is_revised_and_submitted_again(
    db: Connection, home: int, author: Staff, reviewer: Staff
) -> None:
    waiting = pending(db, home, author)
    with pytest.raises(BadBroadcast) as refused:
        return_to_author(db, waiting.id, reviewer, "  ", NOON)
    assert problem(refused) == "reason"

    back = return_to_author(db, waiting.id, reviewer, "写清几点停水", NOON)
    assert (back.state, back.reason) == ("returned", "写清几点停水")
    better = drafted(home, author, title="上午9点停水", expires_at=NOON + 2 * DAY)
    revised = revise(db, waiting.id, better, author, NOON)

    assert (revised.state, revised.title) == ("returned", "上午9点停水")
    assert revised.expires_at == NOON + 2 * DAY
    assert submit(db, waiting.id, author, NOON).state == "pending"
    with pytest.raises(BadBroadcast) as refused:
        revise(db, waiting.id, better, author, NOON)
    assert problem(refused) == "state"
    # Nobody approves other words than those they have read.
    with pytest.raises(BadBroadcast) as refused:
        approve(db, waiting.id, reviewer, NOON, waiting.version)
    assert problem(refused) == "state"


@pytest.mark.parametrize(
    "changed",
    [{"purpose": "tip"}, {"mode": "test"}, {"lane": "alarm", "expires_at": NOON + HOUR}],
    ids=["purpose", "mode", "lane"],
)
def test_what_was_fixed_stays(
    db: Connection, home: int, author: Staff, changed: dict[str, object]
) -> None:
    made = make(db, drafted(home, author), NOON)

    with pytest.raises(BadBroadcast) as refused:
        revise(db, made.id, drafted(home, author, **changed), author, NOON)

    assert problem(refused) == "fixed"


def test_what_comes_too_late_is_refused(
    db: Connection, home: int, author: Staff, reviewer: Staff
) -> None:
    waiting = pending(db, home, author)

    with pytest.raises(BadBroadcast) as refused:
        approve(db, waiting.id, reviewer, NOON + DAY)

    assert problem(refused) == "expired"


def test_bulk_approved_at_night_leaves_in_the_morning(
    db: Connection, home: int, author: Staff, reviewer: Staff
) -> None:
    waiting = pending(db, home, author)

    passed = approve(db, waiting.id, reviewer, NIGHT)

    assert passed.due_at == due_of(db, str(passed.id)) == MORNING
    assert not begin_expanding(db, passed.id, MORNING - timedelta(seconds=1))
    assert begin_expanding(db, passed.id, MORNING)


def test_bulk_that_would_end_in_the_night_is_refused(
    db: Connection, home: int, author: Staff, reviewer: Staff
) -> None:
    waiting = pending(db, home, author, due_at=NIGHT - HOUR, expires_at=NIGHT + HOUR)

    with pytest.raises(BadBroadcast) as refused:
        approve(db, waiting.id, reviewer, NIGHT)

    assert problem(refused) == "expired"


def test_an_alarm_rings_at_night(db: Connection, home: int) -> None:
    changed = {"purpose": "drill", "mode": "drill", "lane": "alarm", "due_at": NIGHT}
    draft = drafted(home, expires_at=NIGHT + 9 * DAY, **changed)

    made = make_approved(db, draft, None, NIGHT)

    assert due_of(db, str(made.id)) == NIGHT
    assert made.expires_at == NIGHT + 2 * HOUR
    assert made.rendered("zh").startswith("【演练】停水通知\n【演练】明天上午停水。")
    assert made.rendered("en").startswith("[DRILL] No water tomorrow.")


def test_what_a_drill_has_approved_is_not_asked_again(
    db: Connection, author: Staff, reviewer: Staff
) -> None:
    empty = building_id(db, THIRTEEN)

    made = make_approved(db, drafted(empty, author, due_at=NOON + HOUR), reviewer.id, NOON)

    assert (made.state, made.approver_id) == ("approved", reviewer.id)
    assert due_of(db, str(made.id)) == NOON + HOUR
    assert acts(db, made) == [(f"staff:{reviewer.id}", "broadcast.made_approved")]


def test_a_try_goes_to_ones_own_chats_at_once(db: Connection, home: int) -> None:
    helper = working(db, "helper", Post("volunteer", "demo"))
    draft = drafted(home, helper, lane="incident", purpose="alert", key="fire")
    with pytest.raises(BadBroadcast) as refused:
        try_on_self(db, draft, helper, NIGHT)
    assert problem(refused) == "no_chat"
    own = chatting(db, helper)

    tried = try_on_self(db, draft, helper, NIGHT)

    assert (tried.mode, tried.lane, tried.state) == ("test", "reply", "approved")
    assert tried.audience.resident_ids == (own,)
    assert due_of(db, str(tried.id)) == NIGHT
    assert tried.rendered("zh").startswith("【测试】")
    assert broadcast_by_key(db, "fire") is None


def test_a_pause_goes_on_where_it_began(db: Connection, home: int) -> None:
    made = approved(db, home)
    begin_expanding(db, made.id, NOON)

    assert pause(db, made.id, None, " 内容有误 ", NOON)
    held = find_broadcast(db, made.id)
    assert (held.state, held.paused_from, held.reason) == ("paused", "expanding", "内容有误")
    assert not pause(db, made.id, None, "", NOON)
    assert not begin_sending(db, made.id, NOON)
    assert not begin_expanding(db, made.id, NOON)

    assert resume(db, made.id, None, "没有错", NOON + HOUR)
    again = find_broadcast(db, made.id)
    assert (again.state, again.paused_from) == ("expanding", "")
    assert due_of(db, f"{made.id}:{again.version}") == NOON + HOUR
    assert not resume(db, made.id, None, "", NOON + HOUR)


def test_what_is_paused_at_night_goes_on_in_the_morning(db: Connection, home: int) -> None:
    made = approved(db, home)
    pause(db, made.id, None, "", NOON)

    assert resume(db, made.id, None, "", NIGHT)

    assert due_of(db, f"{made.id}:3") == MORNING


def test_a_pause_beyond_the_end_is_not_resumed(db: Connection, home: int) -> None:
    made = approved(db, home)
    pause(db, made.id, None, "", NOON)

    assert not resume(db, made.id, None, "", NOON + DAY)
    assert find_broadcast(db, made.id).state == "paused"


def test_cancelling_takes_the_work_back(db: Connection, home: int, author: Staff) -> None:
    made = approved(db, home, due_at=NOON + HOUR)

    assert cancel(db, made.id, author.id, "停水取消", NOON)

    ended = find_broadcast(db, made.id)
    assert (ended.state, ended.reason, ended.finished_at) == ("cancelled", "停水取消", NOON)
    assert due_of(db, str(made.id)) is None
    assert acts(db, made)[-1] == (f"staff:{author.id}", "broadcast.cancelled")


def test_only_what_is_past_its_time_expires(db: Connection, home: int) -> None:
    made = approved(db, home)
    other = approved(db, home, key="notice:2", expires_at=NOON + 2 * DAY)
    assert not expire(db, made.id, NOON + DAY - timedelta(microseconds=1))
    assert expire_due(db, NOON + HOUR) == 0

    assert expire_due(db, NOON + DAY) == 1

    assert find_broadcast(db, made.id).state == "expired"
    assert find_broadcast(db, other.id).state == "approved"
    assert not expire(db, made.id, NOON + DAY)
    assert not begin_expanding(db, other.id, NOON + 2 * DAY)


MOVING = {
    "paused": lambda db, one: pause(db, one, None, "", NOON),
    "cancelled": lambda db, one: cancel(db, one, None, "", NOON),
    "expired": lambda db, one: expire(db, one, NOON + DAY),
    "expanding": lambda db, one: begin_expanding(db, one, NOON),
    "sending": lambda db, one: begin_sending(db, one, NOON),
    "completed": lambda db, one: complete(db, one, NOON),
}


@pytest.mark.parametrize("after", MOVING)
def test_the_store_allows_the_moves_of_the_table_and_no_other(
    db: Connection, home: int, after: State
) -> None:
    moved, stayed = set[State](), set[State]()
    for before in STATES:
        made = approved(db, home, key=f"from:{before}")
        this = broadcast.c.id == made.id
        db.execute(update(broadcast).where(this).values(state=before))
        is_moved = MOVING[after](db, made.id)
        (moved if is_moved else stayed).add(before)
        assert db.scalar(select(broadcast.c.state).where(this)) == (after if is_moved else before)

    allowed = {state for state in STATES if after in MOVES[state]}
    # Out of a pause back to work leads resume alone.
    assert moved == (allowed - {"paused"} if after in {"expanding", "sending"} else allowed)
    assert stayed == set(STATES) - moved


def test_of_two_who_approve_one_wins(town: Database) -> None:
    def prepare(db: Connection) -> tuple[int, Staff, Staff]:
        home = building_id(db, THREE)
        living(db, "zoe", home)
        author = working(db, "writer", Post("curator", "demo"))
        one, other = (working(db, name, Post("reviewer", "demo")) for name in ("one", "two"))
        return pending(db, home, author, key="race").id, one, other

    broadcast_id, one, other = town.write(prepare)

    def attempt(staff: Staff) -> str:
        try:
            town.write(lambda db: approve(db, broadcast_id, staff, NOON))
        except BadBroadcast as refused:
            return refused.problem
        return "approved"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(attempt, (one, other))) == ["approved", "state"]
    assert town.read(lambda db: find_broadcast(db, broadcast_id)).version == 3
    town.write(lambda db: cancel(db, broadcast_id, None, "", NOON))


def test_staff_see_the_broadcasts_of_their_area(db: Connection, home: int) -> None:
    here, there = street_id(db, "双福街道"), street_id(db, "几江街道")
    wide = approved(db, home, key="wide")
    local = approved(db, home, key="local", street_id=here)
    cancel(db, local.id, None, "", NOON)

    def seen(area: Area, **more: object) -> list[str]:
        keys = [one.key for one in broadcasts_in(db, area, **more)]  # type: ignore[arg-type]
        return [key for key in keys if key in {"wide", "local"}]

    district = Area(districts=frozenset({"demo"}))
    assert seen(district) == ["local", "wide"]
    assert seen(Area(streets=frozenset({here}))) == ["local"]
    assert seen(Area(streets=frozenset({there}))) == []
    assert seen(Area()) == []
    assert seen(district, states=["approved"]) == ["wide"]
    assert seen(district, before=local.id) == ["wide"]
    assert wide.id < local.id


def test_a_district_is_written_to_only_when_that_is_confirmed(
    db: Connection, home: int, author: Staff, reviewer: Staff
) -> None:
    everyone = replace(drafted(home, author), audience=Audience("demo"), is_for_everyone=True)

    waiting = submit(db, make(db, everyone, NOON).id, author, NOON)

    assert approve(db, waiting.id, reviewer, NOON).audience.is_everyone
