"""Material, drafts and the templates of notices, called with wechatpy's own client."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from tests.platforms.wechat import WeChatPlatform
from tests.platforms.wechat_client import client_of


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        yield platform


@pytest.fixture
def client(platform: WeChatPlatform) -> WeChatClient:
    return client_of(platform)


@pytest.fixture
def cover(client: WeChatClient) -> str:
    return str(client.material.add("image", ("cover.png", io.BytesIO(b"png")))["media_id"])


def draft(client: WeChatClient, cover: str, **changed: object) -> str:
    article = {"title": "冬季用电", "content": "<p>正文</p>", "thumb_media_id": cover}
    kept = client.post("draft/add", data={"articles": [article | changed]})
    return str(kept["media_id"])


def test_a_draft_is_sent_and_gone(
    platform: WeChatPlatform, client: WeChatClient, cover: str
) -> None:
    resident = platform.user("oResident1")
    media_id = draft(client, cover)
    platform.clock.advance(days=4)  # neither a draft nor its cover goes after three days
    body = {"filter": {"is_to_all": True}, "msgtype": "mpnews", "mpnews": {"media_id": media_id}}
    client = client_of(platform)
    client.post("message/mass/sendall", data=body)
    assert (resident.last.kind, resident.last.media_id) == ("mpnews", media_id)
    with pytest.raises(WeChatClientException) as refused:
        client.post("message/mass/sendall", data=body)
    assert refused.value.errcode == 40007
    assert draft(client, cover)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"title": "好" * 65}, 45003),
        ({"digest": "好" * 121}, 45004),
        ({"content": ""}, 44004),
        ({"content": "好" * 20_001}, 45002),
        ({"thumb_media_id": "none"}, 40007),
    ],
    ids=["title", "digest", "no content", "content", "cover"],
)
def test_drafts_that_are_refused(
    client: WeChatClient, cover: str, changed: dict[str, str], code: int
) -> None:
    with pytest.raises(WeChatClientException) as refused:
        draft(client, cover, **changed)
    assert refused.value.errcode == code


def test_a_cover_has_to_be_kept_for_good(client: WeChatClient) -> None:
    passing = client.media.upload("image", ("cover.png", io.BytesIO(b"png")))["media_id"]
    with pytest.raises(WeChatClientException) as refused:
        draft(client, passing)
    assert refused.value.errcode == 40007


def templates(client: WeChatClient, platform: WeChatPlatform, name: str, **body: object) -> Any:  # noqa: ANN401
    address = f"{platform.url}/wxaapi/newtmpl/{name}"
    return client.post(address, data=body) if body else client.get(address)


def test_templates_come_and_go(platform: WeChatPlatform, client: WeChatClient) -> None:
    platform.add_notice("long", "thing1", "time2", is_long_term=True)
    made = templates(client, platform, "addtemplate", tid="401", kidList=[1, 2], sceneDesc="演练")
    listed = templates(client, platform, "gettemplate")["data"]
    assert [(one["priTmplId"], one["type"]) for one in listed] == [
        ("long", 3),
        (made["priTmplId"], 2),
    ]
    assert listed[0]["content"] == "thing1:{{thing1.DATA}}\ntime2:{{time2.DATA}}\n"
    templates(client, platform, "deltemplate", priTmplId="long")
    assert len(templates(client, platform, "gettemplate")["data"]) == 1
    with pytest.raises(WeChatClientException):
        templates(client, platform, "deltemplate", priTmplId="long")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"tid": "", "kidList": [1, 2]}, 200014),
        ({"tid": "401", "kidList": [1]}, 200020),
        ({"tid": "401", "kidList": [1, 2], "sceneDesc": "好" * 16}, 200021),
    ],
    ids=["title", "keywords", "scene"],
)
def test_templates_that_are_refused(
    platform: WeChatPlatform, client: WeChatClient, body: dict[str, object], code: int
) -> None:
    with pytest.raises(WeChatClientException) as refused:
        templates(client, platform, "addtemplate", **body)
    assert refused.value.errcode == code
