"""Who has sent it: signatures, freshness and encryption of what comes to our address.

What the modes are worth: in ``safe`` mode the signature covers every byte of the message. In
``plain`` mode it covers token, timestamp and nonce alone, so whoever has seen one address can
put any body behind it while the timestamp is fresh. ``compatible`` mode trusts the encrypted
part where there is one, but cannot demand it, and so is worth no more than ``plain``.

A repeat carries the nonce of the first try perhaps, so a nonce seen before is never refused.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from hmac import compare_digest

from bot.channels.wechat_aes import SALT_BYTES, MessageCipher
from bot.channels.wechat_config import WeChatConfig
from bot.channels.wechat_errors import (
    BadCiphertext,
    BadSignature,
    ForeignApp,
    NotEncrypted,
    NotReadable,
    StaleTimestamp,
)
from bot.channels.wechat_fields import Fields, is_json, read_fields, text_of

_logger = logging.getLogger(__name__)

Query = Mapping[str, str]

CLOCK_TOLERANCE = timedelta(seconds=60)
_WARNED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message whose sender is known.

    Attributes:
        fields: what it says.
        is_json: the account is set to JSON and wants its replies so.
        nonce: of the request; a sealed reply repeats it.
        cipher: what opened it and must close the reply; None when it came in the clear.
    """

    fields: Fields
    is_json: bool
    nonce: str
    cipher: MessageCipher | None


class Envelopes:
    """Opens what comes in and closes what goes out; used on the event loop alone."""

    def __init__(self, config: WeChatConfig) -> None:
        self._config = config
        # While a key changes over, WeChat still closes some messages with the one before.
        self._ciphers = [
            MessageCipher(key, config.app_id)
            for key in (config.aes_key, config.previous_aes_key)
            if key and config.mode != "plain"
        ]
        self._clock = ClockWatch(min(CLOCK_TOLERANCE, config.fresh_for))

    def echo(self, query: Query, now: datetime) -> str:
        """Return what proves to the platform that we know the token (echostr, as it came).

        It comes in the clear in every mode, and the modes have no other signature for it.
        Nothing happens here, so an old timestamp is no reason to refuse: somebody whose clock
        is off can connect the account, and reads in the log what is wrong.

        Raises:
            BadSignature: when somebody else is asking.
        """
        self._check(query, "signature")
        self._clock.note(_seconds_ahead(query, now), now)
        return query.get("echostr", "")

    def open(self, query: Query, body: bytes, now: datetime) -> Letter:
        """Return a message that WeChat has signed lately, decrypted where it was encrypted.

        Raises:
            Refusal: of the kind that says why not.
        """
        if self._config.mode == "plain":
            return self._open_plain(query, body, now)
        outer = read_fields(body)
        if encrypted := text_of(outer, "Encrypt"):
            self._check(query, "msg_signature", encrypted)
            self._check_fresh(query, now)
            message, cipher = self._decrypted(encrypted)
            return Letter(read_fields(message), is_json(body), query.get("nonce", ""), cipher)
        if self._config.mode == "safe":
            raise NotEncrypted
        self._check(query, "signature")
        self._check_fresh(query, now)
        return Letter(outer, is_json(body), query.get("nonce", ""), None)

    def sealed(
        self, letter: Letter, reply: bytes, now: datetime, salt: bytes | None = None
    ) -> dict[str, str | int]:
        """Return the fields around a reply to an encrypted message.

        Args:
            letter: what is answered.
            reply: the reply in the clear.
            now: the time.
            salt: 16 bytes; drawn when left out.
        """
        if letter.cipher is None:
            raise ValueError("a message in the clear gets its reply in the clear")
        encrypted = letter.cipher.close(reply, salt or secrets.token_hex(SALT_BYTES // 2).encode())
        timestamp = int(now.timestamp())
        return {
            "Encrypt": encrypted,
            "MsgSignature": signature(self._config.token, str(timestamp), letter.nonce, encrypted),
            "TimeStamp": timestamp,
            "Nonce": letter.nonce,
        }

    def _open_plain(self, query: Query, body: bytes, now: datetime) -> Letter:
        self._check(query, "signature")
        self._check_fresh(query, now)
        fields = read_fields(body)
        if "Encrypt" in fields and "MsgType" not in fields:
            raise NotReadable
        return Letter(fields, is_json(body), query.get("nonce", ""), None)

    def _check(self, query: Query, parameter: str, *signed: str) -> None:
        expected = signature(
            self._config.token, query.get("timestamp", ""), query.get("nonce", ""), *signed
        )
        given = query.get(parameter, "").encode("utf-8", "replace")
        if not compare_digest(given, expected.encode()):
            raise BadSignature(parameter)

    def _check_fresh(self, query: Query, now: datetime) -> None:
        """Refuse what is old; called for what is well signed alone, so it tells of the clock."""
        ahead = _seconds_ahead(query, now)
        self._clock.note(ahead, now)
        if abs(ahead) > self._config.fresh_for.total_seconds():
            raise StaleTimestamp(ahead)

    def _decrypted(self, encrypted: str) -> tuple[bytes, MessageCipher]:
        """Return the message and what opened it; the latest key's failure is the one to tell."""
        failure: BadCiphertext | ForeignApp | None = None
        for cipher in self._ciphers:
            try:
                return cipher.open(encrypted), cipher
            except (BadCiphertext, ForeignApp) as error:
                failure = failure or error
        raise failure or NotReadable


class ClockWatch:
    """Tells the operator when this machine's clock and WeChat's timestamps drift apart."""

    def __init__(self, tolerance: timedelta = CLOCK_TOLERANCE) -> None:
        self._tolerance = tolerance.total_seconds()
        self._warned_at: datetime | None = None

    def note(self, ahead: float, now: datetime) -> None:
        """Log a difference beyond what is tolerated, once a minute at most.

        Args:
            ahead: seconds by which this machine's clock is ahead of a signed timestamp.
            now: the time on this machine.
        """
        if abs(ahead) <= self._tolerance:
            return
        # A clock that is set back must not silence this for as long.
        if self._warned_at is None or abs(now - self._warned_at) >= _WARNED_EVERY:
            self._warned_at = now
            _logger.warning(
                "this machine's clock is %.0f s %s WeChat's timestamps (or an old message was "
                "sent again): set it, by NTP say; messages too far off are refused",
                abs(ahead),
                "ahead of" if ahead > 0 else "behind",
            )


def signature(*parts: str) -> str:
    """Return WeChat's signature over ``parts``: the SHA-1 of them sorted and joined, in hex."""
    return sha1(
        "".join(sorted(parts)).encode("utf-8", "replace"), usedforsecurity=False
    ).hexdigest()


def _seconds_ahead(query: Query, now: datetime) -> float:
    timestamp = query.get("timestamp", "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 11):
        raise BadSignature("timestamp")
    return (now - datetime.fromtimestamp(int(timestamp), UTC)).total_seconds()
