"""One's own account: password, authenticator app, chat code."""

import re

import pytest

from bot.console.account import BAD_CODE, NOT_THE_SAME, SETUP_GONE, WRONG_PASSWORD
from community.passwords import read_totp_text
from community.staff_store import staff_account, staff_of_account, take_chat_code
from community.store import account_of
from tests.bot.console.codes import code_at
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import NOON, PASSWORD, Town, Visit, post

ACCOUNT = "/console/account"
NEW = "lu-shang-you-hua"
WRONG = "not-my-password"


@pytest.fixture
def lin(town: Town, signed_in: SignedIn) -> Visit:
    town.hire("lin", post("supervisor"), post("reviewer", "jiangjin"))
    return signed_in("lin")


def change(visit: Visit, **changed: str) -> object:
    fields = {"password_old": PASSWORD, "password_new": NEW, "password_again": NEW}
    return visit.post(f"{ACCOUNT}/password", on=ACCOUNT, **(fields | changed))


def test_the_page_says_who_one_is(lin: Visit) -> None:
    page = lin.get(ACCOUNT).text

    assert "督办员（黔江区）；审核员（江津区）" in page
    assert "0个" in page


def test_a_new_password_keeps_this_browser_alone(
    lin: Visit, visit: Visit, signed_in: SignedIn
) -> None:
    elsewhere = signed_in("lin")

    changed = lin.follow(change(lin))

    assert "密码改好了" in changed.text
    assert elsewhere.get("/console").status_code == 303
    assert visit.sign_in("lin").status_code == 401
    assert visit.sign_in("lin", NEW).status_code == 303


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"password_old": WRONG}, WRONG_PASSWORD),
        ({"password_again": NEW + "x"}, NOT_THE_SAME),
        ({"password_new": "short"}, "至少10个字符"),
        ({"password_new": "1234567890"}, "太容易猜到"),
        ({"password_new": "wo-shi-lin-ya-ya"}, "不要有登录名"),
        ({"password_new": "x1y2z3" * 50}, "最多200个字符"),
    ],
)
def test_a_bad_change_changes_nothing(
    lin: Visit, visit: Visit, changed: dict[str, str], words: str
) -> None:
    response = change(lin, **changed)

    assert words in response.text
    assert response.status_code in {403, 422}
    assert visit.sign_in("lin").status_code == 303


def test_guessing_in_an_open_session_is_stopped(lin: Visit) -> None:
    for _ in range(5):
        assert WRONG_PASSWORD in change(lin, password_old=WRONG).text

    assert "试错太多次" in change(lin).text


def begin(lin: Visit) -> tuple[str, bytes]:
    """Begin to set an app up; return the sealed set-up and its secret."""
    page = lin.post(f"{ACCOUNT}/totp", on=ACCOUNT, password_on=PASSWORD).text
    setup = re.search(r'name="setup" value="([^"]+)"', page)
    shown = re.search(r'class="breakable">([^<]+)<', page)
    assert setup
    assert shown
    secret = read_totp_text(shown[1])
    assert secret
    return setup[1], secret


def test_an_app_is_set_up_and_asked_for(lin: Visit, visit: Visit) -> None:
    setup, secret = begin(lin)
    wrong = lin.post(f"{ACCOUNT}/totp/confirm", setup=setup, code="000000")
    assert BAD_CODE in wrong.text
    setup = re.search(r'name="setup" value="([^"]+)"', wrong.text)[1]

    code = code_at(secret, NOON)
    done = lin.follow(lin.post(f"{ACCOUNT}/totp/confirm", setup=setup, code=code))

    assert "动态码开好了" in done.text
    assert visit.sign_in("lin").status_code == 401
    assert visit.sign_in("lin", code=code).status_code == 303


def test_the_app_is_taken_away_with_the_password(lin: Visit, visit: Visit) -> None:
    setup, secret = begin(lin)
    lin.post(f"{ACCOUNT}/totp/confirm", setup=setup, code=code_at(secret, NOON))

    refused = lin.post(f"{ACCOUNT}/totp/off", on=ACCOUNT, password_off=WRONG)
    assert refused.status_code == 403
    lin.post(f"{ACCOUNT}/totp/off", on=ACCOUNT, password_off=PASSWORD)

    assert visit.sign_in("lin").status_code == 303


def test_the_qr_code_is_an_image_of_our_own(lin: Visit) -> None:
    setup, _ = begin(lin)

    picture = lin.client.get(f"{ACCOUNT}/totp.svg", params={"setup": setup})

    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.headers["cache-control"] == "no-store"
    assert "<svg" in picture.text


@pytest.mark.parametrize("setup", ["", "x", "é", "AAAA", "A" * 96])
def test_a_set_up_that_was_not_begun_is_refused(lin: Visit, setup: str) -> None:
    picture = lin.client.get(f"{ACCOUNT}/totp.svg", params={"setup": setup})
    confirmed = lin.post(f"{ACCOUNT}/totp/confirm", setup=setup, code="123456")

    assert SETUP_GONE in picture.text
    assert SETUP_GONE in confirmed.text


def test_a_set_up_holds_in_its_own_session(lin: Visit, signed_in: SignedIn) -> None:
    setup, secret = begin(lin)

    other = signed_in("lin").post(
        f"{ACCOUNT}/totp/confirm", setup=setup, code=code_at(secret, NOON)
    )

    assert SETUP_GONE in other.text


def test_a_chat_code_binds_once_and_can_be_undone(town: Town, lin: Visit) -> None:
    shown = lin.post(f"{ACCOUNT}/chat-code").text
    code = re.search(r'class="secret">([^<]+)<', shown)
    assert code
    assert f"绑定码 {code[1]}" in shown
    account = town.database.write(lambda db: account_of(db, "web", "x", NOON))

    assert town.database.write(lambda db: take_chat_code(db, code[1], account, NOON))
    assert "1个" in lin.get(ACCOUNT).text
    lin.post(f"{ACCOUNT}/unbind")

    assert town.database.read(lambda db: staff_of_account(db, account)) is None
    assert town.database.read(lambda db: db.execute(staff_account.select()).all()) == []
