"""The client's own care: the proxy it is given, files within limits, a webhook looked after."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import pytest

from bot.channels.telegram import BadTelegramSetting, FileUnavailable, TelegramConfig
from bot.channels.telegram_client import Client
from tests.bot.channels.telegram_service import AROUND, WrittenConversation, running
from tests.platforms.loopback import wait_until
from tests.platforms.telegram import TelegramPlatform


@pytest.fixture
def platform() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as platform:
        yield platform


def test_the_proxy_and_nothing_else_is_asked() -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        port = proxy.getsockname()[1]

        def take_one() -> None:
            connection, _ = proxy.accept()
            with connection:
                asked.append(connection.recv(4096))

        thread = Thread(target=take_one, daemon=True)
        thread.start()
        # A name that exists nowhere: only the proxy could know it.
        config = TelegramConfig(
            "4242:abc", api="http://telegram.invalid", proxy=f"http://127.0.0.1:{port}"
        )
        with running(WrittenConversation(), config, replace(AROUND, pause=lambda _: 60)):
            thread.join(10)

    assert asked[0].startswith(b"POST http://telegram.invalid/bot4242:abc/getMe ")


@pytest.mark.parametrize("proxy", ["nonsense", "ftp://127.0.0.1:1"])
def test_what_is_no_proxy_is_refused_without_being_repeated(proxy: str) -> None:
    with pytest.raises(BadTelegramSetting) as caught:
        Client(TelegramConfig("4242:abc", proxy=proxy))

    assert caught.value.setting == "LIFELINE_TELEGRAM_PROXY"
    assert proxy not in str(caught.value)


@pytest.mark.parametrize(
    ("most_bytes", "expected"),
    [(4, b"abcd"), (3, None)],
    ids=["just within", "one byte too many"],
)
def test_files_are_cut_off_at_the_limit(
    platform: TelegramPlatform, most_bytes: int, expected: bytes | None
) -> None:
    sent = platform.user(77).sends_file(b"abcd", "a.txt")
    ref = sent.message["document"]["file_id"]

    async def fetch() -> bytes:
        client = Client(TelegramConfig(platform.token, api=platform.url))
        try:
            return await client.download(ref, most_bytes)
        finally:
            await client.close()

    if expected is not None:
        assert asyncio.run(fetch()) == expected
        return
    with pytest.raises(FileUnavailable) as caught:
        asyncio.run(fetch())
    assert caught.value.permanent


def test_a_broken_download_may_be_tried_again(platform: TelegramPlatform) -> None:
    sent = platform.user(77).sends_file(b"abcd", "a.txt")
    ref = sent.message["document"]["file_id"]
    platform.fail_next(1, "broken", ".bin")

    async def fetch_twice() -> tuple[bool, bytes]:
        client = Client(TelegramConfig(platform.token, api=platform.url))
        try:
            with pytest.raises(FileUnavailable) as caught:
                await client.download(ref)
            return caught.value.permanent, await client.download(ref)
        finally:
            await client.close()

    assert asyncio.run(fetch_twice()) == (False, b"abcd")


def test_a_webhook_taken_away_is_set_again_and_its_failures_are_said(
    platform: TelegramPlatform,
) -> None:
    secret = "a-secret"  # noqa: S105 - of nobody
    config = TelegramConfig(platform.token, api=platform.url, secret=secret)
    with running(WrittenConversation(), config, replace(AROUND, watch_seconds=0.05)) as service:
        assert wait_until(lambda: service.telegram.state.mode == "webhook")
        hook = platform.state.webhook

        hook.error, hook.error_at = "Connection refused", platform.clock()
        assert wait_until(lambda: "Connection refused" in service.telegram.state.problem)
        assert service.telegram.state.is_connected
        platform.clock.advance(hours=-1)
        hook.error_at = platform.clock()
        assert wait_until(lambda: service.telegram.state.problem == "")

        url, hook.url = hook.url, ""
        assert wait_until(lambda: platform.state.webhook.url == url)
        assert platform.state.webhook.secret == secret
