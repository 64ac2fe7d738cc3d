"""What is told in the midst of an emergency gets its own line, and the emergency stays open.

Every row was thought through as if somebody read the reply in that room. The classifiers are the
shipped ones: alone, 「门打不开」 is a lift to them and 「她走不动」 somebody unconscious.
"""

from datetime import UTC, datetime

import pytest

from bot.dialogue.brain import Brain
from bot.dialogue.emergency_flow import EmergencyFlow
from bot.dialogue.emergency_tellings import Tellings, is_weaker
from bot.dialogue.session import EmergencyState, Language, Session, Stage
from bot.messages import plain_text
from bot.phrases import EMERGENCY_KINDS, EmergencyWording, load_translation, load_wording

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZH, EN = load_wording(), load_translation("en")
WECHAT_BYTES = 1900

# (open kind, what is told, under which name it is answered)
IN_MANDARIN = [
    ("fire", "我妈还在里头", "inside"), ("fire", "我妈还在里面", "inside"),
    ("fire", "里面还有人", "inside"), ("fire", "孩子没出来", "inside"),
    ("fire", "有人没跑出来怎么办", "inside"), ("fire", "少了一个人", "inside"),
    ("fire", "我要进去找我爸", "inside"), ("fire", "楼上还有老人", "inside"),
    ("fire", "找不到我女儿", "inside"), ("fire", "我爸妈在12楼", "inside"),
    ("fire", "火更大了", "worse"), ("fire", "火越来越大", "worse"),
    ("fire", "火扑不灭", "worse"), ("fire", "楼下也在烧", "worse"),
    ("fire", "灭火器打不开", "worse"), ("fire", "玻璃炸了", "worse"),
    ("fire", "烟进来了", "smoke"), ("fire", "烟从门缝进来了", "smoke"),
    ("fire", "楼道全是烟", "smoke"), ("smoke", "烟越来越大", "smoke"),
    ("fire", "门好烫", "door_hot"), ("fire", "门把手很烫", "door_hot"),
    ("fire", "门打不开", "door_stuck"), ("fire", "门锁死了", "door_stuck"),
    ("fire", "钥匙找不到了", "door_stuck"), ("fire", "防盗网打不开", "door_stuck"),
    ("fire", "要不要跳", "jump"), ("fire", "可以跳吗", "jump"), ("fire", "我要跳了", "jump"),
    ("fire", "能不能用床单爬下去", "jump"), ("fire", "有人要跳楼", "jump"),
    ("fire", "跳楼会不会痛", "jump"), ("fire", "有人跳下去了", "jumped"),
    ("fire", "下不去了", "trapped"), ("fire", "出不去", "trapped"),
    ("fire", "我被困住了", "trapped"), ("fire", "救命", "trapped"),
    ("fire", "楼梯走不通", "trapped"), ("fire", "退到客厅了", "trapped"),
    ("fire", "我躲床底下了", "trapped"), ("fire", "窗户要不要打开", "trapped"),
    ("trapped", "没有路了", "trapped"), ("ebike", "下不了楼", "trapped"),
    ("fire", "她走不动", "weak"), ("fire", "我奶奶坐轮椅", "weak"), ("fire", "背不动", "weak"),
    ("fire", "邻居也在喊", "others"), ("fire", "隔壁在喊救命", "others"),
    ("fire", "要不要通知邻居", "others"),
    ("fire", "我还在屋里", "here"), ("fire", "我一个人在家", "here"),
    ("fire", "停电了看不见", "dark"), ("fire", "灯全灭了", "dark"),
    ("fire", "好呛", "choking"), ("fire", "我头晕", "choking"), ("fire", "喘不过气", "choking"),
    ("fire", "我脚崴了", "hurt"), ("fire", "他受伤了流血", "hurt"),
    ("fire", "手烫伤了", "burn"), ("fire", "衣服烧起来了", "clothes"),
    ("fire", "我妈晕倒了", "unconscious"), ("fire", "他没反应", "unconscious"),
    ("fire", "屋里有煤气罐", "gas"), ("fire", "还闻到煤气味", "gas"),
    ("fire", "可以回去拿手机吗", "back"), ("fire", "现在能回家了吗", "back"),
    ("fire", "有人困在电梯里了", "elevator"), ("fire", "有人触电了", "shock"),
    ("fire", "电梯停了", "elevator"), ("fire", "可以坐电梯吗", "elevator"),
    ("explosion", "我妈还在里面", "inside"), ("explosion", "门打不开", "door_stuck"),
    ("gas", "我妈还在里面", "inside"), ("gas", "门打不开", "door_stuck"),
    ("gas", "出不去", "trapped"), ("gas", "她走不动", "weak"), ("gas", "气味更大了", "gas"),
    ("gas", "听到嘶嘶响", "gas"), ("gas", "我头晕想吐", "choking"), ("gas", "邻居也在喊", "others"),
    ("gas", "停电了看不见", "dark"), ("gas", "我爸晕倒了", "unconscious"),
    ("gas", "我还在家里", "here"), ("gas", "回去关阀门", "back"), ("gas", "要不要跳", "jump"),
    ("co", "我妈还在里面", "inside"), ("co", "她走不动", "weak"), ("co", "门打不开", "door_stuck"),
    ("co", "我也头晕", "choking"), ("co", "他喊不醒", "unconscious"), ("co", "闻到煤气味", "gas"),
    ("elevator", "烟进来了", "smoke"), ("elevator", "门打不开", "door_stuck"),
    ("elevator", "我喘不过气", "choking"), ("elevator", "灯灭了", "dark"),
    ("elevator", "里面有人晕倒了", "unconscious"), ("elevator", "出不去", "trapped"),
    ("unconscious", "没有呼吸了", "unconscious"), ("burn", "他昏过去了", "unconscious"),
]  # fmt: skip
IN_DIALECT = [
    ("fire", "娃儿还在屋头", "inside"), ("fire", "娃儿还在屋里", "inside"),
    ("fire", "我老汉没得出来", "inside"), ("fire", "婆婆还在楼上", "inside"),
    ("fire", "我跳了哦", "jump"), ("fire", "跳得不嘛", "jump"),
    ("fire", "门打不开咯", "door_stuck"), ("fire", "开不到门", "door_stuck"),
    ("fire", "门烫得很", "door_hot"), ("fire", "下不到楼", "trapped"),
    ("fire", "跑不脱了", "trapped"), ("fire", "遭堵到了", "trapped"),
    ("fire", "火越烧越凶", "worse"), ("fire", "扑不熄", "worse"),
    ("fire", "烟子钻进来了", "smoke"), ("fire", "烟子好大", "smoke"),
    ("fire", "她走不得路", "weak"), ("fire", "脑壳昏", "choking"), ("fire", "呛得很", "choking"),
    ("fire", "隔壁也在吼", "others"), ("fire", "黢黑看不到", "dark"),
    ("fire", "我老汉喊不答应", "unconscious"),
    ("gas", "门打不开咯", "door_stuck"), ("co", "老汉走不动了", "weak"),
]  # fmt: skip
IN_ENGLISH = [
    ("fire", "my mother is still inside", "inside"), ("fire", "my kid is in there", "inside"),
    ("fire", "they have not come out", "inside"),
    ("fire", "the door won't open", "door_stuck"), ("fire", "I can't open the door", "door_stuck"),
    ("fire", "the door is hot", "door_hot"), ("fire", "should I jump?", "jump"),
    ("fire", "I will jump", "jump"), ("fire", "smoke is coming in", "smoke"),
    ("fire", "more smoke", "smoke"), ("fire", "the fire is bigger", "worse"),
    ("fire", "it is getting worse", "worse"), ("fire", "we can't get out", "trapped"),
    ("fire", "I am trapped", "trapped"), ("fire", "she can't walk", "weak"),
    ("fire", "neighbours are screaming", "others"), ("fire", "I'm still inside", "here"),
    ("fire", "I can't breathe", "choking"), ("fire", "he is unconscious", "unconscious"),
    ("fire", "power is out, I can't see", "dark"), ("fire", "I twisted my ankle", "hurt"),
    ("gas", "my dad is still inside", "inside"), ("gas", "the door won't open", "door_stuck"),
    ("gas", "it is hissing", "gas"), ("co", "she can't walk", "weak"),
    ("elevator", "smoke is coming in", "smoke"),
]  # fmt: skip
TOLD: list[tuple[Language, str, str, str]] = [
    *(("zh", *row) for row in IN_MANDARIN + IN_DIALECT),
    *(("en", *row) for row in IN_ENGLISH),
]


def state(kind: str, stage: Stage = "asked", place: str = "") -> EmergencyState:
    return EmergencyState(kind, stage, "q", NOON, place=place)


def words(language: Language) -> EmergencyWording:
    return (EN if language == "en" else ZH).emergency


def answer_of(language: Language, kind: str, name: str) -> str:
    told = words(language).told
    group = words(language).kinds[kind].follow
    return told["fire" if group == "explosion" else group][name].say


def after(brain: Brain, open_: EmergencyState, said: str, language: Language = "zh") -> Session:
    session = Session(emergency=open_, language=language)
    dialogue = brain.dialogue_in(language)
    return dialogue.decide(session, said, brain.analyse(said), NOON).session


def replied(brain: Brain, open_: EmergencyState, said: str, language: Language = "zh") -> str:
    session = Session(emergency=open_, language=language)
    dialogue = brain.dialogue_in(language)
    replies = dialogue.decide(session, said, brain.analyse(said), NOON).replies
    return "\n".join(map(plain_text, replies))


@pytest.mark.parametrize("stage", ["asked", "called", "no_phone"])
@pytest.mark.parametrize("row", TOLD, ids=lambda row: f"{row[1]}-{row[2]}")
def test_what_is_told(brain: Brain, row: tuple[Language, str, str, str], stage: Stage) -> None:
    language, kind, said, name = row
    open_ = state(kind, stage)
    text = replied(brain, open_, said, language)

    assert text.startswith(answer_of(language, kind, name).format())
    assert after(brain, open_, said, language).emergency == open_
    assert len(text.encode()) < WECHAT_BYTES


def test_the_table_is_long_enough() -> None:
    assert len(TOLD) >= 100


@pytest.mark.parametrize("kind", ["fire", "smoke", "trapped", "gas", "co", "explosion"])
@pytest.mark.parametrize("stage", ["asked", "called"])
@pytest.mark.parametrize(
    "said",
    ["门打不开", "她走不动", "邻居也在喊", "我好怕", "怎么办啊", "老婆在哭", "狗在叫", "好热",
     "手机只有一格电", "楼下好多人", "电话里喊我等", "我晓得了", "在等"],
)  # fmt: skip
def test_a_short_sentence_changes_no_kind(brain: Brain, kind: str, stage: Stage, said: str) -> None:
    kept = after(brain, state(kind, stage), said).emergency
    assert kept is not None
    assert kept.kind == kind
    text = replied(brain, state(kind, stage), said)
    assert "电梯能透气" not in text
    assert "呼吸" not in text or kind == "co" or "走不动" in said


@pytest.mark.parametrize(
    ("kind", "said", "becomes"),
    [
        ("gas", "厨房着火了", "fire"), ("gas", "爆炸了", "explosion"), ("gas", "烧起来了", "fire"),
        ("co", "屋里着火了", "fire"), ("unconscious", "厨房着火了", "fire"),
        ("unconscious", "屋里好大的煤气味", "gas"), ("burn", "房子烧起来了", "fire"),
        ("fire", "煤气罐爆炸了", "explosion"), ("elevator", "有人触电了", "shock"),
        ("gas", "他们煤气中毒了", "co"),
    ],
)  # fmt: skip
def test_a_greater_danger_that_is_named_takes_its_place(
    brain: Brain, kind: str, said: str, becomes: str
) -> None:
    changed = after(brain, state(kind, "called"), said).emergency
    assert changed is not None
    assert changed.kind == becomes
    assert changed.stage == "asked"


@pytest.mark.parametrize("said", ["不想活了", "我不想活了，跳了算了"])
def test_despair_is_a_crisis_even_in_a_fire(brain: Brain, said: str) -> None:
    assert after(brain, state("fire", "called"), said).crisis == "self_harm"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("烟没进来", "smoke"), ("门不烫", "door_hot"), ("火没有变大", "worse"),
        ("里面没人", "inside"),
        ("我和娃儿在屋里", "inside"), ("娃儿在我旁边", "inside"), ("猫还在里面", "inside"),
        ("心跳好快", "jump"), ("火车站旁边", "worse"), ("电瓶能不能拿回家充", "back"),
        ("都出来了，没有人受伤", "hurt"), ("没得烟", "smoke"), ("火小了", "worse"),
    ],
)  # fmt: skip
def test_what_is_not_told(said: str, name: str) -> None:
    assert name not in Tellings(ZH.certain).within(said, "")


def test_a_story_is_no_telling() -> None:
    story = "去年冬天隔壁单元那家三口在屋里熬了四十分钟才被接走，门打不开，烟也进来了，后来人都没事"
    assert Tellings(ZH.certain).within(story, "") == ()


def test_a_place_in_what_is_told_is_kept_and_read_out(brain: Brain) -> None:
    said = "我在阳光小区3栋12楼1202，出不去了"
    kept = after(brain, state("fire", "called"), said).emergency
    assert kept is not None
    assert kept.place == "阳光小区3栋12楼1202，出不去了"
    assert "“我在阳光小区3栋12楼1202，出不去了，着火了" in replied(
        brain, state("fire", "called"), said
    )


def test_where_it_burns_is_not_where_they_are(brain: Brain) -> None:
    for said in ("一楼着火了", "12楼有人没出来", "火烧到3栋了"):
        kept = after(brain, state("fire", "called", "阳光小区3栋1202"), said).emergency
        assert kept is not None
        assert kept.place == "阳光小区3栋1202", said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_asked_who_called_it_ends_with_the_call(brain: Brain, language: Language) -> None:
    said = "烟进来了" if language == "zh" else "smoke is coming in"
    text = replied(brain, state("fire"), said, language)
    assert words(language).told_call.format(number="119") in text
    assert plain_text_of_choices(language) in text


def plain_text_of_choices(language: Language) -> str:
    return words(language).choices[0]


def test_both_languages_answer_the_same_tellings() -> None:
    chinese, english = ZH.emergency.told, EN.emergency.told
    assert {group: list(told) for group, told in chinese.items()} == {
        group: list(told) for group, told in english.items()
    }
    for group, told in chinese.items():
        for name, said in told.items():
            assert english[group][name].steps == said.steps
            for number in ("119", "120"):
                assert (number in english[group][name].say) == (number in said.say), (group, name)


@pytest.mark.parametrize("kind", EMERGENCY_KINDS)
def test_a_kind_does_not_outweigh_itself(kind: str) -> None:
    assert not is_weaker(kind, kind)


def test_another_burning_thing_has_its_steps_after_the_call() -> None:
    flow = EmergencyFlow(ZH.emergency, {})
    step = flow.tell(state("fire", "called"), "插座冒火花", ("electric",), NOON)
    assert step is not None
    assert step.reply is not None
    assert "不要摸电线和冒烟的电器" in step.reply.text
    assert step.state == state("fire", "called")
