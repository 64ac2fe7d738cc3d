"""The emergency flow: whom to call, the next ten seconds, and staying until it is over.

Values in, values out. Nothing here waits, reads or stores; the first reply depends on the
kind alone, so that it can be sent whatever else has failed.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Literal

from bot.dialogue import emergency_english
from bot.dialogue.session import EmergencyState, Stage
from bot.messages import Choice, Reply
from bot.phrases import EmergencyWording

# What people answer, in Mandarin and in Chongqing dialect; every pattern is the whole message,
# so that a sentence that says more is looked at as a new one.
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
    r"^(?:结束|解除|取消|"
    rf"(?:{_WHO}|现在|已经?|火|烟|终于|是|就|被)*"
    r"(?:安全|平安|没事|没得事|灭|扑灭|熄灭?|(?:逃|跑|走|撤|救)?出来|救出去|救下来|脱险|脱困|得救|获救"
    rf"|处理好|修好|搞定|解除|到医院|送医院){_TAIL})$"
)
_PLACE = re.compile(
    r"\d\s*(?:栋|幢|号楼|号|单元|楼|层|室|座|期|弄|[-－—]\d)"
    r"|[一二三四五六七八九十]\s*(?:栋|幢|号楼|单元|楼)"
    r"|小区|花园|家园|大厦|公寓|广场|苑|路口|街道|大道|村|镇|大学|学校|酒店|宾馆"
    r"|[路街巷]\s*\d|[^没有无条的断别出退后回走上下]{2}[路街巷]$"
)
_ASKING = re.compile(
    r"[?？]|[吗么]$|呢$|怎么|如何|能不能|可不可以|要不要|为什么|啷个|咋|哪里|哪个|什么|多久|好久"
)
# 「烟已经到18楼了」 tells of the fire, not of a place.
_NEWS = re.compile(
    r"(?<![着起失])[烟火气味](?:都|就|也|已|从|到|在|往|把|要|快|很|好|越|烧|冒|窜|上|进|来)|烧[到上]"
)
_HAZARD = re.compile(r"[烟火燃烧冒炸漏晕昏倒救]|气味")
_I_AM_AT = re.compile(
    r"^(?:(?:地址|地点|位置)(?:是|在)?[:：]?|(?:我|我们|我家|我和[^在]{1,6}|人)(?:现在|就|都|正|还)*住?在|我家住?|家住|住在|在)\s*"
)
_PUNCTUATION = re.compile(r"[\s，。！!、,.~～…]+")
_MOST_PLACE_CHARACTERS = 80
# An answer is short; beyond this the patterns' alternatives would cost more than they find.
_MOST_ANSWER_CHARACTERS = 18
MAX_READ_CHARACTERS = 200
_REPEATED = re.compile(r"(.)\1{2,}")
_NUMBERS = {
    "ambulance": "120",
    "ambulance_fire": "120",
    "both": "120和119",
    "lift": "物业或119",
}  # fmt: skip

_Answer = Literal["called", "no_phone", "not_now", "waiting", "over", "next"]
# By whether it is still asked who was called.
_NUMBERED: dict[bool, dict[str, _Answer]] = {
    True: {"1": "called", "2": "no_phone", "3": "not_now"},
    False: {"1": "next", "2": "over"},
}
_CHINESE: dict[emergency_english.Name, re.Pattern[str]] = {
    "no_phone": _NO_PHONE_WORDS, "called": _CALLED_WORDS, "not_now": _NOT_NOW_WORDS,
    "false_alarm": _FALSE_ALARM, "waits_for_us": _WAITS_FOR_US, "not_yet": _NOT_YET,
    "outside": _OUTSIDE, "done": _DONE, "next": _NEXT, "over": _OVER_WORDS,
}  # fmt: skip
# The first that fits counts. Who has only come out, or says 「好」, has yet to call.
_LOOKS: dict[bool, tuple[tuple[_Answer, tuple[emergency_english.Name, ...]], ...]] = {
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


@dataclass(frozen=True, slots=True)
class FlowStep:
    """What the flow makes of a message: the state to keep, and what to say.

    Attributes:
        state: None ends the flow.
        reply: None when the flow has no answer of its own.
        ask_again: a text to be answered as an ordinary question after ``reply``.
    """

    state: EmergencyState | None
    reply: Reply | None
    ask_again: str = ""


class EmergencyFlow:
    """The flow in the words of one district: wording and settings are fixed at start."""

    def __init__(self, wording: EmergencyWording, settings: Mapping[str, str]) -> None:
        self._wording = wording
        self._settings = settings

    def first_reply(self, kind: str) -> Reply:
        """Return the reply to send at once: the call, the next ten seconds, what not to do."""
        words = self._wording.kinds[kind]
        lines = [
            self._wording.first_line[words.call],
            *(f"• {step}" for step in words.now),
            words.never,
        ]
        labels = self._wording.choices_by_call.get(words.call, self._wording.choices)
        return self._reply("\n".join(lines), labels)

    def first_aid_above(self, kind: str) -> str:
        """Return the banner shown above a normal answer when it is only perhaps happening."""
        return self._fill(self._wording.perhaps[kind])

    def first_aid(self, kind: str) -> Reply:
        """Return what to do in such a case, for somebody who asks in general."""
        words = self._wording.kinds[kind]
        lines = [self._wording.perhaps[kind], *(f"• {step}" for step in words.now), words.never]
        return Reply("answer", self._fill("\n".join(lines)))

    def busy_note(self) -> str:
        """Return the line under an ordinary answer given while the flow is open."""
        return self._wording.busy_question

    def letting_go_note(self) -> str:
        """Return the line under the answer with which an unanswered flow is let go."""
        return self._wording.letting_go

    def begin(self, kind: str, question: str, now: datetime, place: str = "") -> EmergencyState:
        """Return the state after the first reply; a place told before is kept."""
        return EmergencyState(kind, "asked", question[:MAX_READ_CHARACTERS], now, place=place)

    def hold(self, state: EmergencyState, now: datetime) -> FlowStep:
        """Answer what the flow has no words for: we are still here, and what to do now."""
        state = replace(state, since=now)
        if state.stage == "asked":
            return self._answered(state, "waiting")
        return FlowStep(state, self._reply(self._wording.still_here, self._wording.stay_choices))

    def is_same_help(self, kind: str, other: str) -> bool:
        """Whether two kinds lead to the same further steps."""
        return self._wording.kinds[kind].follow == self._wording.kinds[other].follow

    def is_answer(self, state: EmergencyState, text: str) -> bool:
        """Whether ``text`` is one of the answers the flow waits for, and nothing else."""
        return _answer(self._said(state, text), state.stage) is not None

    def is_place(self, state: EmergencyState, text: str) -> bool:
        """Whether ``text`` tells a place, as the flow asks for."""
        if state.stage == "asked":
            # A second shout may hold a place; it is answered as a new emergency.
            tells_hazard = _HAZARD.search(text) or emergency_english.tells_hazard(text)
            return looks_like_place(text) and not tells_hazard
        return looks_like_place(text)

    def step(self, state: EmergencyState, text: str, now: datetime) -> FlowStep:
        """Answer a message that comes while the flow is open."""
        state = replace(state, since=now)
        said = self._said(state, text)
        if said == "2" and state.stage == "no_phone" and state.step == 1:
            # Sent twice in haste: the first said "no phone", the second would end the flow.
            return self._stay(state)
        if answer := _answer(said, state.stage):
            return self._answered(state, answer)
        if looks_like_place(text):
            return self._placed(replace(state, place=_place(text)))
        return FlowStep(state, None, ask_again=text)

    def _said(self, state: EmergencyState, text: str) -> str:
        """Return the message bare, or the number of the choice whose label it is."""
        labels = self._labels(state)
        said = text.strip()
        return str(labels.index(said) + 1) if said in labels else _bare(text)

    def _answered(self, state: EmergencyState, answer: _Answer) -> FlowStep:
        match answer:
            case "called" | "no_phone":
                return self._stay(replace(state, stage=answer))
            case "next":
                return self._further(state)
            case "waiting":
                text = self._wording.waiting.format(number=self._number(state.kind))
                return FlowStep(state, self._reply(text, self._labels(state)))
            case "not_now":
                reply = Reply("chat", self._wording.not_now)
                return FlowStep(None, reply, ask_again=state.question)
            case "over":
                return FlowStep(None, Reply("chat", self._wording.over))

    def _stay(self, state: EmergencyState) -> FlowStep:
        steps = self._steps(state)
        text = "\n".join([f"• {steps[0]}", self._about_place(state), self._wording.stay])
        return FlowStep(replace(state, step=1), self._reply(text, self._wording.stay_choices))

    def _further(self, state: EmergencyState) -> FlowStep:
        steps = self._steps(state)
        if state.step >= len(steps):
            return FlowStep(state, self._reply(self._wording.more_done, self._wording.stay_choices))
        text = f"• {steps[state.step]}\n{self._wording.stay}"
        after = replace(state, step=state.step + 1)
        return FlowStep(after, self._reply(text, self._wording.stay_choices))

    def _placed(self, state: EmergencyState) -> FlowStep:
        above, below = "", f"\n{self._wording.stay}"
        if state.stage == "asked":
            above = self._wording.place_kept.format(number=self._number(state.kind)) + "\n"
            below = ""
        text = f"{above}{self._about_place(state)}{below}"
        return FlowStep(state, self._reply(text, self._labels(state)))

    def _about_place(self, state: EmergencyState) -> str:
        """Ask for the place, or give the sentence that holds it."""
        words, is_shown = self._wording, state.stage == "no_phone"
        if state.place:
            template = words.show_out if is_shown else words.read_out
        else:
            template = words.ask_place_to_show if is_shown else words.ask_place
        what = words.kinds[state.kind].what
        return template.format(number=self._number(state.kind), place=state.place, what=what)

    def _steps(self, state: EmergencyState) -> tuple[str, ...]:
        follow = self._wording.follow[self._wording.kinds[state.kind].follow]
        return _of_stage(follow.called, follow.no_phone, state.stage)

    def _number(self, kind: str) -> str:
        return _NUMBERS.get(self._wording.kinds[kind].call, "119")

    def _labels(self, state: EmergencyState) -> tuple[str, ...]:
        if state.stage != "asked":
            return self._wording.stay_choices
        call = self._wording.kinds[state.kind].call
        return self._wording.choices_by_call.get(call, self._wording.choices)

    def _reply(self, text: str, labels: tuple[str, ...]) -> Reply:
        choices = tuple(Choice(label) for label in labels)
        return Reply("emergency", self._fill(text), choices=choices)

    def _fill(self, text: str) -> str:
        for name, value in self._settings.items():
            text = text.replace(f"{{{name}}}", value)
        return text


def looks_like_place(text: str) -> bool:
    """Whether ``text`` reads like where somebody is, not like a question."""
    short = len(text) <= _MOST_PLACE_CHARACTERS
    tells_more = _ASKING.search(text) or _NEWS.search(text)
    is_chinese = bool(_PLACE.search(text)) and not tells_more
    return short and (is_chinese or emergency_english.looks_like_place(text))


def _of_stage(called: tuple[str, ...], no_phone: tuple[str, ...], stage: Stage) -> tuple[str, ...]:
    return no_phone if stage == "no_phone" else called


def _answer(said: str, stage: Stage) -> _Answer | None:
    """Return what a whole message answers at ``stage``; numbers are those of its choices."""
    asked = stage == "asked"
    said = _REPEATED.sub(r"\1\1", said[:MAX_READ_CHARACTERS])
    if said in _NUMBERED[asked]:
        return _NUMBERED[asked][said]
    is_said = partial(_is_said, said, emergency_english.plain(said))
    looks = _LOOKS[asked]
    answer = next((answer for answer, names in looks if any(map(is_said, names))), None)
    return "next" if answer == stage else answer


def _is_said(said: str, english: str, name: emergency_english.Name) -> bool:
    is_short = len(said) <= _MOST_ANSWER_CHARACTERS
    is_chinese = is_short and _CHINESE[name].match(said) is not None
    return is_chinese or emergency_english.is_answer(english, name)


def _place(text: str) -> str:
    """Return the place in one line, without 「我在」 before it, which the sentence has."""
    said = " ".join(text.split())
    bare = emergency_english.bare_place(_I_AM_AT.sub("", said))
    return bare.rstrip("。.！!，, ") or said


def _bare(text: str) -> str:
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
