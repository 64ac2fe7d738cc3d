"""Pictures and files to and from WeChat: fetched from its hosts alone, uploaded once a content.

What was fetched is checked and re-encoded elsewhere before anybody sees it.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from bot import platform_store as store
from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_api_session import ApiSession, OpenedResponse, Upload, read_answer
from bot.channels.wechat_outcomes import (
    PERMISSION_CODES,
    UNKNOWN_MEDIA_CODE,
    CallRefused,
    UnreadableAnswer,
    WeChatError,
)
from bot.messages import Media
from storage import Database

_logger = logging.getLogger(__name__)

GET_PATH = "/cgi-bin/media/get"
UPLOAD_PATH = "/cgi-bin/media/upload"
MOST_FETCHED_BYTES = 20 * 1024 * 1024
# 新增临时素材: an image has at most 10 MB and is kept for three days.
MOST_UPLOADED_BYTES = 10 * 1024 * 1024
KEPT_FOR = timedelta(days=3)
# Uploaded again before its end: a message may wait in line.
RENEW_BEFORE = timedelta(hours=6)
# Where pictures of messages (PicUrl) lie; exact names, since anybody may have a name under qq.com
# that looks alike.
PICTURE_HOSTS = ("mmbiz.qpic.cn", "mmbiz.qlogo.cn", "mmecoa.qpic.cn")
MOST_REDIRECTS = 3
_GONE = frozenset({404, 410})
_MIME = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif"}

Clock = Callable[[], datetime]


class ForeignAddress(WeChatError):
    """A link leads to a host that is not WeChat's, so it is not asked."""

    permanent = True

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(f"media is not fetched from {host!r}: only from WeChat's own hosts")


class NothingToFetch(WeChatError):
    """A message names neither a media id nor a link."""

    permanent = True

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"a {kind} without a media id or a link cannot be fetched")


class MediaGone(WeChatError):
    """Nothing lies at a link any more, and nothing will."""

    permanent = True

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"the link of a picture was answered with {status}: it is gone")


class UnusablePicture(WeChatError):
    """A picture of ours that WeChat would not take.

    Attributes:
        path: which.
        reason: why not.
    """

    permanent = True

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"picture {path!r} cannot be uploaded to WeChat: {reason}")


class MediaFetcher:
    """Fetches what people sent; synchronous, for worker threads."""

    def __init__(self, api: WeChatApi, hosts: tuple[str, ...] = PICTURE_HOSTS) -> None:
        """Take the ``hosts`` that links may lead to, besides the interface's own."""
        self._api = api
        self._hosts = frozenset(hosts)

    def fetch(self, media: Media) -> bytes:
        """Return the bytes of what was sent, by its media id or else by its link.

        An account without the right to fetch media still gets pictures by their links.

        Raises:
            NothingToFetch: when there is neither.
            ForeignAddress: when the link is not WeChat's.
            MediaGone: when nothing lies at the link any more.
            UnreadableAnswer: when it is larger than 20 MB, or no media comes.
            CallRefused: when WeChat does not know it (40007: after three days, say).
            WeChatError: when it cannot be reached in time.
        """
        if not media.ref and not media.link:
            raise NothingToFetch(media.kind)
        if not media.ref:
            return self._by_link(media.link)
        try:
            return self._by_id(media.ref)
        except CallRefused as refused:
            is_hopeless = refused.code not in {*PERMISSION_CODES, UNKNOWN_MEDIA_CODE}
            if is_hopeless or not media.link:
                raise
        return self._by_link(media.link)

    def _by_id(self, media_id: str) -> bytes:
        session = self._api.session

        def download(token: str) -> bytes:
            url, params = f"{session.base}{GET_PATH}", {"media_id": media_id}
            return self._download(session, session.fetching(url, params, token))

        return self._api.with_token(download)

    def _by_link(self, link: str) -> bytes:
        session = self._api.session
        request = session.fetching(self._allowed(link), {})
        try:
            return self._download(session, request)
        except UnreadableAnswer as answer:
            if answer.status in _GONE:
                raise MediaGone(answer.status) from answer
            raise

    def _download(self, session: ApiSession, request: httpx.Request) -> bytes:
        path = request.url.path
        for _ in range(MOST_REDIRECTS + 1):
            with session.opened(request, path) as opened:
                response = opened.response
                if not response.is_redirect:
                    return _media_in(opened)
                target = response.headers.get("location", "")
            # Without the token: it is for the interface alone.
            request = session.fetching(self._allowed(target, request.url), {})
        raise UnreadableAnswer(path, response.status_code, "redirects without end")

    def _allowed(self, link: str, found_at: httpx.URL | None = None) -> httpx.URL:
        return allowed_url(link, found_at or httpx.URL(), (self._api.session.base, self._hosts))


def allowed_url(link: str, found_at: httpx.URL, allowed: tuple[str, frozenset[str]]) -> httpx.URL:
    """Return the address that a link names, if it is one to be asked.

    Parsed by the very client that asks it: two readers of one address can differ on its host.

    Args:
        link: as it was sent, or as a redirect names it.
        found_at: the address that redirects; an empty one for a link that was sent.
        allowed: the interface's base address, and the hosts of pictures. The latter are asked
            by https, whatever the link says: WeChat still writes PicUrl with http.

    Raises:
        ForeignAddress: when it leads elsewhere or cannot be read.
    """
    base, hosts = allowed
    try:
        url, own = found_at.join(link), httpx.URL(base)
    except (httpx.InvalidURL, ValueError) as error:
        raise ForeignAddress(link[:200]) from error
    if not url.userinfo and (url.scheme, url.netloc) == (own.scheme, own.netloc):
        return url
    host = url.netloc.decode("ascii")
    if not url.userinfo and url.scheme in {"http", "https"} and host in hosts:
        return url.copy_with(scheme="https")
    raise ForeignAddress(host)


def _media_in(opened: OpenedResponse) -> bytes:
    """Return the bytes of a media response; errors come as JSON in its place, with status 200."""
    path, response = opened.path, opened.response
    content = opened.whole_body(MOST_FETCHED_BYTES)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"application/json", "text/plain", "text/json"} or content[:1] == b"{":
        read_answer(path, response.status_code, content)
        raise UnreadableAnswer(path, response.status_code, "JSON in place of media")
    if not response.is_success or kind == "text/html" or not content:
        raise UnreadableAnswer(path, response.status_code, f"{kind or 'nothing'} for media")
    return content


@dataclass(frozen=True, slots=True)
class MediaShelf:
    """Which contents one account has uploaded, under which media ids."""

    database: Database
    app_id: str

    def find(self, sha256: str, now: datetime) -> str | None:
        """Return the media id of a content, unless it ends soon."""
        until = now + RENEW_BEFORE
        return self.database.read(
            partial(store.find_media, app_id=self.app_id, sha256=sha256, until=until)
        )

    def keep(self, sha256: str, media_id: str, now: datetime) -> None:
        """Keep the media id of a content that was uploaded just now."""
        ends = now + KEPT_FOR
        self.database.write(
            lambda db: store.keep_media(db, self.app_id, sha256, media_id=media_id, expires_at=ends)
        )

    def forget(self, media_id: str) -> None:
        """Forget a media id that WeChat refused with 40007."""
        self.database.write(lambda db: store.forget_media(db, self.app_id, media_id))


class Pictures:
    """Our pictures as media ids; synchronous, for worker threads."""

    def __init__(self, api: WeChatApi, shelf: MediaShelf, folder: Path, clock: Clock) -> None:
        """Take the ``folder`` that a reply's ``picture`` is a path in."""
        self._api = api
        self._shelf = shelf
        self._folder = folder
        self._clock = clock

    def uploaded(self, path: str) -> str | None:
        """Return the media id of a picture that is uploaded already; never calls WeChat.

        Raises:
            UnusablePicture: when it cannot be read.
        """
        return self._shelf.find(_digest(self._content(path)), self._clock())

    def upload(self, path: str) -> str:
        """Return the media id of a picture, uploaded now unless that content already is.

        Raises:
            UnusablePicture: when it cannot be read, or WeChat would not take it.
            WeChatError: when the upload fails.
        """
        content = self._content(path)
        digest, now = _digest(content), self._clock()
        if found := self._shelf.find(digest, now):
            return found
        suffix = Path(path).suffix.lower()
        file = Upload(f"{digest[:16]}{suffix}", content, _MIME[suffix])
        answer = self._api.upload(UPLOAD_PATH, file, type="image")
        media_id = str(answer.get("media_id", ""))
        if not media_id:
            raise UnreadableAnswer(UPLOAD_PATH, 200, "an answer without a media id")
        self._shelf.keep(digest, media_id, now)
        return media_id

    def media_id(self, path: str) -> str | None:
        """Return the media id of a picture; None when there is none, which is logged."""
        try:
            return self.upload(path)
        except WeChatError as error:
            _logger.warning("a picture goes out as text alone: %s", error)
            return None

    def forget(self, media_id: str) -> None:
        """Let a picture be uploaded anew whose media id WeChat no longer knows."""
        self._shelf.forget(media_id)

    def _content(self, path: str) -> bytes:
        file = (self._folder / path).resolve()
        if not file.is_relative_to(self._folder.resolve()):
            raise UnusablePicture(path, "outside of the folder")
        if file.suffix.lower() not in _MIME:
            raise UnusablePicture(path, "neither JPEG, PNG nor GIF")
        try:
            content = file.read_bytes()
        except OSError as error:
            raise UnusablePicture(path, error.strerror or "unreadable") from error
        if not 0 < len(content) <= MOST_UPLOADED_BYTES:
            raise UnusablePicture(path, f"{len(content)} bytes")
        return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
