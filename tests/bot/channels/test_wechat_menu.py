"""The menu: within WeChat's limits, pushed, read back the same."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_menu import (
    Excess,
    MenuExceedsLimits,
    MenuGroup,
    MenuItem,
    MenuNotTaken,
    menu_payload,
    push_menu,
    read_groups,
    read_menu,
)
from storage import Database
from tests.bot.channels.one_answer import OneAnswer
from tests.bot.channels.wechat_calls import calling, with_new_tables
from tests.platforms.wechat import WeChatPlatform

MENU = [
    MenuGroup("问安全", (MenuItem("着火漏气先看", "urgent"), MenuItem("常用电话", "phones"))),
    MenuGroup("报隐患", (MenuItem("曝光台", "", "https://fire.example/open"),)),
    MenuGroup("我的", (MenuItem("我的楼栋", "building"),)),
]


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


def item(**changed: str) -> MenuItem:
    return replace(MenuItem("常用电话", "phones"), **changed)


def test_the_menu_as_wechat_takes_it() -> None:
    assert menu_payload(MENU[1:2]) == {
        "button": [
            {
                "name": "报隐患",
                "sub_button": [
                    {"type": "view", "name": "曝光台", "url": "https://fire.example/open"}
                ],
            }
        ]
    }


def test_a_group_without_items_does_not_appear() -> None:
    payload = menu_payload([*MENU, MenuGroup("以后才有的", ())])
    assert [button["name"] for button in payload["button"]] == ["问安全", "报隐患", "我的"]


@pytest.mark.parametrize(
    ("groups", "excess"),
    [
        ([*MENU, MENU[0]], Excess("", "buttons", 4, 3)),
        ([], Excess("", "buttons", 0, 3)),
        ([MenuGroup("问问安全吧", (item(),))], Excess("问问安全吧", "characters", 5, 4)),
        ([MenuGroup("👨‍👩", (item(),))], None),
        ([MenuGroup("😀😀😀😀", (item(),))], None),
        ([MenuGroup("问安全", (item(),) * 6)], Excess("问安全", "below", 6, 5)),
        ([MenuGroup("我的", (item(title="一二三四五六七八九"),))],
         Excess("一二三四五六七八九", "characters", 9, 8)),
        ([MenuGroup("我的", (item(title=""),))], Excess("", "characters", 0, 8)),
        ([MenuGroup("我的", (item(key="k" * 129),))], Excess("常用电话", "key", 129, 128)),
        ([MenuGroup("我的", (item(key=""),))], Excess("常用电话", "action", 0, 1)),
        ([MenuGroup("我的", (item(url="u" * 1025),))], Excess("常用电话", "url", 1025, 1024)),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(groups: list[MenuGroup], excess: Excess | None) -> None:
    if excess is None:
        assert menu_payload(groups)
        return
    with pytest.raises(MenuExceedsLimits) as caught:
        menu_payload(groups)
    assert caught.value.excesses == (excess,)
    assert repr(excess.title) in str(caught.value)


def test_a_pushed_menu_can_be_tapped(platform: WeChatPlatform, api: WeChatApi) -> None:
    assert read_menu(api) == []
    push_menu(api, MENU)
    assert read_menu(api) == MENU
    with OneAnswer().listening() as service:
        service.body = b"success"
        platform.callback_url = service.url
        platform.user("oResident").taps("常用电话")
    assert b"<![CDATA[phones]]>" in service.bodies[0] or b">phones<" in service.bodies[0]


def test_another_menu_in_its_place_is_told(api: WeChatApi) -> None:
    api.get("/cgi-bin/getcallbackip")
    with OneAnswer().listening() as server:
        api.session.base = server.url
        server.body = b'{"errcode":0,"menu":{"button":[{"type":"click","name":"A","key":"a"}]}}'
        with pytest.raises(MenuNotTaken) as caught:
            push_menu(api, MENU)
    assert caught.value.shown == (MenuGroup("A", (MenuItem("A", "a"),)),)


titles = st.text("问安全报隐患的", min_size=1, max_size=4)
items = st.builds(MenuItem, titles, st.text("abc/", min_size=1, max_size=9))
groups = st.builds(MenuGroup, titles, st.lists(items, min_size=1, max_size=5).map(tuple))


@given(st.lists(groups, min_size=1, max_size=3))
def test_what_fits_is_read_back_the_same(menu: list[MenuGroup]) -> None:
    assert read_groups(menu_payload(menu)) == menu
