"""The account: codes to scan, and what each type of account may do."""

from collections.abc import Iterator

import pytest

from bot.channels.wechat_account import (
    AbilityName,
    AccountKind,
    Verdict,
    account_kind,
    callback_addresses,
    find_abilities,
    is_menu_shown,
    lasting_code,
    quota_of,
)
from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_menu import MenuGroup, MenuItem, push_menu
from bot.channels.wechat_outcomes import CallRefused, UnreadableAnswer
from bot.channels.wechat_sending import SEND_PATH
from storage import Database
from tests.bot.channels.one_answer import OneAnswer
from tests.bot.channels.wechat_calls import calling, with_new_tables
from tests.platforms.wechat import WeChatPlatform


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


def verdicts(api: WeChatApi) -> dict[AbilityName, Verdict]:
    return {ability.name: ability.verdict for ability in find_abilities(api)}


def test_a_code_brings_its_scene(platform: WeChatPlatform, api: WeChatApi) -> None:
    code = lasting_code(api, "building:7K3M9QXA")
    assert code.url.startswith("http://weixin.qq.com/q/")
    assert platform.state.tickets[code.ticket] == "building:7K3M9QXA"


@pytest.mark.parametrize("scene", ["", "x" * 65])
def test_a_scene_that_wechat_would_refuse(api: WeChatApi, scene: str) -> None:
    with pytest.raises(ValueError, match="64"):
        lasting_code(api, scene)


def test_an_account_without_the_right_has_no_codes(
    platform: WeChatPlatform, api: WeChatApi
) -> None:
    platform.account.kind = "subscription"
    with pytest.raises(CallRefused) as caught:
        lasting_code(api, "building:7K3M9QXA")
    assert caught.value.code == 48001


@pytest.mark.parametrize(
    ("kind", "able"),
    [
        ("verified service", {"menu", "custom", "media", "mass", "code", "template", "notice"}),
        ("unverified service", {"menu"}),
        ("verified subscription", {"menu", "custom", "media", "mass"}),
        ("unverified subscription", set()),
    ],
)
def test_each_type_of_account_is_known_by_what_it_may(
    platform: WeChatPlatform, api: WeChatApi, kind: AccountKind, able: set[str]
) -> None:
    platform.account.kind = "service" if kind.endswith("service") else "subscription"
    platform.account.is_verified = kind.startswith("verified")
    found = verdicts(api)
    assert {name for name, verdict in found.items() if verdict == "yes"} == able
    assert {name for name, verdict in found.items() if verdict == "no"} == set(found) - able
    assert account_kind(found) == kind


def test_asking_what_it_may_reaches_nobody(platform: WeChatPlatform, api: WeChatApi) -> None:
    people = [platform.user(f"o{n}") for n in range(3)]
    find_abilities(api)
    assert [person.received for person in people] == [[], [], []]


def test_an_answer_that_says_nothing_leaves_it_open(
    platform: WeChatPlatform, api: WeChatApi
) -> None:
    platform.fail_next(1, "busy", "/menu/get")
    found = verdicts(api)
    assert found["menu"] == "unknown"
    assert account_kind({}) == "unknown"


def test_the_quota_of_a_call(platform: WeChatPlatform, api: WeChatApi) -> None:
    platform.limit(SEND_PATH, 500)
    quota = quota_of(api, SEND_PATH)
    assert quota is not None
    assert (quota.most, quota.used) == (500, 0)
    assert quota_of(api, "nothing") is None


def test_whether_people_see_a_menu(api: WeChatApi) -> None:
    assert not is_menu_shown(api)
    push_menu(api, [MenuGroup("我的", (MenuItem("我的楼栋", "building"),))])
    assert is_menu_shown(api)


def test_where_wechat_calls_from(api: WeChatApi) -> None:
    assert "101.226.62.77/32" in callback_addresses(api)


def test_a_code_without_an_address_is_none(api: WeChatApi) -> None:
    callback_addresses(api)
    with OneAnswer().listening() as server:
        api.session.base = server.url
        with pytest.raises(UnreadableAnswer):
            lasting_code(api, "building:7K3M9QXA")
