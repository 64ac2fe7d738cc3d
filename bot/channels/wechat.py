"""WeChat Official Account: takes what the platform pushes and answers within its five seconds.

Translates and decides nothing. Works mounted by itself in any ASGI application on asyncio::

    from starlette.applications import Starlette
    from bot.channels import wechat

    config = wechat.WeChatConfig(token="…", app_id="wx…", mode="safe", aes_key="…")
    app = Starlette(routes=wechat.routes(conversation, config))

where ``conversation`` has the one method of :class:`Answers`. Addresses that end in
``config.path`` (``/wechat``) are then what is entered as URL in the account's 基本配置.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web_limits import ChatLimits
from bot.channels.wechat_config import Mode, WeChatConfig
from bot.channels.wechat_envelope import Envelopes, Letter
from bot.channels.wechat_errors import (
    InvalidWeChatSetting,
    Malformed,
    Refusal,
    TooLarge,
    TooSlow,
)
from bot.channels.wechat_fields import read_fields
from bot.channels.wechat_inbound import CHANNEL, Head, read_head, read_message
from bot.channels.wechat_jobs import Jobs, LastKeys
from bot.channels.wechat_notices import Notice, PlatformNotices, SubscriptionItem
from bot.channels.wechat_reply import (
    Envelope,
    Message,
    Pictures,
    passive_message,
    to_json,
    to_xml,
)
from bot.dialogue.turns import Turn
from bot.messages import Utterance

__all__ = [
    "CHANNEL",
    "Answers",
    "InvalidWeChatSetting",
    "Later",
    "Mode",
    "Outlets",
    "Pictures",
    "PlatformNotices",
    "SubscriptionItem",
    "WeChat",
    "WeChatConfig",
    "routes",
]

_logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
BODY_SECONDS = 5

# 微信云托管 asks this, unsigned, when its address is entered, and wants ``success``.
_PROBE = "CheckContainerPath"
_PROBE_BYTES = 200

_SUCCESS = b"success"

Clock = Callable[[], datetime]


class Answers(Protocol):
    """What WeChat asks of the conversation; called in worker threads."""

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Answer one message."""


class Later(Protocol):
    """Where a reply goes that came too late to be the answer to its message."""

    def send_later(self, utterance: Utterance, turn: Turn) -> None:
        """Take a reply that its sender has not got; called in a worker thread."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """What lies behind the channel besides the conversation; any may be missing.

    Attributes:
        later: takes replies that came too late; without it the log tells of each.
        notices: takes what the platform tells about things that we sent.
        pictures: knows under which media ids pictures of ours lie with the platform.
    """

    later: Later | None = None
    notices: PlatformNotices | None = None
    pictures: Pictures | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a message led to: the turn, and the one message that says it."""

    turn: Turn | None = None
    message: Message | None = None


_NO_OUTLETS = Outlets()
_NOTHING = _Answer()


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def routes(
    conversation: Answers,
    config: WeChatConfig,
    *,
    outlets: Outlets = _NO_OUTLETS,
    clock: Clock = utc_now,
) -> list[BaseRoute]:
    """Return the routes of one Official Account.

    Args:
        conversation: what answers.
        config: the account.
        outlets: where things go that are no answer to a message.
        clock: the time, aware.
    """
    return WeChat(conversation, config, outlets, clock).routes()


class WeChat:
    """The two endpoints; their state lives on the event loop."""

    def __init__(
        self, conversation: Answers, config: WeChatConfig, outlets: Outlets, clock: Clock
    ) -> None:
        self._conversation = conversation
        self._outlets = outlets
        self._clock = clock
        self._envelopes = Envelopes(config)
        self._limits = ChatLimits()
        self._jobs: Jobs[_Answer] = Jobs(config.answer_within)
        self._told = LastKeys()
        self._path = config.path

    def routes(self) -> list[BaseRoute]:
        """Return the two routes."""
        return [
            Route(self._path, self.get_echo, methods=["GET"]),
            Route(self._path, self.post_message, methods=["POST"]),
        ]

    def close(self) -> None:
        """Let what is being answered end, so that a late reply is queued; not on the loop."""
        self._jobs.close()

    async def get_echo(self, request: Request) -> Response:
        """Answer the check that the platform makes when the address is entered."""
        try:
            echo = self._envelopes.echo(request.query_params, self._clock())
        except Refusal as refusal:
            return _refused(refusal)
        _logger.info("WeChat has checked this address, and token and path are right")
        return PlainTextResponse(echo, headers={"X-Content-Type-Options": "nosniff"})

    async def post_message(self, request: Request) -> Response:
        """Answer a message with a message, or with ``success``."""
        try:
            body = await _read_body(request)
            if _is_probe(body):
                return Response(_SUCCESS, media_type="text/plain")
            return await self._answer(request, body)
        except Refusal as refusal:
            return _refused(refusal)

    async def _answer(self, request: Request, body: bytes) -> Response:
        letter = self._envelopes.open(request.query_params, body, self._clock())
        head = read_head(letter.fields)
        inbound = read_message(letter.fields, head)
        if isinstance(inbound, Utterance):
            answer = await self._receive(inbound, head)
        elif isinstance(inbound, Notice):
            answer = await self._tell(inbound)
        else:
            answer = None
        if answer is None or answer.message is None:
            return Response(_SUCCESS, media_type="text/plain")
        return self._sent(letter, answer.message)

    async def _receive(self, utterance: Utterance, head: Head) -> _Answer | None:
        """Have an utterance answered; None when it takes longer than WeChat waits."""
        limited = self._is_limited(utterance)
        envelope = Envelope(head.account.name, head.owner)
        if _is_leaving(utterance):
            self._leave_last(utterance)

        def work() -> _Answer:
            turn = self._conversation.receive(utterance, limited=limited)
            pictures = self._outlets.pictures
            return _Answer(turn, passive_message(turn.replies, envelope, self._clock(), pictures))

        def late(answer: _Answer) -> None:
            if answer.turn is None or answer.message is None:
                return
            if self._outlets.later is None:
                _logger.warning("a reply came too late, and there is no other way to send it")
            else:
                self._outlets.later.send_later(utterance, answer.turn)

        return await self._jobs.result((utterance.account, utterance.id), work, late)

    def _leave_last(self, utterance: Utterance) -> None:
        """Take somebody's leaving once more after what of theirs is still being answered.

        That would be stored after all of theirs was deleted, and nobody would delete it again.
        """

        def leave() -> None:
            try:
                self._conversation.receive(utterance)
            except Exception:
                _logger.exception("what somebody wrote who has left is still stored")

        self._jobs.after(lambda key: _account_of(key) == utterance.account, leave)

    async def _tell(self, notice: Notice) -> _Answer | None:
        notices = self._outlets.notices
        if notices is None or notice.key in self._told:
            return None

        def work() -> _Answer:
            notice.tell(notices)
            return _NOTHING

        told = await self._jobs.result(notice.key, work, lambda _answer: None)
        self._told.add(notice.key)  # a yes that is counted twice would promise too many notices
        return told

    def _is_limited(self, utterance: Utterance) -> bool:
        """Count a message; following and leaving are never too much, least of all leaving."""
        event = utterance.event
        if event is not None and event.kind in {"followed", "left"}:
            return False
        if (utterance.account, utterance.id) in self._jobs:
            return False  # the platform's own repeat, which joins what is being answered
        name, now = utterance.account.name, time.monotonic()
        return self._limits.is_over(name, now, is_photo=utterance.has_photo)

    def _sent(self, letter: Letter, message: Message) -> Response:
        render = to_json if letter.is_json else to_xml
        content = render(message)
        if letter.cipher is not None:
            content = render(self._envelopes.sealed(letter, content, self._clock()))
        kind = "application/json" if letter.is_json else "application/xml"
        return Response(content, media_type=kind)


def _is_leaving(utterance: Utterance) -> bool:
    return utterance.event is not None and utterance.event.kind == "left"


def _account_of(key: object) -> object:
    """Return whose message a job's key names; notices have keys of another form."""
    return key[0] if isinstance(key, tuple) else None


async def _read_body(request: Request, seconds: float = BODY_SECONDS) -> bytes:
    """Return the body, whatever its length was announced to be.

    Raises:
        TooLarge: as soon as it is.
        TooSlow: when it does not arrive in the time that WeChat itself waits.
        Malformed: when the sender hangs up.
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_BODY_BYTES:
                    raise TooLarge(MAX_BODY_BYTES)
                chunks.append(chunk)
    except TimeoutError:
        raise TooSlow(seconds) from None
    except ClientDisconnect:
        raise Malformed("cut off by its sender") from None
    return b"".join(chunks)


def _is_probe(body: bytes) -> bool:
    """Whether this is the cloud hosting's probe and nothing else; it has no effect."""
    if len(body) > _PROBE_BYTES or _PROBE.encode() not in body:
        return False
    return read_fields(body) == {"action": _PROBE}


def _refused(refusal: Refusal) -> Response:
    _logger.log(refusal.level, "refused: %s", refusal)
    return PlainTextResponse(refusal.shown, refusal.status)
