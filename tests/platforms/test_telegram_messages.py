"""The stand-in speaks the Bot API: checked with python-telegram-bot as its client."""

import asyncio
import io
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest
from PIL import Image
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, InvalidToken

from tests.platforms.telegram import NothingToTap, Query, Sent, TelegramPlatform, TelegramUser
from tests.platforms.telegram_client import bot_of, call

VOLUNTEER = 1001
Work = Callable[[Bot], Coroutine[Any, Any, object]]


@pytest.fixture
def platform() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as platform:
        yield platform


@pytest.fixture
def volunteer(platform: TelegramPlatform) -> TelegramUser:
    return platform.user(VOLUNTEER)


def picture(width: int = 40, height: int = 30) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(stream, "JPEG")
    return stream.getvalue()


def inline(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[button] for button in buttons])


def test_the_bot_knows_itself(platform: TelegramPlatform) -> None:
    me = call(platform, lambda bot: bot.get_me())
    assert me.username == platform.username
    assert me.id == int(platform.token.split(":")[0])
    assert me.can_read_all_group_messages is False


def test_a_wrong_token(platform: TelegramPlatform) -> None:
    answer = httpx.get(f"{platform.url}/bot1234567890:wrong/getMe")
    assert (answer.status_code, answer.json()["description"]) == (401, "Unauthorized")

    async def start() -> None:
        async with bot_of(platform, "1234567890:wrong"):
            pass

    with pytest.raises(InvalidToken):
        asyncio.run(start())


def test_a_text_is_shown(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    markup = inline(
        InlineKeyboardButton("有用", callback_data="rate:1"),
        InlineKeyboardButton("看法规", url="https://example.org/"),
    )
    sent = call(
        platform,
        lambda bot: bot.send_message(
            VOLUNTEER,
            "着火先打<b>119</b>",
            parse_mode="HTML",
            reply_markup=markup,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
    )
    assert volunteer.last.text == sent.text == "着火先打119"
    assert [button.label for button in volunteer.last.buttons] == ["有用", "看法规"]
    assert sent.reply_markup == markup


def test_json_bodies_are_taken_too(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    body = {"chat_id": VOLUNTEER, "text": "好", "reply_markup": {"keyboard": [["1", "2"]]}}
    answer = httpx.post(f"{platform.url}/bot{platform.token}/SENDMESSAGE", json=body)
    assert answer.json()["ok"] is True
    assert [key.label for key in volunteer.keyboard] == ["1", "2"]


REFUSED: dict[str, tuple[Work, str]] = {
    "too long": (lambda bot: bot.send_message(VOLUNTEER, "好" * 4097), "Message is too long"),
    "too long in UTF-16": (
        lambda bot: bot.send_message(VOLUNTEER, "🔥" * 2049),
        "Message is too long",
    ),
    "empty": (lambda bot: bot.send_message(VOLUNTEER, " "), "Message text is empty"),
    "unknown chat": (lambda bot: bot.send_message(77, "好"), "Chat not found"),
    "a tag": (
        lambda bot: bot.send_message(VOLUNTEER, "<h1>好</h1>", parse_mode="HTML"),
        "Can't parse entities",
    ),
    "an open tag": (
        lambda bot: bot.send_message(VOLUNTEER, "<b>好", parse_mode="HTML"),
        "can't find end tag",
    ),
    "callback data": (
        lambda bot: bot.send_message(
            VOLUNTEER, "好", reply_markup=inline(InlineKeyboardButton("a", callback_data="好" * 22))
        ),
        "Button_data_invalid",
    ),
    "an address": (
        lambda bot: bot.send_message(
            VOLUNTEER, "好", reply_markup=inline(InlineKeyboardButton("a", url="file:///x"))
        ),
        "wrong http url",
    ),
    "a caption": (
        lambda bot: bot.send_photo(VOLUNTEER, picture(), caption="好" * 1025),
        "Message caption is too long",
    ),
    "no picture": (lambda bot: bot.send_photo(VOLUNTEER, b"text"), "Image_process_failed"),
    "a huge picture": (
        lambda bot: bot.send_photo(VOLUNTEER, picture(9_990, 11)),
        "Photo_invalid_dimensions",
    ),
    "a question": (
        lambda bot: bot.send_poll(VOLUNTEER, "好" * 301, ["是", "否"]),
        "Poll question length",
    ),
    "options": (
        lambda bot: bot.send_poll(VOLUNTEER, "？", [str(number) for number in range(13)]),
        "from 1 to 12",
    ),
    "a right answer": (
        lambda bot: bot.send_poll(VOLUNTEER, "？", ["是"], type="quiz", correct_option_ids=[1]),
        "Wrong correct option",
    ),
    "a place": (lambda bot: bot.send_location(VOLUNTEER, 95, 104), "Wrong latitude"),
    "an edit of nothing": (
        lambda bot: bot.edit_message_text("好", VOLUNTEER, 99),
        "Message to edit not found",
    ),
    "a reply to nothing": (
        lambda bot: bot.send_message(VOLUNTEER, "好", reply_to_message_id=99),
        "Message to be replied not found",
    ),
    "a tap of nobody": (lambda bot: bot.answer_callback_query("1"), "Query is too old"),
    "a command": (lambda bot: bot.set_my_commands([("帮助", "帮助")]), "Bot_command_invalid"),
    "a file": (lambda bot: bot.get_file("none"), "Invalid file_id"),
}


@pytest.mark.parametrize(("work", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(
    platform: TelegramPlatform, volunteer: TelegramUser, work: Work, words: str
) -> None:
    with pytest.raises(BadRequest, match=words):
        call(platform, work)
    assert volunteer.received == []


def test_the_longest_text(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    call(platform, lambda bot: bot.send_message(VOLUNTEER, "好" * 4096))
    assert len(volunteer.last.text) == 4096


def test_an_upload_and_its_file_id(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    content = picture()

    async def twice(bot: Bot) -> bytes:
        sent = await bot.send_photo(VOLUNTEER, content, caption="集合点")
        again = await bot.send_photo(VOLUNTEER, sent.photo[-1].file_id)
        assert (again.photo[-1].width, again.photo[-1].height) == (40, 30)
        file = await bot.get_file(sent.photo[-1].file_id)
        return bytes(await file.download_as_bytearray())

    assert call(platform, twice) == content
    assert [shown.text for shown in volunteer.received] == ["集合点", ""]
    assert volunteer.last.photo == content


def test_a_link_is_good_for_an_hour(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    sent = volunteer.sends_photo(picture())
    file = call(platform, lambda bot: bot.get_file(sent.message["photo"][-1]["file_id"]))
    assert file.file_path
    assert httpx.get(file.file_path).status_code == 200
    platform.clock.advance(hours=1)
    assert httpx.get(file.file_path).status_code == 404


def test_a_quiz(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    call(
        platform,
        lambda bot: bot.send_poll(
            VOLUNTEER,
            "楼道有烟怎么办？",
            ["坐电梯", "退回屋里"],
            type="quiz",
            correct_option_ids=[1],
            explanation="烟往上走。",
            is_anonymous=False,
        ),
    )
    volunteer.answers_poll(1)
    (update,) = call(platform, lambda bot: bot.get_updates())
    assert update.poll_answer
    assert update.poll_answer.option_ids == (1,)
    assert volunteer.last.poll["total_voter_count"] == 1


def test_an_anonymous_poll_tells_nobody(
    platform: TelegramPlatform, volunteer: TelegramUser
) -> None:
    call(platform, lambda bot: bot.send_poll(VOLUNTEER, "？", ["是", "否"]))
    volunteer.answers_poll(0)
    assert call(platform, lambda bot: bot.get_updates()) == ()


def test_edits_change_the_message_in_its_place(
    platform: TelegramPlatform, volunteer: TelegramUser
) -> None:
    async def work(bot: Bot) -> None:
        sent = await bot.send_message(
            VOLUNTEER, "一", reply_markup=inline(InlineKeyboardButton("a", callback_data="a"))
        )
        await bot.edit_message_text("二", VOLUNTEER, sent.message_id)
        with pytest.raises(BadRequest, match="not modified"):
            await bot.edit_message_text("二", VOLUNTEER, sent.message_id)
        await bot.edit_message_reply_markup(
            VOLUNTEER,
            sent.message_id,
            reply_markup=inline(InlineKeyboardButton("b", callback_data="b")),
        )

    call(platform, work)
    (shown,) = volunteer.received
    assert shown.text == "二"
    assert shown.versions == ["一", "二"]
    assert [button.label for button in shown.buttons] == ["b"]


def test_deleting(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    first = call(platform, lambda bot: bot.send_message(VOLUNTEER, "一")).message_id
    assert call(platform, lambda bot: bot.delete_message(VOLUNTEER, first))
    assert volunteer.last.is_deleted
    second = call(platform, lambda bot: bot.send_message(VOLUNTEER, "二")).message_id
    platform.clock.advance(hours=48)
    with pytest.raises(BadRequest, match="can't be deleted"):
        call(platform, lambda bot: bot.delete_message(VOLUNTEER, second))


def test_a_tap_is_answered_once(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    markup = inline(InlineKeyboardButton("有用", callback_data="rate:1"))
    call(platform, lambda bot: bot.send_message(VOLUNTEER, "好", reply_markup=markup))
    query = volunteer.taps("有用")
    assert isinstance(query, Query)
    (update,) = call(platform, lambda bot: bot.get_updates())
    assert update.callback_query
    assert update.callback_query.data == "rate:1"
    assert update.callback_query.message
    call(platform, lambda bot: bot.answer_callback_query(query.id, "谢谢"))
    assert query.answer == {"text": "谢谢", "show_alert": False}
    with pytest.raises(BadRequest, match="too old"):
        call(platform, lambda bot: bot.answer_callback_query(query.id))
    late = volunteer.taps("rate:1")
    assert isinstance(late, Query)
    platform.clock.advance(minutes=15)
    with pytest.raises(BadRequest, match="too old"):
        call(platform, lambda bot: bot.answer_callback_query(late.id))


def test_the_keyboard_types_its_label(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    keys = ReplyKeyboardMarkup([["已打119", KeyboardButton("发位置", request_location=True)]])
    call(platform, lambda bot: bot.send_message(VOLUNTEER, "在哪？", reply_markup=keys))
    tapped = volunteer.taps("已打119")
    assert isinstance(tapped, Sent)
    assert tapped.message["text"] == "已打119"
    with pytest.raises(NothingToTap):
        volunteer.taps("发位置")
    call(
        platform,
        lambda bot: bot.send_message(VOLUNTEER, "好", reply_markup=ReplyKeyboardRemove()),
    )
    assert volunteer.keyboard == ()


def test_a_place_is_not_asked_for_in_a_group(
    platform: TelegramPlatform, volunteer: TelegramUser
) -> None:
    group = platform.group(-100)
    group.adds_bot(volunteer)
    keys = ReplyKeyboardMarkup([[KeyboardButton("发位置", request_location=True)]])
    with pytest.raises(BadRequest, match="private chats only"):
        call(platform, lambda bot: bot.send_message(-100, "在哪？", reply_markup=keys))
