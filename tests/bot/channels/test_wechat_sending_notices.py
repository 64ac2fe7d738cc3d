"""Notices: consents are used up, fields fit, templates are listed."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_outcomes import CallRefused
from bot.channels.wechat_sending_notices import (
    ADD_TEMPLATE_PATH,
    DELETE_TEMPLATE_PATH,
    TEMPLATES_PATH,
    Notice,
    NoticeSender,
    NoticeTemplate,
    add_notice_template,
    delete_notice_template,
    fitted,
    notice_templates,
)
from community.outcomes import Blocked, Delivered, NotReachable, Rejected
from storage import Database
from tests.bot.channels.one_answer import OneAnswer
from tests.bot.channels.wechat_calls import calling, with_new_tables
from tests.platforms.wechat import WeChatPlatform, WeChatUser

DRILL = Notice(
    "drill", {"thing1": "疏散演练", "time2": "2026-11-28 10:00"}, "https://fire.example/1"
)


@pytest.fixture
def store() -> str:
    """One store will do: the rows are few and tested with both elsewhere."""
    return "sqlite"


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        platform.add_notice("drill", "thing1", "time2")
        platform.add_template("drill", "thing1", "time2")
        yield platform


@pytest.fixture
def api(platform: WeChatPlatform, database: Database) -> Iterator[WeChatApi]:
    with calling(platform, with_new_tables(database)) as api:
        yield api


@pytest.fixture
def sender(platform: WeChatPlatform, api: WeChatApi) -> NoticeSender:
    return NoticeSender(api, platform.clock)


@pytest.fixture
def resident(platform: WeChatPlatform) -> Iterator[WeChatUser]:
    with OneAnswer().listening() as service:
        service.body = b"success"
        platform.callback_url = service.url
        yield platform.user("oResident")
        platform.settle()


def test_a_consent_lets_one_notice_through(sender: NoticeSender, resident: WeChatUser) -> None:
    assert sender.send_subscribed(resident.openid, DRILL) == NotReachable("no consent")
    resident.accepts(["drill"])
    assert sender.send_subscribed(resident.openid, DRILL) == Delivered()
    assert sender.send_subscribed(resident.openid, DRILL) == NotReachable("no consent")
    assert resident.last.text == "thing1：疏散演练\ntime2：2026-11-28 10:00"
    assert resident.last.data["page"] == DRILL.url


def test_a_template_message_brings_an_id(sender: NoticeSender, resident: WeChatUser) -> None:
    outcome = sender.send_template(resident.openid, DRILL)
    assert isinstance(outcome, Delivered)
    assert outcome.message_id.isdigit()
    assert resident.last.data["url"] == DRILL.url
    resident.unfollows()
    assert sender.send_template(resident.openid, DRILL) == Blocked()


def test_an_unknown_template_is_our_fault(sender: NoticeSender, resident: WeChatUser) -> None:
    outcome = sender.send_template(resident.openid, Notice("other", {}))
    assert isinstance(outcome, Rejected)
    assert "40037" in outcome.reason


def test_only_verified_service_accounts_send_notices(
    platform: WeChatPlatform, sender: NoticeSender, resident: WeChatUser
) -> None:
    platform.account.kind = "subscription"
    outcome = sender.send_subscribed(resident.openid, DRILL)
    assert isinstance(outcome, Rejected)
    assert "48001" in outcome.reason


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("thing1", "一" * 20, "一" * 20),
        ("thing12", "一" * 21, "一" * 19 + "…"),
        ("thing1.DATA", "一" * 21, "一" * 19 + "…"),
        ("phrase3", "马上就要开始了", "马上就要…"),
        ("character_string4", "A" * 40, "A" * 31 + "…"),
        ("thing1", "先关电\n再关气", "先关电 再关气"),
        ("time2", "2026-11-28 10:00:00 至 12:00:00", "2026-11-28 10:00:00 至 12:00:00"),
        ("first", "一" * 60, "一" * 60),
    ],
)
def test_fields_are_cut_to_their_kind(name: str, text: str, shown: str) -> None:
    assert fitted({name: text}) == {name: {"value": shown}}


@given(st.text(max_size=60))
def test_a_thing_never_exceeds_its_limit(text: str) -> None:
    value = fitted({"thing1": text})["thing1"]["value"]
    assert len(value) <= 20
    assert "\n" not in value


def test_templates_are_listed_added_and_deleted(api: WeChatApi) -> None:
    api.get("/cgi-bin/getcallbackip")  # a token is at hand
    ours = {"priTmplId": "p1", "title": "演练", "content": "时间:{{time2.DATA}}"}
    with OneAnswer().listening() as server:
        api.session.base = server.url
        server.body = json.dumps({"errcode": 0, "data": [ours]}).encode()
        assert notice_templates(api) == [NoticeTemplate("p1", "演练", "时间:{{time2.DATA}}")]
        server.body = b'{"errcode":0,"priTmplId":"p2"}'
        assert add_notice_template(api, "401", [1, 2], "通知演练") == "p2"
        delete_notice_template(api, "p2")
        server.body = b'{"errcode":200012,"errmsg":"too many"}'
        with pytest.raises(CallRefused):
            add_notice_template(api, "401", [1, 2], "通知演练")
    asked = [address.partition("?")[0] for address in server.asked]
    assert asked[:3] == [TEMPLATES_PATH, ADD_TEMPLATE_PATH, DELETE_TEMPLATE_PATH]
    assert "通知演练".encode() in server.bodies[1]
