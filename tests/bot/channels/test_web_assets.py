"""Scripts and styles: cached for good under an address that changes with them."""

import re
from pathlib import Path

import httpx
import pytest

from bot.channels.web_assets import Assets
from bot.channels.web_pages import STATIC


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "chat.css").write_text("p {}")
    (tmp_path / "main.js").write_text("run();")
    (tmp_path / "notes.txt").write_text("not for the page")
    return tmp_path


def test_the_address_changes_with_any_file(folder: Path) -> None:
    before = Assets(folder).url("main.js")

    (folder / "chat.css").write_text("p { color: red }")

    assert Assets(folder).url("main.js") != before


def test_the_address_stays_while_the_files_do(folder: Path) -> None:
    assert Assets(folder).url("main.js") == Assets(folder).url("main.js")


@pytest.mark.parametrize("name", ["nowhere.js", "notes.txt"])
def test_a_page_that_names_a_missing_file_fails(folder: Path, name: str) -> None:
    with pytest.raises(KeyError):
        Assets(folder).url(name)


def test_every_file_is_served_for_good_with_its_type(visitor: httpx.Client) -> None:
    assets = Assets(STATIC)

    for file in STATIC.iterdir():
        answer = visitor.get(assets.url(file.name))

        assert answer.content == file.read_bytes()
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] != "application/octet-stream"


def test_an_old_address_gets_the_new_file_uncached(visitor: httpx.Client) -> None:
    answer = visitor.get("/static/000000000000/chat.css")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/static/0/nowhere.js", "/static/0/..%2f..%2fweb.py"])
def test_nothing_else_is_served(visitor: httpx.Client, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_scripts_import_only_their_neighbours() -> None:
    for script in STATIC.glob("*.js"):
        text = script.read_text()
        for imported in re.findall(r'from "([^"]+)"', text):
            assert (script.parent / imported).is_file(), f"{script.name} imports {imported}"
        assert "innerHTML" not in text, script.name
        assert "eval(" not in text, script.name
