"""匿名: once the receipt is shown, nothing leads from a channel to the report."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot import store
from bot.assembly import MANNERS
from bot.dialogue.conversation import Conversation
from bot.dialogue.turns import Turn
from bot.messages import Account, Choice, Utterance
from community.delivery_store import delivery
from community.store import channel_account
from hazards.report_store import progress, report_by_code
from hazards.store import (
    hazard_case,
    hazard_draft,
    hazard_draft_photo,
    hazard_event,
    hazard_photo,
    hazard_report,
)
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.reporting import PLACE, code_in, fetched, photo, reports, rows, shown

KEY = b"k" * 32
OF_REPORTS = (hazard_report, hazard_case, hazard_photo, hazard_event)
OF_ACCOUNTS = (channel_account, store.turn, store.session, delivery)


def hidden(sends: Says, database: Database, account: Account = LI) -> Turn:
    """Report anonymously, with a photo, a caption and a place."""
    sends("楼道堆满纸箱", account, media=photo())
    sends(PLACE, account)
    fetched(database)
    return sends("4", account)


def repeated(talk: Conversation, clock: Clock, number: int, account: Account = LI) -> Turn:
    return talk.receive(Utterance(account, f"m{number}", "4", clock()))


def texts(value: object) -> Iterator[str]:
    """Every text in a row, however deep."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif value is not None:
        yield str(value)


@pytest.mark.parametrize("account", [LI, LI_ON_TELEGRAM], ids=["wechat", "telegram"])
def test_no_row_of_the_account_tells_of_the_report(
    sends: Says, database: Database, account: Account
) -> None:
    receipt = hidden(sends, database, account)
    code, password = code_in(receipt), shown(receipt).split("密码：")[1][:9]

    assert "编号丢了找不回" in shown(receipt)
    told = "\n".join(
        text for table in OF_ACCOUNTS for row in rows(database, table) for text in texts(row)
    )
    for trace in (
        code,
        code.replace("-", ""),
        password,
        "纸箱",
        "楼道",
        "阳光小区",
        "堆物",
        "ref-",
    ):
        assert trace not in told
    assert rows(database, hazard_draft) == rows(database, hazard_draft_photo) == []


def test_no_row_of_the_report_names_the_account(sends: Says, database: Database) -> None:
    hidden(sends, database)

    told = "\n".join(
        text for table in OF_REPORTS for row in rows(database, table) for text in texts(row)
    )
    assert LI.name not in told
    assert "ref-" not in told
    (report,) = reports(database)
    assert report["reporter_id"] is None
    assert report["privacy"] == "anonymous"


def test_code_and_password_open_it(sends: Says, database: Database, clock: Clock) -> None:
    receipt = hidden(sends, database)
    code, password = code_in(receipt), shown(receipt).split("密码：")[1][:9]

    found = database.write(lambda db: report_by_code(db, code, password, key=KEY, now=clock()))
    assert found is not None
    assert database.read(lambda db: progress(db, code)) is not None
    assert "收到了" in shown(sends(f"进度 {code}"))
    assert "还没有上报过" in shown(sends("我的上报"))


def test_a_repeat_within_a_minute_gets_the_receipt(
    sends: Says, talk: Conversation, database: Database, clock: Clock
) -> None:
    code = code_in(hidden(sends, database))
    clock.forward(timedelta(seconds=30))

    again = repeated(talk, clock, 3)

    assert code_in(again) == code
    assert len(reports(database)) == 1
    assert code_in(talk.history(LI)[-1]) == code


def test_a_later_one_gets_no_code(
    sends: Says, talk: Conversation, database: Database, clock: Clock
) -> None:
    hidden(sends, database)
    clock.forward(timedelta(seconds=61))

    assert shown(repeated(talk, clock, 3)).startswith("匿名上报收到了。")
    assert [turn.said for turn in talk.history(LI)] == ["", "", ""]


def test_a_repeat_after_a_restart_gets_no_code(
    sends: Says, talk: Conversation, database: Database, clock: Clock
) -> None:
    hidden(sends, database)
    anew = Conversation(database, talk._brain, clock, talk._zone, talk._house)

    assert shown(repeated(anew, clock, 3)).startswith("匿名上报收到了。")


def test_where_replies_are_pushed_it_leaves_without_the_outbox(
    sends: Says, talk: Conversation, database: Database, clock: Clock
) -> None:
    assert MANNERS["telegram"].is_pushed
    receipt = hidden(sends, database, LI_ON_TELEGRAM)
    assert receipt.id is None
    assert repeated(talk, clock, 3, LI_ON_TELEGRAM).id is None
    before = len(rows(database, delivery))

    clock.forward(timedelta(minutes=2))
    for _ in range(2):
        late = repeated(talk, clock, 3, LI_ON_TELEGRAM)
        assert late.id is not None

    assert len(rows(database, delivery)) == before + 1


def test_a_receipt_that_comes_too_late_is_not_queued(
    sends: Says, talk: Conversation, database: Database, clock: Clock
) -> None:
    receipt = hidden(sends, database)

    talk.send_later(Utterance(LI, "m3", "4", clock()), receipt)

    (late,) = rows(database, delivery)
    assert code_in(receipt) not in "".join(texts(late))


def test_photos_on_their_way_are_waited_for(sends: Says, database: Database) -> None:
    sends("楼道堆满纸箱", media=photo())
    sends(PLACE)

    waiting = sends("4")
    assert "还有1张照片在接收" in shown(waiting)
    assert reports(database) == []

    assert "匿名上报好了" in shown(sends("2"))
    assert rows(database, hazard_photo) == []


def test_the_session_keeps_the_language_alone(sends: Says, database: Database) -> None:
    sends("english")
    receipt = hidden(sends, database)
    assert "Reported anonymously" in shown(receipt)

    (session,) = rows(database, store.session)
    state = session["state"]
    assert isinstance(state, dict)
    assert state["language"] == "en"
    assert (state["flow"], state["offers"], state["question"]) == (None, [], "")


def test_what_was_said_before_it_stays(
    sends: Says, talk: Conversation, database: Database, clock: Clock
) -> None:
    sends("你好")
    clock.forward(timedelta(seconds=5))
    hidden(sends, database)

    assert [turn.said for turn in talk.history(LI)] == ["你好", "", "", ""]


@pytest.mark.parametrize("said", ["匿名提交", "匿名"])
def test_its_word_works_at_the_card(sends: Says, said: str) -> None:
    sends("举报 楼道堆满纸箱")
    sends(PLACE)

    assert "密码：" in shown(sends(said))


def test_a_tapped_choice_is_blanked_as_well(
    sends: Says, talk: Conversation, database: Database, clock: Clock
) -> None:
    sends("举报 楼道堆满纸箱")
    sends(PLACE)
    tapped = Choice("匿名提交", function="report/hide")
    talk.receive(Utterance(LI, "tap", tapped.label, clock(), tapped=tapped))

    assert {row["said"] for row in rows(database, store.turn)} == {""}
