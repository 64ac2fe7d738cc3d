"""Plain calls over real sockets: what WeChat says, and what others say in its place."""

import json
import logging
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import wechat_api_session
from bot.channels.wechat_api_session import ApiSession, Call, Upload, read_answer
from bot.channels.wechat_outcomes import (
    CallRefused,
    NoAnswer,
    NotConnected,
    UnreadableAnswer,
    UnusableBase,
    WeChatError,
)
from tests.bot.channels.one_answer import OneAnswer

PATH = "/cgi-bin/menu/get"
CALL = Call(PATH)


@pytest.fixture
def server() -> Iterator[OneAnswer]:
    with OneAnswer().listening() as server:
        yield server


@pytest.fixture
def session(server: OneAnswer) -> Iterator[ApiSession]:
    with ApiSession(server.url + "/") as session:
        yield session


def test_the_object_in_the_body_is_the_answer(server: OneAnswer, session: ApiSession) -> None:
    server.body = '{"errcode":0,"errmsg":"ok","name":"一\x01栋"}'.encode()
    assert session.ask(CALL) == {"errcode": 0, "errmsg": "ok", "name": "一\x01栋"}
    assert server.asked == [PATH]


def test_chinese_goes_out_as_it_is(server: OneAnswer, session: ApiSession) -> None:
    session.ask(Call("/send", data={"text": "先关电", "broken": "\ud800"}))
    assert "先关电".encode() in server.bodies[0]
    assert json.loads(server.bodies[0]) == {"text": "先关电", "broken": "?"}


def test_a_file_goes_out_with_its_name_and_kind(server: OneAnswer, session: ApiSession) -> None:
    session.ask(Call("/up", {"type": "image"}, file=Upload("a.png", b"bytes", "image/png")))
    assert server.asked == ["/up?type=image"]
    assert b'name="media"; filename="a.png"' in server.bodies[0]
    assert b"image/png" in server.bodies[0]
    assert b"bytes" in server.bodies[0]


def test_the_token_is_in_the_address_and_in_no_log(
    server: OneAnswer, session: ApiSession, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "httpx"):
        session.ask(Call(PATH, {"a": "b"}), "secret+token/=")
        session.ask(Call("/send", data={"text": "hello"}), "secret+token/=")
    assert server.asked[0] == f"{PATH}?a=b&access_token=secret%2Btoken%2F%3D"
    assert json.loads(server.bodies[1]) == {"text": "hello"}
    assert "secret" not in caplog.text
    assert PATH in caplog.text  # so something was logged


def test_an_errcode_is_a_refusal_whatever_the_status(
    server: OneAnswer, session: ApiSession
) -> None:
    server.body = b'{"errcode":"40003","errmsg":"invalid openid rid: 1-2"}'
    for server.status in (200, 412):
        with pytest.raises(CallRefused) as caught:
            session.ask(CALL)
        assert (caught.value.code, caught.value.path) == (40003, PATH)
        assert caught.value.message == "invalid openid rid: 1-2"


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "text/html", b"<html>login</html>"),
        (502, "text/html", b"Bad Gateway"),
        (500, "application/json", b"{}"),
        (200, "application/json", b"[]"),
        (200, "application/json", b""),
        (200, "application/json", b"\xff\xfe"),
        (302, "text/html", b""),
        (200, "application/json", b"[" * 200_000),
    ],
    ids=["page", "gateway", "status", "list", "empty", "bytes", "redirect", "nesting"],
)
def test_what_is_not_wechat_is_told_apart(
    server: OneAnswer, session: ApiSession, status: int, kind: str, body: bytes
) -> None:
    server.status, server.body = status, body
    server.headers = {"Content-Type": kind, "Location": "/elsewhere"}
    with pytest.raises(UnreadableAnswer) as caught:
        session.ask(CALL)
    assert caught.value.status == status
    assert server.asked == [PATH]  # a redirect is not followed


def test_an_endless_answer_is_cut_off(server: OneAnswer, session: ApiSession) -> None:
    server.body = b" " * (wechat_api_session.MOST_ANSWER_BYTES + 1)
    with pytest.raises(UnreadableAnswer, match="more than"):
        session.ask(CALL)


def test_a_trickling_answer_is_cut_off(
    server: OneAnswer, session: ApiSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wechat_api_session, "WHOLE_ANSWER_SECONDS", 0.2)
    server.body, server.trickles = b" " * 100, True
    with pytest.raises(NoAnswer, match="it took over"):
        session.ask(CALL)


def test_nobody_there_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with ApiSession(f"http://127.0.0.1:{port}") as session, pytest.raises(NotConnected) as caught:
        session.ask(CALL)
    assert not caught.value.permanent


def test_a_connection_that_ends_without_an_answer_leaves_it_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.close()

        other_side = Thread(target=hang_up)
        other_side.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with ApiSession(address) as session, pytest.raises(NoAnswer):
            session.ask(CALL)
        other_side.join(5)


@pytest.mark.parametrize(
    "base", ["", "api.weixin.qq.com", "ftp://a.example", "http://a:port", "https://u:p@a.example"]
)
def test_a_base_address_that_is_none_is_refused_at_once(base: str) -> None:
    with pytest.raises(UnusableBase) as caught:
        ApiSession(base)
    assert caught.value.base == base


def test_the_clock_of_the_other_side(server: OneAnswer, session: ApiSession) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    told = session.server_time()
    assert told is not None
    assert abs((told - before).total_seconds()) <= 2


@given(st.binary(max_size=200), st.integers(200, 599))
def test_any_answer_ends_in_an_object_or_a_typed_error(content: bytes, status: int) -> None:
    try:
        ended: object = read_answer(PATH, status, content)
    except WeChatError as error:
        ended = error
    assert isinstance(ended, dict) or PATH in str(ended)


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.none())))
def test_any_errcode_is_read(code: object) -> None:
    content = json.dumps({"errcode": code}).encode()
    with suppress(CallRefused):
        assert read_answer(PATH, 200, content) == {"errcode": code}


def test_a_code_beyond_all_numbers_is_read() -> None:
    with pytest.raises(CallRefused) as caught:
        read_answer(PATH, 200, b'{"errcode":1e999}')
    assert caught.value.code == -1
