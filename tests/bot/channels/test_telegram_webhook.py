"""Who calls is checked first, and nothing malformed gets further or is logged as a fault."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.telegram import Surroundings, Telegram, TelegramConfig
from bot.channels.telegram_webhook import MOST_BODY_BYTES, SECRET_HEADER, webhook_route
from tests.bot.channels.telegram_service import AROUND, Running, WrittenConversation, running
from tests.bot.channels.telegram_updates import tap, update
from tests.bot.conftest import Clock
from tests.platforms.loopback import wait_until

Post = Callable[..., httpx.Response]

SECRET = "the-secret_1"  # noqa: S105 - of nobody
# Nothing listens there: the webhook works while Telegram itself is out of reach.
CONFIG = TelegramConfig("4242:abc", api="http://127.0.0.1:9", secret=SECRET)


@pytest.fixture(scope="module")
def conversation() -> WrittenConversation:
    return WrittenConversation()


@pytest.fixture(scope="module")
def service(conversation: WrittenConversation) -> Iterator[Running]:
    with running(conversation, CONFIG, replace(AROUND, pause=lambda _: 60.0)) as service:
        yield service


@pytest.fixture
def post(service: Running) -> Iterator[Post]:
    with httpx.Client(base_url=service.url, trust_env=False, timeout=10) as client:

        def send(body: bytes, secret: str | None = SECRET) -> httpx.Response:
            headers = {SECRET_HEADER: secret.encode()} if secret is not None else {}
            return client.post("/telegram", content=body, headers=headers)

        yield send


def body(data: object) -> bytes:
    return json.dumps(data).encode()


def test_an_update_is_taken(post: Post, conversation: WrittenConversation) -> None:
    conversation.received.clear()

    assert post(body(update(1, text="软管"))).status_code == 200
    assert conversation.texts == ["软管"]


@pytest.mark.parametrize(
    "secret", [None, "", "the-secret_2", "the-secret_", "秘密", SECRET.upper()]
)
def test_a_stranger_is_refused(
    post: Post, conversation: WrittenConversation, secret: str | None
) -> None:
    conversation.received.clear()

    assert post(body(update(2, text="软管")), secret).status_code == 403
    assert conversation.received == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"not json", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"update_id": "1"}', 400),
        (b'{"update_id": true}', 400),
        (b'{"update_id": 1' + b"0" * 5000 + b"}", 400),
        (b'{"update_id":1,"message":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001, 400),
        (b'{"update_id": 1, "x": "' + b"a" * MOST_BODY_BYTES + b'"}', 413),
        (b'{"update_id": 1}', 200),
        (b'{"update_id": 1, "message": 5}', 200),
        (b'{"update_id": 1, "message": {"message_id": 1, "date": 1e400}}', 200),
        (b'{"update_id": 1, "something": {"new": true}}', 200),
    ],
    ids=[
        "empty", "not UTF-8", "not JSON", "a list", "null", "id a text", "id a truth",
        "id of 5,000 digits", "20,000 deep", "too large", "nothing", "a number", "no date",
        "a new kind",
    ],
)  # fmt: skip
def test_malformed_bodies(
    post: Post,
    conversation: WrittenConversation,
    caplog: pytest.LogCaptureFixture,
    content: bytes,
    status: int,
) -> None:
    conversation.received.clear()

    assert post(content).status_code == status
    assert conversation.received == []
    assert [record for record in caplog.records if record.exc_info] == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8")))
def test_noise_is_refused_and_leaves_nothing(
    post: Post, conversation: WrittenConversation, content: bytes
) -> None:
    conversation.received.clear()

    assert post(content).status_code == 400
    assert conversation.received == []


@pytest.mark.parametrize("text", ["火\x00灾", "\ud83d", "a\x0bb", "]]><x>"])
def test_dirty_text_is_cleaned_not_refused(
    post: Post, conversation: WrittenConversation, text: str
) -> None:
    conversation.received.clear()

    assert post(body(update(3, text=text))).status_code == 200
    assert all(ord(character) >= 32 for one in conversation.received for character in one.text)


def test_what_could_not_be_stored_is_asked_for_again(
    post: Post, conversation: WrittenConversation
) -> None:
    conversation.is_failing = True
    try:
        assert post(body(update(4, text="软管"))).status_code == 503
        assert post(body(tap("s:软管", update_id=5))).status_code == 503
        # An emergency is answered from memory, so nothing is to be repeated.
        assert post(body(update(6, text="着火了"))).status_code == 200
    finally:
        conversation.is_failing = False
    assert post(body(update(4, text="软管"))).status_code == 200


def test_a_fault_of_ours_is_repeated_only_so_often(
    post: Post, conversation: WrittenConversation, caplog: pytest.LogCaptureFixture
) -> None:
    conversation.fault = ZeroDivisionError()
    try:
        with caplog.at_level(logging.ERROR):
            statuses = [post(body(update(7, text="软管"))).status_code for _ in range(3)]
    finally:
        conversation.fault = None

    assert statuses == [503, 503, 200]
    assert "passed over after 3 tries" in caplog.text


def test_it_works_while_telegram_is_out_of_reach(service: Running, post: Post) -> None:
    assert wait_until(lambda: service.telegram.state.failures > 0)

    assert post(body(update(8, text="软管"))).status_code == 200
    assert "LIFELINE_TELEGRAM_PROXY" in service.telegram.state.problem


@pytest.mark.parametrize(
    ("secret", "public_url"), [("", "https://a.example"), (SECRET, ""), ("", "")]
)
def test_without_secret_or_address_there_is_no_route(secret: str, public_url: str) -> None:
    config = TelegramConfig("4242:abc", secret=secret, public_url=public_url)
    telegram = Telegram(WrittenConversation(), config, Surroundings(clock=Clock()))

    assert telegram.routes() == []


def test_an_empty_secret_is_never_compared() -> None:
    async def take(data: object) -> bool:
        raise AssertionError(data)

    with pytest.raises(ValueError, match="secret"):
        webhook_route("", take)
