"""The web form without scripts: every step, what is said to mistakes, and one effect each."""

import asyncio
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import cast

import httpx
import pytest
from sqlalchemy import Connection

from bot.channels.report_fields import FormState, FormStates
from bot.channels.report_receipts import Receipts
from bot.messages import Reply
from community.data_key_store import opened
from community.files import find_file
from community.keys import derived_key
from community.store import channel_account
from community.vault import identity
from hazards.intake import VAULT_PURPOSE
from hazards.limit_store import NewBlock, block
from hazards.store import hazard_case, hazard_photo, hazard_report
from storage import Database
from tests.bot.channels.report_service import (
    Browser,
    Desk,
    code_in,
    fields_of,
    open_desk,
    password_in,
    urgent,
)
from tests.community.registered import building_called, imported
from tests.hazards.taken import KEY, count, photo, rows

HEIC = b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "files")


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with open_desk(desk) as address:
        yield address


@pytest.fixture
def browser(url: str) -> Iterator[Browser]:
    with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        yield Browser(client)


def test_a_report_is_taken_with_its_photos(browser: Browser, desk: Desk) -> None:
    page = browser.report(photo(1), photo(2), said="纸箱<b>堆</b>了一人高")

    [report] = rows(desk.database, hazard_report)
    [case] = rows(desk.database, hazard_case)
    assert page.status_code == 200
    assert code_in(page.text).replace("-", "") == report["code"]
    assert password_in(page.text) == ""
    assert (report["source"], report["privacy"]) == ("form", "confidential")
    assert report["said"] == "纸箱<b>堆</b>了一人高"
    assert report["reporter_id"] is not None
    assert (case["category"], case["place_words"]) == ("corridor_blocked", "双福花园2楼楼道")
    assert "先审核，再派给" in page.text
    for row in rows(desk.database, hazard_photo):
        file = desk.database.read(lambda db, row=row: find_file(db, row["file_id"]))
        assert desk.photos.fetch(file.name).startswith(b"\xff\xd8")
        assert b"SECRET-PHONE" not in desk.photos.fetch(file.name)
    assert count(desk.database, hazard_photo) == 2


def test_the_receipt_and_the_form_are_kept_by_no_browser(browser: Browser) -> None:
    assert browser.client.get("/report").headers["cache-control"] == "no-store"
    assert browser.report().headers["cache-control"] == "no-store"


def test_an_anonymous_report_gets_a_password_and_leads_to_nobody(
    browser: Browser, desk: Desk
) -> None:
    page = browser.report(photo(), privacy="anonymous", notices="yes")

    [report] = rows(desk.database, hazard_report)
    [kept] = rows(desk.database, hazard_photo)
    assert len(password_in(page.text)) == 9
    assert "编号丢了找不回" in page.text
    assert report["reporter_id"] is None
    assert report["wants_notices"] is False
    assert (kept["channel"], kept["ref"]) == ("", "")
    assert (report["created_at"].minute, report["created_at"].second) == (0, 0)
    assert count(desk.database, channel_account) == 0
    assert password_in(page.text).replace("-", "") not in str(report)


def test_the_same_press_twice_has_one_effect_and_one_receipt(browser: Browser, desk: Desk) -> None:
    filled = {**browser.open(), "category": "lane_blocked", "place": "东门", "privacy": "anonymous"}

    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda _: browser.post(filled).text, range(4)))

    assert count(desk.database, hazard_report) == 1
    assert len(set(pages)) == 1
    assert password_in(pages[0])


def test_a_press_after_a_restart_says_received_without_the_code(desk: Desk) -> None:
    with open_desk(desk) as url, httpx.Client(base_url=url, trust_env=False) as client:
        browser = Browser(client)
        hidden = browser.open()
        filled = {**hidden, "category": "lane_blocked", "place": "东门", "privacy": "anonymous"}
        first = browser.post(filled).text
    with open_desk(desk) as url, httpx.Client(base_url=url, trust_env=False) as client:
        again = Browser(client).post(filled).text

    assert count(desk.database, hazard_report) == 1
    assert "已收到" in again
    assert code_in(first) not in again
    assert password_in(first) not in again


def test_a_repeat_with_its_name_still_shows_the_code(desk: Desk) -> None:
    with open_desk(desk) as url, httpx.Client(base_url=url, trust_env=False) as client:
        browser = Browser(client)
        filled = {**browser.open(), "category": "lane_blocked", "place": "东门"}
        first, cookies = browser.post(filled).text, dict(client.cookies)
    with (
        open_desk(desk) as url,
        httpx.Client(base_url=url, trust_env=False, cookies=cookies) as client,
    ):
        again = Browser(client).post(filled).text

    assert count(desk.database, hazard_report) == 1
    assert code_in(again) == code_in(first)


def test_somebody_elses_form_leads_to_no_receipt_of_theirs(desk: Desk) -> None:
    with open_desk(desk) as url, httpx.Client(base_url=url, trust_env=False) as client:
        browser = Browser(client)
        filled = {**browser.open(), "category": "lane_blocked", "place": "东门"}
        first = browser.post(filled).text
    with open_desk(desk) as url, httpx.Client(base_url=url, trust_env=False) as thief:
        stolen = Browser(thief).post({**filled, "privacy": "anonymous"})

        assert count(desk.database, hazard_report) == 1
        assert "再点一次" in stolen.text
        assert code_in(first) not in stolen.text
        assert fields_of(stolen.text)["state"] != filled["state"]


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"category": ""}, "还没选是哪一种隐患"),
        ({"category": "dragons"}, "还没选是哪一种隐患"),
        ({"place": ""}, "还没写在哪里"),
        ({"place": "，。12"}, "还没写在哪里"),
        ({"place": "东门", "latitude": "95", "longitude": "106"}, "取到的位置不对"),
        ({"place": "东门", "latitude": "nan", "longitude": "106"}, "取到的位置不对"),
    ],
    ids=["no kind", "no such kind", "no place", "no word", "off the earth", "no number"],
)
def test_what_is_missing_is_said_and_nothing_filled_in_is_lost(
    browser: Browser, desk: Desk, filled: dict[str, str], said: str
) -> None:
    page = browser.report(photo(), said="一句“话”<script>", **filled)

    assert page.status_code == 422
    assert said in page.text
    assert "一句“话”&lt;script&gt;" in page.text
    assert "已经收下1张" in page.text
    assert count(desk.database, hazard_report) == 0

    fixed = {"category": "lane_blocked", "place": "东门", "latitude": "", "longitude": ""}
    done = browser.post({**fields_of(page.text), **fixed})
    assert code_in(done.text)
    assert count(desk.database, hazard_photo) == 1


def test_a_building_is_found_by_its_words(browser: Browser, desk: Desk) -> None:
    imported(desk.database)
    tower = building_called(desk.database, "双福花园3栋")

    browser.report(place="双福花园3栋2楼楼道")

    [case] = rows(desk.database, hazard_case)
    assert (case["building_id"], case["floor"]) == (tower.id, "2楼")


@pytest.mark.parametrize("knows", [True, False], ids=["one of them", "none of them"])
def test_of_several_buildings_one_is_chosen(browser: Browser, desk: Desk, knows: bool) -> None:
    imported(desk.database)
    tower = building_called(desk.database, "双福花园3栋")
    asked = browser.report(photo(), place="双福花园")
    assert "是哪一栋" in asked.text
    assert tower.full_name in asked.text
    assert count(desk.database, hazard_report) == 0

    filled = {**fields_of(asked.text), "category": "corridor_blocked", "place": "双福花园"}
    browser.post({**filled, "building": tower.code if knows else "none"})

    [case] = rows(desk.database, hazard_case)
    assert case["building_id"] == (tower.id if knows else None)
    assert "双福花园" in case["place_words"]
    assert count(desk.database, hazard_photo) == 1


def test_other_words_ask_for_the_building_anew(browser: Browser, desk: Desk) -> None:
    imported(desk.database)
    tower = building_called(desk.database, "双福花园3栋")
    asked = browser.report(place="双福花园")

    filled = {**fields_of(asked.text), "category": "corridor_blocked", "building": tower.code}
    browser.post({**filled, "place": "滨江路口"})

    assert rows(desk.database, hazard_case)[0]["building_id"] is None


def test_coordinates_alone_are_a_place(browser: Browser, desk: Desk) -> None:
    browser.report(place="", latitude="29.25", longitude="106.25")

    [case] = rows(desk.database, hazard_case)
    assert (case["latitude"], case["longitude"]) == (29.25, 106.25)
    assert rows(desk.database, hazard_report)[0]["datum"] == "wgs84"


def test_photos_can_be_taken_back(browser: Browser, desk: Desk) -> None:
    page = browser.report(photo(1), category="")
    browser.post({**fields_of(page.text), "category": "other", "gate": "no", "gated": "other",
                  "place": "东门", "drop": "yes"}, photo(2))  # fmt: skip

    assert count(desk.database, hazard_photo) == 1


def test_a_refused_photo_is_told_and_the_others_stay(browser: Browser, desk: Desk) -> None:
    page = browser.report(photo(1), HEIC, photo(2))

    assert page.status_code == 422
    assert "这种照片格式打不开" in page.text
    assert "已经收下2张" in page.text
    assert count(desk.database, hazard_report) == 0


def test_the_tenth_photo_is_told(browser: Browser, desk: Desk) -> None:
    page = browser.report(*(photo(seed) for seed in range(10)))

    assert "最多9张照片" in page.text
    assert "已经收下9张" in page.text


def test_an_enormous_photo_is_told_so(browser: Browser, desk: Desk) -> None:
    page = browser.report(b"\xff\xd8" + b"x" * (20 * 1024 * 1024))

    assert "超过20MB" in page.text
    assert count(desk.database, hazard_report) == 0


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        ({"said": "楼道着火了快来"}, "现在打119"),
        ({"place": "3栋燃气漏了"}, "现在走到室外"),
        ({"said": "不想活了"}, "12356"),
    ],
)
def test_words_of_an_emergency_come_first_and_nothing_is_stored(
    browser: Browser, desk: Desk, filled: dict[str, str], words: str
) -> None:
    page = browser.report(photo(), **filled)

    assert words in page.text
    assert 'href="tel:119"' in page.text
    assert count(desk.database, hazard_report) == 0
    assert count(desk.database, channel_account) == 0
    assert not desk.folder.exists()


def test_an_answer_in_doubt_is_taken_below_a_line(database: Database, tmp_path: Path) -> None:
    def doubting(text: str) -> Reply | None:
        return Reply("chat", "正着火就先打119。") if "楼梯间" in text else urgent(text)

    desk = Desk(database, tmp_path / "files", urgent=doubting)
    with open_desk(desk) as url, httpx.Client(base_url=url, trust_env=False) as client:
        browser = Browser(client)
        doubted = browser.report(place="6栋2单元楼梯间")
        calm = browser.report(place="6栋2单元门口")
        told = browser.report(said="着火了", place="6栋2单元楼梯间")

    assert code_in(doubted.text)
    assert doubted.text.index("正着火就先打119。") < doubted.text.index("上报好了</h1>")
    assert "正着火就先打119。" not in calm.text
    assert "现在打119" in told.text
    assert count(database, hazard_report) == 2


def test_a_named_report_keeps_its_name_in_the_vault_alone(browser: Browser, desk: Desk) -> None:
    page = browser.report(privacy="named", name=" 欧阳小满 ")

    [report] = rows(desk.database, hazard_report)
    [kept] = rows(desk.database, identity)
    sealed, ref = cast("bytes", kept["sealed"]), str(kept["report_ref"])
    key = derived_key(KEY, VAULT_PURPOSE)
    plain = desk.database.read(lambda db: opened(db, key, sealed, ref.encode()))
    assert code_in(page.text)
    assert report["privacy"] == "named"
    assert json.loads(plain or b"") == {"channel": "form", "real_name": "欧阳小满"}
    assert "欧阳小满" not in page.text + str(report)


@pytest.mark.parametrize("name", ["", "欧", "13800001234"])
def test_a_named_report_without_a_name_says_so(browser: Browser, desk: Desk, name: str) -> None:
    page = browser.report(privacy="named", name=name)

    assert page.status_code == 422
    assert "实名要写姓名" in page.text
    assert re.search(r'value="named" checked', page.text)
    assert count(desk.database, hazard_report) == 0


def test_a_name_is_not_kept_of_other_reports(browser: Browser, desk: Desk) -> None:
    browser.report(privacy="confidential", name="欧阳小满")
    browser.report(privacy="anonymous", name="欧阳小满", place="双福花园6楼楼道")

    assert rows(desk.database, identity) == []


def test_what_is_no_emergency_goes_on(browser: Browser, desk: Desk) -> None:
    urgent = browser.report(said="上次着火烧过的楼道又堆了东西")
    back = browser.post(fields_of(urgent.text))
    assert "上次着火烧过的楼道" in back.text
    assert count(desk.database, hazard_report) == 0

    filled = {**fields_of(back.text), "category": "corridor_blocked", "place": "双福花园2楼楼道"}
    done = browser.post({**filled, "said": "上次着火烧过的楼道又堆了东西"})

    assert code_in(done.text)


def test_other_words_are_looked_at_again(browser: Browser, desk: Desk) -> None:
    back = browser.post(fields_of(browser.report(said="上次着火烧过").text))

    page = browser.post({**fields_of(back.text), "said": "现在着火了"})

    assert "现在打119" in page.text
    assert count(desk.database, hazard_report) == 0


def test_a_kind_that_may_be_an_emergency_asks_first(browser: Browser, desk: Desk) -> None:
    asked = browser.report(photo(), category="bottled_gas")
    assert "现在闻到气味" in asked.text
    assert count(desk.database, hazard_report) == 0
    filled = {**fields_of(asked.text), "category": "bottled_gas", "place": "3栋"}

    now = browser.post({**filled, "gate": "yes"})
    assert "现在走到室外" in now.text
    assert count(desk.database, hazard_report) == 0

    done = browser.post({**filled, "gate": "no"})
    assert code_in(done.text)
    assert count(desk.database, hazard_photo) == 1


def test_another_kind_asks_its_own_question(browser: Browser, desk: Desk) -> None:
    asked = browser.report(category="bottled_gas")
    filled = {**fields_of(asked.text), "place": "3栋", "gate": "no"}

    other = browser.post({**filled, "category": "flying_wire"})

    assert "线现在冒火花" in other.text
    assert count(desk.database, hazard_report) == 0


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
def test_a_form_from_another_page_is_refused(
    browser: Browser, desk: Desk, headers: dict[str, str]
) -> None:
    filled = {**browser.open(), "category": "lane_blocked", "place": "东门"}

    page = browser.post(filled, headers=headers)

    assert page.status_code == 403
    assert "没有收" in page.text
    assert count(desk.database, hazard_report) == 0


@pytest.mark.parametrize("state", ["", "forged", "x" * 5000])
def test_a_form_that_is_not_ours_is_shown_again(browser: Browser, desk: Desk, state: str) -> None:
    page = browser.report(said="别丢了", state=state)

    assert "这一页开得太久了" in page.text
    assert "别丢了" in page.text
    assert count(desk.database, hazard_report) == 0
    filled = {**fields_of(page.text), "category": "lane_blocked", "place": "东门"}
    assert code_in(browser.post(filled).text)


def test_over_the_limit_is_said(database: Database, tmp_path: Path) -> None:
    desk = Desk(database, tmp_path / "files", limits={"resident_day": 1, "anonymous_day": 1})
    with open_desk(desk) as url, httpx.Client(base_url=url, trust_env=False) as client:
        browser = Browser(client)
        browser.report()
        named = browser.report()
        browser.report(privacy="anonymous")
        hidden = browser.report(privacy="anonymous")

    assert "你今天报得够多了" in named.text
    assert "今天匿名报得够多了" in hidden.text
    assert count(desk.database, hazard_report) == 2


@pytest.mark.parametrize("privacy", ["confidential", "anonymous"])
def test_who_is_blocked_is_told_until_when_and_why(
    browser: Browser, desk: Desk, privacy: str
) -> None:
    browser.report()
    [report] = rows(desk.database, hazard_report)

    def work(db: Connection) -> None:
        now = desk.clock()
        until = now + timedelta(days=3)
        block(db, NewBlock(report["reporter_id"], "demo", "三次虚报", None, now, until))

    desk.database.write(work)

    page = browser.report(privacy=privacy)

    assert "三次虚报" in page.text
    assert "11月26日12:17" in page.text
    assert "申诉" in page.text


def test_a_place_outside_is_taken_and_told(browser: Browser, desk: Desk) -> None:
    page = browser.report(place="天安门", latitude="39.9", longitude="116.4")

    assert code_in(page.text)
    assert rows(desk.database, hazard_report)[0]["is_outside"] in {True, False}


def test_what_comes_too_fast_is_told(browser: Browser) -> None:
    pages = [browser.post({}) for _ in range(31)]

    assert pages[-1].status_code == 429
    assert "太快" in pages[-1].text


def test_a_full_disk_loses_no_words(browser: Browser, desk: Desk) -> None:
    desk.folder.write_bytes(b"a file where the folder should be")

    page = browser.report(photo(), said="别丢了")

    assert page.status_code == 503
    assert "这会儿存不下" in page.text
    assert "别丢了" in page.text


def test_an_old_state_is_not_read() -> None:
    states = FormStates(b"key")
    state = FormState()

    assert states.read(states.sealed(state)) == state
    assert FormStates(b"another").read(states.sealed(state)) is None


def test_receipts_are_gone_after_their_time() -> None:
    async def run() -> tuple[str | None, str | None]:
        receipts = Receipts(0.01)
        receipts.keep("operation", "page")
        before = receipts.find("operation")
        await asyncio.sleep(0.05)
        return before, receipts.find("operation")

    assert asyncio.run(run()) == ("page", None)
