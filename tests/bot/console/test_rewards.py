"""Rewards on the console: decided by somebody else, told, reversed, booked."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select

from bot.console.reward_desk import PATH, RewardDesk, problem_words, reason_words
from bot.console.rewards import RewardPages
from bot.papers.typesetting import Typesetter
from community.audit import entries
from community.ledger import KeyReused
from community.ledger_store import ledger_account
from hazards.reward_rules import Amount
from hazards.reward_states import CapReached, Reward, SamePerson, WrongState
from hazards.reward_store import require_reward, rewards_of_case
from hazards.store import hazard_report
from tests.bot.console.bureau import (
    Opened,
    claimed_money,
    closed,
    desk_of,
    opening,
    proposed,
    send,
)
from tests.bot.console.console_service import Town, Visit, post
from tests.bot.console.office import Office


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture
def office(town: Town, typesetter: Typesetter) -> Office:
    return Office(town, typesetter)


@pytest.fixture
def opened(office: Office) -> Iterator[Opened]:
    with opening(office, RewardPages(desk_of(office))) as opened:
        yield opened


def state(office: Office, reward: Reward) -> str:
    return office.town.database.read(lambda db: require_reward(db, reward.id)).state


def decide(visit: Visit, *rewards: Reward, do: str = "approve", reason: str = "") -> str:
    """Decide on rewards and return the page that says what came of it."""
    ids = [str(one.id) for one in rewards]
    answer = send(visit, f"{PATH}/decide", PATH, reward=ids, do=do, reason=reason)
    return visit.follow(answer).text if answer.status_code == 303 else answer.text


def said(page: str) -> str:
    found = re.search(r'<p class="notice good">(.*?)</p>', page)
    return found[1] if found else ""


def test_a_proposal_is_approved_told_and_booked(office: Office, opened: Opened) -> None:
    one = proposed(office)
    shen = opened("shen")
    assert one.amount.text in shen.get(PATH).text

    page = decide(shen, one)

    assert said(page) == "同意了1笔。"
    assert state(office, one) == "paid"  # points need no claim
    assert [told.moment for told in office.told][-1] == "reward"
    (row,) = office.town.database.read(lambda db: entries(db, ["qianjiang"], most=1))
    assert (row.action, row.actor) == ("reward.approved", f"staff:{office.staff['shen']}")
    assert row.detail["case"] == one.case_id


def test_many_are_approved_at_once_and_what_could_not_is_said(
    office: Office, opened: Opened
) -> None:
    own, first, second = proposed(office, by="shen"), proposed(office), proposed(office)

    page = decide(opened("shen"), own, first, second)

    assert said(page) == "同意了2笔。1笔没有办：这笔是你提的，要别人批。"
    assert state(office, own) == "proposed"


def test_who_handled_the_case_is_shown_that_somebody_else_decides(
    office: Office, opened: Opened
) -> None:
    proposed(office, by="shen")
    office.town.hire("zhao", post("supervisor"))

    assert "<small>要别人批</small>" in opened("shen").get(PATH).text
    assert "<small>要别人批</small>" not in opened("zhao").get(PATH).text


def test_a_refusal_needs_a_reason(office: Office, opened: Opened) -> None:
    one, shen = proposed(office), opened("shen")

    assert "请写清理由" in decide(shen, one, do="refuse")
    assert said(decide(shen, one, do="refuse", reason="证据不足")) == "不同意了1笔。"
    assert "证据不足" in shen.get(f"{PATH}?state=refused").text
    assert state(office, one) == "refused"


def test_two_who_press_at_once_book_once(office: Office, opened: Opened) -> None:
    one, shen, du = proposed(office), opened("shen"), opened("du")

    decide(shen, one)
    page = decide(du, one)

    assert "刚有人办过这一步，现在是“已发放”" in said(page)


def test_nothing_ticked_is_said(office: Office, opened: Opened) -> None:
    assert "先勾选" in decide(opened("shen"))


def test_later_reporters_get_their_points_and_are_told(office: Office, opened: Opened) -> None:
    case = closed(office)
    for _ in range(7):
        office.report(case, standing="me_too")
    one = proposed(office, case=case)

    decide(opened("shen"), one)

    given = office.town.database.read(lambda db: rewards_of_case(db, case.id))
    assert [(each.kind, each.state) for each in given] == [
        ("first", "paid"),
        *[("me_too", "paid")] * 7,
    ]
    assert len({told.report_id for told in office.told if told.moment == "reward"}) == 8


def test_a_reward_is_reversed_with_its_booking(office: Office, opened: Opened) -> None:
    one, shen = proposed(office), opened("shen")
    decide(shen, one)
    path = f"{PATH}/{one.id}"

    assert "请写清理由" in send(shen, f"{path}/reverse", path, reason="").text
    page = shen.follow(send(shen, f"{path}/reverse", path, reason="照片是别处的")).text

    assert "撤销了" in said(page)
    assert "照片是别处的" in page
    again = send(shen, f"{path}/reverse", path, reason="再撤")
    assert again.status_code == 409
    checked = send(shen, f"{PATH}/check", PATH)
    assert "账是平的：2笔" in checked.text


def test_the_check_names_what_is_wrong(office: Office, opened: Opened) -> None:
    def break_it(db: object) -> None:
        db.execute(
            insert(ledger_account).values(
                district_id="qianjiang", kind="resident", owner="7", unit="points"
            )
        )

    office.town.database.write(break_it)

    page = send(opened("shen"), f"{PATH}/check", PATH).text

    assert "账对不上" in page
    assert "余额和明细不符" in page


def test_a_case_is_proposed_by_its_code_and_by_somebody_else_approved(
    office: Office, opened: Opened
) -> None:
    case, du = closed(office), opened("du")
    code = f"{case.code[:4]}-{case.code[4:]}".lower()

    page = du.follow(send(du, f"{PATH}/propose", PATH, code=code)).text

    assert said(page).startswith("提出了")
    (made,) = office.town.database.read(lambda db: rewards_of_case(db, case.id))
    assert made.proposed_by == office.staff["du"]
    again = send(du, f"{PATH}/propose", PATH, code=case.code)
    assert (again.status_code, "已经有奖励" in again.text) == (422, True)


@pytest.mark.parametrize("code", ["", "nonsense", "K7M3-9QX2"])
def test_an_unknown_code_proposes_nothing(office: Office, opened: Opened, code: str) -> None:
    answer = send(opened("du"), f"{PATH}/propose", PATH, code=code)

    assert "没有这个案件编号" in answer.text


def test_a_case_that_is_not_put_right_earns_nothing(office: Office, opened: Opened) -> None:
    answer = send(opened("du"), f"{PATH}/propose", PATH, code=office.case().code)

    assert "还没有复查合格" in answer.text


def test_another_district_sees_and_decides_nothing(office: Office, opened: Opened) -> None:
    one, yuan = proposed(office), opened("yuan")

    assert one.amount.text not in yuan.get(PATH).text
    assert yuan.get(f"{PATH}/{one.id}").status_code == 404
    assert "没有这笔奖励" in said(decide(yuan, one))
    assert state(office, one) == "proposed"


def test_one_street_is_too_little_to_decide(office: Office, opened: Opened) -> None:
    one = proposed(office)
    office.town.hire("jie", post("supervisor", street_id=office.street_id))
    jie = opened("jie")

    assert "按整个区县审批" in jie.get(PATH).text
    assert "没有这笔奖励" in said(decide(jie, one))


@pytest.mark.parametrize("login", ["ban", "wang", "zhi"])
def test_other_roles_have_no_page(office: Office, opened: Opened, login: str) -> None:
    assert opened(login).get(PATH).status_code == 403


def test_no_page_says_whose_it_is(office: Office, opened: Opened) -> None:
    one = claimed_money(office)
    shen = opened("shen")
    resident = office.town.database.read(lambda db: db.scalar(select(hazard_report.c.reporter_id)))

    for path in (f"{PATH}/{one.id}", f"{PATH}?state=claimed"):
        page = shen.get(path).text
        assert "首个上报人" in page
        assert f"上报人{resident}" not in page
        assert "13800000000" not in page


def test_the_home_page_counts_what_waits(office: Office, opened: Opened) -> None:
    proposed(office)

    assert "待审批的奖励" in opened("shen").get("/console").text


def test_a_bent_page_number_is_refused(office: Office, opened: Opened) -> None:
    assert opened("shen").get(f"{PATH}?before=x").status_code == 400


def test_what_a_district_has_yet_to_decide_is_shown(office: Office, opened: Opened) -> None:
    desk = RewardDesk.of(desk_of(office))
    gaps = desk.schemes["qianjiang"].gaps(office.town.clock())

    assert gaps[0] in opened("shen").get(PATH).text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (WrongState(1, "expired", "claimed"), "现在是“过期未领”"),
        (SamePerson(1, 2, "handled"), "这个案件你办过"),
        (CapReached(1, "2026-11", Amount(25, "points")), "已到上限"),
        (KeyReused("x", 1), "账没有记上"),
    ],
)
def test_each_refusal_has_words(error: Exception, words: str) -> None:
    assert words in problem_words(error)
    assert reason_words("cap") == "上报人这个月的奖励已到上限。"
    assert reason_words("照片不符") == "照片不符"
    # Colleagues must not read out of it that one of them reported.
    assert reason_words("handlers") == reason_words("bound_staff")
    assert "人员" not in reason_words("handlers")
