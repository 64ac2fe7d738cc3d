"""What people answer while an emergency is open, in Mandarin and in Chongqing dialect.

Values in, values out. Every pattern is the whole message, so that a sentence that says more is
looked at as a new one; ``emergency_english`` has the same for English.
"""

import re
import unicodedata
from functools import partial
from typing import Literal

from bot.dialogue import emergency_english
from bot.dialogue.session import Stage

Answer = Literal["called", "no_phone", "not_now", "waiting", "over", "next"]

_TAIL = r"[啊呀哈哦噢喔嘛呢了啦咯喽得噻撒嘞哟的]*"
_WHO = (
    r"(?:我们?|咱们?|一?家里?人?|老公|老婆|老伴|爸爸?|妈妈?|儿子|女儿|娃儿?|孩子|老人|邻居|隔壁|物业"
    r"|保安|门卫|别人|有人|人员?|他们?|她们?|大家|朋友|室友|都|也|全部?)"
)
_WHOM = r"(?:119|120|110|和|火警|警|电话|急救|救护车|消防车?|物业|抢修)"
_HELP_IS_HERE = (
    r"(?:消防|救护|抢修|救援)(?:车|人员|员|队)?(?:的人)?(?:都|已经?|快|正?在)*(?:来了|到了|来的?路上|路上)"
    r"|(?:有人|物业|保安|师傅)(?:来|应|接)了"
)
_CALLED_WORDS = re.compile(
    rf"^(?:已有人来救|(?:{_HELP_IS_HERE}|(?:119|120|电话)?接通了){_TAIL}"
    rf"|(?=.*[已了过完通着在正刚得起])(?:{_WHO}|{_WHOM})*(?:已经?|刚刚?|才|早就|正?在|帮我?们?|给|都)*"
    rf"(?:[打拨报]|[叫喊](?=了?{_WHOM}))(?:了|过|完|通|着|起|成功)*{_WHOM}*(?:了|过|通|着|在|起)*{_TAIL})$"
)
_CALL_FAILS = (
    r"打不了|打不通|打不出(?!火)|打不进|打不起(?!火)|打不成|打不到|没法打|无法打|不能打|不敢打|不会打|不方便打"
    r"|拨不出|拨不通|占线|忙音|没得?话费|欠费|停机|没带手机"
)
_NO_PHONE_WORDS = re.compile(
    rf"^(?:.{{0,6}}(?:{_CALL_FAILS}).{{0,8}}"
    r"|(?:119|120|电话|报警键|警铃|打|按|拨|了|过|都|也|一直|还是)*没得?人(?:接|应|理).{0,4}"
    r"|(?:我们?|手机|电话|电梯里|这里|屋头|里面|快|要|都|也|又|现在|已经)*(?:没有?|没得|无)"
    rf"(?:电|信号|网|手机|电话){_TAIL}"
    rf"|(?:手机|电话)(?:坏|丢|关机|掉|打湿)了.{{0,4}}|我是?(?:聋哑?人?|哑巴|听不见|听不到|说不出话|不会说话){_TAIL})$"
)
_NOT_NOW_WORDS = re.compile(
    r"^(?:.{0,3}不是现在.{0,6}|.{0,3}没有?(?:真的?)?(?:发生|出事).{0,3}|不是真的|假的|误会.{0,2}|发错了|打错字了"
    r"|(?:我们?|只是|就是|就|是|随便|先|想|正?在|搞)*(?:问问|问一?下|了解一?下|学习一?下|知道一?下|测试|演练|演习)"
    rf"(?:而已|一下)*{_TAIL}"
    rf"|(?:这?是)?(?:昨天|前天|上周|上次|以前|去年|之前)(?:的事情?|发生){_TAIL})$"
)
_FALSE_ALARM = re.compile(
    r"^.{0,10}(?:虚惊一场|误报|搞错了|看错了|弄错了|乱打的|乱说的|骗你的|没有?[着起]火|没有?漏气|在?演[习练])"
    r"[^?？吗]{0,10}$"
)
_OUTSIDE = re.compile(
    rf"^{_WHO}*(?:已经?|现在|刚刚?)*(?:逃|跑|走|撤)?"
    rf"(?:出来|出去|下楼|下来|到楼下|到外面|到室外|在楼下|在外面|在室外){_TAIL}$"
)
_DONE = re.compile(
    r"^(?:好的?|好嘞|[嗯哦噢]+|行|可以|要得|知道|晓得|明白|收到|ok|okay|照做|(?:都|已经|门|缝)*(?:做|弄|堵|关)?(?:好|完)"
    rf"|做|怎么办|咋个?办|啷个办|啷个搞|(?:我|现在|那|该)+(?:怎么办|咋办|做什么|做啥子?)){_TAIL}$",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"^(?:(?:我|还|都|根本)*(?:没有?|没得)(?:人|打|报警?|拨|119|120|电话)*"
    r"|(?:好|我们?|马上|现在|立刻|这就|就|准备|正要|去|来|赶紧)+(?:打|报警|拨)(?:119|120|电话)*"
    rf"|119|120|110){_TAIL}$"
)
# Somebody who takes us for the fire brigade, or asks us to call it.
_WAITS_FOR_US = re.compile(
    r"^(?:.{0,6}(?:帮我?们?|替我?们?|给我们?|你们?)(?:马上|快|赶快|赶紧)?(?:打|报警|报火警|叫|派).{0,6}"
    r"|.{0,8}(?:多久|好久|什么时候|啥时候|几时|几分钟)(?:能|可以|才|会)*(?:来|到|拢).{0,3}|.{0,4}(?:派人|出警).{0,4}"
    r"|你们?(?:在哪|到哪|来了|来不来|来吗|快).{0,6}|(?:快|快点|赶快|赶紧)来.{0,4})$"
)
_NEXT = re.compile(
    r"^(?:1|下一步|然后呢?|继续|接下来.{0,4}|还有呢?|还要做什么|接着呢?|再呢|怎么办)$"
)
_OVER_WORDS = re.compile(
    r"^(?:结束|解除|"
    rf"(?:{_WHO}|现在|已经?|火|烟|终于|是|就|被)*"
    r"(?:安全|平安|没事|没得事|灭|扑灭|熄灭?|(?:逃|跑|走|撤|救)?出来|救出去|救下来|脱险|脱困|得救|获救"
    rf"|处理好|修好|搞定|解除|到医院|送医院){_TAIL})$"
)
_PUNCTUATION = re.compile(r"[\s，。！!、,.~～…]+")
# An answer is short; beyond this the patterns' alternatives would cost more than they find.
_MOST_ANSWER_CHARACTERS = 18
MAX_READ_CHARACTERS = 200
_REPEATED = re.compile(r"(.)\1{2,}")
# By whether it is still asked who was called.
_NUMBERED: dict[bool, dict[str, Answer]] = {
    True: {"1": "called", "2": "no_phone", "3": "not_now"},
    False: {"1": "next", "2": "over"},
}
_CHINESE: dict[emergency_english.Name, re.Pattern[str]] = {
    "no_phone": _NO_PHONE_WORDS, "called": _CALLED_WORDS, "not_now": _NOT_NOW_WORDS,
    "false_alarm": _FALSE_ALARM, "waits_for_us": _WAITS_FOR_US, "not_yet": _NOT_YET,
    "outside": _OUTSIDE, "done": _DONE, "next": _NEXT, "over": _OVER_WORDS,
}  # fmt: skip
# The first that fits counts. Who has only come out, or says 「好」, has yet to call.
_LOOKS: dict[bool, tuple[tuple[Answer, tuple[emergency_english.Name, ...]], ...]] = {
    True: (
        ("no_phone", ("no_phone",)),
        ("called", ("called",)),
        ("not_now", ("not_now", "false_alarm")),
        ("waiting", ("waits_for_us", "not_yet", "outside", "done", "next")),
        ("over", ("over",)),
    ),
    False: (
        ("no_phone", ("no_phone",)),
        ("called", ("called",)),
        ("not_now", ("not_now",)),
        ("waiting", ("waits_for_us", "not_yet")),
        ("over", ("over", "false_alarm")),
        ("next", ("next", "done", "outside")),
    ),
}


def answer_in(said: str, stage: Stage) -> Answer | None:
    """Return what a whole message answers at ``stage``; numbers are those of its choices."""
    asked = stage == "asked"
    said = _REPEATED.sub(r"\1\1", said[:MAX_READ_CHARACTERS])
    if said in _NUMBERED[asked]:
        return _NUMBERED[asked][said]
    is_said = partial(_is_said, said, emergency_english.plain(said))
    looks = _LOOKS[asked]
    found = next((answer for answer, names in looks if any(map(is_said, names))), None)
    return "next" if found == stage else found


def _is_said(said: str, english: str, name: emergency_english.Name) -> bool:
    is_short = len(said) <= _MOST_ANSWER_CHARACTERS
    is_chinese = is_short and _CHINESE[name].match(said) is not None
    return is_chinese or emergency_english.is_answer(english, name)


def bare(text: str) -> str:
    """Return ``text`` in one width, without spaces and punctuation."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
