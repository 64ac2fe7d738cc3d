"""The emergency flow: the first reply, the three answers, the place, the steps, the end."""

from datetime import UTC, datetime, timedelta

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


@pytest.mark.parametrize("said", ["1", "１", "1.", "打了", "已打119", "已经打了119", "报警了"])
def test_called(said: str) -> None:
    step = FLOW.step(state(), said, NOON)
    assert step.state is not None
    assert step.state.stage == "called"


@pytest.mark.parametrize("said", ["2", "打不了电话", "手机没电了", "打不通", "没信号"])
def test_no_phone(said: str) -> None:
    step = FLOW.step(state(), said, NOON)
    assert step.state is not None
    assert step.state.stage == "no_phone"
    assert step.reply is not None
    assert "邻居" in step.reply.text


@pytest.mark.parametrize("said", ["3", "不是现在发生的", "没有发生", "我只是问问"])
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


@pytest.mark.parametrize("said", ["安全了", "没事了", "火灭了", "我们都出来了", "已经扑灭了"])
def test_over(said: str) -> None:
    called = FLOW.step(state(), "1", NOON).state
    assert called is not None
    step = FLOW.step(called, said, NOON)
    assert step.state is None
    assert step.reply is not None
    assert step.reply.text == WORDING.over


@pytest.mark.parametrize("said", ["火没灭", "不安全", "还没出来"])
def test_not_over(said: str) -> None:
    called = FLOW.step(state(), "1", NOON).state
    assert called is not None
    assert FLOW.step(called, said, NOON).state is not None


@pytest.mark.parametrize(
    ("text", "is_place"),
    [
        ("3栋2单元1502", True), ("阳光花园12号楼", True), ("解放路88号", True),
        ("楼道里有烟怎么走", False), ("几楼会塌吗", False), ("好的", False),
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
