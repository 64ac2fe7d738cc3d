"""Public progress: by code how it goes on, with the password the reward, and no guessing."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from bot.channels.report_progress import ADDRESS_BURST, CODE_BURST
from hazards.anonymity import new_password, password_mac
from hazards.report_store import find_report
from hazards.rewards import approve, propose, refuse
from hazards.store import hazard_case, hazard_report
from storage import Database, new_code
from tests.bot.channels.report_service import Browser, Desk, code_in, open_desk, password_in
from tests.hazards.rewarded import NOON, SCHEME, closed_case
from tests.hazards.taken import KEY


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "files")


@pytest.fixture
def browser(desk: Desk) -> Iterator[Browser]:
    desk.clock.at = NOON
    with (
        open_desk(desk) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=20) as client,
    ):
        yield Browser(client)


@pytest.fixture
def closed(database: Database) -> tuple[int, str, str]:
    """Return case id, code and password of an anonymous report whose case is closed."""
    case = closed_case(database, None)
    found = database.read(lambda db: find_report(db, case.report_id))
    assert found is not None
    password = new_password()
    mac = password_mac(KEY, found.code, password)
    database.write(lambda db: db.execute(update(hazard_report).values(secret_mac=mac)))
    return case.id, found.code, password


def proposed(database: Database, case_id: int) -> int:
    return database.write(lambda db: propose(db, case_id, 901, NOON, SCHEME)).id


def test_the_code_on_the_receipt_leads_to_the_progress(browser: Browser, desk: Desk) -> None:
    page = browser.report()

    found = browser.progress(code_in(page.text))

    assert "收到了，等工作人员审核" in found.text
    assert "2026年11月22日更新" in found.text
    assert "双福花园" not in found.text
    assert found.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " ")])
def test_a_code_is_read_as_people_type_it(browser: Browser, typed: object) -> None:
    code = code_in(browser.report().text)

    assert "收到了" in browser.progress(typed(code)).text  # type: ignore[operator]


def test_the_state_is_told_in_the_reporters_words(
    browser: Browser, closed: tuple[int, str, str], database: Database
) -> None:
    _, code, _ = closed
    assert "整改好了，复查合格" in browser.progress(code).text

    database.write(lambda db: db.execute(update(hazard_case).values(state="rectifying")))
    assert "负责的单位正在处理" in browser.progress(code).text


@pytest.mark.parametrize("code", ["942KPRP9", "K7M3", "'; drop table hazard_report", "<b>"])
def test_an_unknown_code_tells_nothing(browser: Browser, code: str) -> None:
    page = browser.progress(code)

    assert "没有这个编号" in page.text
    assert "<b>" not in page.text.replace("<b></b>", "")


def test_no_code_is_asked_for(browser: Browser) -> None:
    assert "写上编号再查" in browser.progress("").text


def test_the_password_claims_the_points_once(
    browser: Browser, closed: tuple[int, str, str], database: Database
) -> None:
    case_id, code, password = closed
    reward = proposed(database, case_id)
    assert "还在审批" in browser.progress(code, password).text
    database.write(lambda db: approve(db, reward, 902, NOON))

    assert "领到了：10积分" in browser.progress(code, password.lower()).text
    assert "领到了：10积分" in browser.progress(code, password).text


def test_a_refused_reward_is_told(
    browser: Browser, closed: tuple[int, str, str], database: Database
) -> None:
    case_id, code, password = closed
    reward = proposed(database, case_id)
    database.write(lambda db: refuse(db, reward, 902, "重复", NOON))

    assert "没有奖励" in browser.progress(code, password).text


def test_a_report_without_a_reward_says_so(browser: Browser, closed: tuple[int, str, str]) -> None:
    assert "现在没有奖励可领" in browser.progress(*closed[1:]).text


def test_the_password_on_the_receipt_is_the_right_one(browser: Browser) -> None:
    page = browser.report(privacy="anonymous").text

    found = browser.progress(code_in(page), password_in(page))

    assert "密码对" in found.text


def test_wrong_passwords_lock_it_for_the_day(
    browser: Browser, closed: tuple[int, str, str], desk: Desk
) -> None:
    _, code, password = closed
    tries = [browser.progress(code, new_password()).text for _ in range(int(CODE_BURST))]
    assert all("对不上" in page for page in tries)

    with open_desk(desk) as url, httpx.Client(base_url=url, trust_env=False) as client:
        locked = Browser(client).progress(code, password)

    assert "明天再试" in locked.text
    assert "整改好了" in locked.text


def test_one_code_is_not_tried_for_ever(browser: Browser, closed: tuple[int, str, str]) -> None:
    _, code, _ = closed
    pages = [browser.progress(code) for _ in range(int(CODE_BURST) + 1)]

    assert [page.status_code for page in pages] == [200] * int(CODE_BURST) + [429]
    assert "查得太快" in pages[-1].text


def test_one_address_does_not_guess_for_ever(browser: Browser) -> None:
    pages = [browser.progress(new_code()) for _ in range(int(ADDRESS_BURST) + 1)]

    assert pages[-2].status_code == 200
    assert pages[-1].status_code == 429


def test_a_form_from_another_page_is_refused(browser: Browser) -> None:
    page = browser.client.post(
        "/progress", data={"code": "K7M39QX2"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert page.status_code == 403


def test_the_code_is_never_in_an_address(browser: Browser) -> None:
    page = browser.report().text

    assert 'method="post" action="/progress"' in page
    assert "progress?" not in page
