"""Groups: the bot speaks when it is spoken to, keeps private things private, and moves along."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.platforms.loopback import wait_until
from tests.platforms.telegram import ShownMessage, TelegramGroup, TelegramUser
from tests.talk.conftest import Town
from tests.talk.towns import (
    ANSWER,
    CALL_119,
    FIRE,
    PATIENCE,
    QUESTION,
    QUIET_SECONDS,
    building_code,
    furnished,
    labels,
    rows,
    standing,
)

NAME = "@lifeline_test_bot"
GROUP_A_MINUTE = 16  # of the platform's twenty; the others are kept for emergencies
CROWDED = -500


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "telegram-groups")) as town:
        assert wait_until(lambda: bool(town.telegram.calls_to("getUpdates")), PATIENCE)
        ask_all_at_once(Talk.of(town, CROWDED))
        yield town
        assert "Traceback" not in town.log


@dataclass
class Talk:
    """A group and what the bot says there."""

    town: Town
    group: TelegramGroup
    seen: int = 0

    @classmethod
    def of(cls, town: Town, chat_id: int) -> "Talk":
        return cls(town, town.telegram.group(chat_id))

    def reads(self, count: int = 1) -> list[ShownMessage]:
        """Wait for the next messages of the bot here and return them."""
        came = wait_until(lambda: len(self.group.messages) >= self.seen + count, PATIENCE)
        assert came, [shown.text for shown in self.group.messages[self.seen :]]
        self.seen += count
        return self.group.messages[self.seen - count : self.seen]

    def asks(self, who: TelegramUser, text: str) -> ShownMessage:
        """Let somebody write here and return the one answer."""
        who.says(text, self.group)
        return self.reads()[0]

    def stays_quiet(self) -> None:
        """Look for a moment; the bot may say nothing."""
        assert self.town.telegram.settle()
        wait_until(lambda: len(self.group.messages) > self.seen, QUIET_SECONDS)
        assert [shown.text for shown in self.group.messages[self.seen :]] == []


def test_a_greeting_and_then_answers_to_who_asks(town: Town) -> None:
    talk, who = Talk.of(town, -501), town.telegram.user(3001)
    talk.group.adds_bot(who)
    assert "在群里@我" in talk.reads()[0].text

    town.telegram.state.reads_all_group_messages = True
    who.says(QUESTION, talk.group)
    who.says("今天谁收物业费", talk.group)
    who.says("@somebody_else 在吗", talk.group)
    talk.stays_quiet()
    town.telegram.state.reads_all_group_messages = False

    answer = talk.asks(who, f"{NAME} {QUESTION}")
    assert answer.text.startswith(ANSWER)
    answers = town.telegram.calls_to("sendMessage")[-1].parameters.data("reply_parameters")
    assert isinstance(answers, dict)
    assert answers["message_id"] == who.sent[-1].message["message_id"]
    talk.stays_quiet()  # no line about privacy before everybody


def test_a_command_and_a_reply_speak_to_us(town: Town) -> None:
    talk, who = Talk.of(town, -502), town.telegram.user(3002)
    shown = talk.asks(who, f"/first{NAME}")
    assert shown.text.startswith("正在发生：先打119")

    who.says("你好", talk.group, reply_to_message=shown.api)
    assert talk.reads()[0].text.startswith("你好，我在")
    who.says("/first@another_bot", talk.group)
    talk.stays_quiet()


def test_an_emergency_is_answered_before_all(town: Town) -> None:
    talk, who = Talk.of(town, -503), town.telegram.user(3003)
    shown = talk.asks(who, f"{NAME} {FIRE}")

    assert shown.text.startswith(CALL_119)
    who.taps("3 不是现在发生的", shown)
    assert talk.reads()[0].text.startswith("好，没有发生就好")


def test_nothing_private_is_done_before_everybody(town: Town) -> None:
    talk, who = Talk.of(town, -504), town.telegram.user(3004)
    who.starts(f"building_{building_code(town.data_dir)}")
    who.wait_for(2)
    who.taps("1 是，绑定")
    who.wait_for(3)

    for asked in (
        f"/building{NAME}",
        f"/privacy{NAME}",
        f"{NAME} 删除我的信息",
        f"{NAME} 关联 123456",
    ):
        refused = talk.asks(who, asked)
        assert refused.text.startswith("这件事只能私聊办，免得群里都看见")
        assert (refused.buttons, refused.keyboard) == ((), ())
    assert rows(town.data_dir, "SELECT count(*) FROM link_miss") == [(0,)]


def test_a_group_gets_the_numbers_for_everybody(town: Town) -> None:
    """Who asks has bound a building in private; which one is nobody's business here."""
    talk, who = Talk.of(town, -505), town.telegram.user(3005)
    who.starts(f"building_{building_code(town.data_dir)}")
    who.wait_for(2)
    who.taps("1 是，绑定")
    who.wait_for(3)

    shown = talk.asks(who, f"/phones{NAME}")
    assert shown.text.startswith("常用电话")
    assert "阳光小区" not in shown.text
    assert "023-7922" not in shown.text
    assert labels(shown) == []
    told = talk.asks(who, f"/help{NAME}")
    assert "在群里@我" in told.text
    assert labels(told) == []


def test_what_one_says_in_private_is_not_known_in_the_group(town: Town) -> None:
    """An emergency opened in private does not go on where others read along, nor the reverse."""
    talk, who = Talk.of(town, -506), town.telegram.user(3006)
    who.says(FIRE)
    assert who.wait_for(1)[0].text.startswith(CALL_119)

    answer = talk.asks(who, f"{NAME} 下一步")
    assert "119" not in answer.text.split("\n")[0] or "我还在" not in answer.text
    assert len(who.received) == 2  # the private one and the group's
    names = "SELECT name FROM channel_account WHERE name LIKE '%3006' ORDER BY name"
    assert rows(town.data_dir, names) == [("-506:3006",), ("3006",)]


def test_a_place_is_not_asked_for_and_a_button_of_somebody_else_is_ones_own(town: Town) -> None:
    """A neighbour who taps speaks for themselves: the flow of who asked stays where it is."""
    talk = Talk.of(town, -507)
    one, other = town.telegram.user(3007), town.telegram.user(3008)
    shown = talk.asks(one, f"{NAME} {FIRE}")
    other.joins_group(talk.group)
    assert town.telegram.settle()

    other.taps("1 已打119", shown)
    answered = talk.reads()[0]
    assert "手机别挂" not in answered.text
    one.taps("1 已打119", shown)
    assert "手机别挂" in talk.reads()[0].text


def test_a_group_that_becomes_a_supergroup_goes_on(town: Town) -> None:
    talk, who = Talk.of(town, -508), town.telegram.user(3009)
    assert talk.asks(who, f"{NAME} english").text.startswith("OK. Menus")
    moved = Talk(town, talk.group.migrates(who, -1000000000508))
    assert town.telegram.settle()
    names = "SELECT name FROM channel_account WHERE name LIKE '%:3009'"
    assert wait_until(
        lambda: rows(town.data_dir, names) == [("-1000000000508:3009",)], PATIENCE
    )  # fmt: skip

    # The session moved along: it still speaks English.
    assert moved.asks(who, f"/first{NAME}").text.startswith("Happening now: call 119 first")
    talk.stays_quiet()


def test_a_reply_on_its_way_follows_the_group(town: Town) -> None:
    """The group moves between the question and the answer, and only the refusal tells."""
    talk, who = Talk.of(town, -509), town.telegram.user(3010)
    town.telegram.flood(talk.group.id, 1.2)
    who.says(f"/first{NAME}", talk.group)
    assert wait_until(lambda: town.telegram.pace.refused == 1, PATIENCE)
    town.telegram.state.allowed = frozenset({"callback_query"})  # the news of it gets lost
    moved = Talk(town, talk.group.migrates(who, -1000000000509))
    town.telegram.state.allowed = frozenset()

    assert moved.reads()[0].text.startswith("正在发生：先打119")
    moved.stays_quiet()


def test_thrown_out_of_a_group_we_are_silent(town: Town) -> None:
    talk, who = Talk.of(town, -510), town.telegram.user(3011)
    talk.asks(who, f"/first{NAME}")
    talk.group.removes_bot(who)
    assert town.telegram.settle()

    who.says(f"/first{NAME}", talk.group)
    talk.stays_quiet()
    asked = [call.parameters.text("chat_id") for call in town.telegram.calls_to("sendMessage")]
    assert asked.count(str(talk.group.id)) == 1


def ask_all_at_once(talk: Talk) -> None:
    """Let more people ask than a group may be answered within a minute."""
    for n in range(GROUP_A_MINUTE + 3):
        talk.town.telegram.user(3100 + n).says(f"/first{NAME}", talk.group)


def test_a_crowded_group_holds_up_nobody(town: Town) -> None:
    """It was crowded before the other tests began, and the platform refused nothing but ours."""
    crowded = Talk.of(town, CROWDED)
    who = town.telegram.user(3200)
    who.says("/first")

    assert who.wait_for(1, 2.0)[0].text.startswith("正在发生：先打119")
    crowded.reads(GROUP_A_MINUTE)
    assert not wait_until(lambda: len(crowded.group.messages) > GROUP_A_MINUTE, 1.5)
    who.says(f"{NAME} {FIRE}", crowded.group)
    assert wait_until(lambda: len(crowded.group.messages) > GROUP_A_MINUTE, 2.0)
    assert crowded.reads()[0].text.startswith(CALL_119)
    assert town.telegram.pace.refused == 1  # the chat that a test held up itself
