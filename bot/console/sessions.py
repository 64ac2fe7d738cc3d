"""The session of a staff member: a random token in a cookie, of which storage keeps a MAC."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from community.keys import derived_key
from community.staff import SESSION_LIFETIME, StaffSession
from community.staff_store import end_session, note_seen, open_session, session_of
from storage import Database

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens, finds and ends sessions; called in worker threads.

    Attributes:
        database: where they are rows.
        key: the installation's key.
        is_secure: whether the cookie stays off http.
    """

    database: Database
    key: bytes = field(repr=False)
    is_secure: bool

    @property
    def cookie(self) -> str:
        """The cookie's name; the prefix makes browsers refuse it from a neighbouring host."""
        return "__Host-lifeline-staff" if self.is_secure else "lifeline-staff"

    def find(self, request: Request, now: datetime) -> StaffSession | None:
        """Return the session a request belongs to, and move its idle end on."""
        token = request.cookies.get(self.cookie, "")
        if not token:
            return None
        mac = self._mac(token)
        session = self.database.read(lambda db: session_of(db, mac, now))
        if session and session.is_to_note(now):
            self.database.write(lambda db: note_seen(db, mac, now))
        return session

    def open(self, staff_id: int, replaced: Request, now: datetime) -> str:
        """Open a session under a new token, end the one of ``replaced``, and return the token.

        Raises:
            LookupError: when the staff member is no longer active.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        old = self._mac(replaced.cookies.get(self.cookie, ""))

        def renew(db: Connection) -> None:
            end_session(db, old)
            open_session(db, staff_id, self._mac(token), now)

        self.database.write(renew)
        return token

    def close(self, request: Request) -> None:
        """End the session of a request."""
        mac = self._mac(request.cookies.get(self.cookie, ""))
        self.database.write(lambda db: end_session(db, mac))

    def remember(self, token: str, response: Response) -> None:
        """Put the cookie into ``response``."""
        response.set_cookie(
            self.cookie,
            token,
            max_age=int(SESSION_LIFETIME.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=self.is_secure,
        )

    def forget(self, response: Response) -> None:
        """Take the cookie away."""
        response.delete_cookie(self.cookie, httponly=True, samesite="lax", secure=self.is_secure)

    def _mac(self, token: str) -> str:
        key = derived_key(self.key, "console session")
        return hmac.new(key, token.encode(), hashlib.sha256).hexdigest()
