"""Charts as pictures, drawn for real in the child process."""

import io
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from xml.etree import ElementTree as ET

import psutil
import pytest
from PIL import Image

from bot.charts.specs import Bars, Chart, Lines, Series, StackedBars
from bot.charts.studio import Studio
from tests.bot.charts.samples import ALL, BARS, LINES

SVG = "{http://www.w3.org/2000/svg}"
KINDS = [type(chart).__name__ for chart in ALL]


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as studio:
        yield studio


@pytest.mark.parametrize("chart", ALL, ids=KINDS)
def test_an_svg_needs_no_style_script_font_or_other_file(studio: Studio, chart: Chart) -> None:
    root = ET.fromstring(studio.draw(chart))  # noqa: S314 - made by ourselves

    assert root.tag == f"{SVG}svg"
    names = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert names.isdisjoint({"style", "script", "text", "image", "foreignObject", "a"})
    attributes = {name for element in root.iter() for name in element.attrib}
    assert "style" not in attributes
    assert not [name for name in attributes if name.startswith("on")]
    links = {value for e in root.iter() for name, value in e.attrib.items() if "href" in name}
    assert all(link.startswith("#") for link in links)


@pytest.mark.parametrize("chart", ALL, ids=KINDS)
def test_a_png_is_fit_for_chat(studio: Studio, chart: Chart) -> None:
    with Image.open(io.BytesIO(studio.draw(chart, "png"))) as picture:
        assert picture.format == "PNG"
        assert picture.width == 1080
        assert len(picture.convert("RGB").getcolors(1_000_000) or []) > 10


@pytest.mark.parametrize("form", ["svg", "png"])
@pytest.mark.parametrize("chart", ALL, ids=KINDS)
def test_the_same_figures_make_the_same_bytes(studio: Studio, chart: Chart, form: str) -> None:
    with Studio() as another:
        assert another.draw(chart, form) == studio.draw(chart, form)


def test_bars_grow_with_their_labels(studio: Studio) -> None:
    many = replace(
        BARS,
        labels=tuple(f"{number}号街道" for number in range(40)),
        series=(Series("隐患", tuple(range(40))),),
    )

    def height(chart: Chart) -> int:
        return Image.open(io.BytesIO(studio.draw(chart, "png"))).height

    assert height(many) > 5 * height(BARS)


@pytest.mark.parametrize(
    "text",
    ["$x^2$", "<script>alert(1)</script>", '" onload="x', "-->", "a\nb", "%s {0}", "𪚥", "_下划线"],
)
def test_a_label_is_only_text(studio: Studio, text: str) -> None:
    chart = Bars(text, (text,), (Series(text, (3,)),), heading=text)

    root = ET.fromstring(studio.draw(chart))  # noqa: S314 - made by ourselves

    assert f"{SVG}script" not in {element.tag for element in root.iter()}
    assert not [name for e in root.iter() for name in e.attrib if name.startswith("on")]


@pytest.mark.parametrize(
    "chart",
    [
        Bars("图", ("一",), (Series("甲", (0,)),)),
        Lines("图", ("一",), (Series("甲", (None,)),)),
        StackedBars("图", ("一",), (Series("甲", (0,)),)),
        Lines("图", tuple(f"2026年{n}" for n in range(120)), (Series("甲", (1e11,) * 120),)),
        StackedBars("图", ("一", "二"), tuple(Series(f"名{n}", (n, 1)) for n in range(8))),
    ],
    ids=["nought", "only a gap", "an empty stack", "many large figures", "eight parts"],
)
def test_odd_figures_are_drawn_too(studio: Studio, chart: Chart) -> None:
    assert studio.draw(chart).startswith(b"<?xml")


def test_threads_may_share_a_studio(studio: Studio) -> None:
    charts = [replace(LINES, title=f"第{number}张") for number in range(8)]
    alone = [studio.draw(chart) for chart in charts]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(studio.draw, charts)) == alone


def test_a_studio_draws_again_after_its_process_was_killed() -> None:
    with Studio() as studio:
        first = studio.draw(BARS)
        (child,) = [p for p in psutil.Process().children() if "bot.charts.drawing" in p.cmdline()][
            -1:
        ]
        child.kill()
        psutil.wait_procs([child])

        assert studio.draw(BARS) == first


def test_the_service_never_loads_what_draws_and_sets() -> None:
    code = (
        "import sys, bot.charts.studio, bot.papers.notice, bot.papers.certificate;"
        "print([n for n in ('matplotlib', 'typst') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
