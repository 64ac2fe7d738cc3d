"""The monthly sheet, vouchers and certificates of thanks."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import Connection

from bot.console.commendations import HERE as CERTIFICATES
from bot.console.payouts import SHEET
from bot.console.reward_desk import PATH
from bot.console.rewards import RewardPages
from bot.console.vouchers import HERE as VOUCHERS
from bot.papers.typesetting import Typesetter
from community.audit import entries
from hazards.commendation_store import commendation_by_code, honour_roll
from hazards.reward_rules import Offer
from hazards.reward_states import resident_account
from hazards.reward_store import require_reward
from hazards.rewards import approve
from hazards.voucher_store import Order, exchange, voucher_by_code
from tests.bot.console.bureau import (
    Opened,
    claimed_money,
    closed,
    desk_of,
    opening,
    proposed,
    send,
)
from tests.bot.console.console_service import Town, Visit
from tests.bot.console.office import DISTRICT, Office

BLANKET = Offer("fire_blanket", "灭火毯", 10)


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


def test_the_sheet_is_shown_taken_away_and_marked(office: Office, opened: Opened) -> None:
    one, shen = claimed_money(office), opened("shen")
    query = "district=qianjiang&month=2026-11"

    page = shen.get(f"{SHEET}?{query}").text
    assert "待发放<strong>50.00</strong>元" in page

    text = shen.get(f"{SHEET}/sheet.csv?{query}").content.decode("utf-8-sig")
    (row,) = list(csv.DictReader(io.StringIO(text)))
    assert (row["金额（元）"], row["状态"], row["奖励编号"].replace("-", "")) == (
        "50.0",
        "待发放",
        one.code,
    )
    book = openpyxl.load_workbook(io.BytesIO(shen.get(f"{SHEET}/sheet.xlsx?{query}").content))
    assert book.active["D2"].value == 50

    form = {"district": DISTRICT, "month": "2026-11"}
    refused = send(shen, f"{SHEET}/paid", SHEET, payout_id="", **form)
    assert "请写发放单号" in refused.text
    done = send(shen, f"{SHEET}/paid", SHEET, payout_id="发-2026-11", **form)
    page = shen.follow(done).text
    assert "标记了1笔已发放" in page
    assert "已发放<strong>50.00</strong>元" in page
    kept = office.town.database.read(lambda db: require_reward(db, one.id))
    assert (kept.state, kept.payout_id) == ("paid", "发-2026-11")
    again = send(shen, f"{SHEET}/paid", SHEET, payout_id="再来", **form)
    assert "没有要标记的" in shen.follow(again).text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("month=2026-13", 422),
        ("month=9999-12", 422),
        ("month=x", 422),
        ("district=jiangjin", 404),
        ("month=2026-10", 200),
        ("", 200),
    ],
)
def test_a_bent_address_is_refused_in_words(
    office: Office, opened: Opened, query: str, status: int
) -> None:
    assert opened("shen").get(f"{SHEET}?{query}").status_code == status


def test_another_form_is_none(office: Office, opened: Opened) -> None:
    assert opened("shen").get(f"{SHEET}/sheet.pdf").status_code == 404


def test_another_districts_money_is_not_marked(office: Office, opened: Opened) -> None:
    one, yuan = claimed_money(office), opened("yuan")

    answer = send(yuan, f"{SHEET}/paid", SHEET, payout_id="x1", district=DISTRICT, month="2026-11")

    assert answer.status_code == 404
    assert office.town.database.read(lambda db: require_reward(db, one.id)).state == "claimed"


def voucher(office: Office) -> str:
    made, approver = proposed(office), office.staff["shen"]

    def work(db: Connection) -> str:
        approved = approve(db, made.id, approver, office.town.clock())
        account = resident_account(DISTRICT, approved.resident_id or 0, "points")
        return exchange(db, Order(account, BLANKET, "one", "v1"), office.town.clock())

    return office.town.database.write(work)


@pytest.mark.parametrize(
    ("do", "state", "words"),
    [("hand_over", "handed_over", "已交付"), ("cancel", "cancelled", "积分退回去了")],
)
def test_a_voucher_ends_once(
    office: Office, opened: Opened, do: str, state: str, words: str
) -> None:
    code, shen = voucher(office), opened("shen")
    page = f"{VOUCHERS}?code={code.lower()}"
    assert "灭火毯" in shen.get(page).text

    assert words in shen.follow(send(shen, f"{VOUCHERS}/end", page, code=code, do=do)).text
    found = office.town.database.read(lambda db: voucher_by_code(db, code))
    assert found
    assert found.state == state
    assert send(shen, f"{VOUCHERS}/end", PATH, code=code, do=do).status_code == 409
    (row,) = office.town.database.read(lambda db: entries(db, [DISTRICT], most=1))
    assert row.action == f"voucher.{state}"


def test_a_voucher_of_elsewhere_is_not_found(office: Office, opened: Opened) -> None:
    code = voucher(office)

    assert opened("yuan").get(f"{VOUCHERS}?code={code}").status_code == 404
    assert opened("shen").get(f"{VOUCHERS}?code=nonsense").status_code == 404
    assert opened("shen").get(VOUCHERS).status_code == 200


def issued(office: Office, visit: Visit, **fields: str) -> str:
    """Issue a certificate on the page; return its code or what was refused."""
    case = closed(office)
    on = f"{CERTIFICATES}/new?case={case.code}"
    page = visit.get(on).text
    report = re.search(r'<option value="(\d+)" selected', page)
    assert report
    form = {"case": case.code, "report": report[1], "text": "谢谢你", "until": "2027-11-20"}
    answer = send(visit, f"{CERTIFICATES}/new", on, **{**form, **fields})
    if answer.status_code != 303:
        return answer.text
    found = re.search(r"编号(\w{4})-(\w{4})", visit.follow(answer).text)
    assert found
    return found[1] + found[2]


def test_a_certificate_is_issued_printed_and_withdrawn(office: Office, opened: Opened) -> None:
    shen = opened("shen")
    code = issued(office, shen)

    found = office.town.database.read(lambda db: commendation_by_code(db, code))
    assert found
    assert (found.shown_as, found.is_on_honour_roll) == ("热心市民", False)
    assert found.resident_id is not None
    pdf = shen.get(f"{CERTIFICATES}/{found.id}.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    png = shen.get(f"{CERTIFICATES}/{found.id}.png")
    assert png.content[:8] == b"\x89PNG\r\n\x1a\n"

    path = f"{CERTIFICATES}/{found.id}/withdraw"
    assert "撤回了" in shen.follow(send(shen, path, CERTIFICATES)).text
    assert "刚有人撤回过" in shen.follow(send(shen, path, CERTIFICATES)).text
    assert "已撤回" in shen.get(CERTIFICATES).text
    assert office.town.database.read(lambda db: honour_roll(db, [DISTRICT], found.issued_at)) == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("text", "", "请写清感谢什么"),
        ("text", "谢谢张先生", "里面有个人称呼或姓名"),
        ("report", "999", "请选要感谢的上报"),
        ("until", "2020-01-01", "有效期没看懂"),
        ("until", "x", "有效期没看懂"),
        ("until", "9999-12-31", "有效期没看懂"),
    ],
)
def test_what_is_missing_is_said(
    office: Office, opened: Opened, field: str, value: str, words: str
) -> None:
    assert words in issued(office, opened("shen"), **{field: value})


def test_a_certificate_of_elsewhere_is_not_found(office: Office, opened: Opened) -> None:
    issued(office, opened("shen"))
    yuan = opened("yuan")

    assert yuan.get(f"{CERTIFICATES}/1.pdf").status_code == 404
    assert "还没有发过" in yuan.get(CERTIFICATES).text
    assert yuan.get(f"{CERTIFICATES}/new?case=K7M39QX2").status_code == 404
    assert yuan.get(f"{CERTIFICATES}/new").status_code == 200


def test_a_case_without_a_valid_report_thanks_nobody(office: Office, opened: Opened) -> None:
    case = office.case()

    assert "还没有认定有效的上报" in opened("shen").get(f"{CERTIFICATES}/new?case={case.code}").text


def test_an_old_certificate_says_so(office: Office, opened: Opened) -> None:
    issued(office, opened("shen"), until="2026-11-25")
    office.town.clock.now += timedelta(days=6)

    assert "已过期" in opened("shen").get(CERTIFICATES).text
