"""Plain calls to WeChat's interface: one guarded HTTP client, JSON in and out, typed errors.

wechatpy's client is not used: it names the official address in places, its token fetch has no
timeout, and it asks again without end. The access token goes into the address below the HTTP
client, because that one logs the addresses it asks.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from bot.channels.wechat_outcomes import (
    CallRefused,
    NoAnswer,
    NotConnected,
    UnreadableAnswer,
    UnusableBase,
    error_code,
)

OFFICIAL_API = "https://api.weixin.qq.com"
CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
# A body that trickles never reaches the reading timeout.
WHOLE_ANSWER_SECONDS = 10.0
MOST_ANSWER_BYTES = 1024 * 1024
MOST_CONNECTIONS = 8
_TOKEN = "access_token"  # noqa: S105 - the parameter's name
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send along, whole in memory: a call that is tried again sends it again."""

    name: str
    content: bytes = field(repr=False)
    mime: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what is asked for, with which parameters and body.

    Attributes:
        path: from the base address on, such as ``/cgi-bin/menu/get``.
        params: parameters of the address; never a token.
        data: the JSON body; a call with a body or a file is a POST, any other a GET.
        file: what is uploaded.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] | None = field(default=None, repr=False)
    file: Upload | None = None


@dataclass(frozen=True, slots=True)
class OpenedResponse:
    """A response whose body is still to be read, until ``ends_at`` on the monotonic clock."""

    response: httpx.Response
    path: str
    ends_at: float

    def whole_body(self, most_bytes: int) -> bytes:
        """Return the body, read within its limits.

        Raises:
            NoAnswer: when it takes too long.
            UnreadableAnswer: when it is longer than ``most_bytes``.
            httpx.HTTPError: when the connection fails; ``ApiSession.opened`` turns it.
        """
        content = bytearray()
        for chunk in self.response.iter_bytes():
            content += chunk
            if len(content) > most_bytes:
                reason = f"a body of more than {most_bytes} bytes"
                raise UnreadableAnswer(self.path, self.response.status_code, reason)
            if time.monotonic() > self.ends_at:
                raise NoAnswer(self.path, f"it took over {WHOLE_ANSWER_SECONDS:g} s")
        return bytes(content)


class ApiSession:
    """The connections to one base address; safe to use from many threads. Close it."""

    def __init__(self, base: str = OFFICIAL_API) -> None:
        """Take the ``base`` address.

        Raises:
            UnusableBase: when it is no address of a host.
        """
        self.base = _checked(base)
        limits = httpx.Limits(max_connections=MOST_CONNECTIONS)
        # A transport of its own also keeps proxies of the environment out: WeChat has the
        # calling address on a list.
        self._http = httpx.Client(
            transport=_TokenTransport(httpx.HTTPTransport(limits=limits)),
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def ask(self, call: Call, token: str = "") -> dict[str, Any]:
        """Make one call and return the JSON object that answers it.

        Raises:
            CallRefused: when its ``errcode`` is not 0.
            NotConnected: when nothing was sent.
            NoAnswer: when it was sent, and no whole answer came in time.
            UnreadableAnswer: when the answer is no JSON object.
        """
        with self.opened(self._request(call, token), call.path) as opened:
            content = opened.whole_body(MOST_ANSWER_BYTES)
        return read_answer(call.path, opened.response.status_code, content)

    @contextmanager
    def opened(self, request: httpx.Request, path: str) -> Iterator["OpenedResponse"]:
        """Send ``request`` and yield the response, its body still to be read.

        Raises:
            NotConnected: when nothing was sent.
            NoAnswer: when it was sent and the connection failed, also while the body is read.
        """
        ends_at = time.monotonic() + WHOLE_ANSWER_SECONDS
        try:
            response = self._http.send(request, stream=True)
            try:
                yield OpenedResponse(response, path, ends_at)
            finally:
                response.close()
        except _NOT_SENT as error:
            raise NotConnected(path, _named(error)) from error
        except httpx.HTTPError as error:
            raise NoAnswer(path, _named(error)) from error

    def fetching(
        self, url: str | httpx.URL, params: Mapping[str, str], token: str = ""
    ) -> httpx.Request:
        """Return a GET request for ``url``; parameters of its own stay when none are given."""
        extensions = {_TOKEN: token}
        return self._http.build_request("GET", url, params=params or None, extensions=extensions)

    def server_time(self) -> datetime | None:
        """Return WeChat's clock from its ``Date`` header; None when it sends none.

        Raises:
            NotConnected, NoAnswer: as ``ask`` does.
        """
        with self.opened(self.fetching(self.base, {}), "/") as opened:
            said = opened.response.headers.get("date", "")
        try:
            told = parsedate_to_datetime(said)
        except ValueError:
            return None
        return told if told.tzinfo else told.replace(tzinfo=UTC)

    def _request(self, call: Call, token: str) -> httpx.Request:
        url, extensions = f"{self.base}{call.path}", {_TOKEN: token}
        if call.file is not None:
            # The name has an extension: WeChat tells the kind by it.
            part = (call.file.name, call.file.content, call.file.mime)
            return self._http.build_request(
                "POST", url, params=call.params, files={"media": part}, extensions=extensions
            )
        if call.data is None:
            return self.fetching(url, call.params, token)
        # WeChat shows \uXXXX as it stands, so Chinese goes out as it is.
        body = json.dumps(call.data, ensure_ascii=False).encode("utf-8", "replace")
        return self._http.build_request(
            "POST", url, params=call.params, content=body, extensions=extensions,
            headers={"Content-Type": "application/json; charset=utf-8"},
        )  # fmt: skip


class _TokenTransport(httpx.BaseTransport):
    """Adds the token of a request's extensions to its address, below what is logged."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.extensions.get(_TOKEN)
        if not token:
            return self._inner.handle_request(request)
        secret = httpx.Request(
            request.method,
            request.url.copy_merge_params({_TOKEN: token}),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return self._inner.handle_request(secret)

    def close(self) -> None:
        self._inner.close()


def read_answer(path: str, status: int, content: bytes) -> dict[str, Any]:
    """Return the JSON object in ``content``.

    Raises:
        CallRefused: when its ``errcode`` is not 0, whatever the status.
        UnreadableAnswer: when it is none, or comes with a status above 299.
    """
    try:
        # Control characters that people typed come back raw (in names of tags, say).
        answer = json.loads(content.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer(path, status, "no JSON") from error
    if not isinstance(answer, dict):
        raise UnreadableAnswer(path, status, "no JSON object")
    if error_code(answer):
        raise CallRefused(path, answer)
    if status > 299:
        raise UnreadableAnswer(path, status, "JSON without an errcode")
    return answer


def _checked(base: str) -> str:
    try:
        url = httpx.URL(base)
    except (httpx.InvalidURL, ValueError) as error:
        raise UnusableBase(base) from error
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        raise UnusableBase(base)
    return base.rstrip("/")


def _named(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
