"""Our access token: one for all processes, kept encrypted, fetched by one of them at a time.

Fetched from ``stable_token``: until five minutes before its end that gives the same token to
everybody who asks, then a new one while both are good. A token that WeChat rejects is replaced by
force at most once, since a day has twenty forced fetches (微信官方文档 getStableAccessToken).
"""

import hashlib
import random
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from cryptography.fernet import Fernet, InvalidToken

from bot import platform_store as store
from bot.channels.wechat_api import WeChatAccount
from bot.channels.wechat_api_session import ApiSession, Call
from bot.channels.wechat_outcomes import CallRefused, TokenUnavailable, WeChatError
from storage import Database

TOKEN_PATH = "/cgi-bin/stable_token"  # noqa: S105 - a path
# From five minutes before the end on, WeChat gives the next token.
EARLY = timedelta(minutes=5)
# Processes do not all ask in the same second.
MOST_JITTER_SECONDS = 60.0
# A token with less left than this may end on its way.
USABLE_FOR = timedelta(seconds=10)
# However near its end, a token that was just fetched is not asked for again at once; and WeChat
# ignores a forced fetch within 30 s of another.
ASK_AGAIN_AFTER = timedelta(seconds=30)
CLAIM_FOR = timedelta(seconds=10)
WAIT_SECONDS = 12.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Fetched:
    """A token as WeChat gave it."""

    token: str = field(repr=False)
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token as it is kept; ``sealed`` names this very state of the row."""

    token: str = field(repr=False)
    sealed: str = field(repr=False)
    expires_at: datetime
    fetched_at: datetime
    forced_for: str = ""


Fetch = Callable[[bool], Fetched]
Clock = Callable[[], datetime]


def fetch_stable_token(session: ApiSession, account: WeChatAccount, force: bool) -> Fetched:
    """Ask WeChat for the token; with ``force`` the one before ends at once.

    Raises:
        WeChatError: when WeChat gives none.
    """
    data = {
        "grant_type": "client_credential",
        "appid": account.app_id,
        "secret": account.secret,
        "force_refresh": force,
    }
    answer = session.ask(Call(TOKEN_PATH, data=data))
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token or not isinstance(seconds, int):
        raise TokenUnavailable("the answer holds no token")
    return Fetched(token, timedelta(seconds=seconds))


def stable_tokens(
    database: Database, session: ApiSession, account: WeChatAccount, key: bytes, clock: Clock
) -> "StableTokens":
    """Return the tokens of an account; ``key`` has 32 bytes and serves this purpose alone."""
    shelf = TokenShelf(database, account.app_id, key)
    return StableTokens(shelf, partial(fetch_stable_token, session, account), clock)


class TokenShelf:
    """Where the processes keep one account's token, encrypted, and who may fetch the next."""

    def __init__(self, database: Database, app_id: str, key: bytes) -> None:
        """Take a ``key`` of 32 bytes that serves this purpose alone."""
        self._database = database
        self._app_id = app_id
        self._fernet = Fernet(urlsafe_b64encode(key))

    def find(self) -> KeptToken | None:
        """Return the token that is kept, if any; ``token`` is "" when another key sealed it."""
        row = self._database.read(partial(store.find_token, app_id=self._app_id))
        if row is None:
            return None
        try:
            token = self._fernet.decrypt(row.sealed.encode()).decode()
        except InvalidToken:
            token = ""
        return KeptToken(token, row.sealed, row.expires_at, row.fetched_at, row.forced_for)

    def claim(self, seen: KeptToken | None, now: datetime) -> str | None:
        """Claim the fetch of what follows ``seen``; return the claim's name, None if too late."""
        claim = store.Claim(uuid.uuid4().hex, now + CLAIM_FOR)
        sealed = seen.sealed if seen else ""
        is_ours = self._database.write(
            lambda db: store.claim_fetch(db, self._app_id, sealed, claim, now=now)
        )
        return claim.holder if is_ours else None

    def keep(self, holder: str, fetched: Fetched, forced_for: str, now: datetime) -> KeptToken:
        """Keep a token that was fetched under a claim, which ends with it."""
        sealed = self._fernet.encrypt(fetched.token.encode()).decode()
        row = store.SealedToken(sealed, now + fetched.lasts, now, forced_for)
        self._database.write(lambda db: store.keep_token(db, self._app_id, holder, row))
        return KeptToken(fetched.token, sealed, row.expires_at, now, forced_for)

    def release(self, holder: str) -> None:
        """Give a claim back without a token."""
        self._database.write(lambda db: store.release_fetch(db, self._app_id, holder))


class StableTokens:
    """Gives the current token to every thread of this process."""

    def __init__(self, shelf: TokenShelf, fetch: Fetch, clock: Clock) -> None:
        """Take ``fetch``, which is given whether to fetch by force."""
        self._shelf = shelf
        self._fetch = fetch
        self._clock = clock
        self._early = EARLY - timedelta(seconds=random.uniform(0, MOST_JITTER_SECONDS))
        self._kept: KeptToken | None = None
        self._lock = Lock()
        self._fetching: dict[str, Future[str]] = {}

    def current(self) -> str:
        """Return a token that is good as far as we know.

        Raises:
            CallRefused: when WeChat refuses to give one (a wrong secret, say).
            TokenUnavailable: when WeChat, or the process that is fetching it, does not answer.
            StorageError: when the kept token cannot be read.
        """
        return self._found(self._kept, "", self._clock()) or self._together("")

    def after(self, rejected: str) -> str:
        """Return a token in place of ``rejected``; raises as ``current`` does.

        It may be ``rejected`` itself when that was replaced by force and still is all there is.
        """
        return self._found(self._kept, rejected, self._clock()) or self._together(rejected)

    def _together(self, rejected: str) -> str:
        """Renew the token once for all threads that ask for it now."""
        with self._lock:
            under_way = self._fetching.get(rejected)
            mine: Future[str] = Future()
            if under_way is None:
                self._fetching[rejected] = mine
        if under_way is not None:
            # Near its end the old one serves while somebody fetches the next.
            return _usable(self._kept, rejected, self._clock()) or under_way.result()
        try:
            token = self._renew(rejected)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(token)
            return token
        finally:
            with self._lock:
                del self._fetching[rejected]

    def _renew(self, rejected: str) -> str:
        """Return the token that another process has fetched meanwhile, or fetch it."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            now = self._clock()
            kept = self._kept = self._shelf.find()
            if token := self._found(kept, rejected, now):
                return token
            if holder := self._shelf.claim(kept, now):
                return self._fetch_claimed(holder, kept, rejected)
            if token := _usable(kept, rejected, now):
                return token
            if time.monotonic() > end:
                raise TokenUnavailable("another process is fetching it")
            time.sleep(POLL_SECONDS)

    def _fetch_claimed(self, holder: str, kept: KeptToken | None, rejected: str) -> str:
        try:
            fetched, forced_for = self._fetched(kept, rejected)
        except BaseException as error:
            self._shelf.release(holder)
            token = _usable(kept, rejected, self._clock())
            if token and isinstance(error, WeChatError):
                return token  # the old one still serves; the next call asks again
            if isinstance(error, CallRefused) or not isinstance(error, WeChatError):
                raise
            raise TokenUnavailable(str(error)) from error
        self._kept = self._shelf.keep(holder, fetched, forced_for, self._clock())
        return fetched.token

    def _fetched(self, kept: KeptToken | None, rejected: str) -> tuple[Fetched, str]:
        """Fetch, by force only when WeChat goes on to give the token that it rejects."""
        fetched, forced_for = self._fetch(False), kept.forced_for if kept else ""
        if fetched.token != rejected or forced_for == _digest(rejected):
            return fetched, forced_for
        if kept and forced_for and self._clock() < kept.fetched_at + ASK_AGAIN_AFTER:
            return fetched, forced_for  # WeChat would ignore it, and count it
        return self._fetch(True), _digest(rejected)

    def _found(self, kept: KeptToken | None, rejected: str, now: datetime) -> str:
        """Return a kept token that need not be renewed yet, else ""."""
        if kept is None or (kept.token == rejected and kept.forced_for != _digest(rejected)):
            return ""
        is_early = now < kept.expires_at - self._early
        was_just_fetched = kept.fetched_at <= now < kept.fetched_at + ASK_AGAIN_AFTER
        return _usable(kept, "", now) if is_early or was_just_fetched else ""


def _usable(kept: KeptToken | None, rejected: str, now: datetime) -> str:
    is_good = kept is not None and kept.token != rejected and now < kept.expires_at - USABLE_FOR
    return kept.token if kept and is_good else ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
