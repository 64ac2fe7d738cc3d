"""Telegram out of reach, a revoked token, another poller: the rest goes on, and it comes back."""

from collections.abc import Iterator
from time import monotonic
from uuid import uuid4

import pytest

from tests.platforms.loopback import http_client, wait_until
from tests.platforms.telegram import TOKEN, TelegramPlatform
from tests.platforms.wechat import WeChatPlatform
from tests.talk.conftest import Town
from tests.talk.towns import (
    ANSWER,
    PATIENCE,
    QUESTION,
    Resident,
    furnished,
    run_lifeline,
    telegram_settings,
    wechat_settings,
)

PAGE_SECONDS = 5.0
# Of a whole start, with nobody there to answer on the other side.
STARTING_SECONDS = 30.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A service that was started while Telegram could not be reached."""
    data_dir = furnished(tmp_path_factory, "telegram-connecting")
    with WeChatPlatform(mode="safe") as wechat, TelegramPlatform() as telegram:
        settings = wechat_settings(wechat) | telegram_settings(telegram)
        telegram.goes_down()
        town = Town(data_dir, wechat, telegram, settings)
        try:
            before = monotonic()
            town.start()
            assert monotonic() - before < STARTING_SECONDS
            yield town
            assert "Traceback" not in town.log
            assert TOKEN not in town.log
        finally:
            town.stop()


def doctor(town: Town) -> str:
    return run_lifeline(town.data_dir, "doctor", **town.settings)


def health(town: Town) -> dict[str, bool]:
    assert town.service
    with http_client(PAGE_SECONDS) as client:
        found: dict[str, bool] = client.get(f"{town.service.url}/healthz").json()
    return found


def web_answer(town: Town, text: str) -> str:
    """Ask in the web chat, within the time that somebody at a page waits."""
    assert town.service
    with http_client(PAGE_SECONDS) as client:
        client.get(f"{town.service.url}/")
        response = client.post(
            f"{town.service.url}/chat/messages",
            json={"id": str(uuid4()), "text": text},
            headers={"origin": town.service.url},
        )
    assert response.status_code == 200, response.text
    return response.text


def test_out_of_reach_at_the_start_the_rest_answers_and_later_it_connects(town: Town) -> None:
    assert ANSWER in web_answer(town, QUESTION)
    shown = town.wechat.user("oWhileTelegramIsAway").says(QUESTION)
    assert shown is not None
    assert shown.text.startswith(ANSWER)
    assert health(town) == {"ready": True, "telegram": False}
    assert f"连不上 {town.telegram.url}" in town.log
    assert f"! 连不上 {town.telegram.url}：检查网络" in doctor(town)

    who = Resident.of(town, 500)
    town.telegram.comes_back()
    assert who.asks("/phones").text.startswith("常用电话")
    assert health(town) == {"ready": True, "telegram": True}


def test_away_for_a_while_nothing_is_lost(town: Town) -> None:
    """What was asked before and during is answered once Telegram is back."""
    who, other = Resident.of(town, 501), Resident.of(town, 502)
    town.telegram.goes_down()
    who.user.says("/first")
    other.user.says("/phones")
    assert wait_until(lambda: not health(town)["telegram"], PATIENCE)
    assert ANSWER in web_answer(town, QUESTION)
    town.telegram.comes_back()

    assert who.reads()[0].text.startswith("正在发生")
    assert other.reads()[0].text.startswith("常用电话")
    who.reads_nothing()


def test_another_poller_is_said_and_outlived(town: Town) -> None:
    """Whoever asks last is served; the one that waits gets 409."""
    with http_client(PATIENCE) as client:
        client.post(f"{town.telegram.url}/bot{TOKEN}/getUpdates", data={"timeout": "1"})

    words = "另一个程序在用同一个令牌收消息：停掉那一个，或给它换一个机器人"
    assert wait_until(lambda: words in town.log, PATIENCE)
    assert Resident.of(town, 503).asks("/phones").text.startswith("常用电话")


def test_a_revoked_token_is_said_plainly_and_may_come_back(town: Town) -> None:
    town.telegram.token = "1234567890:another"  # noqa: S105 - of nobody
    with http_client(PATIENCE) as client:  # ends the call that waits
        client.post(f"{town.telegram.url}/bot{town.telegram.token}/getUpdates", data={})
    words = "机器人令牌不对或已作废：到 @BotFather 重新复制，改 LIFELINE_TELEGRAM_TOKEN"
    assert wait_until(lambda: words in town.log, PATIENCE)
    said = doctor(town)
    assert f"✗ {words}" in said
    assert TOKEN not in said
    assert ANSWER in web_answer(town, QUESTION)

    who = Resident.of(town, 504)
    town.telegram.token = TOKEN
    assert who.asks("/phones").text.startswith("常用电话")
