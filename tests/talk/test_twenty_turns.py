"""Twenty turns on each platform with the real service, and a kill in the middle."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.recording import (
    OnTelegram,
    OnWeChat,
    happens,
    play,
    says,
    scans,
    sends_place,
    taps,
)
from tests.talk.conftest import Town

TRANSCRIPTS = Path(__file__).parent.parent / "transcripts" / "platforms"

pytestmark = pytest.mark.timeout(300)


def test_wechat(town: Town, mask: Callable[[str], str]) -> None:
    resident = town.wechat.user("oResident1", is_following=False)
    steps = [
        replace(scans(f"building:{town.codes['3栋']}"), words="［扫3栋门口的码］"),
        says("1"),
        says("楼道能不能停电动车"),
        says("2"),
        says("依据"),
        says("更多"),
        says("常用电话"),
        says("我的楼栋"),
        says("厨房着火了，快来人"),
        says("1"),
        says("阳光小区3栋1单元1201"),
        happens("服务被强行停掉又启动", town.restart),
        says("下一步"),
        says("安全了"),
        says("怎么打119说得清楚"),
        says("不对"),
        says("人工"),
        says("3栋消防栓没有水，请人看看"),
        sends_place(29.53, 108.77, "文汇路1号"),
        says("隐私与退订"),
        says("今天天气怎么样"),
        says("谢谢"),
    ]

    play(
        TRANSCRIPTS / "wechat.md", "# 微信：二十句，中间服务被强行停掉", steps,
        OnWeChat(resident), mask,
    )  # fmt: skip
    assert "Traceback" not in town.log


def test_telegram(town: Town, mask: Callable[[str], str]) -> None:
    resident = town.telegram.user(7001)
    steps = [
        replace(scans(f"building_{town.codes['3栋']}", replies=2), words="［扫3栋门口的码］"),
        taps("1 是，绑定"),
        says("楼道能不能停电动车", replies=2),
        taps("2 电瓶能不能拿回家充"),
        says("依据"),
        says("/phones"),
        says("我的楼栋"),
        says("厨房着火了，快来人"),
        taps("1 已打119"),
        says("阳光小区3栋1单元1201"),
        happens("服务被强行停掉又启动", town.restart),
        says("下一步"),
        says("安全了"),
        says("怎么打119说得清楚"),
        says("不对"),
        says("/human"),
        says("3栋消防栓没有水，请人看看"),
        sends_place(29.53, 108.77),
        says("/language"),
        taps("2 English"),
        says("help"),
        says("中文"),
    ]

    play(
        TRANSCRIPTS / "telegram.md", "# Telegram：二十句，中间服务被强行停掉", steps,
        OnTelegram(resident), mask,
    )  # fmt: skip
    assert "Traceback" not in town.log
