"""Pushing to the service: five seconds, three tries, and then the words that nobody wants to see.

Source: 接收普通消息 ("断掉连接，并且重新发起请求，总共重试三次"), 被动回复用户消息.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx

from tests.platforms.loopback import http_client
from tests.platforms.wechat_replies import BadReply, Pushed, envelope, read_reply
from tests.platforms.wechat_state import Shown, State

TRIES = 3
CUT_OFF_SECONDS = 5.0
OUT_OF_SERVICE = "该公众号提供的服务出现故障，请稍后再试"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a push, and what came of it; ``failure`` is "" when it was answered."""

    query: Mapping[str, str]
    body: bytes
    status: int = 0
    answer: bytes = b""
    seconds: float = 0.0
    failure: str = ""


class ServiceUnavailable(Exception):
    """The person was told that the account is out of order."""

    def __init__(self, attempts: list[Attempt], reason: str) -> None:
        self.attempts = attempts
        self.reason = reason
        super().__init__(f"{OUT_OF_SERVICE}: {reason}")


class Pusher:
    """Sends messages and events to the callback address of the account."""

    def __init__(self, state: State) -> None:
        self.callback_url = ""
        self.cut_off_seconds = CUT_OFF_SECONDS
        self.attempts: list[Attempt] = []
        self._state = state
        self._client = http_client(CUT_OFF_SECONDS)
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="wechat-events")
        self._announced: list[Future[None]] = []

    def close(self) -> None:
        """Give up what is still to be pushed."""
        self._behind.shutdown(cancel_futures=True)
        self._client.close()

    def push(self, openid: str, fields: Mapping[str, Any]) -> Shown | None:
        """Push one message or event and return what the person sees.

        Raises:
            ServiceUnavailable: after three tries in vain, or an answer that can't be shown.
        """
        whole = self._addressed(openid, fields)
        kind = str(whole["MsgType"])
        attempts = []
        for _ in range(TRIES):
            attempt = self._try(whole)
            attempts.append(attempt)
            if not attempt.failure:
                return self._read(attempt, Pushed(openid, kind, attempt.query["nonce"]), attempts)
        raise ServiceUnavailable(attempts, attempts[-1].failure)

    def announce(self, openid: str, fields: Mapping[str, Any]) -> None:
        """Push an event later, from a thread of its own; nobody waits for its answer."""
        if self.callback_url:
            whole = {"MsgType": "event", **fields}
            self._announced.append(self._behind.submit(self._announce, openid, whole))

    def settle(self) -> None:
        """Wait until everything announced was pushed."""
        while self._announced:
            self._announced.pop(0).result()

    def post(self, body: bytes, query: Mapping[str, str]) -> httpx.Response:
        """Post a body as it is, once."""
        return self._client.post(
            self.callback_url,
            content=body,
            params=dict(query),
            headers={"content-type": "text/xml", "user-agent": "Mozilla/4.0"},
            timeout=self.cut_off_seconds,
        )

    def get(self, query: Mapping[str, str]) -> httpx.Response:
        """Ask for the callback address, as when its settings are saved."""
        timeout = self.cut_off_seconds
        return self._client.get(self.callback_url, params=dict(query), timeout=timeout)

    def _announce(self, openid: str, fields: Mapping[str, Any]) -> None:
        whole = self._addressed(openid, fields)
        for _ in range(TRIES):
            if not self._try(whole).failure:
                return

    def _addressed(self, openid: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        addressed = {
            "ToUserName": self._state.account.original_id,
            "FromUserName": openid,
            "CreateTime": int(self._state.clock().timestamp()),
            **fields,
        }
        if fields["MsgType"] != "event":  # events carry no MsgId of their own
            addressed.setdefault("MsgId", 2**62 + self._state.next_id())
        return addressed

    def _try(self, fields: Mapping[str, Any]) -> Attempt:
        timestamp = str(int(self._state.clock().timestamp()))
        query, body = envelope(fields, self._state, timestamp, str(secrets.randbits(31)))
        attempt = self._sent(query, body)
        self.attempts.append(attempt)
        return attempt

    def _sent(self, query: Mapping[str, str], body: bytes) -> Attempt:
        began = monotonic()
        try:
            response = self.post(body, query)
        except httpx.HTTPError as error:
            seconds = monotonic() - began
            return Attempt(query, body, seconds=seconds, failure=type(error).__name__)
        seconds = monotonic() - began
        failure = ""
        if seconds > self.cut_off_seconds:
            failure = "too late"
        elif response.status_code != 200:  # not documented; taken as no answer
            failure = f"HTTP {response.status_code}"
        return Attempt(query, body, response.status_code, response.content, seconds, failure)

    def _read(self, attempt: Attempt, pushed: Pushed, attempts: list[Attempt]) -> Shown | None:
        try:
            return read_reply(attempt.answer, pushed, self._state)
        except BadReply as reason:
            raise ServiceUnavailable(attempts, str(reason)) from reason
