"""The account's own calls: menu, codes, tags, mass sending, quotas; and what it may not do."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from wechatpy import WeChatClient
from wechatpy.exceptions import APILimitedException, WeChatClientException

from tests.platforms.loopback import SteeredClock
from tests.platforms.scripted import answering
from tests.platforms.wechat import WeChatPlatform
from tests.platforms.wechat_client import client_of
from tests.platforms.wechat_sealing import Sealer, Unsealable, signature

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    clock = SteeredClock(datetime(2026, 3, 2, tzinfo=UTC))
    clock.stop()
    with WeChatPlatform(clock=clock) as platform:
        yield platform


@pytest.fixture
def client(platform: WeChatPlatform) -> WeChatClient:
    return client_of(platform)


def refusal(work: Callable[..., object], *arguments: object, **named: object) -> int:
    with pytest.raises(WeChatClientException) as raised:
        work(*arguments, **named)
    return int(raised.value.errcode)


def click(name: str, key: str = "k") -> dict[str, object]:
    return {"type": "click", "name": name, "key": key}


def top(name: str, *below: dict[str, object]) -> dict[str, object]:
    return {"name": name, "sub_button": list(below)}


def test_a_menu_is_kept(client: WeChatClient) -> None:
    assert client.menu.get() is None
    client.menu.create({"button": [top("问安全", click("常用电话")), click("我的")]})
    assert [one["name"] for one in client.menu.get()["menu"]["button"]] == ["问安全", "我的"]
    current = client.menu.get_menu_info()
    below = current["selfmenu_info"]["button"][0]["sub_button"]["list"]
    assert (current["is_menu_open"], below[0]["name"]) == (1, "常用电话")
    client.menu.delete()
    assert client.menu.get_menu_info()["is_menu_open"] == 0


MENUS = {
    "four buttons": ([click("一")] * 4, 40016),
    "no button": ([], 40016),
    "a long name": ([click("问安全问安全")], 40018),
    "six below": ([top("一", *[click("二")] * 6)], 40023),
    "a long name below": ([top("一", click("好" * 21))], 40025),
    "a kind": ([{**click("一"), "type": "dance"}], 40017),
    "a key": ([click("一", "k" * 129)], 40019),
    "an address": ([{"type": "view", "name": "一", "url": ""}], 40020),
}


@pytest.mark.parametrize(("buttons", "expected"), MENUS.values(), ids=MENUS.keys())
def test_menus_that_are_refused(
    platform: WeChatPlatform, client: WeChatClient, buttons: list[object], expected: int
) -> None:
    assert refusal(client.menu.create, {"button": buttons}) == expected
    assert platform.state.menu is None


def test_a_menu_with_escaped_characters_is_refused(
    platform: WeChatPlatform, client: WeChatClient
) -> None:
    address = f"{platform.url}/cgi-bin/menu/create"
    query = {"access_token": client.access_token}
    body = b'{"button":[{"type":"click","name":"\\u95ee","key":"k"}]}'
    assert httpx.post(address, params=query, content=body).json()["errcode"] == 40033


def code(name: str, seconds: int | None = None, **scene: object) -> dict[str, object]:
    asked: dict[str, object] = {"action_name": name, "action_info": {"scene": scene}}
    return asked if seconds is None else {**asked, "expire_seconds": seconds}


def test_a_code_is_scanned(platform: WeChatPlatform, client: WeChatClient) -> None:
    made = client.qrcode.create(code("QR_LIMIT_STR_SCENE", scene_str="building-7"))
    assert "expire_seconds" not in made
    picture = httpx.get(f"{platform.url}/cgi-bin/showqrcode", params={"ticket": made["ticket"]})
    assert picture.content.startswith(b"\x89PNG")
    with answering(lambda _: "success") as service:
        platform.callback_url = service.url
        platform.user("oResident1").scans("building-7")
    assert made["ticket"].encode() in service.calls[0].body


def test_how_long_a_code_lives(client: WeChatClient) -> None:
    made = client.qrcode.create(code("QR_STR_SCENE", scene_str="b"))
    assert made["expire_seconds"] == 60
    made = client.qrcode.create(code("QR_SCENE", 9_999_999, scene_id=1))
    assert made["expire_seconds"] == 2_592_000


CODES = {
    "a name": (code("QR_OTHER", scene_id=1), 40052),
    "nothing": (code("QR_STR_SCENE", scene_str=""), 40053),
    "65 characters": (code("QR_LIMIT_STR_SCENE", scene_str="b" * 65), 40053),
    "over 100000": (code("QR_LIMIT_SCENE", scene_id=100_001), 40053),
}


@pytest.mark.parametrize(("asked", "expected"), CODES.values(), ids=CODES.keys())
def test_codes_that_are_refused(
    client: WeChatClient, asked: dict[str, object], expected: int
) -> None:
    assert refusal(client.qrcode.create, asked) == expected


def test_what_is_told_of_a_person(platform: WeChatPlatform, client: WeChatClient) -> None:
    platform.user("oResident1")
    platform.user("oGone", is_following=False)
    assert client.user.get("oResident1")["subscribe"] == 1
    assert client.user.get("oGone") == {"subscribe": 0, "openid": "oGone", "tagid_list": []}
    assert refusal(client.user.get, "oStranger") == 40003


def test_tags(platform: WeChatPlatform, client: WeChatClient) -> None:
    resident = platform.user("oResident1")
    platform.user("oGone", is_following=False)
    tag = client.tag.create("3栋")["id"]
    assert refusal(client.tag.create, "3栋") == 45157
    assert refusal(client.tag.create, "好" * 11) == 45158
    client.tag.tag_user(tag, "oResident1")
    assert resident.tags == {tag}
    assert client.tag.get() == [{"id": tag, "name": "3栋", "count": 1}]
    assert client.tag.get_user_tag("oResident1") == [tag]
    assert list(client.tag.get_tag_users(tag)["data"]["openid"]) == ["oResident1"]
    assert refusal(client.tag.tag_user, tag, "oStranger") == 40003
    assert refusal(client.tag.tag_user, tag, "oGone") == 49003
    assert refusal(client.tag.tag_user, 999, "oResident1") == 45159
    assert refusal(client.tag.tag_user, tag, ["oResident1"] * 51) == 40032
    client.tag.untag_user(tag, "oResident1")
    assert resident.tags == set()
    client.tag.delete(tag)
    assert client.tag.get() == []


def mass(
    client: WeChatClient, tag: int | None, content: str = "今晚停水", **more: object
) -> dict[str, Any]:
    chosen = {"is_to_all": True} if tag is None else {"is_to_all": False, "tag_id": tag}
    body = {"filter": chosen, "msgtype": "text", "text": {"content": content}, **more}
    answer: dict[str, Any] = client.post("message/mass/sendall", data=body)
    return answer


@pytest.fixture
def tag(platform: WeChatPlatform, client: WeChatClient) -> int:
    platform.user("oResident1")
    tag = int(client.tag.create("3栋")["id"])
    client.tag.tag_user(tag, "oResident1")
    return tag


def test_four_mass_sends_a_month(platform: WeChatPlatform, client: WeChatClient, tag: int) -> None:
    resident = platform.user("oResident1")
    for _ in range(4):
        job = mass(client, tag)
    assert client.message.get_mass(job["msg_id"])["msg_status"] == "SEND_SUCCESS"
    assert refusal(mass, client, tag) == 45028
    assert len(resident.received) == 4
    platform.clock.advance(days=31)
    mass(client_of(platform), tag)
    assert resident.last.via == "mass"


def test_who_has_had_four_is_left_out(
    platform: WeChatPlatform, client: WeChatClient, tag: int
) -> None:
    for _ in range(4):
        mass(client, tag)
    newcomer = platform.user("oResident2")
    client.tag.tag_user(tag, "oResident2")
    with answering(lambda _: "success") as service:
        platform.callback_url = service.url
        mass(client, tag)
        platform.settle()
    assert len(newcomer.received) == 1
    assert len(platform.user("oResident1").received) == 4
    event = service.calls[0].body
    assert b"<TotalCount>2</TotalCount><FilterCount>1</FilterCount>" in event
    assert b"MASSSENDJOBFINISH" in event


def test_to_all_is_counted_for_the_account(platform: WeChatPlatform, client: WeChatClient) -> None:
    for _ in range(4):
        mass(client, None)
    platform.user("oNewcomer")
    assert refusal(mass, client, None) == 45028


def test_a_subscription_account_sends_once_a_day(
    platform: WeChatPlatform, client: WeChatClient, tag: int
) -> None:
    platform.account.kind = "subscription"
    mass(client, tag)
    assert refusal(mass, client, tag) == 45028
    platform.clock.advance(days=1)
    mass(client_of(platform), tag)


def test_the_same_client_id_sends_once(
    platform: WeChatPlatform, client: WeChatClient, tag: int
) -> None:
    first = mass(client, tag, clientmsgid="notice-9")
    assert refusal(mass, client, tag, clientmsgid="notice-9") == 45066
    platform.clock.advance(seconds=2)
    with pytest.raises(WeChatClientException) as raised:
        mass(client, tag, clientmsgid="notice-9")
    assert raised.value.errcode == 45065
    assert raised.value.response.json()["msg_id"] == first["msg_id"]
    assert refusal(mass, client, tag, clientmsgid="n" * 65) == 45067
    assert len(platform.user("oResident1").received) == 1


def test_quotas(platform: WeChatPlatform, client: WeChatClient) -> None:
    platform.limit("/cgi-bin/tags/get", 2)
    client.tag.get()
    client.tag.get()
    with pytest.raises(APILimitedException):
        client.tag.get()
    asked = {"cgi_path": "/cgi-bin/tags/get"}
    quota = client.post("openapi/quota/get", data=asked)["quota"]
    assert quota == {"daily_limit": 2, "used": 2, "remain": 0}
    assert refusal(client.post, "openapi/quota/get", data={"cgi_path": "tags/get"}) == 76021
    client.post("clear_quota", data={"appid": platform.account.app_id})
    client.tag.get()


def test_a_quota_is_cleared_ten_times_a_month(
    platform: WeChatPlatform, client: WeChatClient
) -> None:
    asked = {"appid": platform.account.app_id}
    for _ in range(10):
        client.post("clear_quota", data=asked)
    assert refusal(client.post, "clear_quota", data=asked) == 48006
    assert refusal(client.post, "clear_quota", data={"appid": "wxother"}) == 40013


def test_addresses_and_what_is_no_call(client: WeChatClient) -> None:
    assert client.get("getcallbackip")["ip_list"]
    assert client.get("get_api_domain_ip")["ip_list"]
    assert refusal(client.get, "no/such/call") == 40066
    assert refusal(client.get, "tags/create") == 43002
    assert refusal(client.post, "tags/get", data={}) == 43001


CAN: dict[tuple[str, bool], set[str]] = {
    ("service", True): {"custom", "template", "menu", "qrcode"},
    ("service", False): {"menu"},
    ("subscription", True): {"custom", "menu"},
    ("subscription", False): set(),
}


@pytest.mark.parametrize(("kind", "is_verified"), CAN.keys())
def test_what_an_account_may_call(
    platform: WeChatPlatform, client: WeChatClient, kind: str, is_verified: bool
) -> None:
    platform.account.kind = kind  # type: ignore[assignment]
    platform.account.is_verified = is_verified
    calls = {
        "custom": lambda: client.message.send_text("oStranger", "好"),
        "template": lambda: client.message.send_template("oStranger", "none", {}),
        "menu": lambda: client.menu.create({"button": []}),
        "qrcode": lambda: client.qrcode.create({"action_name": "none"}),
    }
    allowed = {name for name, work in calls.items() if refusal(work) != 48001}
    assert allowed == CAN[kind, is_verified]


def test_published_samples_of_sealing() -> None:
    sealer = Sealer(KEY, "wxb11529c136998cb6")
    sealed = sealer.seal("我是中文abcd123", b"aaaabbbbccccdddd")
    assert sealed == (
        "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
    )
    assert sealer.open(sealed) == "我是中文abcd123"


def test_published_sample_of_a_signature() -> None:
    assert signature("AAAAA", "1714037059", "486452656") == (
        "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    )


@pytest.mark.parametrize("sealed", ["", "好", "YWJj", "A" * 88], ids=str)
def test_what_can_not_be_opened(sealed: str) -> None:
    with pytest.raises(Unsealable):
        Sealer(KEY, "wxb11529c136998cb6").open(sealed)
