"""What forgers and broken senders send to the running service: refused, and nothing is left."""

import struct
from base64 import b64encode
from collections.abc import Iterator, Mapping
from secrets import token_bytes
from typing import Any

import httpx
import pytest

from tests.platforms.loopback import wait_until
from tests.platforms.wechat_pushing import envelope
from tests.platforms.wechat_replies import to_xml
from tests.platforms.wechat_sealing import Sealer, signature
from tests.platforms.wechat_state import State
from tests.talk.conftest import Town
from tests.talk.towns import furnished, standing
from tests.talk.wechat_town import WECHAT_ALONE, newcomer, stored, without_faults

QUESTION, ANSWER = "楼道能不能停电动车", "不能。高层楼"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    settings = {"LIFELINE_WECHAT_MODE": "compatible"}
    with standing(furnished(tmp_path_factory, "rubbish"), **WECHAT_ALONE, **settings) as town:
        yield town
        assert ANSWER in newcomer(town).says(QUESTION).text  # after all of it


@pytest.fixture(autouse=True)
def untouched(town: Town) -> Iterator[None]:
    """After each test: no error was logged, and every table is as long as before."""
    before = stored(town.data_dir)
    with without_faults(town):
        yield
    assert stored(town.data_dir) == before


def message(state: State, **changed: object) -> dict[str, Any]:
    return {
        "ToUserName": state.account.original_id,
        "FromUserName": "oForger0000000000000000000000",
        "CreateTime": int(state.clock().timestamp()),
        "MsgType": "text",
        "Content": QUESTION,
        "MsgId": 77,
        **changed,
    }


def sealed(town: Town, sealed_text: str, **more: str) -> tuple[dict[str, str], bytes]:
    """Return a well signed request around any ciphertext."""
    account = town.wechat.account
    now = str(int(town.wechat.clock().timestamp()))
    query = {
        "timestamp": now,
        "nonce": "5",
        "signature": signature(account.token, now, "5"),
        "encrypt_type": "aes",
        "msg_signature": signature(account.token, now, "5", sealed_text),
    }
    body = to_xml({"ToUserName": account.original_id, "Encrypt": sealed_text}).encode()
    return {**query, **more}, body


BODIES: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("blanks", b" \n\t"),
    ("no document", b"hello"),
    ("open document", b"<xml><MsgType>text</MsgType>"),
    ("two documents", b"<xml/><xml/>"),
    ("wrong ends", b"<xml><a></b></xml>"),
    ("empty", b"<xml></xml>"),
    ("deep", b"<xml>" + b"<a>" * 3000 + b"</a>" * 3000 + b"</xml>"),
    ("broad", b"<xml>" + b"<a/>" * 6000 + b"</xml>"),
    ("entities", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml>&b;</xml>'),
    ("outer entity", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>'),
    ("undeclared entity", b"<xml><MsgType>&nbsp;</MsgType></xml>"),
    ("controls alone", bytes(range(0x20)) * 10),
    ("no utf-8", b"<xml>\xff\xfe\xc0</xml>"),
    ("twice the same", b"<xml><MsgType>a</MsgType><MsgType>b</MsgType></xml>"),
    ("deep json", b'{"a":' * 3000),
    ("list", b"[1,2]"),
    ("number too long", b'{"a":' + b"9" * 5000 + b"}"),
    ("not a number", b'{"CreateTime":NaN}'),
    ("probe and more", b"<xml><action>CheckContainerPath</action><a/></xml>"),
]


@pytest.mark.parametrize("body", [row[1] for row in BODIES], ids=[row[0] for row in BODIES])
def test_a_body_that_is_no_message(town: Town, body: bytes) -> None:
    assert town.wechat.push_raw(body).status_code == 400
    assert town.wechat.push_raw(body, {}).status_code in {400, 403}


FIELDS: list[tuple[str, dict[str, object]]] = [
    ("no sender", {"FromUserName": ""}),
    ("sender with a blank", {"FromUserName": "o For ger"}),
    ("sender without end", {"FromUserName": "o" * 500}),
    ("no number", {"MsgId": ""}),
    ("no time", {"CreateTime": "soon"}),
    ("time before time", {"CreateTime": -5}),
    ("time after time", {"CreateTime": 10**30}),
    ("no kind", {"MsgType": ""}),
    ("no event", {"MsgType": "event"}),
    ("photo without id", {"MsgType": "image"}),
    ("voice without id", {"MsgType": "voice"}),
    ("place off the earth", {"MsgType": "location", "Location_X": 91, "Location_Y": 0}),
    ("place of no number", {"MsgType": "location", "Location_X": "nan", "Location_Y": 0}),
    ("job without number", {"MsgType": "event", "Event": "MASSSENDJOBFINISH", "MsgId": ""}),
]


@pytest.mark.parametrize("changed", [row[1] for row in FIELDS], ids=[row[0] for row in FIELDS])
def test_a_message_with_an_impossible_field(town: Town, changed: Mapping[str, object]) -> None:
    body = to_xml(message(town.wechat.state, **changed)).encode()

    assert town.wechat.push_raw(body).status_code == 400


# What the signature of now is spoiled with; an offset in seconds for a time of its own.
SIGNATURES: list[tuple[str, dict[str, str], int]] = [
    ("wrong", {"signature": "0" * 40}, 0),
    ("empty", {"signature": ""}, 0),
    ("not ASCII", {"signature": "签名"}, 0),
    ("of another nonce", {"signature": signature("lifelinetoken", "1", "2")}, 0),
    ("old", {}, -302),
    ("of the future", {}, 302),
    ("timeless", {"timestamp": ""}, 0),
    ("time with a sign", {"timestamp": "+1795000000"}, 0),
    ("time in other digits", {"timestamp": "１７９５００００００"}, 0),
    ("endless time", {"timestamp": "9" * 400}, 0),
]


@pytest.mark.parametrize(
    ("spoiled", "seconds"), [row[1:] for row in SIGNATURES], ids=[row[0] for row in SIGNATURES]
)
def test_a_signature_that_is_none(town: Town, spoiled: dict[str, str], seconds: int) -> None:
    timestamp = str(int(town.wechat.clock().timestamp()) + seconds)
    query = town.wechat.signed(**({"timestamp": timestamp} | spoiled))
    body = to_xml(message(town.wechat.state)).encode()

    assert town.wechat.push_raw(body, query).status_code == 403
    assert town.wechat.push_raw(body, {}).status_code == 403


def shortened(sealed_text: str) -> list[str]:
    """Return a ciphertext cut off in several places, turned round, and what never was one."""
    ends = (0, 4, 24, len(sealed_text) // 2, len(sealed_text) - 8, len(sealed_text) - 1)
    noise = [b64encode(token_bytes(size)).decode() for size in (16, 32, 96)]
    return [*(sealed_text[:end] for end in ends), sealed_text[::-1], "!" * 64, "    ", *noise]


def test_a_ciphertext_that_nobody_sealed(town: Town) -> None:
    account = town.wechat.account
    good = Sealer(account.aes_key, account.app_id).seal(to_xml(message(town.wechat.state)))

    for spoiled in shortened(good):
        query, body = sealed(town, spoiled)
        assert town.wechat.push_raw(body, query).status_code in {400, 403}, spoiled


def test_a_message_for_another_account(town: Town) -> None:
    theirs = Sealer(town.wechat.account.aes_key, "wx00000000000000ff")
    query, body = sealed(town, theirs.seal(to_xml(message(town.wechat.state))))

    assert town.wechat.push_raw(body, query).status_code == 403
    assert wait_until(lambda: "which is not ours" in town.log)


def test_a_length_that_lies(town: Town) -> None:
    account = town.wechat.account
    lying = struct.pack(">I", 2**31).decode("latin-1") + "<xml/>"
    query, body = sealed(town, Sealer(account.aes_key, account.app_id).seal(lying))

    assert town.wechat.push_raw(body, query).status_code in {400, 403}


def test_a_signed_request_with_another_message_inside(town: Town) -> None:
    state = town.wechat.state
    now = str(int(town.wechat.clock().timestamp()))
    query, _ = envelope(message(state), state, now, "9")
    _, other = envelope(message(state, Content="着火了"), state, now, "9")

    assert town.wechat.push_raw(other, query).status_code == 403


def test_a_body_over_the_limit(town: Town) -> None:
    body = to_xml(message(town.wechat.state, Content="长" * 22_000)).encode()
    assert len(body) > 65_000

    assert town.wechat.push_raw(body).status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method(town: Town, method: str) -> None:
    response = httpx.request(method, town.wechat.callback_url, params=town.wechat.signed())

    assert response.status_code == 405
