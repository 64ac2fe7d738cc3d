"""Why a broadcast is refused, and how that is said to whoever wants to send it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Problem = Literal[
    "title",
    "words",
    "mark",
    "choices",
    "lane",
    "not_live",
    "drill_live",
    "times",
    "expired",
    "place",
    "named",
    "floors",
    "roles",
    "languages",
    "needs",
    "nobody",
    "everyone",
    "area",
    "role",
    "author",
    "same_person",
    "state",
    "fixed",
    "reason",
    "no_chat",
]
PROBLEM_WORDS: Mapping[Problem, str] = MappingProxyType(
    {
        "title": "标题要写，最多80个字，只写一行。",
        "words": "通知内容要写中文，每种语言最多1000个字。",
        "mark": "【演练】【测试】由系统自动加，请从标题和内容里删掉。",
        "choices": "按钮最多6个，每个都要有文字。",
        "lane": "没有这种用途、性质或发送级别，请重新选。",
        "not_live": "“真实险情”级别只能发真实通知，演练和测试不能用。",
        "drill_live": "演练的警报只能按演练发，不能按真实通知发。",
        "times": "截止时间要晚于发送时间。",
        "expired": "已经过了截止时间，请改时间后再提交。",
        "place": "有的镇街、社区或楼栋不在本区名册里，请重新选。",
        "named": "一次最多点名500位居民，人多请按楼栋选。",
        "floors": "楼层要写整数，还要先选定楼栋。",
        "roles": "没有这个岗位，请重新选。",
        "languages": "没有这种语言，请重新选。",
        "needs": "需要哪种帮助是保密的，只能选“需要帮助的居民”。",
        "nobody": "这个范围里一个人也没有，请重新选范围。",
        "everyone": "这会发给全区所有人。确定要发，请勾选“发给所有人”。",
        "area": "范围超出了您负责的地方。志愿者和楼栋长只能发给自己的楼栋。",
        "role": "您的岗位不能审核这条通知。",
        "author": "只有写这条通知的人能改和提交。",
        "same_person": "自己写的通知要请另一位同事审核。",
        "state": "这条通知的状态已经变了，请刷新后再看。",
        "fixed": "用途、性质（真实、演练、测试）和发送级别定下后不能改，请新建一条。",
        "reason": "请写明原因。",
        "no_chat": "您还没有绑定聊天账号，收不到测试消息。请先绑定。",
    }
)
