"""Access tokens: two kinds that know nothing of one another, and how they end.

Source: 获取接口调用凭据 (getAccessToken), 获取稳定版接口调用凭据 (getStableAccessToken).
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tests.platforms.wechat_errors import Refused

VALID = timedelta(seconds=7200)
# In the last five minutes of a token a new one is given, and both are taken.
OVERLAP = timedelta(minutes=5)
FORCED_REFRESHES_A_DAY = 20
# A second forced refresh within this time gives the same token again.
BETWEEN_FORCED = timedelta(seconds=30)
ISOLATED_TOKENS_A_DAY = 2000


@dataclass
class Token:
    """A token as the platform remembers it."""

    text: str
    until: datetime
    is_revoked: bool = False


class Tokens:
    """The tokens of one account."""

    def __init__(self) -> None:
        self._all: dict[str, Token] = {}
        self._stable: Token | None = None
        self._isolated: Token | None = None
        self._forced_at: list[datetime] = []
        self._isolated_on: dict[date, int] = {}

    def stable(self, now: datetime, *, is_forced: bool) -> dict[str, object]:
        """Give the stable token: the same one until five minutes before its end."""
        if is_forced:
            self._force(now)
        if self._stable is None or self._stable.until - now <= OVERLAP:
            self._stable = self._new(now)
        return _body(self._stable, now)

    def isolated(self, now: datetime) -> dict[str, object]:
        """Give a new token; the one before it is taken for five minutes more."""
        given = self._isolated_on.get(now.date(), 0)
        if given >= ISOLATED_TOKENS_A_DAY:
            raise Refused(45009)
        self._isolated_on[now.date()] = given + 1
        if self._isolated:
            self._isolated.until = min(self._isolated.until, now + OVERLAP)
        self._isolated = self._new(now)
        return _body(self._isolated, now)

    def check(self, text: str | None, now: datetime) -> None:
        """Refuse a token that is missing, unknown, replaced or too old."""
        if not text:
            raise Refused(41001)
        token = self._all.get(text)
        if token is None:
            raise Refused(40014)
        if token.is_revoked:
            raise Refused(40001)
        if token.until <= now:
            raise Refused(42001)

    def revoke(self) -> None:
        """Make every token invalid, as when somebody else's refresh replaced them: 40001."""
        for token in self._all.values():
            token.is_revoked = True
        self._stable = self._isolated = None

    def _force(self, now: datetime) -> None:
        today = [at for at in self._forced_at if at.date() == now.date()]
        if today and now - today[-1] < BETWEEN_FORCED:
            return
        if len(today) >= FORCED_REFRESHES_A_DAY:
            raise Refused(45009)
        self._forced_at.append(now)
        if self._stable:
            self._stable.is_revoked = True
            self._stable = None

    def _new(self, now: datetime) -> Token:
        token = Token(secrets.token_urlsafe(96), now + VALID)
        self._all[token.text] = token
        return token


def _body(token: Token, now: datetime) -> dict[str, object]:
    seconds = math.ceil((token.until - now).total_seconds())
    return {"access_token": token.text, "expires_in": seconds}
