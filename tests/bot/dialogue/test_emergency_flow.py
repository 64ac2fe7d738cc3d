"""The emergency flow: the first reply, the three answers, the place, the steps, the end."""

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.emergency_flow import EmergencyFlow, looks_like_place
from bot.dialogue.session import EmergencyState, Session, session_from_json, session_to_json
from bot.messages import plain_text
from bot.phrases import EMERGENCY_KINDS, load_wording

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDING = load_wording().emergency
SETTINGS = {"gas_hotline": "燃气表上的抢险电话", "lift_rescue": "电梯里贴的救援电话"}
FLOW = EmergencyFlow(WORDING, SETTINGS)
AUTOMATIC = "我是自动回复，不会替你报警，没有人会因为这条消息出动。"


def state(kind: str = "fire", **more: object) -> EmergencyState:
    return EmergencyState(kind, "asked", "厨房烧起来了", NOON, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", EMERGENCY_KINDS)
def test_first_reply_names_the_call_first_and_fits_one_message(kind: str) -> None:
    reply = FLOW.first_reply(kind)
    first, *rest = reply.text.splitlines()

    assert first.startswith("现在")
    assert "119" in first
    assert first.endswith(AUTOMATIC)
    assert all(line.startswith("• ") for line in rest[:-1])
    assert rest[-1].startswith("不要")
    assert len(plain_text(reply).encode()) < 1900, "WeChat takes about 1,900 bytes a message"
    assert "{" not in reply.text
    assert reply.citations == ()
    assert not reply.rateable


@pytest.mark.parametrize("kind", EMERGENCY_KINDS)
def test_last_line_offers_the_three_answers(kind: str) -> None:
    last = plain_text(FLOW.first_reply(kind)).splitlines()[-1]

    assert last.startswith("1 已")
    assert last.endswith("2 打不了电话　3 不是现在发生的")


def test_a_gas_leak_is_called_in_from_outside() -> None:
    assert FLOW.first_reply("gas").text.startswith("现在走到室外，再打119（免费）。")


def test_the_place_is_asked_only_after_the_call() -> None:
    assert "在哪" not in FLOW.first_reply("fire").text

    step = FLOW.step(state(), "1", NOON)

    assert step.state is not None
    assert step.state.stage == "called"
    assert step.reply is not None
    assert "在哪？" in step.reply.text


@pytest.mark.parametrize(
    "said",
    [
        "1", "１", "1.", "打了", "打过了", "已打119", "已经打了119", "报警了", "报了火警", "在打",
        "打了得", "打起在", "119打了", "我老公打了", "邻居已经报警了", "叫了救护车", "电话接通了",
        "消防车来了", "有人来了", "已有人来救",
    ],
)  # fmt: skip
def test_called(said: str) -> None:
    step = FLOW.step(state(), said, NOON)
    assert step.state is not None
    assert step.state.stage == "called"


@pytest.mark.parametrize(
    "said",
    [
        "2", "打不了电话", "手机没电了", "打不通", "没信号", "没得信号", "打不出去", "怎么打不通",
        "打了没人接", "一直占线", "没得手机", "手机坏了", "我是聋哑人", "我不会打",
    ],
)  # fmt: skip
def test_no_phone(said: str) -> None:
    step = FLOW.step(state(), said, NOON)
    assert step.state is not None
    assert step.state.stage == "no_phone"
    assert step.reply is not None
    assert "邻居" in step.reply.text


@pytest.mark.parametrize(
    "said",
    [
        "3",
        "不是现在发生的",
        "没有发生",
        "我只是问问",
        "就问一下",
        "我们在演练",
        "昨天的事",
        "发错了",
    ],
)
def test_not_now_answers_the_question_instead(said: str) -> None:
    step = FLOW.step(state(), said, NOON)
    assert step.state is None
    assert step.ask_again == "厨房烧起来了"


def test_the_place_comes_back_as_a_sentence_to_read_out() -> None:
    called = FLOW.step(state(), "1", NOON).state
    assert called is not None

    step = FLOW.step(called, "阳光小区3栋2501", NOON)

    assert step.reply is not None
    assert "照着念给119：\n“我在阳光小区3栋2501，着火了。" in step.reply.text
    assert step.state is not None
    assert step.state.place == "阳光小区3栋2501"


def test_steps_follow_until_it_is_over() -> None:
    now = FLOW.step(state("co"), "1", NOON).state
    texts = []
    for _ in range(4):
        assert now is not None
        step = FLOW.step(now, "下一步", NOON)
        assert step.reply is not None
        texts.append(step.reply.text)
        now = step.state

    assert len(set(texts[:2])) == 2, "each turn gives another step"
    assert texts[2] == texts[3] == WORDING.more_done
    assert now is not None
    assert FLOW.step(now, "安全了", NOON).state is None


@pytest.mark.parametrize(
    "said",
    [
        "安全了", "没事了", "火灭了", "我们都出来了", "已经扑灭了", "我们安全了", "人都出来了",
        "没得事了", "火熄了", "一家人都平安", "送医院了",
    ],
)  # fmt: skip
def test_over(said: str) -> None:
    called = FLOW.step(state(), "1", NOON).state
    assert called is not None
    step = FLOW.step(called, said, NOON)
    assert step.state is None
    assert step.reply is not None
    assert step.reply.text == WORDING.over


@pytest.mark.parametrize(
    "said",
    [
        "没打", "还没打", "好的", "要得", "我马上打", "帮我报警", "你帮我打119", "你们多久来",
        "消防车好久到", "快来", "119", "怎么办", "我出来了", "人都出来了",
    ],
)  # fmt: skip
def test_nobody_waits_for_us(said: str) -> None:
    assert FLOW.is_answer(state(), said)
    step = FLOW.step(state(), said, NOON)

    assert step.state == state()
    assert step.reply is not None
    assert "马上打119" in step.reply.text
    assert AUTOMATIC.removeprefix("我是自动回复，") in step.reply.text
    assert [choice.label for choice in step.reply.choices] == list(WORDING.choices)


@pytest.mark.parametrize(
    "said",
    [
        "他说不出话了", "听不见他呼吸了", "没有火有烟", "家里停电了", "灭火器打不开", "火小了",
        "爸爸还在里面", "打119吗", "喊了没人应",
    ],
)  # fmt: skip
@pytest.mark.parametrize("stage", ["asked", "called"])
def test_news_is_no_answer(said: str, stage: str) -> None:
    told = EmergencyState("fire", stage, "着火了", NOON, 1)  # type: ignore[arg-type]
    assert not FLOW.is_answer(told, said)


@pytest.mark.parametrize(
    "said", ["好的", "要得", "做好了", "堵好了", "然后呢", "打了", "消防车来了"]
)
def test_an_answer_after_the_call_leads_to_the_next_step(said: str) -> None:
    called = FLOW.step(state(), "1", NOON).state
    assert called is not None
    step = FLOW.step(called, said, NOON)
    assert step.state is not None
    assert step.state.step == 2
    assert step.reply is not None
    assert WORDING.follow["fire"].called[1] in step.reply.text


def test_a_call_that_fails_later_gives_the_steps_without_a_phone() -> None:
    called = FLOW.step(state(), "1", NOON).state
    assert called is not None

    failed = FLOW.step(called, "打不通", NOON)
    assert failed.state is not None
    assert failed.state.stage == "no_phone"

    back = FLOW.step(failed.state, "打通了", NOON)
    assert back.state is not None
    assert back.state.stage == "called"


def test_a_place_before_the_answer_is_written_out_and_kept() -> None:
    assert FLOW.is_place(state(), "阳光小区3栋2501")
    assert not FLOW.is_place(state(), "3栋楼道全是烟")

    step = FLOW.step(state(), "我们现在在阳光小区3栋2501。", NOON)

    assert step.state is not None
    assert step.state.stage == "asked"
    assert step.reply is not None
    assert "要你自己打119" in step.reply.text
    assert "“我在阳光小区3栋2501，着火了。" in step.reply.text
    assert [choice.label for choice in step.reply.choices] == list(WORDING.choices)

    called = FLOW.step(step.state, "1", NOON)
    assert called.reply is not None
    assert "“我在阳光小区3栋2501，着火了。" in called.reply.text
    assert "在哪？" not in called.reply.text


def test_who_cannot_call_gets_a_sentence_to_show() -> None:
    step = FLOW.step(state("co"), "2", NOON)
    assert step.state is not None
    assert step.reply is not None
    assert "照着念" not in step.reply.text

    shown = FLOW.step(step.state, "在3栋2501", NOON)

    assert shown.reply is not None
    assert "“我在3栋2501，" in shown.reply.text
    assert "请帮我打120和119。" in shown.reply.text


@pytest.mark.parametrize("said", ["火没灭", "不安全", "还没出来", "人没出来"])
def test_not_over(said: str) -> None:
    called = FLOW.step(state(), "1", NOON).state
    assert called is not None
    assert FLOW.step(called, said, NOON).state is not None


@pytest.mark.parametrize(
    ("text", "is_place"),
    [
        ("3栋2单元1502", True), ("阳光花园12号楼", True), ("解放路88号", True),
        ("三栋二单元", True), ("龙湖3-18-5", True), ("在中山路", True), ("没有路了", False),
        ("烟已经到18楼了", False), ("楼道里有烟怎么走", False),
        ("几楼会塌吗", False), ("好的", False),
    ],
)  # fmt: skip
def test_looks_like_place(text: str, is_place: bool) -> None:
    assert looks_like_place(text) is is_place


def test_the_flow_is_forgotten_after_two_silent_hours() -> None:
    assert not state().is_over(NOON + timedelta(hours=1))
    assert state().is_over(NOON + timedelta(hours=3))


@given(
    text=st.text(max_size=60),
    kind=st.sampled_from(EMERGENCY_KINDS),
    stage=st.sampled_from(["asked", "called", "no_phone"]),
    step=st.integers(0, 5),
)
def test_any_text_keeps_the_flow_or_ends_it(text: str, kind: str, stage: str, step: int) -> None:
    before = EmergencyState(kind, stage, "q", NOON, step)  # type: ignore[arg-type]
    after = FLOW.step(before, text, NOON)

    assert after.state is None or after.state.kind == kind
    assert after.reply is not None or after.ask_again == text
    kept = Session(emergency=after.state)
    assert session_from_json(session_to_json(kept)) == kept


@pytest.mark.parametrize(
    "piece",
    ["我", "都", "了", "打", "没", "人", "119", "已经", "好", "在", "妈", "就是", "家里人", "刚"],
)
@pytest.mark.parametrize("times", [8, 17, 27, 10_000])
def test_a_message_of_repeats_is_read_at_once(piece: str, times: int) -> None:
    began = perf_counter()
    for stage in ("asked", "called"):
        FLOW.is_answer(EmergencyState("fire", stage, "q", NOON), piece * times + "x")  # type: ignore[arg-type]
    assert perf_counter() - began < 0.2


def test_no_phone_sent_twice_does_not_end_the_flow() -> None:
    once = FLOW.step(state(), "2", NOON).state
    assert once is not None
    twice = FLOW.step(once, "2", NOON).state
    assert twice is not None
    assert twice.stage == "no_phone"
    after = FLOW.step(twice, "下一步", NOON).state
    assert after is not None
    assert FLOW.step(after, "2", NOON).state is None


@pytest.mark.parametrize(
    "said", ["虚惊一场", "不是我家，是演习", "没有着火，我乱打的", "物业说是误报"]
)
def test_a_false_alarm_ends_the_flow(said: str) -> None:
    assert FLOW.step(state(), said, NOON).state is None
    called = FLOW.step(state(), "1", NOON).state
    assert called is not None
    assert FLOW.step(called, said, NOON).state is None


def test_what_the_flow_has_no_words_for_keeps_it_open() -> None:
    waiting = FLOW.hold(state(), NOON)
    assert waiting.state is not None
    assert waiting.reply is not None
    assert "119" in waiting.reply.text
    called = FLOW.step(state(), "1", NOON).state
    assert called is not None
    held = FLOW.hold(called, NOON).reply
    assert held is not None
    assert held.text.startswith("我还在")
