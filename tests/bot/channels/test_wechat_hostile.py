"""What forgers and broken senders send, over a real connection.

Refused with the right status, one line in the log and no traceback, and nothing received.
"""

import base64
import logging
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.wechat import MAX_BODY_BYTES
from bot.channels.wechat_aes import MessageCipher
from tests.bot.channels.wechat_service import (
    AES_KEY,
    APP_ID,
    COMPATIBLE,
    NEXT_AES_KEY,
    NOW,
    PLAIN,
    SAFE,
    Sender,
    WrittenAnswers,
    listening,
    xml,
)

over_a_connection = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
GOOD = xml(Content="着火了", MsgId=1)


@pytest.fixture(
    params=[PLAIN, COMPATIBLE, SAFE], ids=["plain", "compatible", "safe"], scope="module"
)
def listener(request: pytest.FixtureRequest) -> Iterator[tuple[Sender, WrittenAnswers]]:
    """The channel in each mode, for the whole module: no test leaves anything behind."""
    answers = WrittenAnswers()
    with listening(answers, request.param) as url:
        sender = Sender(url, aes_key=request.param.aes_key)
        with sender.client:
            yield sender, answers


@pytest.fixture
def platform(listener: tuple[Sender, WrittenAnswers]) -> Sender:
    return listener[0]


@pytest.fixture(autouse=True)
def nothing_happened(
    listener: tuple[Sender, WrittenAnswers], caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """After each test: nothing was received, nothing crashed, nothing said was logged."""
    listener[1].received.clear()
    caplog.set_level(logging.INFO)
    yield
    assert listener[1].received == []
    assert not [record for record in caplog.records if record.exc_info]
    assert "着火了" not in caplog.text


def malformed_documents() -> st.SearchStrategy[bytes]:
    tags = st.sampled_from(["xml", "MsgType", "Content", "item", "a"])
    pieces = st.one_of(
        tags.map("<{}>".format),
        tags.map("</{}>".format),
        st.text(max_size=10),
        st.sampled_from(["<![CDATA[", "]]>", "<!--", "&lt;", "&#0;", "<?x", "\x00", "\ufffe"]),
        st.just('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>&b;'),
        st.integers(13, 3000).map(lambda depth: "<a>" * depth),
        st.integers(1, 3000).map(lambda depth: '{"a":' * depth),
        st.sampled_from(['{"MsgType":"text"}', '{"a":[', "[]", "null", '{"a":1,"a":2}']),
    )
    text = st.lists(pieces, max_size=8).map("".join)
    return text.map(lambda words: words.encode("utf-8", "surrogatepass")) | st.binary(max_size=200)


@over_a_connection
@given(body=malformed_documents())
def test_malformed_bodies_well_signed(platform: Sender, body: bytes) -> None:
    assert platform.send_body(body).status_code == 400


@over_a_connection
@given(body=malformed_documents())
def test_malformed_bodies_unsigned(platform: Sender, body: bytes) -> None:
    assert platform.client.post("/wechat", content=body).status_code in {400, 403}


@over_a_connection
@given(
    query=st.dictionaries(
        st.sampled_from(["signature", "msg_signature", "timestamp", "nonce", "encrypt_type"]),
        st.text(max_size=50).map(lambda text: text.encode("utf-8", "replace").decode()),
    )
)
def test_wrong_signatures(platform: Sender, query: dict[str, str]) -> None:
    signed = platform.query("another ciphertext") | {"signature": ""} | query

    assert platform.post(GOOD, signed).status_code == 403
    assert platform.client.get("/wechat", params=signed | {"echostr": "1"}).status_code == 403


@over_a_connection
@given(seconds=st.integers(301, 10**9), sign=st.sampled_from([-1, 1]))
def test_stale_timestamps(platform: Sender, seconds: int, sign: int) -> None:
    now = platform.now
    platform.now = type(NOW).fromtimestamp(NOW.timestamp() + sign * seconds, NOW.tzinfo)
    try:
        assert platform.send_body(GOOD).status_code == 403
    finally:
        platform.now = now


@over_a_connection
@given(data=st.data())
def test_fields_missing_twice_or_of_another_shape(platform: Sender, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["ToUserName", "FromUserName", "CreateTime", "MsgType"]))
    start, end = GOOD.index(f"<{name}>".encode()), GOOD.index(f"</{name}>".encode())
    whole = GOOD[start : end + len(name) + 3]
    changed = data.draw(
        st.sampled_from([b"", whole + whole, f"<{name}><a>1</a></{name}>".encode()])
    )

    assert platform.send_body(GOOD.replace(whole, changed)).status_code == 400


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 1_000_000])
def test_a_body_too_large(platform: Sender, size: int) -> None:
    body = b"<xml>" + b" " * (size - 11) + b"</xml>"

    assert platform.post(body).status_code == 413


def test_a_body_too_large_that_does_not_say_so(platform: Sender) -> None:
    def chunks() -> Iterator[bytes]:
        yield from (b"<xml>" + b" " * 10_000 for _ in range(10))

    response = platform.client.post("/wechat", params=platform.query(), content=chunks())

    assert response.status_code == 413


def test_a_body_at_the_limit_is_read(platform: Sender) -> None:
    body = b"<xml><A>" + b" " * (MAX_BODY_BYTES - 18) + b"</A></xml>"

    assert platform.post(body).status_code in {400, 403}


def test_a_sender_who_hangs_up_in_the_middle(platform: Sender) -> None:
    address = httpx.URL(platform.client.base_url)
    request = (
        f"POST /wechat?{urlencode(platform.query())} HTTP/1.1\r\nHost: here\r\n"
        f"Content-Length: {len(GOOD)}\r\n\r\n"
    )
    with socket.create_connection((address.host, address.port), timeout=10) as connection:
        connection.sendall(request.encode() + GOOD[:40])

    # The server is alive and has noticed nothing.
    assert platform.client.get("/wechat").status_code == 403


where_it_is_opened = pytest.mark.parametrize(
    "listener", [COMPATIBLE, SAFE], ids=["compatible", "safe"], indirect=True, scope="module"
)


def post_sealed(platform: Sender, encrypted: str) -> int:
    body = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()
    return platform.post(body, platform.query(encrypted)).status_code


@where_it_is_opened
@over_a_connection
@given(cut=st.integers(1, 10**6), from_end=st.booleans())
def test_ciphertexts_cut_short(platform: Sender, cut: int, from_end: bool) -> None:
    whole = base64.b64decode(platform.encrypt(GOOD))
    kept = len(whole) - 1 - cut % (len(whole) - 1)
    part = whole[:kept] if from_end else whole[-kept:]

    assert post_sealed(platform, base64.b64encode(part).decode()) == 403


@where_it_is_opened
@over_a_connection
@given(
    encrypted=st.text(min_size=1, max_size=80)
    | st.binary(min_size=1).map(lambda raw: base64.b64encode(raw).decode())
)
def test_ciphertexts_that_are_none(platform: Sender, encrypted: str) -> None:
    assert post_sealed(platform, encrypted) in {400, 403}


@where_it_is_opened
@over_a_connection
@given(app_id=st.text(max_size=30))
def test_swapped_app_ids(platform: Sender, app_id: str) -> None:
    named = app_id.encode("utf-8", "replace").decode()
    encrypted = MessageCipher(AES_KEY, named + "x").close(GOOD, b"0123456789abcdef")

    assert post_sealed(platform, encrypted) == 403


@where_it_is_opened
def test_a_ciphertext_under_another_key(platform: Sender) -> None:
    encrypted = MessageCipher(NEXT_AES_KEY, APP_ID).close(GOOD, b"0123456789abcdef")

    assert post_sealed(platform, encrypted) == 403


@where_it_is_opened
@over_a_connection
@given(position=st.integers(0, 10**6), flipped=st.integers(1, 255))
def test_ciphertexts_changed_on_the_way(platform: Sender, position: int, flipped: int) -> None:
    encrypted = platform.encrypt(GOOD)
    raw = bytearray(base64.b64decode(encrypted))
    raw[position % len(raw)] ^= flipped
    body = f"<xml><Encrypt>{base64.b64encode(raw).decode()}</Encrypt></xml>".encode()

    assert platform.post(body, platform.query(encrypted)).status_code == 403
