"""Conversations with staff: by street, one holder, answered as seen, noted without words."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from bot import store
from bot.desk_inbox_store import (
    Listed,
    Wanted,
    count_waiting,
    message_at,
    replies_of,
    thread_at,
    threads,
)
from bot.desk_rules import HOLD_LASTS, Place
from bot.desk_store import ANSWERED_KEPT, add_request, staff_request
from bot.desk_thread_store import (
    desk_reply,
    desk_thread,
    forget_replies,
    holding_of,
    place_of,
    staff_request_place,
)
from bot.desk_threads import (
    ESCALATE_REQUEST,
    HeldByOther,
    NothingToAnswer,
    Seen,
    adopt,
    dismiss,
    give_back,
    reply,
    take_over,
)
from bot.dialogue.session import Session, session_to_json
from community.audit import entries
from community.delivery_store import delivery
from community.staff import Area, Staff
from community.store import account_of, resident_of
from storage import Database
from storage.work_rows import find_row
from tests.bot.desk_town import (
    DISTRICT,
    MONDAY,
    SAID,
    code_of,
    hired,
    hours,
    seen,
    settle_in,
    speaker,
    street_with_building,
    writes,
)

WHOLE = Area(districts=frozenset({DISTRICT}))
LATER = timedelta(minutes=1)


@pytest.fixture
def wang(database: Database) -> Staff:
    return database.write(lambda db: hired(db, "wang"))


@pytest.fixture
def zhao(database: Database) -> Staff:
    return database.write(lambda db: hired(db, "zhao"))


def bodies(db: Connection) -> str:
    return str(db.scalars(select(delivery.c.body).order_by(delivery.c.id)).all())


def listed(db: Connection, area: Area = WHOLE, staff_id: int = 0, **more: object) -> list[Listed]:
    return threads(db, Wanted(area, staff_id, **more), MONDAY)  # type: ignore[arg-type]


class TestWhere:
    def test_a_message_belongs_to_the_street_of_the_building(self, database: Database) -> None:
        def work(db: Connection) -> tuple[int, list[Listed], list[Listed], list[Listed]]:
            east, tower = street_with_building(db, "城东街道")
            west, _ = street_with_building(db, "城西街道")
            settle_in(db, "li", tower)
            writes(db, "li")
            mine, theirs = Area(streets=frozenset({east})), Area(streets=frozenset({west}))
            return east, listed(db, mine), listed(db, theirs), listed(db, WHOLE, street_id=west)

        east, mine, theirs, narrowed = database.write(work)

        assert [one.place for one in mine] == [Place(DISTRICT, east)]
        assert mine[0].said == SAID
        assert (theirs, narrowed) == ([], [])

    def test_without_a_building_it_is_the_districts(self, database: Database) -> None:
        database.write(lambda db: writes(db, "li"))

        found = database.read(lambda db: listed(db, WHOLE))
        assert [one.place for one in found] == [Place(DISTRICT)]
        other = Area(districts=frozenset({"jiangjin"}), streets=frozenset({7}))
        assert database.read(lambda db: listed(db, other)) == []

    def test_a_thread_outside_the_area_is_not_there(self, database: Database) -> None:
        def work(db: Connection) -> str:
            writes(db, "li")
            return code_of(db, "li")

        code = database.write(work)
        for area in (Area(), Area(districts=frozenset({"jiangjin"}))):
            assert database.read(lambda db, one=area: thread_at(db, one, code, MONDAY)) is None
        assert database.read(lambda db: thread_at(db, WHOLE, code.lower(), MONDAY)) is not None
        assert database.read(lambda db: thread_at(db, WHOLE, "???", MONDAY)) is None

    def test_messages_of_earlier_releases_find_their_place(self, database: Database) -> None:
        def work(db: Connection) -> tuple[int, int, list[Listed]]:
            add_request(db, account_of(db, "wechat", "li", MONDAY), "以前的", MONDAY)
            first, second = adopt(db, hours(), MONDAY), adopt(db, hours(), MONDAY)
            return first, second, listed(db)

        first, second, found = database.write(work)

        assert (first, second) == (1, 0)
        assert [one.said for one in found] == ["以前的"]


def test_what_waits_is_told_by_what_is_open_not_by_what_was_answered(
    database: Database, wang: Staff
) -> None:
    later = MONDAY + timedelta(days=2)

    def work(db: Connection) -> list[Listed]:
        writes(db, "li", "早就回了")
        take_over(db, seen(db, "li", WHOLE), wang, speaker(), MONDAY)
        dismiss(db, seen(db, "li", WHOLE), (wang, WHOLE), MONDAY)
        answered = listed(db, WHOLE, view="live")
        writes(db, "li", "新的", later)
        wanted = Wanted(WHOLE, 0, "live")
        return [*answered, *threads(db, wanted, later), *listed(db, WHOLE, wang.id, view="mine")]

    held, waiting, mine = database.write(work)

    assert (held.waiting, held.thread.holder_id, held.said) == (0, wang.id, "早就回了")
    for one in (waiting, mine):
        assert (one.waiting, one.since) == (1, later)
        assert one.due_at == hours().answer_due(DISTRICT, later)


class TestHolding:
    def test_only_one_holds_and_the_resident_is_told_once(
        self, database: Database, wang: Staff, zhao: Staff
    ) -> None:
        database.write(lambda db: writes(db, "li"))

        def take(db: Connection, staff: Staff) -> None:
            take_over(db, seen(db, "li", WHOLE), staff, speaker(), MONDAY)

        database.write(lambda db: take(db, wang))
        database.write(lambda db: take(db, wang))
        with pytest.raises(HeldByOther) as held:
            database.write(lambda db: take(db, zhao))

        assert held.value.thread.holder == "wang同志"
        assert database.read(bodies).count("现在由工作人员回复你") == 1
        found = database.read(lambda db: listed(db, WHOLE, wang.id, view="mine"))
        assert len(found) == 1
        assert database.read(lambda db: listed(db, WHOLE, zhao.id, view="mine")) == []

    def test_a_hold_lapses_and_another_may_take_it(
        self, database: Database, wang: Staff, zhao: Staff
    ) -> None:
        later = MONDAY + HOLD_LASTS

        def work(db: Connection) -> tuple[object, object]:
            account_id = account_of(db, "wechat", "li", MONDAY)
            writes(db, "li")
            take_over(db, seen(db, "li", WHOLE), wang, speaker(), MONDAY)
            lapsed = holding_of(db, account_id, later)
            take_over(db, seen(db, "li", WHOLE, later), zhao, speaker(), later)
            return lapsed, holding_of(db, account_id, later)

        lapsed, held = database.write(work)

        assert lapsed is None
        assert held is not None
        assert held.holder_id == zhao.id  # type: ignore[attr-defined]

    def test_only_the_holder_gives_it_back(
        self, database: Database, wang: Staff, zhao: Staff
    ) -> None:
        def work(db: Connection) -> list[bool]:
            writes(db, "li")
            take_over(db, seen(db, "li", WHOLE), wang, speaker(), MONDAY)
            return [
                give_back(db, seen(db, "li", WHOLE), staff, speaker(), MONDAY)
                for staff in (zhao, wang, wang)
            ]

        assert database.write(work) == [False, True, False]
        assert database.read(bodies).count("回复完了") == 1


class TestAnswering:
    def test_what_was_seen_is_answered_and_what_came_meanwhile_is_not(
        self, database: Database, wang: Staff
    ) -> None:
        def work(db: Connection) -> tuple[str, list[Listed]]:
            writes(db, "li", "第一件")
            before = seen(db, "li", WHOLE)
            writes(db, "li", "第二件", MONDAY + LATER)
            reply(db, before, (wang, WHOLE, speaker()), "来看", MONDAY + LATER)
            return before.latest.code, listed(db)

        code, left = database.write(work)

        assert [(one.waiting, one.said) for one in left] == [(1, "第二件")]
        assert f"工作人员回你的留言（编号{code}）：\\n来看" in database.read(bodies)

    def test_nobody_answers_in_place_of_the_holder(
        self, database: Database, wang: Staff, zhao: Staff
    ) -> None:
        def work(db: Connection) -> None:
            take_over(db, seen(db, "li", WHOLE), wang, speaker(), MONDAY)
            reply(db, seen(db, "li", WHOLE), (wang, WHOLE, speaker()), "我在", MONDAY)

        database.write(lambda db: writes(db, "li"))
        database.write(work)
        with pytest.raises(HeldByOther):
            database.write(
                lambda db: reply(db, seen(db, "li", WHOLE), (zhao, WHOLE, speaker()), "x", MONDAY)
            )

        assert "工作人员：我在" in database.read(bodies)
        assert database.read(lambda db: db.scalar(select(func.count(desk_reply.c.id)))) == 1

    def test_a_reply_prolongs_the_hold(self, database: Database, wang: Staff) -> None:
        later = MONDAY + HOLD_LASTS - LATER

        def work(db: Connection) -> object:
            writes(db, "li")
            take_over(db, seen(db, "li", WHOLE), wang, speaker(), MONDAY)
            reply(db, seen(db, "li", WHOLE, later), (wang, WHOLE, speaker()), "好", later)
            return seen(db, "li", WHOLE, later).thread.held_until

        assert database.write(work) == later + HOLD_LASTS

    def test_two_equal_replies_at_one_moment_both_go_out(
        self, database: Database, wang: Staff
    ) -> None:
        def work(db: Connection) -> None:
            writes(db, "li")
            for _ in range(2):
                reply(db, seen(db, "li", WHOLE), (wang, WHOLE, speaker()), "好", MONDAY)

        database.write(work)

        assert database.read(lambda db: db.scalar(select(func.count(delivery.c.id)))) == 2

    def test_nothing_seen_is_nothing_to_answer(self, database: Database, wang: Staff) -> None:
        database.write(lambda db: writes(db, "li"))
        with pytest.raises(NothingToAnswer):
            database.write(
                lambda db: reply(
                    db, seen(db, "li", WHOLE).up_to(0), (wang, WHOLE, speaker()), "x", MONDAY
                )
            )

    @pytest.mark.parametrize(
        ("minutes", "state", "is_shown"), [(1, None, True), (16, "waiting", False)]
    )
    def test_an_open_web_page_has_it_at_once_another_at_the_next_turn(
        self, database: Database, wang: Staff, minutes: int, state: str | None, is_shown: bool
    ) -> None:
        now = MONDAY + minutes * LATER

        def work(db: Connection) -> tuple[list[store.TurnRow], object]:
            writes(db, "ann", channel="web")
            account_id = account_of(db, "web", "ann", MONDAY)
            thread = thread_at(db, WHOLE, code_of(db, "ann", "web"), MONDAY)
            assert thread is not None
            message = message_at(db, WHOLE, thread.resident_id, 1)
            assert message is not None
            by = (wang, WHOLE, speaker())
            reply(db, Seen(thread, (message,)), by, "来看了", now)
            [sent] = replies_of(db, WHOLE, thread.resident_id)
            return list(store.turns_after(db, account_id, 0, MONDAY, 9)), sent

        turns, sent = database.write(work)

        assert len(turns) == (1 if is_shown else 0)
        assert (sent.state, sent.is_shown) == (state, is_shown)  # type: ignore[attr-defined]

    def test_it_is_said_in_the_residents_language(self, database: Database, wang: Staff) -> None:
        def work(db: Connection) -> None:
            writes(db, "li")
            account_id = account_of(db, "wechat", "li", MONDAY)
            store.save_session(db, account_id, session_to_json(Session(language="en")), MONDAY)
            take_over(db, seen(db, "li", WHOLE), wang, speaker(), MONDAY)

        database.write(work)
        assert "Staff answer you here now" in database.read(bodies)

    def test_what_needs_no_answer_is_put_away_without_a_word(
        self, database: Database, wang: Staff
    ) -> None:
        def work(db: Connection) -> list[int]:
            writes(db, "li", "谢谢了哈")
            return [dismiss(db, seen(db, "li", WHOLE), (wang, WHOLE), MONDAY) for _ in range(2)]

        assert database.write(work) == [1, 0]
        assert database.read(bodies) == "[]"
        assert database.read(lambda db: count_waiting(db, WHOLE)) == (0, 0)
        found = database.read(lambda db: listed(db, WHOLE, view="answered"))
        assert len(found) == 1

    def test_what_lies_outside_the_area_stays_open(self, database: Database) -> None:
        def work(db: Connection) -> tuple[int, int]:
            east, tower = street_with_building(db, "城东街道")
            writes(db, "li", "搬家以前")
            settle_in(db, "li", tower)
            writes(db, "li", "搬家以后")
            area = Area(streets=frozenset({east}))
            mine = hired(db, "li-east", "grid_worker", street_id=east)
            reply(db, seen(db, "li", area), (mine, area, speaker()), "好", MONDAY)
            return count_waiting(db, area)[0], count_waiting(db, WHOLE)[0]

        assert database.write(work) == (0, 1)


def test_the_log_names_ids_and_no_words(database: Database, wang: Staff) -> None:
    def work(db: Connection) -> None:
        writes(db, "li")
        take_over(db, seen(db, "li", WHOLE), wang, speaker(), MONDAY)
        reply(db, seen(db, "li", WHOLE), (wang, WHOLE, speaker()), "机密的话", MONDAY)
        give_back(db, seen(db, "li", WHOLE), wang, speaker(), MONDAY)

    database.write(work)

    noted = database.read(lambda db: entries(db, {DISTRICT}))
    assert [one.action for one in noted] == ["desk.given_back", "desk.answered", "desk.taken"]
    assert {one.actor for one in noted} == {f"staff:{wang.id}"}
    assert "机密" not in str(noted)
    assert SAID not in str(noted)


def test_one_look_is_planned_for_several_messages(database: Database) -> None:
    first, second = (database.write(lambda db: writes(db, "li")).id for _ in range(2))

    assert database.read(lambda db: find_row(db, ESCALATE_REQUEST, str(first))) is not None
    assert database.read(lambda db: find_row(db, ESCALATE_REQUEST, str(second))) is None


def test_old_replies_and_empty_threads_go_and_the_rest_stays(
    database: Database, wang: Staff
) -> None:
    late = MONDAY + ANSWERED_KEPT + LATER

    def work(db: Connection) -> list[int]:
        writes(db, "li")
        reply(db, seen(db, "li", WHOLE), (wang, WHOLE, speaker()), "好", MONDAY)
        counts = [forget_replies(db, MONDAY), forget_replies(db, late)]
        db.execute(staff_request.delete())
        return [*counts, forget_replies(db, late), forget_replies(db, late)]

    assert database.write(work) == [0, 1, 1, 0]
    for table in (desk_thread, desk_reply, staff_request_place):
        assert database.read(lambda db, one=table: db.execute(select(one)).all()) == []


def test_a_place_is_the_first_buildings_own(database: Database) -> None:
    def work(db: Connection) -> tuple[Place, Place]:
        east, tower = street_with_building(db, "城东街道")
        resident_id = resident_of(db, settle_in(db, "li", tower))
        return place_of(db, resident_id, "jiangjin"), Place(DISTRICT, east)

    found, expected = database.write(work)
    assert found == expected
