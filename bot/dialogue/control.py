"""Words that always work (帮助、取消、人工 …), whatever the person was in the middle of."""

import re
import unicodedata
from enum import Enum


class Control(Enum):
    """What a control word asks for."""

    HELP = "help"
    CANCEL = "cancel"
    UNSUBSCRIBE = "unsubscribe"
    HUMAN = "human"
    BASIS = "basis"
    DISLIKE = "dislike"
    USEFUL = "useful"


_WORDS: dict[Control, frozenset[str]] = {
    Control.HELP: frozenset(
        {"帮助", "help", "菜单", "menu", "开始", "/start", "/help", "功能", "使用说明", "说明"}
    ),
    Control.CANCEL: frozenset(
        {"取消", "返回", "退出", "算了", "不问了", "上一步", "/cancel", "cancel", "back"}
    ),
    Control.UNSUBSCRIBE: frozenset({"退订", "td", "取消订阅", "unsubscribe", "/stop", "不要再发"}),
    Control.HUMAN: frozenset(
        {"人工", "转人工", "人工客服", "客服", "人工服务", "找人工", "我要人工", "真人"}
    ),
    Control.BASIS: frozenset({"依据", "法规依据", "法律依据", "出处", "来源", "条文", "原文"}),
    Control.DISLIKE: frozenset(
        {
            "不对",
            "没答到",
            "没用",
            "答非所问",
            "不是这个",
            "不是",
            "错了",
            "牛头不对马嘴",
            "不是我问的",
        }
    ),
    Control.USEFUL: frozenset({"有用", "有帮助", "答对了"}),
}
_MEANING = {word: control for control, words in _WORDS.items() for word in words}
_OUTER = re.compile(
    r"^[\s“”\"'「」『』【】。，,.!！?？~～、…]+|[\s“”\"'「」『』【】。，,.!！?？~～、…]+$"
)
_LINK = re.compile(r"^(https?://|www\.)\S+$", re.IGNORECASE)
_NUMBER = re.compile(r"^[(（]?(\d)[)）.、]?$")


def bare(text: str) -> str:
    """Return ``text`` in one width and case, without spaces and punctuation around it."""
    return _OUTER.sub("", unicodedata.normalize("NFKC", text)).lower()


def control_word(text: str) -> Control | None:
    """Return what the whole message asks for, or None when it is no control word."""
    return _MEANING.get(bare(text))


def chosen_number(text: str) -> int | None:
    """Return the number of a choice when the message is nothing else (1, １, 1., （1）)."""
    found = _NUMBER.match(unicodedata.normalize("NFKC", text).strip())
    return int(found[1]) if found else None


def is_link(text: str) -> bool:
    """Whether the message is a pasted address and nothing else."""
    return bool(_LINK.match(text.strip()))


def has_words(text: str) -> bool:
    """Whether there is anything to read: a letter of any script."""
    return any(character.isalpha() for character in text)
