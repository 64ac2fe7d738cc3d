"""Who can be reached how, and who cannot and why, on both stores."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert

from community.audience_store import note_language
from community.bindings import binding
from community.broadcast_optout_store import stop
from community.broadcast_reach_store import (
    SUPPRESSED_NAMES,
    WAY_NAMES,
    Reachable,
    ReachPreview,
    best_accounts,
    reach_preview,
)
from community.broadcasts import Audience
from community.consents import Template, note_accepted, note_refused, take_consent, withdraw_consent
from community.merging import Belongings, merge_residents
from community.reach import (
    WECHAT_MESSAGE,
    close_window,
    note_back,
    note_blocked,
    note_contact,
    note_left,
)
from community.store import channel_account, find_account, resident
from storage import Database
from tests.community.broadcast_rows import (
    DAY,
    HOUR,
    NOON,
    account,
    building_id,
    living,
    opened_town,
    undone,
)

DRILLS = Template("t-drill", "drill")


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


def of(db: Connection, resident_id: int, purpose: str = "drill", **lane: object) -> Reachable:
    (found,) = best_accounts(db, [resident_id], purpose, NOON, **lane)  # type: ignore[arg-type]
    return found


def standing(found: Reachable) -> tuple[str, str, str]:
    return found.channel, found.way, found.suppressed


def of_wechat(db: Connection, name: str = "ann") -> tuple[int, int]:
    """Add a resident on WeChat; return resident and account."""
    return living(db, name, channel="wechat"), account(db, name, "wechat")


def joined(db: Connection, one: int, other: int) -> int:
    return merge_residents(db, one, other, Belongings())


def test_telegram_is_pushed_until_they_block_us(db: Connection) -> None:
    ann, chat = living(db, "ann"), account(db, "ann")
    assert of(db, ann) == Reachable(ann, chat, "telegram", "push", "")

    note_blocked(db, chat, NOON)
    assert of(db, ann) == Reachable(ann, None, "", "", "blocked")

    note_back(db, chat)
    assert standing(of(db, ann)) == ("telegram", "push", "")


def test_the_web_is_shown_when_it_is_opened_next(db: Connection) -> None:
    ann = living(db, "ann", channel="web")

    assert standing(of(db, ann)) == ("web", "held", "")


def test_wechat_is_pushed_in_its_window_alone(db: Connection) -> None:
    ann, chat = of_wechat(db)
    assert standing(of(db, ann)) == ("wechat", "held", "")

    note_contact(db, chat, WECHAT_MESSAGE, NOON - DAY)
    assert standing(of(db, ann)) == ("wechat", "push", "")

    (later,) = best_accounts(db, [ann], "drill", NOON + DAY)
    assert standing(later) == ("wechat", "held", "")

    note_contact(db, chat, WECHAT_MESSAGE, NOON)
    close_window(db, chat)
    assert standing(of(db, ann)) == ("wechat", "held", "")


def test_a_consent_to_the_purpose_pushes_without_a_window(db: Connection) -> None:
    ann, chat = of_wechat(db)
    note_accepted(db, chat, DRILLS, NOON)
    assert standing(of(db, ann)) == ("wechat", "push", "")
    assert standing(of(db, ann, "tip")) == ("wechat", "held", "")

    take_consent(db, chat, "drill", NOON)
    assert standing(of(db, ann)) == ("wechat", "held", "")

    note_refused(db, chat, DRILLS, "rejected", NOON)
    assert standing(of(db, ann)) == ("wechat", "held", "")


def test_a_consent_that_was_withdrawn_stops_the_purpose_even_in_a_window(db: Connection) -> None:
    ann, chat = of_wechat(db)
    note_contact(db, chat, WECHAT_MESSAGE, NOON)
    note_accepted(db, chat, DRILLS, NOON)
    withdraw_consent(db, chat, "drill", NOON)
    assert of(db, ann) == Reachable(ann, None, "", "", "opted_out")
    assert standing(of(db, ann, "notice")) == ("wechat", "push", "")

    note_accepted(db, chat, Template("t-drill-2", "drill"), NOON)
    assert standing(of(db, ann)) == ("wechat", "push", "")


def test_who_left_is_not_written_to(db: Connection) -> None:
    ann, chat = of_wechat(db)
    note_accepted(db, chat, DRILLS, NOON)
    note_left(db, chat, NOON)

    assert of(db, ann) == Reachable(ann, None, "", "", "left")


def test_a_resident_without_an_account_cannot_be_reached(db: Connection) -> None:
    lone: int = db.execute(
        insert(resident).values(created_at=NOON).returning(resident.c.id)
    ).scalar_one()

    assert of(db, lone) == Reachable(lone, None, "", "", "no_account")


@pytest.mark.parametrize(
    ("purpose", "lane", "suppressed"),
    [
        ("tip", "bulk", "opted_out"),
        ("drill", "alarm", "opted_out"),
        ("notice", "incident", "opted_out"),
        ("alert", "bulk", "opted_out"),
        ("alert", "reply", "opted_out"),
        ("alert", "alarm", ""),
        ("alert", "incident", ""),
    ],
)
def test_who_stopped_a_purpose_is_told_of_danger_alone(
    db: Connection, purpose: str, lane: str, suppressed: str
) -> None:
    ann = living(db, "ann")
    stop(db, ann, purpose, NOON)

    assert of(db, ann, purpose, lane=lane).suppressed == suppressed
    assert of(db, ann, "campaign", lane=lane).suppressed == ""


def test_danger_is_told_to_who_withdrew_but_not_to_who_left(db: Connection) -> None:
    ann, chat = of_wechat(db)
    note_contact(db, chat, WECHAT_MESSAGE, NOON)
    note_accepted(db, chat, Template("t", "alert"), NOON)
    withdraw_consent(db, chat, "alert", NOON)
    assert of(db, ann, "alert", lane="incident").way == "push"

    note_left(db, chat, NOON)
    assert of(db, ann, "alert", lane="incident").suppressed == "left"


def test_of_several_accounts_the_one_that_can_be_pushed_is_chosen(db: Connection) -> None:
    wechat, chat = of_wechat(db)
    telegram = account(db, "tele")
    other = living(db, "tele")
    one = joined(db, joined(db, wechat, other), living(db, "page", channel="web"))
    note_contact(db, chat, WECHAT_MESSAGE, NOON)

    assert of(db, one).account_id == telegram
    note_blocked(db, telegram, NOON)
    assert of(db, one).account_id == chat
    close_window(db, chat)
    assert of(db, one).account_id == chat
    note_left(db, chat, NOON)
    assert of(db, one).channel == "web"


def test_of_equal_accounts_the_one_last_written_from_is_chosen(db: Connection) -> None:
    one = joined(db, living(db, "old"), living(db, "new"))
    old, new = account(db, "old"), account(db, "new")
    assert of(db, one).account_id == old

    note_contact(db, new, None, NOON - HOUR)
    assert of(db, one).account_id == new

    note_contact(db, old, None, NOON)
    assert of(db, one).account_id == old


def test_the_language_comes_along(db: Connection) -> None:
    ann, ben = living(db, "ann"), living(db, "ben")
    note_language(db, ben, "en", NOON)

    found = best_accounts(db, [ben, ann], "tip", NOON)

    assert [(one.resident_id, one.language) for one in found] == [(ann, "zh"), (ben, "en")]


def test_nobody_is_reached_of_nobody(db: Connection) -> None:
    assert best_accounts(db, [], "tip", NOON) == []


def test_the_preview_adds_up_and_says_why_not(db: Connection) -> None:
    home = building_id(db, "双福花园3栋")
    for name in ("a", "b", "c"):
        living(db, name, home)
    living(db, "page", home, channel="web")
    living(db, "closed", home, channel="wechat")
    note_contact(db, account(db, "open", "wechat"), WECHAT_MESSAGE, NOON)
    living(db, "open", home, channel="wechat")
    note_blocked(db, account(db, "a"), NOON)
    stop(db, living(db, "b"), "tip", NOON)

    seen = reach_preview(db, Audience("demo", building_ids=(home,)), "tip", NOON)

    assert seen.ways == {
        ("telegram", "push"): 1,
        ("wechat", "push"): 1,
        ("wechat", "held"): 1,
        ("web", "held"): 1,
    }
    assert seen.reasons == {"blocked": 1, "opted_out": 1}
    assert (seen.audience, seen.pushed, seen.held, seen.unreachable) == (6, 2, 2, 2)
    # WeChat, at ten a second, is the last to finish.
    assert seen.finishes_at == NOON + timedelta(seconds=0.1)


def test_an_audience_of_many_pages_is_counted_whole(db: Connection) -> None:
    home = building_id(db, "双福花园13栋")
    ids = db.scalars(insert(resident).returning(resident.c.id), [{"created_at": NOON}] * 1200).all()
    bound = {"building_id": home, "unit": "", "how": "choice", "bound_at": NOON}
    db.execute(insert(binding), [bound | {"resident_id": one} for one in ids])
    made = {"channel": "telegram", "created_at": NOON}
    accounts = [made | {"resident_id": one, "name": f"n{one}"} for one in ids[:900]]
    db.execute(insert(channel_account), accounts)

    seen = reach_preview(db, Audience("demo", building_ids=(home,)), "notice", NOON)

    expected = {("telegram", "push"): 900}
    assert seen == ReachPreview(1200, expected, {"no_account": 300}, NOON + timedelta(seconds=30))
    assert find_account(db, "telegram", f"n{ids[0]}") is not None


def test_the_preview_of_nobody_is_empty(db: Connection) -> None:
    assert reach_preview(db, Audience("elsewhere"), "tip", NOON) == ReachPreview(0, {}, {}, NOON)


def test_every_way_and_reason_has_its_words() -> None:
    assert set(WAY_NAMES) == {"push", "held", ""}
    assert set(SUPPRESSED_NAMES) == {"", "left", "blocked", "opted_out", "no_account"}
