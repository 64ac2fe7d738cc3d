"""The roll call on a phone: without a network, afterwards, refused, and small enough."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from drills.drill_store import events_of
from storage import Database
from tests.bot.console.console_service import PASSWORD, listening
from tests.bot.console.mustering import Day, alarmed_day, roll_pages
from tests.browser.conftest import watch
from tests.drills.gathered import TWO

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
SMALL_PHONE: ViewportSize = {"width": 360, "height": 740}
OFFLINE = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def day(database: Database, tmp_path: Path) -> Day:
    return alarmed_day(database, tmp_path)


@pytest.fixture
def url(day: Day) -> Iterator[str]:
    with listening(day.town, roll_pages()) as address:
        yield address


@pytest.fixture
def open_roll(chromium: Browser, url: str, day: Day, complaints: list[str]) -> Iterator[OpenPage]:
    """Open the roll call as somebody, on a small phone."""
    with ExitStack() as contexts:

        def open_one(login: str = "du") -> Page:
            context = chromium.new_context(viewport=SMALL_PHONE, locale="zh-CN", has_touch=True)
            contexts.callback(context.close)
            context.set_default_timeout(10_000)
            page = context.new_page()
            watch(page, urlsplit(url).netloc, complaints)
            page.goto(url + day.path)
            sign_in(page, login)
            expect(page.locator("#roll-ready")).to_be_visible()
            return page

        yield open_one
    assert [one for one in complaints if not any(word in one for word in OFFLINE)] == []


def sign_in(page: Page, login: str) -> None:
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def row(page: Page, day: Day, room: str) -> Locator:
    return page.locator(f'.roll-line[data-line="{day.line(room).id}"]')


def tap(where: Locator, words: str) -> None:
    where.get_by_role("button", name=words, exact=True).click()


def test_a_roll_call_without_a_network_is_there_afterwards(
    open_roll: OpenPage, day: Day, url: str
) -> None:
    page = open_roll()
    page.context.set_offline(True)
    page.goto(url + day.path)
    expect(page.locator("#roll-net")).to_contain_text("没有网络")

    tap(row(page, day, "101"), "少一人")
    tap(row(page, day, "101"), "到了")
    tap(row(page, day, "102"), "在外")
    tap(row(page, day, "301"), "需要帮助")
    page.get_by_label("几个人").fill("2")
    tap(page.locator("#roll-guest"), "记上")
    sweeps = page.locator("#roll-sweeps details", has_text=TWO)
    sweeps.locator("summary").click()
    tap(sweeps, "2单元3层")

    expect(page.locator("#roll-pending")).to_have_text("待上传 5 条")
    expect(page.locator(".roll-tile.come b")).to_have_text("2/8")
    expect(page.locator(".roll-tile.help b")).to_have_text("4")
    assert day.muster.counts.unknown == 8
    page.reload()
    expect(page.locator("#roll-pending")).to_have_text("待上传 5 条")
    expect(row(page, day, "102")).to_contain_text("在外")

    page.context.set_offline(False)
    expect(page.locator("#roll-pending")).to_be_hidden(timeout=15_000)
    expect(page.locator("#roll-net")).to_be_hidden()
    counts = day.muster.counts
    assert (counts.arrived, counts.away, counts.needs_help, counts.guests) == (2, 1, 4, 2)
    kinds = [
        event.kind
        for event in day.town.database.read(lambda db: events_of(db, day.muster.drill_id))
    ]
    assert kinds.count("swept") == 1
    assert (
        page.evaluate("Object.keys(localStorage).filter((key) => key.includes('tap')).length") == 0
    )


def test_who_called_for_help_is_first_found_and_a_slip_undone(
    open_roll: OpenPage, day: Day
) -> None:
    page = open_roll()
    tap(row(page, day, "301"), "需要帮助")
    expect(page.locator("#roll-pending")).to_be_hidden()
    page.locator(".roll-tile.help").click()
    expect(page.locator(".roll-line")).to_have_count(1)

    tap(row(page, day, "301"), "到了")
    page.get_by_role("button", name="看全部").click()
    expect(row(page, day, "301").locator(".badge.good")).to_have_text("到了")
    tap(row(page, day, "301"), "撤销")
    expect(row(page, day, "301").locator(".roll-head")).to_contain_text("需要帮助")
    expect(page.locator("#roll-pending")).to_be_hidden()
    assert day.line("301").status == "needs_help"
    tap(row(page, day, "301"), "找到了")
    expect(page.locator("#roll-pending")).to_be_hidden()

    assert (day.line("301").status, day.line("301").arrived) == ("arrived", 4)
    assert day.line("301").helped_at is not None


def test_what_one_organiser_notes_another_sees(open_roll: OpenPage, day: Day) -> None:
    one, other = open_roll(), open_roll("wang")
    tap(row(one, day, "101"), "到了")

    expect(row(other, day, "101")).to_contain_text("到了", timeout=12_000)
    expect(other.locator(".roll-tile.come b")).to_have_text("3/8")


def test_what_is_refused_says_so_at_its_line(
    open_roll: OpenPage, day: Day, complaints: list[str]
) -> None:
    page = open_roll()
    page.context.set_offline(True)
    tap(row(page, day, "102"), "到了")
    day.muster.go("aborted")
    page.context.set_offline(False)

    expect(page.locator("#roll-refused")).to_contain_text("102 没有记上")
    expect(row(page, day, "102").locator(".roll-why")).to_contain_text("没有记上")
    expect(page.locator("#roll-state")).to_have_text("因真实险情中止")
    tap(page.locator("#roll-refused"), "知道了")
    expect(page.locator("#roll-refused")).to_be_hidden()
    assert day.line("102").status == "unknown"
    complaints[:] = [one for one in complaints if "422" not in one]


def test_one_tap_stops_the_drill_for_a_real_incident(open_roll: OpenPage, day: Day) -> None:
    page = open_roll("head-of-one")
    expect(page.get_by_role("button", name="开始集合点名")).to_be_hidden()
    tap(page.locator(".roll-abort"), "真的出事了：中止演练")

    expect(page.locator("#roll-said")).to_contain_text("119")
    expect(page.locator(".roll-abort")).to_be_hidden()
    assert day.drill.state == "aborted"


def test_signing_out_leaves_no_list(open_roll: OpenPage) -> None:
    page = open_roll()
    assert page.evaluate("Object.keys(localStorage).some((key) => key.includes('list'))")
    page.get_by_role("button", name="菜单").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录工作台")

    assert not page.evaluate("Object.keys(localStorage).some((key) => key.includes('list'))")
    assert not page.evaluate("caches.has('lifeline-roll')")


def test_it_fits_a_small_phone_and_can_be_read_and_tapped(open_roll: OpenPage, day: Day) -> None:
    page = open_roll()
    tap(row(page, day, "301"), "需要帮助")
    tap(row(page, day, "101"), "到了")
    page.get_by_placeholder("找房号").fill("30")
    expect(page.locator(".roll-line")).to_have_count(1)
    tap(page.locator("#roll"), "看全部")
    for summary in page.locator("summary").all():
        summary.click()

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CONTRAST) == []
    for control in page.locator("main button:visible, main select:visible").all():
        box = control.bounding_box()
        assert box
        assert min(box["height"], box["width"]) >= 40, control.inner_text()
