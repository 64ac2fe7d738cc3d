"""Who writes in the web chat: a random id in a signed cookie, and whether our page sent it."""

from dataclasses import dataclass
from secrets import token_urlsafe
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

COOKIE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visitor:
    """A web visitor; ``is_new`` when the request brought no cookie of ours."""

    name: str
    is_new: bool


class Visitors:
    """Gives and reads the visitor's cookie."""

    def __init__(self, key: bytes, *, secure: bool) -> None:
        """Take ``secure`` when the page is served over https: the cookie stays off http."""
        self._signer = URLSafeTimedSerializer(key, salt="web-visitor")
        self._secure = secure
        # The prefix makes browsers refuse the cookie from a neighbouring host.
        self.cookie = "__Host-lifeline" if secure else "lifeline"

    def of(self, request: Request) -> Visitor:
        """Return who sent ``request``: a new visitor when the cookie is missing or not ours."""
        signed = request.cookies.get(self.cookie, "")
        try:
            name = self._signer.loads(signed, max_age=COOKIE_SECONDS)
        except BadSignature:
            return Visitor(token_urlsafe(18), is_new=True)
        return Visitor(str(name), is_new=False)

    def remember(self, visitor: Visitor, response: Response) -> None:
        """Put the cookie into ``response``, good for another year."""
        response.set_cookie(
            self.cookie,
            self._signer.dumps(visitor.name),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )


def is_own_page(request: Request, public_url: str | None) -> bool:
    """Whether a POST comes from our own page, as far as the browser tells.

    ``Sec-Fetch-Site`` is missing over plain http and in older browsers, where ``Origin`` says
    it. A client that sends neither is no browser, so nobody's cookie is misused.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True
    own = {request.headers.get("host", "").lower()}
    if public_url:
        own.add(urlsplit(public_url).netloc.lower())
    return urlsplit(origin.lower()).netloc in own
