"""The whole channel against the stand-in platform: what people do, and what they then see."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.channels.telegram import CommandLine, FileUnavailable, Quiz, TelegramConfig
from bot.messages import Account, Choice, Reply
from community.outcomes import Delivered, Rejected
from tests.bot.channels.telegram_service import (
    AROUND,
    LONG_LABEL,
    Running,
    WrittenConversation,
    running,
)
from tests.platforms.loopback import wait_until
from tests.platforms.telegram import Query, TelegramPlatform

COMMANDS = (CommandLine("help", "帮助", "Help"), CommandLine("language", "语言", "Language"))


@pytest.fixture
def platform() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as platform:
        yield platform


@pytest.fixture
def conversation() -> WrittenConversation:
    return WrittenConversation()


@pytest.fixture(params=["", "a-secret"], ids=["polling", "webhook"])
def secret(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def config(platform: TelegramPlatform, secret: str) -> TelegramConfig:
    return TelegramConfig(platform.token, api=platform.url, secret=secret, chat_burst=20)


@pytest.fixture
def service(
    conversation: WrittenConversation, config: TelegramConfig, tmp_path: Path
) -> Iterator[Running]:
    around = replace(AROUND, commands=COMMANDS, polls=conversation, pictures=tmp_path)
    with running(conversation, config, around) as service:
        assert wait_until(lambda: service.telegram.state.is_connected)
        yield service


def png() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(content, "PNG")
    return content.getvalue()


def answer_of(query: object) -> str | None:
    """Return the notice that a tap was answered with, once it was."""
    assert isinstance(query, Query)
    assert wait_until(lambda: query.answer is not None)
    return (query.answer or {}).get("text")


@pytest.mark.usefixtures("service")
def test_a_question_and_its_answer(platform: TelegramPlatform) -> None:
    ann = platform.user(77)

    ann.says("楼道有烟怎么办")
    ann.wait_for(1)

    assert ann.last.text == "退回屋里关紧门。"
    assert [button.label for button in ann.last.buttons] == ["有用", "没用"]


@pytest.mark.usefixtures("service")
def test_taps_speak_rate_and_grow_stale(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    ann = platform.user(77)
    ann.says("软管")
    ann.wait_for(1)

    assert not answer_of(ann.taps("1 软管多久换"))
    assert not answer_of(ann.taps(f"2 {LONG_LABEL}"))
    ann.wait_for(3)
    assert [one.tapped for one in conversation.received[1:]] == [
        Choice("软管多久换"),
        Choice(LONG_LABEL),
    ]
    assert conversation.texts[1:] == ["软管多久换", LONG_LABEL]

    ann.says("楼道有烟怎么办")
    ann.wait_for(4)
    assert answer_of(ann.taps("有用")) == "谢谢，记下了。"
    assert conversation.ratings == [(4, True)]

    conversation._turns.clear()  # a day has passed
    assert "过时" in (answer_of(ann.taps(f"2 {LONG_LABEL}")) or "")
    assert "过时" in (answer_of(ann.taps("没用")) or "")
    assert len(conversation.received) == 4


@pytest.mark.usefixtures("service")
def test_starting_blocking_and_coming_back(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    ann = platform.user(77, has_started=False)

    ann.starts("building_7K2M9QXA")
    ann.wait_for(1)
    ann.blocks()
    ann.unblocks()
    ann.wait_for(2)

    events = [one.event for one in conversation.received]
    assert [(event.kind, event.key) for event in events if event] == [
        ("scanned", "building_7K2M9QXA"),
        ("left", ""),
        ("followed", "unblocked"),
    ]


@pytest.mark.usefixtures("service")
def test_photos_places_and_edits(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    ann = platform.user(77)
    ann.sends_photo(png(), "三楼楼道")
    ann.sends_place(30.5, 114.3, live_seconds=900)
    ann.moves(30.6, 114.4)
    ann.says("电瓶")
    ann.edits("电瓶能拿回家吗")
    ann.wait_for(4)

    photo, place, first, edited = conversation.received
    assert (photo.text, [media.kind for media in photo.media]) == ("三楼楼道", ["photo"])
    assert place.place is not None
    assert (place.place.latitude, place.place.longitude) == (30.5, 114.3)
    assert (first.is_edit, edited.is_edit, edited.text) == (False, True, "电瓶能拿回家吗")
    assert first.id != edited.id


def test_a_photo_is_fetched_when_asked_for(
    platform: TelegramPlatform, conversation: WrittenConversation, service: Running
) -> None:
    ann = platform.user(77)
    ann.sends_photo(png())
    ann.wait_for(1)
    ref = conversation.received[0].media[0].ref

    assert service.call(service.telegram.download(ref)) == png()
    with pytest.raises(FileUnavailable) as caught:
        service.call(service.telegram.download("unknown"))
    assert caught.value.permanent


@pytest.mark.usefixtures("service")
def test_a_group_is_answered_only_when_it_asks(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    platform.state.reads_all_group_messages = True
    ann, group = platform.user(77), platform.group(-1001234567890)
    group.adds_bot(ann)
    ann.wait_for(1)
    assert group.messages[0].text == "followed"

    ann.says("今天天气不错", group)
    asked = ann.says(f"@{platform.username} 楼道有烟怎么办", group)
    ann.wait_for(2)

    assert conversation.texts == ["followed", "楼道有烟怎么办"]
    assert conversation.received[1].account == Account("telegram", f"{group.id}:77")
    assert len(group.messages) == 2
    sent = platform.calls_to("sendMessage")[-1].parameters
    assert sent.data("reply_parameters") == {
        "message_id": asked.message["message_id"],
        "allow_sending_without_reply": True,
    }


def test_a_quiz_in_a_group(
    platform: TelegramPlatform, conversation: WrittenConversation, service: Running
) -> None:
    ann, group = platform.user(77), platform.group(-1001234567890)
    group.adds_bot(ann)
    ann.wait_for(1)

    quiz = Quiz("电瓶能拿回家充吗？", ("能", "不能"), (1,), "会堵住门。")
    outcome = service.call(service.telegram.send_quiz(group.id, quiz))
    ann.wait_for(2)
    ann.answers_poll(1)

    assert wait_until(lambda: bool(conversation.votes))
    assert conversation.votes == [(outcome.message_id, Account("telegram", "77"), (1,))]
    unsound = Quiz("", ("能",), ())
    assert isinstance(service.call(service.telegram.send_quiz(group.id, unsound)), Rejected)


def test_a_group_that_moves_is_followed(
    platform: TelegramPlatform, conversation: WrittenConversation, config: TelegramConfig
) -> None:
    moves: list[tuple[str, str]] = []
    around = replace(AROUND, moved=lambda old, new: moves.append((old, new)))
    with running(conversation, config, around) as service:
        ann, group = platform.user(77), platform.group(-5)
        group.adds_bot(ann)
        ann.wait_for(1)
        new = group.migrates(ann, -1001234567890)
        assert wait_until(lambda: bool(moves))
        assert moves == [("-5", str(new.id))]

        outcome = service.call(service.telegram.send("-5:77", (Reply("chat", "在这里"),)))

    assert isinstance(outcome, Delivered)
    assert [message.text for message in new.messages] == ["在这里"]
    assert moves[1:] == [("-5:77", f"{new.id}:77")]


def test_pictures_are_sent_from_the_data_folder_alone(
    platform: TelegramPlatform, service: Running, tmp_path: Path
) -> None:
    (tmp_path / "posters").mkdir()
    (tmp_path / "posters" / "1.png").write_bytes(png())
    (tmp_path.parent / "secret.png").write_bytes(png())
    ann = platform.user(77)

    def shown(picture: str) -> tuple[str, str]:
        reply = Reply("chat", "海报", picture=picture)
        assert isinstance(service.call(service.telegram.send("77", (reply,))), Delivered)
        return ann.last.kind, ann.last.text

    assert shown("posters/1.png") == ("photo", "海报")
    assert shown("posters/none.png") == ("text", "海报")
    assert shown("../secret.png") == ("text", "海报")


@pytest.mark.usefixtures("service")
def test_the_command_menu_stands_in_both_languages(platform: TelegramPlatform) -> None:
    menus = platform.state.commands

    assert {tuple(one["description"] for one in menu) for menu in menus.values()} == {
        ("帮助", "语言"),
        ("Help", "Language"),
    }


@pytest.mark.usefixtures("service")
def test_messages_of_one_chat_keep_their_order(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    people = [platform.user(number) for number in (71, 72, 73)]
    for number in range(6):
        for person in people:
            person.says(f"{person.id} {number}")
    for person in people:
        person.wait_for(6, seconds=20)

    for person in people:
        mine = [text for text in conversation.texts if text.startswith(f"{person.id} ")]
        assert mine == [f"{person.id} {number}" for number in range(6)]
        assert [message.text for message in person.received] == [f"收到：{text}" for text in mine]


@pytest.mark.usefixtures("service")
def test_repeats_and_restarts_have_one_effect(
    platform: TelegramPlatform, conversation: WrittenConversation
) -> None:
    ann = platform.user(77)
    sent = ann.says("软管")
    ann.wait_for(1)

    ann.repeats(sent)
    ann.says("楼道有烟怎么办")
    ann.wait_for(2)

    assert len(ann.received) == 2
    assert conversation.texts == ["软管", "软管", "楼道有烟怎么办"]
    assert conversation.received[0].id == conversation.received[1].id


def test_whoever_writes_too_fast_is_told_once(
    platform: TelegramPlatform, conversation: WrittenConversation, service: Running
) -> None:
    ann = platform.user(77)
    for number in range(16):
        ann.says(f"话{number}")
    ann.says("着火了")
    assert platform.settle(20)
    ann.wait_for(12, seconds=30)

    told = [message.text for message in ann.received]
    assert told.count("你发得太快了。") == 1
    assert any(text.startswith("现在打119") for text in told)


def test_the_token_is_never_logged(
    platform: TelegramPlatform,
    conversation: WrittenConversation,
    config: TelegramConfig,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG), running(conversation, config):
        ann = platform.user(77)
        platform.fail_next(2, "html", "sendMessage")
        ann.says("软管")
        assert wait_until(lambda: bool(platform.calls_to("getMe")))
        platform.settle()

    assert platform.token not in caplog.text
    assert platform.token.partition(":")[2] not in caplog.text
