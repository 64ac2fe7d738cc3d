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
    MORE = "more"


_WORDS: dict[Control, frozenset[str]] = {
    Control.HELP: frozenset(
        {"帮助", "help", "菜单", "menu", "开始", "/start", "/help", "功能", "使用说明", "说明"}
    ),
    Control.CANCEL: frozenset(
        {"取消", "返回", "退出", "算了", "不问了", "上一步", "/cancel", "cancel", "back"}
    ),
    Control.UNSUBSCRIBE: frozenset({"退订", "td", "取消订阅", "unsubscribe", "/stop", "不要再发"}),
    Control.HUMAN: frozenset(
        {
            "人工",
            "人工客服",
            "客服",
            "human",
            "staff",
            "agent",
            "人工服务",
            "找人工",
            "我要人工",
            "真人",
        }
    ),
    Control.BASIS: frozenset(
        {"依据", "法规依据", "法律依据", "出处", "来源", "条文", "原文", "source", "sources"}
    ),
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
            "wrong",
            "not this",
        }
    ),
    Control.USEFUL: frozenset({"有用", "有帮助", "答对了", "useful", "helpful"}),
    Control.MORE: frozenset({"更多", "还有", "看更多", "more", "/more"}),
}
_MEANING = {word: control for control, words in _WORDS.items() for word in words}
# What may stand around a word; str.strip() reads it once, which a regular expression that
# looks for a run at the end does not. NFKC leaves no other white space than this.
SIGNS = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029“”\"'「」『』【】。，,.!！?？~～、…"
PARTICLES = "啊呀哦哈啦了哟呢嘛噢喔"
# A longer message is none of our words; it is not even normalised.
MOST_WORD_CHARACTERS = 40
_COMMAND = re.compile(r"^/[A-Za-z][A-Za-z0-9_]{0,31}$")
_LINK = re.compile(r"^(https?://|www\.)\S+$", re.IGNORECASE)
# Around a number: brackets, and what a phone's keyboard puts into the sign 1️⃣.
_NUMBER_SIGNS = SIGNS + "()（）[]\ufe0f\u20e3"
_NUMBER = re.compile(
    r"^(?:我?[选要]|选项|选择)?(?:([0-9一二三四五])|第([0-9一二三四五])[个项条]?)$"
)
# A whole answer to a question with a yes and a no, in Mandarin, dialect and English, without
# spaces, signs and particles; a word may be said twice (「要得要得」).
_YES = re.compile(
    r"(?:嗯|是我?的?|对[头的]?|要得|好[的嘞]?|可以的?|行|没错|没得错|就是的?|正确|当然|确认|同意|没问题|得行|有的?"
    r"|ok|okay|yes|yeah|yep|sure|y)+"
)
_NO = re.compile(
    r"(?:先?(?:不|莫)(?:是|对|要|用|行|得行|必|需要|同意|可以|想|了|删|绑|关联)*我?的?|否|没有|没得"
    r"|no|nope|n)+"
)
_GAPS = re.compile(r"[\s,，。、]")
_MORE_PARTICLES = "吧噻撒嘛勒"
# What makes a sentence a question, in Mandarin, dialect and English.
_ASKS = re.compile(
    r"[?？吗么]|怎|咋|啷个|如何|什么|啥|能不能|可不可以|要不要|是不是|为何|多少|哪|谁"
    r"|\b(?:what|how|why|where|when|can|may|should|shall|is|are|do|does)\b",
    re.IGNORECASE,
)
_NUMERALS = {sign: number for number, sign in enumerate("一二三四五", 1)}


def bare(text: str) -> str:
    """Return ``text`` in one width and case, without spaces and punctuation around it."""
    return unicodedata.normalize("NFKC", text).strip(SIGNS).lower()


def bare_word(text: str) -> str:
    """Return ``text`` as :func:`bare` does, or "" when it is too long for any of our words."""
    inner = text.strip(SIGNS + "\u3000\xa0")
    return bare(inner) if len(inner) <= MOST_WORD_CHARACTERS else ""


def control_word(text: str) -> Control | None:
    """Return what the whole message asks for, or None when it is no control word."""
    said = bare_word(text)
    return _MEANING.get(said) or _MEANING.get(said.removeprefix("/"))


def chosen_number(text: str) -> int | None:
    """Return the number of a choice when the message is nothing else (1, （1）, 第一个, 选1)."""
    said = bare_word(text).strip(_NUMBER_SIGNS).rstrip("吧" + PARTICLES).rstrip(_NUMBER_SIGNS)
    found = _NUMBER.match(said)
    if not found:
        return None
    sign = found[1] or found[2]
    return _NUMERALS.get(sign) or int(sign)


def yes_or_no(text: str) -> bool | None:
    """Return whether a whole message is a yes or a no; None when it is neither.

    「嗯？」 is neither.
    """
    if text.rstrip().endswith(("?", "？")):
        return None
    said = _GAPS.sub("", bare_word(text)).rstrip(PARTICLES + _MORE_PARTICLES)
    if _YES.fullmatch(said):
        return True
    return False if _NO.fullmatch(said) else None


def asks_something(text: str) -> bool:
    """Whether a message is worded as a question; 「3栋消防栓没水」 asks nothing."""
    return bool(_ASKS.search(text))


def is_link(text: str) -> bool:
    """Whether the message is a pasted address and nothing else."""
    return bool(_LINK.match(text.strip()))


def is_command(text: str) -> bool:
    """Whether the message is a command as Telegram's menu sends them (/human)."""
    return bool(_COMMAND.match(text.strip()))


def has_words(text: str) -> bool:
    """Whether there is anything to read: a letter of any script."""
    return any(character.isalpha() for character in text)
