"""Telegram calls us at a public address, and we call it through a proxy: the service itself."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from community.files import FILES_FOLDER
from tests.platforms.loopback import http_client, wait_until
from tests.platforms.telegram_updates import SECRET_HEADER
from tests.talk.conftest import Town
from tests.talk.proxy import Proxy, proxying
from tests.talk.towns import (
    PATIENCE,
    Resident,
    deliveries_of,
    free_port,
    furnished,
    rows,
    run_lifeline,
    standing,
    turns_of,
)

SECRET = "a_secret-of-Telegram_and-us"  # noqa: S105 - of nobody


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with proxying() as proxy:
        yield proxy


@pytest.fixture(scope="module")
def town(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    port = str(free_port())
    settings = {
        "LIFELINE_PORT": port,
        "LIFELINE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LIFELINE_TELEGRAM_SECRET": SECRET,
        "LIFELINE_TELEGRAM_PROXY": proxy.url,
    }
    with standing(furnished(tmp_path_factory, "telegram-webhook"), **settings) as town:
        assert wait_until(lambda: bool(town.telegram.state.webhook.url), PATIENCE)
        yield town
        assert "Traceback" not in town.log
        assert SECRET not in town.log


def pushed(town: Town, content: bytes, secret: str | None = SECRET) -> httpx.Response:
    """Post to the webhook as anybody may."""
    headers = [] if secret is None else [(SECRET_HEADER.encode(), secret.encode("latin-1"))]
    with http_client(10) as client:
        return client.post(town.telegram.state.webhook.url, content=content, headers=headers)


def update(update_id: int, user_id: int, text: str) -> bytes:
    """Return a private message as Telegram writes it."""
    who = {"id": user_id, "is_bot": False, "first_name": "居民"}
    chat = {"id": user_id, "type": "private", "first_name": "居民"}
    message = {"message_id": update_id, "from": who, "chat": chat, "date": 1, "text": text}
    return json.dumps({"update_id": update_id, "message": message}).encode()


def test_a_question_is_pushed_and_answered(town: Town) -> None:
    who = Resident.of(town, 300)
    assert who.asks("/phones").text.startswith("常用电话")

    assert town.telegram.state.webhook.url == f"{town.service and town.service.url}/telegram"
    assert town.telegram.state.webhook.secret == SECRET
    assert town.telegram.calls_to("getUpdates") == []
    assert set(town.telegram.pushing.tries) == {200}


@pytest.mark.parametrize(
    "secret", [None, "", "wrong", SECRET[:-1], f"{SECRET}x", SECRET.upper(), "é"]
)
def test_a_wrong_secret_is_refused_and_leaves_nothing(town: Town, secret: str | None) -> None:
    town.telegram.user(301)

    assert pushed(town, update(301, 301, "你好"), secret).status_code == 403
    assert turns_of(town.data_dir, "301") == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"update_id": "1"}', 400),
        (b'{"update_id": true}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"update_id": 5, "message": {}}', 200),
        (b'{"update_id": 6, "message": {"message_id": 1, "date": "x", "chat": 7}}', 200),
        (b'{"update_id": 7, "callback_query": {"id": 1}}', 200),
        (b'{"update_id": 8, "something_of_next_year": {"a": 1}}', 200),
        (b'{"update_id": 9}', 200),
        (b" " * 300_000, 413),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_update_of_ours_is_refused_or_passed_over(
    town: Town, content: bytes, status: int
) -> None:
    counting = "SELECT (SELECT count(*) FROM turn), (SELECT count(*) FROM channel_account)"
    before = rows(town.data_dir, counting)

    assert pushed(town, content).status_code == status
    assert rows(town.data_dir, counting) == before


def test_the_address_takes_nothing_but_post(town: Town) -> None:
    with http_client(10) as client:
        for method in ("GET", "PUT", "DELETE"):
            asked = client.request(method, town.telegram.state.webhook.url)
            assert asked.status_code == 405


def test_the_same_update_many_times_at_once_has_one_effect(town: Town) -> None:
    who = Resident.of(town, 302)
    body = update(9_000_302, 302, "/phones")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: pushed(town, body).status_code, range(8)))

    assert answers == [200] * 8
    assert who.reads()[0].text.startswith("常用电话")
    who.reads_nothing()
    assert turns_of(town.data_dir, "302") == ["/phones"]


def test_everything_we_ask_telegram_goes_through_the_proxy(town: Town, proxy: Proxy) -> None:
    """Also files; the web chat and WeChat know nothing of it."""
    who = Resident.of(town, 303)
    who.user.sends_file(b"OggS" * 100, "v.ogg", "voice")
    who.reads()
    assert "语音转给工作人员了" in who.asks("4").text

    stored = town.data_dir / FILES_FOLDER
    assert wait_until(lambda: any(stored.glob("??/*.sealed")), PATIENCE)
    for method in ("getMe", "setWebhook", "setMyCommands", "sendMessage", "getFile"):
        assert proxy.asked_for(method) == len(town.telegram.calls_to(method)) > 0
    assert any("/file/bot" in path for path in proxy.passed)


def test_doctor_tells_the_way_in_and_reaches_telegram(town: Town, proxy: Proxy) -> None:
    before = proxy.asked_for("getMe")
    said = run_lifeline(town.data_dir, "doctor", **town.settings)

    assert proxy.asked_for("getMe") == before + 1
    assert "✓ Telegram连得上，机器人是 @lifeline_test_bot" in said
    assert "LIFELINE_PUBLIC_URL 要https开头" in said  # the real Telegram would not take ours
    assert SECRET not in said
    assert town.telegram.token not in said


def test_killed_before_the_answer_left_the_repeat_has_no_second_effect(town: Town) -> None:
    """Telegram pushes until it gets a 2xx: here the process is gone after the commit."""
    who = Resident.of(town, 304)
    who.asks("/first")
    assert wait_until(lambda: deliveries_of(town.data_dir, "304") == ["sent"], PATIENCE)
    town.stop()
    who.user.repeats(who.user.sent[-1])
    who.user.says("/phones")
    assert wait_until(lambda: 0 in town.telegram.pushing.tries, PATIENCE)
    town.start()

    assert who.reads()[0].text.startswith("常用电话")
    who.reads_nothing()
    assert turns_of(town.data_dir, "304") == ["/first", "/phones"]
