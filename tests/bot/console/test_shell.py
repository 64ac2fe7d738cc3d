"""What every page gets from the shell: roles, tokens, limits, errors in words, headers."""

import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from bot.console.forms import MOST_BYTES
from bot.console.tiles import TileSetting
from storage import Database
from tests.bot.console import pages
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Town, Visit, listening, post

HTMX = {"HX-Request": "true"}


@pytest.fixture
def url(town: Town) -> Iterator[str]:
    with listening(town, pages) as address:
        yield address


@pytest.fixture
def lin(town: Town, signed_in: SignedIn) -> Visit:
    """A supervisor, signed in."""
    town.hire("lin", post("supervisor"))
    return signed_in("lin")


def test_a_page_knows_who_asks(lin: Visit) -> None:
    assert "我是staff:1" in lin.get(pages.PATH).text


def test_another_role_is_refused_in_words(town: Town, signed_in: SignedIn) -> None:
    town.hire("he", post("volunteer"))
    visit = signed_in("he")

    response = visit.get(pages.PATH)

    assert response.status_code == 403
    assert "不在你的职务范围里" in response.text
    assert "/console/trial" not in visit.get("/console").text


def test_the_navigation_shows_what_one_may_open(lin: Visit) -> None:
    page = lin.get("/console").text

    assert ">试验</a>" in page
    assert ">操作日志</a>" in page
    assert ">人员</a>" not in page
    assert '<a href="/console" aria-current="page">首页</a>' in page
    assert page.index("试验") < page.index("操作日志") < page.index("我的账号")


def test_the_home_page_shows_urgent_tasks_first(lin: Visit) -> None:
    page = lin.get("/console").text

    assert page.index("超期的") < page.index("等着看的")
    assert "没有的" not in page


def test_a_form_is_taken_and_its_page_says_so_once(lin: Visit) -> None:
    response = lin.post(f"{pages.PATH}/done", on=pages.PATH, text=" 好\x00的 ", number="7")

    shown = lin.follow(response)
    assert "收到“好的”，7号" in shown.text
    assert "收到“好的”" not in lin.get(pages.PATH).text


def test_a_forged_saying_is_not_shown(lin: Visit) -> None:
    lin.client.cookies.set("lifeline-said", "call.this.number")

    assert "call.this.number" not in lin.get(pages.PATH).text


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 43])
def test_without_the_token_nothing_is_done(lin: Visit, token: str) -> None:
    response = lin.client.post(f"{pages.PATH}/done", data={"csrf": token, "text": "好"})

    assert response.status_code == 403
    assert "刚才没有提交" in response.text


def test_the_token_of_another_session_is_refused(lin: Visit, signed_in: SignedIn) -> None:
    other = signed_in("lin").token()

    response = lin.client.post(f"{pages.PATH}/done", data={"csrf": other})

    assert response.status_code == 403


def test_htmx_sends_the_token_as_a_header(lin: Visit) -> None:
    headers = HTMX | {"X-CSRF-Token": lin.token()}

    response = lin.client.post(f"{pages.PATH}/done", data={"text": "好"}, headers=headers)

    assert response.headers["hx-redirect"] == pages.PATH
    assert "收到“好”，None号" in lin.get(pages.PATH).text


def test_a_script_sends_json_with_the_header(lin: Visit) -> None:
    headers = {"X-CSRF-Token": lin.token()}

    assert lin.client.post(f"{pages.PATH}/json", json=[1, 2], headers=headers).text == "2"
    assert lin.client.post(f"{pages.PATH}/json", json=[1, 2]).status_code == 403


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "长" * 21}, "最多20个字"),
        ({"number": "一"}, "没看懂"),
        ({"number": "-1"}, "没看懂"),
        ({"number": "9" * 30}, "没看懂"),
    ],
    ids=["too long", "no number", "negative", "too large"],
)
def test_bad_fields_are_refused_in_words(lin: Visit, fields: dict[str, str], words: str) -> None:
    response = lin.post(f"{pages.PATH}/done", **fields)

    assert response.status_code in {400, 422}
    assert words in response.text


def test_a_file_in_place_of_a_text_is_refused(lin: Visit) -> None:
    response = lin.client.post(
        f"{pages.PATH}/done", data={"csrf": lin.token()}, files={"text": b"x"}
    )

    assert response.status_code == 400


def test_a_body_is_bounded_by_its_page(lin: Visit) -> None:
    token = {"csrf": lin.token()}
    large = b"x" * (MOST_BYTES + 1)

    photo = lin.client.post(f"{pages.PATH}/photo", data=token, files={"photo": large})
    refused = lin.client.post(f"{pages.PATH}/done", data=token, files={"photo": large})
    twice = lin.client.post(f"{pages.PATH}/photo", data=token, files={"photo": large * 5})

    assert photo.text == str(len(large))
    assert (refused.status_code, twice.status_code) == (413, 413)
    assert "太大" in refused.text


def test_broken_forms_are_refused(lin: Visit) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}

    response = lin.client.post(f"{pages.PATH}/done", content=b"--y\r\nrubbish", headers=headers)

    assert response.status_code in {400, 403}
    many = "&".join(f"a{count}=1" for count in range(3000))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = lin.client.post(f"{pages.PATH}/done", content=many, headers=headers)
    assert response.status_code == 400


def test_a_refusal_is_a_page_or_an_htmx_message(lin: Visit) -> None:
    page = lin.get(f"{pages.PATH}/refused")
    message = lin.get(f"{pages.PATH}/refused", **HTMX)

    assert (page.status_code, message.status_code) == (409, 409)
    assert "<nav" in page.text
    assert "刚有人办过这一步" in page.text
    assert message.text.strip().startswith('<p class="notice bad"')
    assert message.headers["hx-retarget"] == "#said"


def test_a_fault_is_logged_and_says_what_to_do(
    lin: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        broken = lin.get(f"{pages.PATH}/broken")
        busy = lin.get(f"{pages.PATH}/busy")

    assert (broken.status_code, busy.status_code) == (500, 503)
    assert "告诉管理员" in broken.text
    assert "secret word" not in broken.text
    assert "过一会儿再试" in busy.text
    assert "/console/trial/broken failed" in caplog.text


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_page_is_404_in_words(lin: Visit, method: str) -> None:
    response = lin.client.request(method, "/console/nowhere/at/all")

    assert response.status_code == 404
    assert "没有这一页" in response.text


def test_a_number_that_no_row_can_have_is_404_too(town: Town, signed_in: SignedIn) -> None:
    town.hire("an", post("administrator"))

    response = signed_in("an").get(f"/console/people/{2**63}")

    assert response.status_code == 404
    assert "没有这一页" in response.text


def test_a_fragment_is_the_bare_content(lin: Visit) -> None:
    part = lin.get(pages.PATH, **HTMX)
    restored = lin.get(pages.PATH, **HTMX, **{"HX-History-Restore-Request": "true"})
    boosted = lin.get(pages.PATH, **HTMX, **{"HX-Boosted": "true"})

    assert "我是staff:1" in part.text
    assert "<html" not in part.text
    assert "<html" in restored.text
    assert "<html" in boosted.text
    assert "HX-Request" in part.headers["vary"]


@pytest.mark.parametrize("path", ["/console", "/console/sign-in", "/console/nowhere"])
def test_every_page_has_the_headers(lin: Visit, path: str) -> None:
    headers = lin.get(path).headers

    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; img-src 'self'; object-src 'none'")
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert len(headers.get_list("content-security-policy")) == 1


def test_a_page_may_set_its_own_headers(lin: Visit) -> None:
    assert lin.get(f"{pages.PATH}/own-headers").headers["cache-control"] == "max-age=9"


def test_the_tiles_host_may_be_asked_for_pictures(database: Database, tmp_path: Path) -> None:
    tiles = TileSetting("https://{s}.tiles.example/{z}/{x}/{y}.png")
    with listening(Town(database, tmp_path, tiles=tiles)) as url:
        policy = httpx.get(f"{url}/console/sign-in").headers["content-security-policy"]

    assert "img-src 'self' https://*.tiles.example; " in policy


def test_over_https_cookies_stay_off_http(database: Database, tmp_path: Path) -> None:
    town = Town(database, tmp_path, public_url="https://fire.example.org")
    town.hire("lin", post("supervisor"))
    with listening(town) as url:
        visit = Visit(url)
        cookie = visit.sign_in("lin").headers["set-cookie"]
        visit.client.close()

    assert cookie.startswith("__Host-lifeline-staff=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("name", ["console.css", "console.js", "htmx.js", "leaflet.js"])
def test_assets_are_served_under_the_console(lin: Visit, name: str) -> None:
    page = lin.get("/console").text
    version = page.partition("/console/static/")[2].partition("/")[0]

    asset = lin.get(f"/console/static/{version}/{name}")

    assert asset.status_code == 200
    assert "immutable" in asset.headers["cache-control"]


def test_htmx_may_neither_eval_nor_style_nor_run_scripts(lin: Visit) -> None:
    page = lin.get("/console").text

    for switch in ("includeIndicatorStyles", "allowEval", "allowScriptTags"):
        assert f'"{switch}": false' in page
    assert "style=" not in page
    assert "<style" not in page
    assert "onclick" not in page


def test_a_page_module_needs_no_section(
    database: Database, tmp_path: Path, visits: Callable[[], Visit]
) -> None:
    module = sys.modules[__name__]
    with listening(Town(database, tmp_path), module) as url:
        assert httpx.get(f"{url}/console/sign-in").status_code == 200


SECTION = None


def routes() -> list[object]:
    return []
