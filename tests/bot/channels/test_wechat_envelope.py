"""Signatures and encryption against the values that Tencent publishes."""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels.wechat_aes import MessageCipher
from bot.channels.wechat_config import WeChatConfig
from bot.channels.wechat_envelope import ClockWatch, Envelopes, Letter, signature
from bot.channels.wechat_errors import (
    BadCiphertext,
    BadSignature,
    ForeignApp,
    NotEncrypted,
    NotReadable,
    StaleTimestamp,
)
from bot.channels.wechat_fields import read_fields
from tests.bot.channels.wechat_service import (
    AES_KEY,
    APP_ID,
    COMPATIBLE,
    NEXT_AES_KEY,
    NOW,
    PLAIN,
    SAFE,
    TOKEN,
    xml,
)

SAMPLES = Path(__file__).parent / "wechat_samples"
BY_ID: dict[str, dict[str, Any]] = {
    one["id"]: one for one in json.loads((SAMPLES / "index.json").read_text())["vectors"]
}
SALT = b"0123456789abcdef"


def of_kind(kind: str) -> list[str]:
    return [id_ for id_, one in BY_ID.items() if one["kind"] == kind]


def config_of(sample: dict[str, Any]) -> WeChatConfig:
    config = sample["config"]
    key = config.get("encoding_aes_key", "")
    app_id = config.get("appid", "wx134c8103faa5a59e")
    return WeChatConfig(config["token"], app_id, "safe" if key else "plain", key)


def sent_at(sample: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(sample["query"]["timestamp"]), UTC)


@pytest.mark.parametrize("id_", of_kind("url_verify"))
def test_the_published_echo_check_comes_out(id_: str) -> None:
    sample = BY_ID[id_]

    echo = Envelopes(config_of(sample)).echo(sample["query"], NOW)

    assert echo == sample["expect"]["body"]


@pytest.mark.parametrize("id_", of_kind("signature"))
def test_the_published_signature_comes_out(id_: str) -> None:
    sample = BY_ID[id_]
    query, token = sample["query"], sample["config"]["token"]

    assert signature(token, query["timestamp"], query["nonce"]) == query["signature"]


@pytest.mark.parametrize("id_", of_kind("inbound_encrypted"))
@pytest.mark.parametrize("mode", ["safe", "compatible"])
def test_the_published_messages_are_opened(id_: str, mode: str) -> None:
    sample, expected = BY_ID[id_], BY_ID[id_]["expect"]
    body = (SAMPLES / sample["file"]).read_bytes()
    config = config_of(sample)
    in_mode = WeChatConfig(config.token, config.app_id, mode, config.aes_key)  # type: ignore[arg-type]

    letter = Envelopes(in_mode).open(sample["query"], body, sent_at(sample))

    if "plaintext" in expected:
        assert letter.fields == read_fields(expected["plaintext"].encode())
    told = {name: str(value) for name, value in expected.items() if name[0].isupper()}
    assert {name: letter.fields[name] for name in told} == told
    assert letter.fields.get("debug_str") == (
        "hello world" if letter.fields["MsgType"] == "event" else None
    )


@pytest.mark.parametrize("id_", of_kind("inbound_encrypted"))
def test_the_published_plaintexts_come_out_to_the_byte(id_: str) -> None:
    sample, expected = BY_ID[id_], BY_ID[id_]["expect"]
    body = (SAMPLES / sample["file"]).read_bytes()
    encrypted = str(read_fields(body)["Encrypt"])
    config = config_of(sample)
    cipher = MessageCipher(config.aes_key, config.app_id)

    message = cipher.open(encrypted)

    assert len(message) == expected.get("plaintext_length", len(message))
    assert message == expected.get("plaintext", message.decode()).encode()
    if salt := expected.get("random16"):
        assert cipher.close(message, salt.encode()) == encrypted


@pytest.mark.parametrize("id_", of_kind("outbound_encrypt"))
def test_the_published_replies_come_out(id_: str) -> None:
    sample, expected = BY_ID[id_], BY_ID[id_]["expect"]
    reply = json.loads((SAMPLES / f"{id_}.json").read_text())
    config = config_of(sample)
    nonce = sample["query"].get("nonce", "1")
    letter = Letter({}, False, nonce, MessageCipher(config.aes_key, config.app_id))
    now = sent_at(sample) if sample["query"] else NOW

    sealed = Envelopes(config).sealed(
        letter, reply["plaintext"].encode(), now, reply["random16"].encode()
    )

    assert sealed["Encrypt"] == expected["encrypt"] == reply["encrypt"]
    assert sealed["MsgSignature"] == expected.get("msg_signature", sealed["MsgSignature"])
    assert (sealed["TimeStamp"], sealed["Nonce"]) == (int(now.timestamp()), nonce)


def test_two_replies_are_never_closed_alike() -> None:
    letter = Letter({}, False, "1", MessageCipher(AES_KEY, APP_ID))
    envelopes = Envelopes(SAFE)

    first, second = (envelopes.sealed(letter, b"<xml/>", NOW)["Encrypt"] for _ in range(2))

    assert first != second


def test_a_message_in_the_clear_has_nothing_to_seal_with() -> None:
    with pytest.raises(ValueError, match="in the clear"):
        Envelopes(PLAIN).sealed(Letter({}, False, "1", None), b"", NOW)


def signed(*parts: str, now: datetime = NOW, name: str = "signature") -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    return {
        "timestamp": timestamp,
        "nonce": "1",
        name: signature(TOKEN, timestamp, "1", *parts),
    }


def sealed_body(encrypted: str) -> bytes:
    return f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode()


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_what_is_fresh_is_opened(seconds: int) -> None:
    query = signed(now=NOW + timedelta(seconds=seconds))

    assert Envelopes(PLAIN).open(query, xml(MsgId=1), NOW).fields["MsgId"] == "1"


@pytest.mark.parametrize("seconds", [-301, 301])
def test_freshness_counts_both_ways(seconds: int) -> None:
    query = signed(now=NOW + timedelta(seconds=seconds))

    with pytest.raises(StaleTimestamp) as raised:
        Envelopes(PLAIN).open(query, xml(MsgId=1), NOW)

    assert raised.value.seconds == -seconds


@pytest.mark.parametrize("timestamp", ["", "-1", "1.5", "１７９５３２００００", "9" * 30, "abc"])
def test_a_timestamp_that_is_none_is_no_signature_either(timestamp: str) -> None:
    query = {
        "timestamp": timestamp,
        "nonce": "1",
        "signature": signature(TOKEN, timestamp, "1"),
    }

    with pytest.raises(BadSignature):
        Envelopes(PLAIN).open(query, xml(MsgId=1), NOW)


def test_the_mode_says_what_is_needed() -> None:
    encrypted = MessageCipher(AES_KEY, APP_ID).close(xml(MsgId=1), SALT)
    sealed, clear = sealed_body(encrypted), xml(MsgId=1)

    with pytest.raises(NotReadable):
        Envelopes(PLAIN).open(signed(), sealed, NOW)
    with pytest.raises(NotEncrypted):
        Envelopes(SAFE).open(signed(), clear, NOW)
    for strict in (SAFE, COMPATIBLE):
        with pytest.raises(BadSignature):
            Envelopes(strict).open(signed(), sealed, NOW)
        with pytest.raises(BadSignature):
            Envelopes(strict).open(signed(name="msg_signature"), sealed, NOW)
    assert Envelopes(COMPATIBLE).open(signed(), clear, NOW).cipher is None


def test_an_account_in_plain_mode_may_send_a_field_named_like_a_ciphertext() -> None:
    letter = Envelopes(PLAIN).open(signed(), xml(MsgId=1, Encrypt="?"), NOW)

    assert letter.fields["Encrypt"] == "?"


def padded(content: bytes) -> bytes:
    missing = 32 - len(content) % 32
    return content + bytes([missing]) * missing


def framed(message: bytes = b"<xml/>", app_id: str = APP_ID, length: int | None = None) -> bytes:
    announced = len(message) if length is None else length
    return SALT + announced.to_bytes(4, "big") + message + app_id.encode()


@pytest.mark.parametrize(
    ("plaintext", "problem"),
    [
        (framed() + b"\x00" * (32 - len(framed()) % 32), "padding"),
        (framed() + b"\x21" * (64 - len(framed()) % 32), "padding"),
        (padded(framed())[:-2] + b"\x00" + padded(framed())[-1:], "padding"),
        (padded(framed(length=2**32 - 1)), "length"),
        (padded(SALT + b"\x00\x00"), "length"),
        (b"\x20" * 32, "length"),
    ],
    ids=["zero", "over a block", "not the same", "too long", "no length", "padding alone"],
)
def test_what_is_wrong_within_a_ciphertext_is_named(plaintext: bytes, problem: str) -> None:
    cipher = MessageCipher(AES_KEY, APP_ID)
    encrypted = b64encode(cipher._cipher.encrypt(plaintext)).decode()

    with pytest.raises(BadCiphertext) as raised:
        cipher.open(encrypted)

    assert raised.value.problem == problem


@pytest.mark.parametrize(
    ("encrypted", "problem"),
    [("", "block size"), ("AAAA", "block size"), ("no base64!", "base64"), ("A", "base64")],
)
def test_what_is_no_ciphertext_is_named(encrypted: str, problem: str) -> None:
    with pytest.raises(BadCiphertext) as raised:
        MessageCipher(AES_KEY, APP_ID).open(encrypted)

    assert raised.value.problem == problem


@pytest.mark.parametrize("cut", [1, 16, 32, 64])
def test_a_ciphertext_cut_short_is_refused(cut: int) -> None:
    whole = b64decode(MessageCipher(AES_KEY, APP_ID).close(b"<xml>" + b"a" * 200, SALT))

    with pytest.raises(BadCiphertext):
        MessageCipher(AES_KEY, APP_ID).open(b64encode(whole[:-cut]).decode())


@pytest.mark.parametrize("app_id", ["", "wxb11529c136998cb6", APP_ID + "0", APP_ID[:-1]])
def test_an_app_id_must_be_ours_to_the_letter(app_id: str) -> None:
    encrypted = MessageCipher(AES_KEY, app_id).close(b"<xml/>", SALT)

    with pytest.raises(ForeignApp) as raised:
        MessageCipher(AES_KEY, APP_ID).open(encrypted)

    assert raised.value.app_id == app_id


def test_when_no_key_fits_the_current_keys_failure_is_told() -> None:
    encrypted = MessageCipher(AES_KEY, "wx0000000000000000").close(xml(MsgId=1), SALT)
    config = WeChatConfig(TOKEN, APP_ID, "safe", AES_KEY, NEXT_AES_KEY)

    with pytest.raises(ForeignApp):
        Envelopes(config).open(signed(encrypted, name="msg_signature"), sealed_body(encrypted), NOW)


def test_the_clock_is_named_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    watch = ClockWatch()

    for seconds in (0, 1, 59, 61, 62):
        watch.note(-90, NOW + timedelta(seconds=seconds))
    watch.note(90, NOW - timedelta(hours=1))

    assert len(caplog.records) == 3
    assert "90 s behind" in caplog.records[0].getMessage()
    assert "90 s ahead of" in caplog.records[2].getMessage()


def test_with_a_narrow_window_every_refusal_has_its_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = WeChatConfig(TOKEN, APP_ID, "plain", fresh_for=timedelta(seconds=30))

    with pytest.raises(StaleTimestamp):
        Envelopes(config).open(signed(now=NOW - timedelta(seconds=40)), xml(MsgId=1), NOW)

    assert "40 s ahead of" in caplog.text
