"""A stand-in for the WeChat platform: its calls, its pushes and its people, over real sockets.

    with WeChatPlatform(mode="safe") as platform:
        platform.callback_url = f"{service.url}/wechat"
        resident = platform.user("oResident1")
        assert resident.says("你好").text.startswith("你好")

``platform.url`` takes the place of https://api.weixin.qq.com.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from threading import RLock
from types import TracebackType
from typing import Any, Self

import httpx
from starlette.responses import Response

from tests.platforms import (
    wechat_account,
    wechat_library,
    wechat_mass,
    wechat_media,
    wechat_sending,
    wechat_tags,
)
from tests.platforms.loopback import Call, Fault, Faults, LoopbackServer, SteeredClock
from tests.platforms.wechat_errors import Refused, as_json, refusal
from tests.platforms.wechat_people import NoSuchButton, WeChatUser
from tests.platforms.wechat_pushing import Attempt, Pusher, ServiceUnavailable
from tests.platforms.wechat_sealing import signature
from tests.platforms.wechat_state import (
    Account,
    Article,
    Mode,
    Person,
    Route,
    Shown,
    State,
    Template,
)

__all__ = [
    "Account",
    "Article",
    "Attempt",
    "NoSuchButton",
    "ServiceUnavailable",
    "Shown",
    "WeChatPlatform",
    "WeChatUser",
]

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ROUTES: dict[str, Route] = {
    **wechat_sending.ROUTES,
    **wechat_media.ROUTES,
    **wechat_account.ROUTES,
    **wechat_library.ROUTES,
    **wechat_tags.ROUTES,
    **wechat_mass.ROUTES,
}


class WeChatPlatform:
    """One Official Account on a platform of its own.

    Attributes:
        account: its settings; change ``kind``, ``is_verified``, ``knows_our_address``,
            ``aes_key`` at will.
        clock: the platform's time; ``clock.advance(hours=48)``.
        calls: every call that came in, for counting.
    """

    def __init__(
        self,
        *,
        app_id: str = "wx0123456789abcdef",
        secret: str = "0123456789abcdef0123456789abcdef",  # noqa: S107 - of nobody
        token: str = "lifelinetoken",  # noqa: S107 - of nobody
        aes_key: str = AES_KEY,
        mode: Mode = "plain",
        clock: SteeredClock | None = None,
    ) -> None:
        self.account = Account(app_id, secret, token, aes_key, mode)
        self.clock = clock or SteeredClock()
        self.calls: list[Call] = []
        self.faults = Faults()
        self.state = State(self.account, self.clock)
        self._lock = RLock()
        self._server = LoopbackServer(self._answer, self.faults, lambda: refusal(Refused(-1)))
        self._pusher = Pusher(self.state)
        self.state.announce = self._pusher.announce

    def __enter__(self) -> Self:
        self._server.start()
        self.state.url = self._server.url
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pusher.close()
        self._server.stop()

    @property
    def url(self) -> str:
        """The base address of the calls, without a slash at the end."""
        return self._server.url

    @property
    def callback_url(self) -> str:
        """Where messages and events are pushed to; "" for nowhere."""
        return self._pusher.callback_url

    @callback_url.setter
    def callback_url(self, address: str) -> None:
        self._pusher.callback_url = address

    @property
    def cut_off_seconds(self) -> float:
        """How long the platform waits for an answer: 5, unless a test is in a hurry."""
        return self._pusher.cut_off_seconds

    @cut_off_seconds.setter
    def cut_off_seconds(self, seconds: float) -> None:
        self._pusher.cut_off_seconds = seconds

    @property
    def attempts(self) -> list[Attempt]:
        """Every try of every push, with its answer."""
        return self._pusher.attempts

    def user(self, openid: str, *, is_following: bool = True) -> WeChatUser:
        """Return a person; one who was never seen before follows since long ago."""
        with self._lock:
            if openid not in self.state.people:
                person = Person(openid, is_following, self.clock())
                self.state.people[openid] = person
            return WeChatUser(self.state.people[openid], self.state, self._pusher)

    def add_template(self, template_id: str, *fields: str) -> None:
        """Let the account have a template message with these fields."""
        self.state.templates[template_id] = Template(fields)

    def add_notice(self, template_id: str, *fields: str, is_long_term: bool = False) -> None:
        """Let the account have a subscription notice (订阅通知) with these fields."""
        self.state.notice_templates[template_id] = Template(fields, is_long_term)

    def limit(self, path: str, calls_a_day: int) -> None:
        """Allow so many calls of a path a day; the next is refused with 45009."""
        self.state.limits[path] = calls_a_day

    def fail_next(self, count: int, how: Fault, path: str = "") -> None:
        """Let the next calls fail; ``path`` picks by the end of the address."""
        self.faults.next(count, how, path)

    def goes_down(self) -> None:
        """Stop listening: connections are refused until :meth:`comes_back`."""
        self._server.stop()

    def comes_back(self) -> None:
        """Listen again, at the same address."""
        self._server.start()

    def calls_to(self, path: str) -> list[Call]:
        """Return the calls whose address ends in ``path``."""
        return [call for call in self.calls if call.path.endswith(path)]

    def settle(self) -> None:
        """Wait until every event that a call set off was pushed."""
        self._pusher.settle()

    def signed(self, **more: str) -> dict[str, str]:
        """Return a query with a good signature of now; ``more`` adds to it or spoils it."""
        timestamp = more.get("timestamp", str(int(self.clock().timestamp())))
        nonce = more.get("nonce", secrets.token_hex(5))
        good = {
            "signature": signature(self.account.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
        }
        return good | more

    def verifies(self) -> bool:
        """Ask the service to echo, as when the address is saved in the account's settings."""
        echo = str(secrets.randbits(62))
        response = self._pusher.get(self.signed(echostr=echo))
        return response.status_code == 200 and response.content == echo.encode()

    def probes(self) -> httpx.Response:
        """Send the cloud-hosting probe (微信云托管, 消息推送), unsigned."""
        return self.push_raw(b"<xml><action>CheckContainerPath</action></xml>", {})

    def push_raw(self, body: bytes, query: Mapping[str, str] | None = None) -> httpx.Response:
        """Post any body once, with a good signature unless ``query`` is given."""
        return self._pusher.post(body, self.signed() if query is None else query)

    def push(self, openid: str, fields: Mapping[str, Any]) -> Shown | None:
        """Push any message or event as the platform would, three tries included."""
        return self._pusher.push(openid, fields)

    def _answer(self, call: Call) -> Response:
        with self._lock:
            self.calls.append(call)
            try:
                result = self._answered(call)
            except Refused as refused:
                return refusal(refused)
        return result if isinstance(result, Response) else as_json(result)

    def _answered(self, call: Call) -> Response | dict[str, Any]:
        if public := wechat_account.public(self.state, call):
            return public
        if call.path in wechat_account.TOKEN_CALLS:
            return wechat_account.give_token(self.state, call)
        route = ROUTES.get(call.path)
        if route is None:
            raise Refused(40066)
        if route.method not in ("ANY", call.method):
            raise Refused(43001 if route.method == "GET" else 43002)
        self.state.tokens.check(call.query.get("access_token"), self.clock())
        if route.accounts and (self.account.kind, self.account.is_verified) not in route.accounts:
            raise Refused(48001)
        wechat_account.count(self.state, call.path)
        answer: Response | dict[str, Any] = route.answer(self.state, call)
        return answer
