"""Charts in a real Chromium, under the policy of our pages: colours and Chinese are there."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route

from bot.charts.studio import MEDIA_TYPES, Studio
from tests.bot.charts.samples import ALL, BARS, STACKED
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser

HOST = "charts.test"
POLICY = {"Content-Security-Policy": "default-src 'self'"}
BLUE = (0, 114, 178)


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    with Studio() as studio:
        return {f"/{type(chart).__name__}.svg": studio.draw(chart) for chart in ALL}


@pytest.fixture
def page(chromium: Browser, pictures: dict[str, bytes]) -> Iterator[Page]:
    """A page with every chart in it; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    images = "".join(f'<p><img src="{name}" alt="{name}"></p>' for name in pictures)

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(f"http://{HOST}")
        if path in pictures:
            headers = {**POLICY, "Content-Type": MEDIA_TYPES["svg"]}
            route.fulfill(body=pictures[path], headers=headers)
        else:
            html = f"<!doctype html><link rel=icon href='/Bars.svg'><title>图</title>{images}"
            route.fulfill(body=html, headers={**POLICY, "Content-Type": "text/html;charset=utf-8"})

    context = chromium.new_context(viewport={"width": 800, "height": 1800})
    context.set_default_timeout(10_000)
    context.route("**/*", answer)
    page = context.new_page()
    watch(page, HOST, complaints)
    page.goto(f"http://{HOST}/")
    yield page
    context.close()
    assert complaints == []


def shot(page: Page, chart: object) -> Image.Image:
    name = f"/{type(chart).__name__}.svg"
    picture = page.locator(f'img[alt="{name}"]').screenshot()
    return Image.open(io.BytesIO(picture)).convert("RGB")


def count(picture: Image.Image, colour: tuple[int, int, int]) -> int:
    return sum(n for n, one in picture.getcolors(1_000_000) or [] if one == colour)


def test_every_chart_shows_at_its_size(page: Page) -> None:
    widths = page.locator("img").evaluate_all("all => all.map(one => one.naturalWidth)")

    assert len(widths) == len(ALL)
    assert min(widths) > 500


def test_bars_have_their_colour_and_labels_their_ink(page: Page) -> None:
    picture = shot(page, BARS)
    width, height = picture.size
    labels = picture.crop((0, int(height * 0.25), int(width * 0.2), int(height * 0.8)))
    dark = sum(n for n, one in labels.getcolors(1_000_000) or [] if max(one) < 110)

    assert count(picture, BLUE) > 3000
    assert dark > 300


def test_stacked_bars_have_their_hatching(page: Page) -> None:
    picture = shot(page, STACKED)

    assert count(picture, BLUE) > 3000
    assert count(picture, (230, 159, 0)) > 500


def test_a_chart_opened_by_itself_keeps_its_colours(page: Page) -> None:
    page.goto(f"http://{HOST}/Bars.svg")

    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert count(picture, BLUE) > 3000
