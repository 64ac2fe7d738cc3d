"""The inbox in a real browser: readable and fitting on a phone and a desk, a talk by hand."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.desk_overdue import escalate
from bot.papers.typesetting import Typesetter
from community.store import account_of
from storage import Database
from tests.bot.console.console_service import PASSWORD, Town, listening
from tests.bot.console.inbox_office import InboxOffice
from tests.bot.desk_town import MONDAY, hours, speaker
from tests.browser.conftest import watch
from tests.hazards.taken import photo

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
SMALL_PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
LAMP = "我们3栋2单元5楼的楼道灯坏了半个多月，晚上下楼看不见，老人摔了一跤，没得人管"


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Iterator[InboxOffice]:
    town = Town(database, tmp_path)
    town.clock.now = MONDAY
    with Typesetter() as typesetter:
        yield InboxOffice(town, typesetter)


@pytest.fixture
def open_console(
    chromium: Browser, office: InboxOffice, complaints: list[str]
) -> Iterator[OpenPage]:
    """Sign somebody of the office in and open a page."""
    with ExitStack() as opened:
        url = opened.enter_context(listening(office.town, office.pages))

        def open_one(login: str, place: str = "/console/inbox", **options: object) -> Page:
            context = chromium.new_context(**{"viewport": DESK, "locale": "zh-CN", **options})
            opened.callback(context.close)
            context.set_default_timeout(10_000)
            page = context.new_page()
            watch(page, urlsplit(url).netloc, complaints)
            page.goto(f"{url}/console/sign-in?next={place}")
            page.get_by_label("登录名").fill(login)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            expect(page.locator("#menu")).to_be_attached()
            return page

        yield open_one
    assert complaints == []


def furnish(office: InboxOffice) -> str:
    """Leave one message overdue, one of today with a photo; return the first's conversation."""
    code = office.writes("li", LAMP)
    office.town.clock.now = now = hours().answer_due("qianjiang", MONDAY)
    office.database.write(
        lambda db: escalate(db, account_of(db, "wechat", "li", now), speaker(), now)
    )
    office.sends("li", "photo", photo(3))
    office.writes("he", "西边小区大门的门禁坏了")
    return code


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
def test_every_page_is_readable_and_fits(
    office: InboxOffice, open_console: OpenPage, tmp_path: Path, viewport: dict[str, int]
) -> None:
    code = furnish(office)
    page = open_console("zhi", viewport=viewport)
    base = page.url.partition("/console")[0]
    thread = f"/console/inbox/{code}"
    page.goto(base + thread)
    page.get_by_role("button", name="接手").click()
    page.get_by_label("回复", exact=True).fill("收到，今天下午派人来换，先绕开走。")
    page.get_by_role("button", name="发出").click()
    expect(page.get_by_text("微信：等着发送")).to_be_visible()
    page.goto(f"{base}/console/inbox/handover")
    page.get_by_label("要交代的话").fill("3栋的灯明早再催物业。")
    page.get_by_role("button", name="存下").click()
    page.goto(f"{base}/console/inbox/answers")
    page.get_by_label("名称").fill("派人来看")
    page.get_by_label("内容").fill("收到，今天派人来看。")
    page.get_by_role("button", name="添加").click()
    weak, wide = [], []

    places = ["", f"/{code}", "/handover", "/answers", "?view=mine", "?view=answered"]
    for number, place in enumerate(places):
        page.goto(f"{base}/console/inbox{place}")
        page.wait_for_load_state("networkidle")
        for details in page.locator("main details").all():
            details.evaluate("one => one.open = true")
        weak += page.evaluate(CONTRAST)
        is_fit = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        wide += [] if is_fit else [place]
        page.screenshot(path=tmp_path / f"inbox-{number}.png", full_page=True)

    assert weak == []
    assert wide == []


def test_what_a_resident_says_appears_by_itself_and_the_draft_stays(
    office: InboxOffice, open_console: OpenPage
) -> None:
    code = office.writes("li", LAMP)
    page = open_console("zhi", f"/console/inbox/{code}")
    page.get_by_role("button", name="接手").click()
    page.get_by_label("回复", exact=True).fill("写到一半")

    office.writes("li", "现在灯又亮了")

    expect(page.get_by_text("现在灯又亮了")).to_be_visible(timeout=15_000)
    expect(page.get_by_label("回复", exact=True)).to_have_value("写到一半")
    page.get_by_role("button", name="发出").click()
    expect(page.get_by_text("没回", exact=True)).to_have_count(0)
