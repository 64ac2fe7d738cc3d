"""Words that templates make of codes and times, and that a template's slip fails."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from bot.console.rendering import HERE, Pages, csrf_field, day, load_pages, moment
from community.districts import load_district

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def pages() -> Pages:
    return load_pages({"qianjiang": load_district("qianjiang")}, ZONE, {"case.moved": "流转"})


def rendered(pages: Pages, source: str, **values: object) -> str:
    return pages.environment.from_string(source).render(values)


@pytest.mark.parametrize(
    ("at", "shown", "date"),
    [
        (datetime(2026, 11, 22, 16, 5, tzinfo=UTC), "2026-11-23 周一 00:05", "2026-11-23"),
        (datetime(2026, 11, 22, 5, 5, tzinfo=UTC), "2026-11-22 周日 13:05", "2026-11-22"),
        (None, "—", "—"),
    ],
)
def test_times_are_local(at: datetime | None, shown: str, date: str) -> None:
    assert moment(at, ZONE) == shown
    assert day(at, ZONE) == date


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ 'qianjiang'|district }}", "黔江区"),
        ("{{ 'gone'|district }}", "gone"),
        ("{{ 'grid_worker'|role }}", "网格员"),
        ("{{ 'king'|role }}", "king"),
        ("{{ 'case.moved'|action }}", "流转"),
        ("{{ 'case.lost'|action }}", "case.lost"),
        ("{{ '<b>' }}", "&lt;b&gt;"),
    ],
)
def test_codes_are_worded(pages: Pages, source: str, shown: str) -> None:
    assert rendered(pages, source) == shown


def test_a_missing_value_or_asset_fails(pages: Pages) -> None:
    with pytest.raises(UndefinedError):
        rendered(pages, "{{ nothing }}")
    with pytest.raises(KeyError):
        rendered(pages, "{{ asset('nothing.js') }}")


def test_the_token_is_escaped() -> None:
    assert csrf_field('"><b>') == ('<input type="hidden" name="csrf" value="&#34;&gt;&lt;b&gt;">')


@pytest.mark.parametrize(
    "path", sorted((HERE / "templates").rglob("*.html")), ids=lambda path: path.name
)
def test_templates_hold_nothing_inline(pages: Pages, path: object) -> None:
    source = path.read_text(encoding="utf-8")

    pages.environment.parse(source)
    for inline in ("style=", "<style", "javascript:", "onclick", "onsubmit", "hx-on", "|safe"):
        assert inline not in source
    assert source.count('method="post"') == source.count("{{ csrf_field }}") or (
        path.name == "sign_in.html"  # nobody has a session yet
    )
