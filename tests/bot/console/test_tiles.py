"""The tile setting: what is an address of tiles, and what gets into the policy."""

import pytest

from bot.console.tiles import BadTileSetting, TileSetting


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("", ""),
        ("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example"),
        ("http://10.0.0.5:8080/t/{z}/{x}/{y}", "http://10.0.0.5:8080"),
        ("https://{s}.tiles.example/{z}/{x}/{y}.png?key=a&b", "https://*.tiles.example"),
    ],
)
def test_the_origin_of_tiles(url: str, origin: str) -> None:
    assert TileSetting(url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "https://tiles.example/{z}/{x}.png",
        "ftp://tiles.example/{z}/{x}/{y}",
        "tiles.example/{z}/{x}/{y}",
        "https://tiles.example; script-src */{z}/{x}/{y}",
        "https://a.example/{z}/{x}/{y};script-src *",
        "https://{s}{s}.example/{z}/{x}/{y}",
        "javascript:alert({z}{x}{y})",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadTileSetting) as refused:
        TileSetting(url)
    assert refused.value.url == url
