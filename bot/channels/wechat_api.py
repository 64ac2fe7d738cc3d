"""WeChat's interface with an access token: each call once, and once more with a fresh token."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, ParamSpec, Protocol, Self, TypeVar

from bot.channels.wechat_api_session import (
    MOST_CONNECTIONS,
    OFFICIAL_API,
    ApiSession,
    Call,
    Upload,
)
from bot.channels.wechat_outcomes import TOKEN_CODES, CallRefused

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WeChatAccount:
    """Our Official Account: what WeChat knows us by, and where its interface is."""

    app_id: str
    secret: str = field(repr=False)
    base: str = OFFICIAL_API


class AccessTokens(Protocol):
    """Where access tokens come from."""

    def current(self) -> str:
        """Return a token that should be good."""
        ...

    def after(self, rejected: str) -> str:
        """Return another token than the one that WeChat has rejected."""
        ...


class WeChatApi:
    """Makes the calls; synchronous, for worker threads (see :class:`CallThreads`)."""

    def __init__(self, session: ApiSession, tokens: AccessTokens) -> None:
        self.session = session
        self._tokens = tokens

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """Ask for ``path`` and return the answer; raises what ``ApiSession.ask`` raises."""
        return self._ask(Call(path, params))

    def post(self, path: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Send ``data`` as JSON to ``path`` and return the answer; raises as ``get`` does."""
        return self._ask(Call(path, data=data))

    def upload(self, path: str, file: Upload, **params: str) -> dict[str, Any]:
        """Send a file to ``path`` and return the answer; raises as ``get`` does."""
        return self._ask(Call(path, params, file=file))

    def with_token(self, work: Callable[[str], T]) -> T:
        """Return ``work(token)``; when WeChat rejects the token, once more with another.

        Raises:
            TokenUnavailable: when there is no token to be had.
            WeChatError: what ``work`` raises.
        """
        token = self._tokens.current()
        try:
            return work(token)
        except CallRefused as refused:
            if refused.code not in TOKEN_CODES:
                raise
        return work(self._tokens.after(token))

    def _ask(self, call: Call) -> dict[str, Any]:
        return self.with_token(partial(self.session.ask, call))


class CallThreads:
    """A few threads for calls made from the event loop, as many as there are connections.

    More callers wait in line, so a slow WeChat takes no thread from anybody else.
    """

    def __init__(self, threads: int = MOST_CONNECTIONS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="wechat-call")

    async def run(self, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Return ``work(*args, **options)``, run in one of the threads."""
        made = partial(work, *args, **options)
        return await asyncio.get_running_loop().run_in_executor(self._pool, made)

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
        """Drop what waits in line, and end once the calls under way have ended."""
        self._pool.shutdown(wait=True, cancel_futures=True)
