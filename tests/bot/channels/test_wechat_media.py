"""Media: fetched from WeChat's hosts alone and within limits, uploaded once a content."""

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import wechat_media
from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_api_session import OFFICIAL_API
from bot.channels.wechat_media import (
    PICTURE_HOSTS,
    ForeignAddress,
    MediaFetcher,
    MediaGone,
    MediaShelf,
    NothingToFetch,
    Pictures,
    UnusablePicture,
    allowed_url,
)
from bot.channels.wechat_outcomes import CallRefused, NoAnswer, UnreadableAnswer, WeChatError
from bot.messages import Media
from storage import Database
from tests.bot.channels.one_answer import OneAnswer
from tests.bot.channels.wechat_calls import calling, with_new_tables
from tests.platforms.wechat import WeChatPlatform
from tests.platforms.wechat_state import Upload

PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 40
UPLOAD = "/media/upload"
GET = "/media/get"


@pytest.fixture
def store() -> str:
    """One store will do: the rows are few and tested with both elsewhere."""
    return "sqlite"


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        yield platform


@pytest.fixture
def api(platform: WeChatPlatform, database: Database) -> Iterator[WeChatApi]:
    with calling(platform, with_new_tables(database)) as api:
        yield api


@pytest.fixture
def fetcher(api: WeChatApi) -> MediaFetcher:
    return MediaFetcher(api)


@pytest.fixture
def pictures(
    platform: WeChatPlatform, api: WeChatApi, database: Database, tmp_path: Path
) -> Pictures:
    (tmp_path / "a.png").write_bytes(b"\x89PNG one")
    (tmp_path / "same.png").write_bytes(b"\x89PNG one")
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8 other")
    shelf = MediaShelf(database, platform.account.app_id)
    return Pictures(api, shelf, tmp_path, platform.clock)


def photo(platform: WeChatPlatform, content: bytes = PHOTO) -> Media:
    """Return a photo that lies on the platform, as a message names it."""
    media_id = platform.state.keep("image", Upload("photo.jpg", content, "image/jpeg"))
    return Media("photo", media_id, link=f"{platform.url}/mmbiz_pic/{media_id}")


def test_a_photo_is_fetched_by_its_id(platform: WeChatPlatform, fetcher: MediaFetcher) -> None:
    sent = photo(platform)
    assert fetcher.fetch(Media("photo", sent.ref)) == PHOTO


def test_without_the_right_it_is_fetched_by_its_link(
    platform: WeChatPlatform, fetcher: MediaFetcher
) -> None:
    platform.account.is_verified = False
    sent = photo(platform)
    assert fetcher.fetch(sent) == PHOTO
    with pytest.raises(CallRefused) as caught:
        fetcher.fetch(Media("voice", sent.ref))
    assert caught.value.code == 48001


def test_the_token_does_not_go_along_to_a_link(
    platform: WeChatPlatform, fetcher: MediaFetcher
) -> None:
    assert fetcher.fetch(Media("photo", "", link=photo(platform).link)) == PHOTO
    assert "access_token" not in platform.calls[-1].query


def test_a_rejected_token_is_replaced(platform: WeChatPlatform, fetcher: MediaFetcher) -> None:
    fetcher.fetch(photo(platform))
    platform.state.tokens.revoke()
    assert fetcher.fetch(Media("photo", photo(platform).ref)) == PHOTO


def test_after_three_days_it_is_gone(platform: WeChatPlatform, fetcher: MediaFetcher) -> None:
    sent = photo(platform)
    platform.clock.advance(days=4)
    with pytest.raises(CallRefused) as caught:
        fetcher.fetch(Media("photo", sent.ref))
    assert caught.value.code == 40007


def test_a_link_that_is_dead_is_gone_for_good(
    platform: WeChatPlatform, fetcher: MediaFetcher
) -> None:
    """It was asked again for ever, and its sender never heard of it."""
    with pytest.raises(MediaGone) as caught:
        fetcher.fetch(Media("photo", "", link=f"{platform.url}/mmbiz_pic/nowhere"))
    assert caught.value.permanent


def test_an_error_in_place_of_media_is_an_error(fetcher: MediaFetcher) -> None:
    with pytest.raises(CallRefused):
        fetcher.fetch(Media("voice", "unknown"))
    with pytest.raises(NothingToFetch):
        fetcher.fetch(Media("photo", ""))


def test_a_video_is_json_not_bytes(platform: WeChatPlatform, fetcher: MediaFetcher) -> None:
    kept = platform.state.keep("video", Upload("a.mp4", b"mp4", "video/mp4"))
    with pytest.raises(UnreadableAnswer, match="JSON in place of media"):
        fetcher.fetch(Media("video", kept))


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:1/a.jpg",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://mmbiz.qpic.cn.evil.example/a.jpg",
        "https://evil.example/mmbiz.qpic.cn",
        "https://user@mmbiz.qpic.cn/a.jpg",
        "https://mmbiz.qpic.cn:8443/a.jpg",
        "ftp://mmbiz.qpic.cn/a.jpg",
        "//mmbiz.qpic.cn/a.jpg",
        "a.jpg",
        "http://[::1/a.jpg",
        "https://mmbiz.qpic.cn\\@evil.example/",
        "https://evil.example\\@mmbiz.qpic.cn/",
        "https://mmbiz.qpic.cn。evil.example/",
        "http://mmbiz.qpic.cn:port/",
    ],
)
def test_a_link_elsewhere_is_refused(link: str) -> None:
    with pytest.raises(ForeignAddress):
        allowed_url(link, httpx.URL(), (OFFICIAL_API, frozenset(PICTURE_HOSTS)))


def test_a_link_elsewhere_is_not_asked(fetcher: MediaFetcher) -> None:
    with OneAnswer().listening() as server:
        with pytest.raises(ForeignAddress) as caught:
            fetcher.fetch(Media("photo", "", link=f"{server.url}/a.jpg"))
        assert caught.value.host in server.url
        assert server.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_pictures_of_messages_are_asked_by_https(scheme: str) -> None:
    hosts = frozenset(PICTURE_HOSTS)
    link = f"{scheme}://MMBIZ.qpic.cn/a/b?wx_fmt=jpeg"
    allowed = allowed_url(link, httpx.URL(), (OFFICIAL_API, hosts))
    assert str(allowed) == "https://mmbiz.qpic.cn/a/b?wx_fmt=jpeg"


@given(st.text(max_size=60), st.sampled_from(["", "http://mmbiz.qpic.cn", "https:", "//"]))
def test_any_link_is_wechats_or_refused(rest: str, start: str) -> None:
    hosts = frozenset(PICTURE_HOSTS)
    try:
        url = allowed_url(start + rest, httpx.URL(), (OFFICIAL_API, hosts))
    except ForeignAddress:
        return
    assert url.scheme == "https"
    assert url.host in {*PICTURE_HOSTS, "api.weixin.qq.com"}


@pytest.mark.parametrize(
    ("target", "error"),
    [("https://evil.example/", ForeignAddress), ("/again", UnreadableAnswer)],
    ids=["elsewhere", "for ever"],
)
def test_redirects_lead_nowhere_else_and_end(
    api: WeChatApi, target: str, error: type[WeChatError]
) -> None:
    api.get("/cgi-bin/getcallbackip")
    with OneAnswer().listening() as server:
        api.session.base = server.url
        server.status, server.headers = 302, {"Location": target}
        with pytest.raises(error):
            MediaFetcher(api).fetch(Media("photo", "m1"))
    assert len(server.asked) <= 4
    assert not any("access_token" in address for address in server.asked[1:])


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/html", b"<html>"), ("image/jpeg", b""), ("image/jpeg", b'{"errcode":0}')],
    ids=["page", "empty", "json called an image"],
)
def test_what_is_no_media_is_refused(api: WeChatApi, kind: str, body: bytes) -> None:
    api.get("/cgi-bin/getcallbackip")
    with OneAnswer().listening() as server:
        api.session.base = server.url
        server.headers, server.body = {"Content-Type": kind}, body
        with pytest.raises(UnreadableAnswer):
            MediaFetcher(api).fetch(Media("photo", "m1"))


def test_too_large_is_not_read_to_its_end(
    platform: WeChatPlatform, fetcher: MediaFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wechat_media, "MOST_FETCHED_BYTES", len(PHOTO))
    assert fetcher.fetch(photo(platform)) == PHOTO
    with pytest.raises(UnreadableAnswer, match="more than"):
        fetcher.fetch(Media("photo", photo(platform, PHOTO + b"!").ref))


def test_a_broken_download_is_told(platform: WeChatPlatform, fetcher: MediaFetcher) -> None:
    platform.fail_next(1, "broken", GET)
    with pytest.raises(NoAnswer):
        fetcher.fetch(Media("photo", photo(platform).ref))


def test_a_content_is_uploaded_once(platform: WeChatPlatform, pictures: Pictures) -> None:
    assert pictures.uploaded("a.png") is None
    first = pictures.upload("a.png")
    assert pictures.upload("same.png") == first == pictures.uploaded("a.png")
    assert pictures.upload("b.jpg") != first
    assert len(platform.calls_to(UPLOAD)) == 2
    assert platform.state.media[first].content == b"\x89PNG one"


def test_it_is_uploaded_again_before_its_end(platform: WeChatPlatform, pictures: Pictures) -> None:
    first = pictures.upload("a.png")
    platform.clock.advance(days=2, hours=17)
    assert pictures.upload("a.png") == first
    platform.clock.advance(hours=2)
    assert pictures.upload("a.png") != first


def test_a_media_id_that_wechat_forgot_is_uploaded_again(pictures: Pictures) -> None:
    first = pictures.upload("a.png")
    pictures.forget(first)
    assert pictures.upload("a.png") != first


@pytest.mark.parametrize(
    ("path", "content"),
    [("missing.png", None), ("empty.png", b""), ("a.svg", b"<svg/>"), ("../out.png", b"x"),
     ("/etc/hostname.png", None)],
)  # fmt: skip
def test_what_cannot_be_uploaded_is_told(
    pictures: Pictures, tmp_path: Path, path: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / path).write_bytes(content)
    with pytest.raises(UnusablePicture) as caught:
        pictures.upload(path)
    assert caught.value.path == path
    assert caught.value.permanent


def test_a_failed_upload_leaves_the_text(
    platform: WeChatPlatform, pictures: Pictures, caplog: pytest.LogCaptureFixture
) -> None:
    platform.fail_next(1, "5xx", UPLOAD)
    with caplog.at_level(logging.WARNING):
        assert pictures.media_id("a.png") is None
    assert "502" in caplog.text
    assert pictures.media_id("a.png") is not None
