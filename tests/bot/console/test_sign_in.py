"""Signing in and out: the same words for every failure, locks, sessions that end."""

import re
from urllib.parse import quote

import httpx
import pytest

from bot.console.forms import MOST_BYTES
from bot.console.sign_in import LOCKED, WRONG
from community.passwords import new_totp_secret, totp_step
from community.sign_in import sealed_totp
from community.staff_entry_store import staff_session
from community.staff_store import set_active, set_totp
from tests.bot.console.codes import code_at
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import KEY, PASSWORD, Town, Visit, csrf_in, post


def words(response: httpx.Response) -> str:
    return re.sub(r"\s+", " ", response.text)


def test_without_staff_the_page_says_how_to_begin(visit: Visit) -> None:
    page = visit.get("/console/sign-in").text

    assert "还没有工作人员账号" in page
    assert "lifeline staff add --login" in page
    assert "--district qianjiang" in page


def test_signing_in_leads_home(town: Town, visit: Visit) -> None:
    town.hire("lin", post("supervisor"))

    response = visit.sign_in("lin")

    home = visit.follow(response).text
    assert "lin同志，你好" in home
    assert "督办员（黔江区）" in home
    assert "lifeline staff add" not in visit.get("/console/sign-in").text


def test_a_page_is_asked_for_again_after_signing_in(town: Town, visit: Visit) -> None:
    town.hire("lin", post("administrator"))
    asked = visit.get("/console/people?x=1&y=2")
    assert asked.status_code == 303
    target = asked.headers["location"]
    assert target == "/console/sign-in?next=" + quote("/console/people?x=1&y=2", safe="")
    assert 'value="/console/people?x=1&amp;y=2"' in visit.get(target).text

    response = visit.sign_in("lin", next="/console/people?x=1&y=2")

    assert response.headers["location"] == "/console/people?x=1&y=2"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://example.org/console",
        "//example.org/console",
        "/\\example.org",
        "/console/..//example.org",
        "/chat/history",
        "/consoles",
        "javascript:alert(1)",
        "/console\r\nX: y",
        "/console/" + "a" * 2000,
    ],
)
def test_next_leads_to_own_paths_only(town: Town, visit: Visit, elsewhere: str) -> None:
    town.hire("lin", post("supervisor"))

    response = visit.sign_in("lin", next=elsewhere)

    assert response.headers["location"] == "/console"


def test_every_failure_reads_the_same(town: Town, visit: Visit) -> None:
    town.hire("lin", post("supervisor"))
    gone = town.hire("gone", post("supervisor"))
    town.database.write(lambda db: set_active(db, gone, is_active=False))

    failures = [
        visit.sign_in("nobody"),
        visit.sign_in("lin", "wrong-password-here"),
        visit.sign_in("gone"),
        visit.sign_in("lin", ""),
    ]

    assert {one.status_code for one in failures} == {401}
    pages = {
        one.text.replace(f'value="{name}"', "")
        for one, name in zip(failures, ("nobody", "lin", "gone", "lin"), strict=True)
    }
    assert len(pages) == 1
    assert WRONG in pages.pop()
    assert "lifeline-staff" not in visit.client.cookies


def test_five_wrong_tries_lock_known_and_unknown_logins(town: Town, visit: Visit) -> None:
    town.hire("lin", post("supervisor"))

    for login in ("lin", "nobody"):
        for _ in range(5):
            assert WRONG in visit.sign_in(login, "wrong-password-here").text
        assert LOCKED in visit.sign_in(login, PASSWORD).text

    town.clock.forward(minutes=16)
    assert visit.sign_in("lin").status_code == 303


def test_too_many_tries_from_one_place_wait(town: Town, visit: Visit) -> None:
    statuses = [visit.sign_in("", "x").status_code for _ in range(45)]

    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_with_an_app_its_code_is_needed_and_serves_once(
    town: Town, visit: Visit, signed_in: SignedIn
) -> None:
    staff_id, secret = town.hire("lin", post("supervisor")), new_totp_secret()
    town.database.write(lambda db: set_totp(db, staff_id, sealed_totp(KEY, staff_id, secret)))
    code = code_at(secret, town.clock())
    assert totp_step(secret, code, town.clock())

    assert WRONG in visit.sign_in("lin").text
    assert WRONG in visit.sign_in("lin", code="000000").text
    assert visit.sign_in("lin", code=f"{code[:3]} {code[3:]}").status_code == 303
    assert WRONG in visit.sign_in("lin", code=code).text


def test_the_token_is_new_each_time_and_only_its_mac_is_kept(town: Town, visit: Visit) -> None:
    town.hire("lin", post("supervisor"))
    visit.sign_in("lin")
    first = visit.client.cookies["lifeline-staff"]
    visit.sign_in("lin")
    second = visit.client.cookies["lifeline-staff"]

    kept = town.database.read(lambda db: db.execute(staff_session.select()).all())
    assert first != second
    assert len(second) >= 43
    assert len(kept) == 1  # the first ended when the second began
    assert second not in str(kept)


def test_the_cookie_is_out_of_reach(town: Town, visit: Visit) -> None:
    town.hire("lin", post("supervisor"))

    cookie = visit.sign_in("lin").headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_an_idle_session_ends_and_a_used_one_goes_on(town: Town, signed_in: SignedIn) -> None:
    town.hire("lin", post("supervisor"))
    visit = signed_in("lin")

    for _ in range(3):
        town.clock.forward(hours=7)
        assert visit.get("/console").status_code == 200
    town.clock.forward(hours=9)

    assert visit.get("/console").headers["location"].startswith("/console/sign-in?next=")


def test_signing_out_ends_the_session(town: Town, signed_in: SignedIn, visit: Visit) -> None:
    town.hire("lin", post("supervisor"))
    mine = signed_in("lin")
    visit.client.cookies.update(mine.client.cookies)

    left = mine.follow(mine.post("/console/sign-out"))

    assert "已退出登录" in left.text
    assert "已退出登录" not in mine.get("/console/sign-in").text
    assert visit.get("/console").status_code == 303


def test_shutting_somebody_out_ends_their_sessions(town: Town, signed_in: SignedIn) -> None:
    staff_id = town.hire("lin", post("supervisor"))
    visit = signed_in("lin")

    town.database.write(lambda db: set_active(db, staff_id, is_active=False))

    assert visit.get("/console").status_code == 303


def test_a_form_sent_after_the_session_ended_is_shown_again(
    town: Town, signed_in: SignedIn
) -> None:
    town.hire("lin", post("supervisor"))
    visit = signed_in("lin")
    token = visit.token()
    town.clock.forward(days=8)

    form = {"csrf": token, "reason": "楼道里的<b>电动车</b>", "password": "not to be shown"}
    response = visit.client.post("/console/identity/ask", data=form)

    assert response.status_code == 401
    assert "登录过期了，刚才没有提交" in response.text
    assert "楼道里的&lt;b&gt;电动车&lt;/b&gt;" in response.text
    assert "not to be shown" not in response.text
    assert token not in response.text


def test_a_large_form_after_the_session_ended_says_so(visit: Visit) -> None:
    form = {"reason": "楼道里的电动车"}
    large = {"photo": b"x" * 2 * MOST_BYTES}

    response = visit.client.post("/console/trial/photo", data=form, files=large)

    assert response.status_code == 404
    response = visit.client.post("/console/identity/ask", data=form, files=large)
    assert response.status_code == 401
    assert "选过的照片要重新选" in response.text


def test_what_another_site_sends_is_not_shown(town: Town, visit: Visit) -> None:
    form = {"reason": "看这里，打这个电话"}
    headers = {"origin": "https://example.org"}

    response = visit.client.post("/console/identity/ask", data=form, headers=headers)

    assert response.status_code == 401
    assert "看这里" not in response.text


def test_htmx_is_told_where_to_sign_in(town: Town, visit: Visit) -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1/console/audit?before=9"}
    response = visit.client.get("/console/audit", headers=asked)
    sent = visit.client.post("/console/audit/verify", headers=asked)

    target = "/console/sign-in?next=" + quote("/console/audit?before=9", safe="")
    assert response.headers["hx-redirect"] == target
    assert sent.status_code == 401
    assert sent.headers["hx-retarget"] == "#said"
    assert "登录过期了" in sent.text


def test_a_sign_in_from_another_site_is_refused(town: Town, visit: Visit) -> None:
    town.hire("lin", post("supervisor"))

    form = {"login": "lin", "password": PASSWORD}
    headers = {"sec-fetch-site": "cross-site"}
    response = visit.client.post("/console/sign-in", data=form, headers=headers)

    assert response.status_code == 403
    assert csrf_in(response.text) == ""
    assert "lifeline-staff" not in visit.client.cookies
