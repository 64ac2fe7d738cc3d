"""Work outside in a real browser: without a network, after a session ended, step by step."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from hazards.inspections import load_guide
from storage import Database
from tests.bot.console.console_service import PASSWORD, Town, listening
from tests.bot.console.outdoor import SPOT, Outside, small_photo
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
SMALL_PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
HOME = "/console/field"


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def outside(database: Database, tmp_path: Path) -> Outside:
    return Outside(Town(database, tmp_path))


@pytest.fixture
def url(outside: Outside) -> Iterator[str]:
    with listening(outside.town, outside.pages) as address:
        yield address


@pytest.fixture
def open_field(chromium: Browser, url: str, complaints: list[str]) -> Iterator[OpenPage]:
    """Open a page of work outside as ``wang``, on a small phone."""
    with ExitStack() as contexts:

        def open_one(path: str = HOME, **options: object) -> Page:
            settings = {"viewport": SMALL_PHONE, "locale": "zh-CN", "has_touch": True}
            context = chromium.new_context(**{**settings, **options})
            contexts.callback(context.close)
            context.set_default_timeout(10_000)
            page = context.new_page()
            watch(page, urlsplit(url).netloc, complaints)
            page.goto(url + path)
            sign_in(page)
            return page

        yield open_one
    assert complaints == []


@pytest.fixture
def photos(tmp_path: Path) -> tuple[Path, Path]:
    return small_photo(tmp_path, 1), small_photo(tmp_path, 2)


def sign_in(page: Page, login: str = "wang") -> None:
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("登录工作台")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def fill_in(page: Page, photos: tuple[Path, Path], floor: str = "5楼") -> None:
    """Fill the form of 当场整改 in."""
    page.get_by_label("找楼栋").fill("翠湖苑5")
    page.get_by_label("楼层").fill(floor)
    page.get_by_label("哪一类").select_option("corridor_blocked")
    page.get_by_label("怎么回事").fill("纸箱已清走")
    page.get_by_label("整改前的照片").set_input_files(photos[0])
    page.get_by_label("整改后的照片").set_input_files(photos[1])
    expect(page.locator(".preview canvas")).to_have_count(2)


def submit(page: Page) -> None:
    page.get_by_role("button", name="提交").click()


def test_in_a_stairwell_without_a_network(
    open_field: OpenPage,
    outside: Outside,
    photos: tuple[Path, Path],
    complaints: list[str],
    url: str,
) -> None:
    page = open_field()
    expect(page.locator("#ready")).to_be_visible()
    page.context.set_offline(True)

    page.goto(url + SPOT)
    expect(page.get_by_role("heading", level=1)).to_have_text("当场整改")
    expect(page.locator("#offline")).to_be_visible()
    for floor in ("5楼", "6楼"):
        fill_in(page, photos, floor)
        submit(page)
        expect(page.locator("#spot-said")).to_contain_text("已存在这台手机里")
    expect(page.locator("#queue .badge", has_text="待发送")).to_have_count(2)
    page.reload()
    expect(page.locator("#queue .badge", has_text="待发送")).to_have_count(2)
    assert outside.cases() == []
    assert fits(page)

    page.context.set_offline(False)

    expect(page.locator("#queue .badge", has_text="已收到")).to_have_count(2)
    expect(page.locator("#offline")).to_be_hidden()
    assert [case.floor for case in outside.cases()] == ["5楼", "6楼"]
    assert {case.state for case in outside.cases()} == {"closed"}
    page.reload()
    expect(page.locator("#queue .badge", has_text="已收到")).to_have_count(2)
    assert len(outside.cases()) == 2
    complaints[:] = [one for one in complaints if "ERR_INTERNET_DISCONNECTED" not in one]


def test_an_answer_that_is_lost_has_no_second_effect(
    open_field: OpenPage, outside: Outside, photos: tuple[Path, Path], complaints: list[str]
) -> None:
    page = open_field(SPOT)
    expect(page.get_by_label("找楼栋")).to_be_visible()
    lost: list[str] = []

    def lose_first(route) -> None:  # noqa: ANN001 - Playwright's
        if route.request.method == "POST" and not lost:
            route.fetch()
            lost.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.context.route(f"**{SPOT}", lose_first)
    fill_in(page, photos)
    submit(page)
    expect(page.locator("#queue .badge")).to_have_text("待发送")
    expect(page.locator("#offline")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('online'))")

    expect(page.locator("#queue .badge")).to_have_text("已收到")
    expect(page.locator("#queue")).to_contain_text("早就收到了")
    assert len(lost) == 1
    assert len(outside.cases()) == 1
    complaints[:] = [one for one in complaints if "ERR_FAILED" not in one]


def test_a_session_that_ended_keeps_what_is_not_sent(
    open_field: OpenPage,
    outside: Outside,
    photos: tuple[Path, Path],
    complaints: list[str],
    url: str,
) -> None:
    page = open_field()
    expect(page.locator("#ready")).to_be_visible()
    page.context.set_offline(True)
    page.goto(url + SPOT)
    fill_in(page, photos)
    submit(page)
    outside.town.clock.forward(days=8)
    page.context.set_offline(False)

    expect(page.locator("#kept-out")).to_contain_text("1件还在这台手机里")
    assert outside.cases() == []
    page.get_by_role("link", name="重新登录").click()
    sign_in(page, "li")
    expect(page.locator("#kept-out")).to_contain_text("别的账号填的")
    assert page.locator("#queue").is_hidden()
    page.get_by_role("button", name="菜单").click()
    page.get_by_role("button", name="退出登录").click()
    page.goto(url + HOME)
    sign_in(page)

    expect(page.locator("#queue .badge")).to_have_text("已收到")
    assert len(outside.cases()) == 1
    complaints[:] = [one for one in complaints if "ERR_INTERNET_DISCONNECTED" not in one]


def test_signing_out_leaves_no_list_of_buildings(open_field: OpenPage) -> None:
    page = open_field()
    expect(page.locator("#ready")).to_be_visible()
    assert page.evaluate("caches.has('lifeline-field')")

    page.get_by_role("button", name="菜单").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录工作台")

    assert not page.evaluate("caches.has('lifeline-field')")


def test_what_is_refused_says_why(
    open_field: OpenPage, outside: Outside, photos: tuple[Path, Path], complaints: list[str]
) -> None:
    page = open_field(SPOT)
    fill_in(page, (photos[0], photos[0]))
    submit(page)

    expect(page.locator("#queue .badge")).to_have_text("被退回")
    expect(page.locator("#queue")).to_contain_text("同一张照片")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="删掉").click()

    expect(page.locator("#queue")).to_be_hidden()
    assert outside.cases() == []
    assert all("422" in one for one in complaints)
    complaints.clear()


def test_a_form_half_filled_in_comes_back(
    open_field: OpenPage, outside: Outside, photos: tuple[Path, Path]
) -> None:
    page = open_field(SPOT)
    fill_in(page, photos)
    page.get_by_label("怎么回事").blur()
    page.wait_for_function(
        """() => new Promise((done) => {
          const request = indexedDB.open("lifeline-field", 1);
          request.onsuccess = () => {
            const store = request.result.transaction("operations").objectStore("operations");
            const get = store.get("draft");
            get.onsuccess = () => done(Object.keys(get.result?.photos ?? {}).length === 2);
          };
        })"""
    )
    page.reload()

    expect(page.locator(".preview canvas")).to_have_count(2)
    expect(page.get_by_label("楼层")).to_have_value("5楼")
    submit(page)
    expect(page.locator("#queue .badge")).to_have_text("已收到")
    assert outside.purposes(outside.cases()[0]) == ["before", "after"]


def test_without_scripts_the_form_is_sent_as_it_stands(
    open_field: OpenPage, outside: Outside, photos: tuple[Path, Path]
) -> None:
    page = open_field(SPOT, java_script_enabled=False)
    page.get_by_label("楼栋", exact=True).select_option(label="城东街道文汇社区翠湖苑3栋")
    page.get_by_label("哪一类").select_option("corridor_blocked")
    page.get_by_label("整改前的照片").set_input_files(photos[0])
    page.get_by_label("整改后的照片").set_input_files(photos[1])
    submit(page)

    expect(page.get_by_text("收到了，已销号")).to_be_visible()
    assert len(outside.cases()) == 1


@pytest.mark.parametrize("viewport", [SMALL_PHONE, DESK], ids=["phone", "desk"])
def test_a_round_through_a_building(
    open_field: OpenPage, outside: Outside, photos: tuple[Path, Path], viewport: dict[str, int]
) -> None:
    page = open_field(viewport=viewport)
    weak, wide = list(page.evaluate(CONTRAST)), [] if fits(page) else ["home"]
    page.get_by_role("link", name="三查三清巡查").click()
    page.get_by_label("找楼栋").fill("翠湖苑5")
    expect(page.get_by_role("button", name="巡查", exact=True)).to_have_count(1)
    weak += page.evaluate(CONTRAST)
    page.get_by_role("button", name="巡查", exact=True).click()

    for number, question in enumerate(load_guide().questions):
        expect(page.get_by_role("heading", level=1)).to_have_text(question.ask)
        if number == 1:
            page.get_by_role("link", name="有隐患").click()
            page.get_by_label("照片").set_input_files(photos[0])
            expect(page.locator(".preview canvas")).to_have_count(1)
            weak += page.evaluate(CONTRAST)
            wide += [] if fits(page) else ["hazard"]
            page.get_by_role("button", name="开案件").click()
            continue
        if number < 2:
            weak += page.evaluate(CONTRAST)
            wide += [] if fits(page) else ["question"]
        page.get_by_role("button", name="没问题").click()
    page.get_by_role("button", name="做完了").click()

    expect(page.get_by_text("巡查做完了")).to_be_visible()
    weak += page.evaluate(CONTRAST)
    wide += [] if fits(page) else ["result"]
    assert [case.category for case in outside.cases()] == [load_guide().questions[1].category]
    page.get_by_role("link", name="这栋楼的巡查记录").click()
    expect(page.get_by_text("1处隐患")).to_be_visible()
    assert weak == []
    assert wide == []


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
def test_a_code_on_a_photo_chooses_its_building(
    open_field: OpenPage, outside: Outside, photos: tuple[Path, Path], is_known: bool
) -> None:
    """Reading codes is the phone's; a stand-in tells what it would read."""
    page = open_field()
    code = outside.building("翠湖苑5栋").code if is_known else "ZZZZZZZZ"
    page.add_init_script(
        f"window.BarcodeDetector = class {{ detect() {{ "
        f"return Promise.resolve([{{ rawValue: 'https://x.example/b/{code}' }}]); }} }};"
    )
    page.goto(page.url.replace(HOME, SPOT))
    page.get_by_label("拍楼栋码").set_input_files(photos[0])

    chosen = page.get_by_label("楼栋", exact=True)
    expect(chosen).to_have_value(f"building:{code}" if is_known else "")
    said = page.locator("#find-said")
    expect(said).to_have_text(
        "" if is_known else "没有从照片里读出楼栋编码，请输入码下面的8位编码，或从名单里选。"
    )


def test_what_is_tapped_is_big_enough(open_field: OpenPage) -> None:
    page = open_field(SPOT)
    expect(page.get_by_label("找楼栋")).to_be_visible()

    for control in page.locator(
        "main button:visible, main select:visible, main input:visible"
    ).all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 40, control.get_attribute("id")
