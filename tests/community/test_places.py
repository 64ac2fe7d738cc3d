"""Places named in a text: somebody from elsewhere, not a street or a brand."""

import timeit
from pathlib import Path

import pytest

from community.placefiles import BrokenPlaceFile
from community.places import load_places, places_named
from tests.community.places import PLACES, write_places


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("我在江津双福这边租房", ["江津区"]),
        ("黔江的和江津的一样吗，江津呢", ["黔江区", "江津区"]),
        ("我住长寿", ["长寿区"]),
        ("长寿这边着火打哪个", ["长寿区"]),
        ("重庆长寿区", ["长寿区"]),
        ("长寿面煮糊了冒烟", []),
        ("祝爷爷长寿", []),
        ("石柱子着火", []),
        ("我是石柱的，石柱县", ["石柱土家族自治县"]),
        ("江北这边的燃气电话", ["江北区"]),
        ("住南岸区", ["南岸区"]),
        ("解放碑那边的高楼", ["渝中区"]),
        ("我在成都", ["成都市"]),
        ("上海那边也这样吗", ["上海市"]),
        ("深圳产的充电器", []),
        ("北京时间几点", []),
        ("住北京路88号", []),
        ("江津路走到头", []),
        ("在重庆住高楼", []),
        ("煤气漏了怎么办", []),
        ("", []),
    ],
)
def test_places_are_named_in_full(text: str, named: list[str]) -> None:
    assert places_named(text) == named


def test_all_districts_and_counties_of_the_city_are_known() -> None:
    official = set(load_places().official.values())
    counties = [name for name in official if name.endswith(("区", "县")) and "新区" not in name]
    assert len([name for name in counties if name not in {"万盛经开区", "重庆高新区"}]) == 38


def test_looking_costs_next_to_nothing() -> None:
    text = "我家住二十六楼，老人腿脚不好，想问下楼道里有烟怎么办，去年才买的房子" * 3
    # Measured 0.03 ms; the best of several, since other work shares the machine.
    assert min(timeit.repeat(lambda: places_named(text), number=20, repeat=5)) / 20 < 0.001


@pytest.mark.parametrize("cues", ["before: [在, 住]", "after: [这边]", "never: [路]"])
def test_a_list_of_cues_may_be_empty(tmp_path: Path, cues: str) -> None:
    name = cues.partition(":")[0]
    root = write_places(tmp_path, {"places.yaml": PLACES.replace(cues, f"{name}: []")})
    places = load_places(root)
    assert places.named("江津") == ["江津区"]
    assert places.named("长寿") == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  never: [路]\n", "", "缺“never”"),
        ("places:", "plases:", "不认识“plases”"),
        ("{name: 江津区, names: [江津]}", "{names: [江津]}", "缺“name”"),
        ("names: [江津]", "names: 江津", "要写成列表"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    root = write_places(tmp_path, {"places.yaml": PLACES.replace(old, new)})
    with pytest.raises(BrokenPlaceFile, match=problem):
        load_places(root)
