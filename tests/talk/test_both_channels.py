"""One person in WeChat and in Telegram: linking, what they share, parting, and being forgotten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from tests.platforms.loopback import wait_until
from tests.platforms.wechat import WeChatUser
from tests.talk.conftest import Town
from tests.talk.towns import (
    PATIENCE,
    Resident,
    building_code,
    furnished,
    rows,
    run_lifeline,
    standing,
)

_numbers = count(600)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "both-channels")) as town:
        Resident.of(town, 1).asks("/phones")
        yield town
        assert "Traceback" not in town.log


@dataclass
class Both:
    """Somebody with both phones in hand."""

    town: Town
    wechat: WeChatUser
    telegram: Resident

    @property
    def accounts(self) -> list[tuple[str, int]]:
        """Channel and resident of each account that is kept."""
        return rows(
            self.town.data_dir,
            "SELECT channel, resident_id FROM channel_account WHERE name IN (?, ?) ORDER BY 1",
            self.wechat.openid,
            str(self.telegram.user.id),
        )

    @property
    def is_one(self) -> bool:
        """Whether both accounts belong to the same resident."""
        return len({resident for _, resident in self.accounts}) == 1

    @property
    def pushed(self) -> list[str]:
        """What WeChat showed beside the replies, by customer service."""
        return [one.text for one in self.wechat.received if one.via == "customer service"]

    def says(self, text: str) -> str:
        """Write in WeChat and return the reply."""
        shown = self.wechat.says(text)
        assert shown is not None
        return shown.text

    def binds(self, building: str) -> None:
        """Choose a building in WeChat."""
        self.wechat.scans(f"building:{building_code(self.town.data_dir, building)}")
        assert self.says("1").startswith(f"绑好了：阳光小区{building}")

    def links(self) -> None:
        """Show a code in WeChat, type it in Telegram, and say yes on both sides."""
        self.says("关联")
        asked = self.telegram.asks(f"关联 {code_in(self.says('1'))}")
        assert asked.text.startswith("要和微信里的那个账号关联成同一个人吗")
        assert self.telegram.taps("1 是我，关联", asked).text.startswith("好，你这边同意了")
        assert not self.is_one
        assert self.says("是我").startswith("关联好了")
        assert self.telegram.reads()[0].text.startswith("关联好了")  # told on both sides
        assert self.is_one


def code_in(text: str) -> str:
    """Return the link code that a text shows."""
    return str(re.findall("码：([0-9]{6})", text)[0])


@pytest.fixture
def both(town: Town) -> Both:
    number = next(_numbers)
    return Both(town, town.wechat.user(f"oBoth{number:023d}"), Resident.of(town, number))


def test_a_code_of_telegram_is_typed_in_wechat(both: Both) -> None:
    both.binds("3栋")
    both.telegram.asks("关联")
    code = code_in(both.telegram.taps("1 给我一个码").text)
    assert both.says(f"关联 {code}").startswith("要和Telegram里的那个账号关联成同一个人吗")
    asked = both.telegram.reads()[0]

    assert asked.text.startswith("有人在微信里输入了你的关联码。是你本人吗？")
    assert both.says("1") == "好，你这边同意了。再到另一边回“是我”就成了。"
    assert both.telegram.taps("1 是我，关联", asked).text.startswith("关联好了")
    assert wait_until(lambda: bool(both.pushed), PATIENCE)
    assert both.pushed[0].startswith("关联好了")
    assert both.is_one
    assert "消防控制室：023-79220009" in both.telegram.asks("/phones").text
    assert both.telegram.asks("/building").text == "你绑定的楼栋：阳光小区3栋"


def test_a_code_of_wechat_is_typed_in_telegram(both: Both) -> None:
    """The other side is asked by a customer-service message."""
    both.links()

    asked = "有人在Telegram里输入了你的关联码。是你本人吗？"
    assert wait_until(lambda: any(one.startswith(asked) for one in both.pushed), PATIENCE)


def test_a_no_on_either_side_ends_it(both: Both) -> None:
    both.telegram.asks("关联")
    code = code_in(both.telegram.taps("1 给我一个码").text)
    both.says(f"关联 {code}")

    both.telegram.user.says("不是我")
    asked, said = both.telegram.reads(2)
    assert asked.text.startswith("有人在微信里输入了你的关联码")
    assert said.text == "好，没有关联，那个码作废了。"
    assert both.says("是我") == "这次关联已经过期了，重新要一个码。"
    assert both.says(f"关联 {code}").startswith("码不对或者过期了")
    assert not both.is_one


def test_parted_each_is_on_their_own_again(both: Both) -> None:
    both.binds("5栋")
    both.links()
    assert both.telegram.asks("取消关联").text.startswith("好，分开了。")

    assert not both.is_one
    assert both.telegram.asks("/building").text.startswith("还没绑定楼栋")
    assert both.says("我的楼栋").startswith("你绑定的楼栋：阳光小区5栋")


def test_deleted_in_one_channel_the_person_is_gone_from_both(both: Both) -> None:
    both.binds("3栋")
    both.links()
    both.says("人工")
    assert both.says("3栋的门禁坏了").startswith("记下了")
    asked = both.telegram.asks("删除我的信息")
    (resident,) = {resident for _, resident in both.accounts}

    assert both.telegram.taps("1 确认删除", asked).text.startswith("删好了。")
    assert [channel for channel, _ in both.accounts] in ([], ["telegram"])
    assert resident not in {resident for _, resident in both.accounts}
    for table in ("binding", "feedback"):
        left = f"SELECT count(*) FROM {table} WHERE resident_id = ?"  # noqa: S608 - of our own
        assert rows(both.town.data_dir, left, resident) == [(0,)]
    assert "还没绑定楼栋" in both.says("我的楼栋")
    waiting = "SELECT count(*) FROM staff_request WHERE said LIKE '%门禁坏了'"
    assert rows(both.town.data_dir, waiting) == [(0,)]


def test_staff_answer_each_in_their_own_channel(both: Both) -> None:
    both.says("人工")
    in_wechat = code_of(both.says("微信里问：消防栓没有水"))
    both.telegram.asks("/human")
    in_telegram = code_of(both.telegram.asks("在Telegram里问：门禁坏了").text)
    before = len(both.wechat.received)
    for code, answer in ((in_wechat, "水泵明天修好"), (in_telegram, "门禁今天换")):
        assert run_lifeline(both.town.data_dir, "inbox", "answer", code, answer).startswith("已回")

    shown = both.wechat.wait_for(before + 1, PATIENCE)[-1]
    assert (shown.via, shown.text) == (
        "customer service",
        f"工作人员回你的留言（编号{in_wechat}）：\n水泵明天修好",
    )
    assert both.telegram.reads()[0].text.endswith(f"（编号{in_telegram}）：\n门禁今天换")
    both.telegram.reads_nothing()
    assert len(both.wechat.received) == before + 1


def code_of(text: str) -> str:
    """Return the code of a message left for staff."""
    return str(re.findall("编号([0-9A-Z]{8})", text)[0])


def test_trouble_with_one_platform_is_none_of_the_other(both: Both) -> None:
    both.town.telegram.goes_down()
    try:
        assert both.says("常用电话").startswith("常用电话")
    finally:
        both.town.telegram.comes_back()
    both.town.wechat.goes_down()
    try:
        assert both.telegram.asks("/phones").text.startswith("常用电话")
    finally:
        both.town.wechat.comes_back()
    assert wait_until(lambda: "连不上" in both.town.log, PATIENCE)
