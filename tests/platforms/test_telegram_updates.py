"""How updates reach the bot: by asking, by webhook, and what a group lets through."""

import asyncio
import io
import json
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image
from starlette.responses import Response
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict, NetworkError, TelegramError, TimedOut

from tests.platforms.loopback import wait_until
from tests.platforms.scripted import answering
from tests.platforms.telegram import TelegramPlatform, TelegramUser
from tests.platforms.telegram_client import bot_of, call
from tests.platforms.telegram_updates import SECRET_HEADER

VOLUNTEER = 1001
SECRET = "s-1_"  # noqa: S105 - of nobody


@pytest.fixture
def platform() -> Iterator[TelegramPlatform]:
    with TelegramPlatform() as platform:
        yield platform


@pytest.fixture
def volunteer(platform: TelegramPlatform) -> TelegramUser:
    return platform.user(VOLUNTEER)


def updates(platform: TelegramPlatform, offset: int | None = None) -> list[Update]:
    return list(call(platform, lambda bot: bot.get_updates(offset)))


def picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (400, 300)).save(stream, "PNG")
    return stream.getvalue()


def test_every_kind_is_what_the_client_expects(
    platform: TelegramPlatform, volunteer: TelegramUser
) -> None:
    volunteer.starts("b_7")
    volunteer.says("楼道有烟")
    volunteer.edits("楼道有很大的烟")
    volunteer.sends_photo(picture(), "楼道")
    volunteer.sends_place(30.5, 104.1, live_seconds=60)
    volunteer.moves(30.6, 104.1)
    volunteer.forwards("听说要停气")
    volunteer.sends_file(b"pdf", "通知.pdf")
    volunteer.sends_file(b"ogg", "", "voice")
    volunteer.blocks()
    volunteer.unblocks()
    start, said, edited, photo, place, moved, forwarded, file, voice, gone, back = updates(platform)
    assert start.message
    assert start.message.text == "/start b_7"
    assert [entity.type for entity in start.message.entities] == ["bot_command"]
    assert said.effective_user
    assert said.effective_user.language_code == "zh-hans"
    assert edited.edited_message
    assert edited.edited_message.text == "楼道有很大的烟"
    assert edited.edited_message.edit_date
    assert photo.message
    assert photo.message.caption == "楼道"
    assert [size.width for size in photo.message.photo] == [100, 400]
    assert place.message
    assert place.message.location
    assert moved.edited_message
    assert moved.edited_message.location
    assert moved.edited_message.location.latitude == 30.6
    assert forwarded.message
    assert forwarded.message.forward_origin
    assert file.message
    assert file.message.document
    assert file.message.document.file_name == "通知.pdf"
    assert voice.message
    assert voice.message.voice
    assert gone.my_chat_member
    assert gone.my_chat_member.new_chat_member.status == "kicked"
    assert back.my_chat_member
    assert back.my_chat_member.new_chat_member.status == "member"


def test_an_offset_confirms(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    first = volunteer.says("一").update_id
    volunteer.says("二")
    assert [one.update_id for one in updates(platform)] == [first, first + 1]
    assert [one.update_id for one in updates(platform)] == [first, first + 1]
    assert [one.update_id for one in updates(platform, first + 1)] == [first + 1]
    assert len(updates(platform)) == 1
    volunteer.says("三")
    assert [one.update_id for one in updates(platform, -1)] == [first + 2]
    assert len(updates(platform)) == 1
    assert updates(platform, first + 3) == []
    assert platform.settle()


def test_updates_are_kept_for_a_day(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    volunteer.says("一")
    platform.clock.advance(hours=24)
    assert updates(platform) == []


def test_long_polling_ends_when_somebody_writes(
    platform: TelegramPlatform, volunteer: TelegramUser
) -> None:
    async def work(bot: Bot) -> str:
        waiting = asyncio.create_task(bot.get_updates(timeout=20))
        while not platform.calls_to("getUpdates"):
            await asyncio.sleep(0.01)
        volunteer.says("你好")
        (update,) = await waiting
        return update.effective_message.text or "" if update.effective_message else ""

    assert call(platform, work) == "你好"


def test_two_pollers_are_in_conflict(platform: TelegramPlatform) -> None:
    async def both() -> None:
        async with bot_of(platform) as first, bot_of(platform) as second:
            waiting = asyncio.create_task(first.get_updates(timeout=20))
            while not platform.calls_to("getUpdates"):
                await asyncio.sleep(0.01)
            await second.get_updates()
            with pytest.raises(Conflict, match="terminated by other getUpdates"):
                await waiting

    asyncio.run(both())


def test_polling_and_a_webhook_are_in_conflict(platform: TelegramPlatform) -> None:
    async def work(bot: Bot) -> None:
        await bot.set_webhook("http://127.0.0.1:9/telegram")
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        assert await bot.get_updates() == ()

    call(platform, work)


def test_only_what_was_asked_for(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    call(platform, lambda bot: bot.get_updates(allowed_updates=["message"]))
    volunteer.says("一")
    volunteer.edits("二")
    (update,) = updates(platform)
    assert update.message


def test_a_repeated_update(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    sent = volunteer.says("一")
    updates(platform, sent.update_id + 1)
    volunteer.repeats(sent)
    assert [one.update_id for one in updates(platform)] == [sent.update_id]


def test_pushed_until_taken(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    failures = iter([Response(status_code=500), Response(status_code=403)])
    with answering(lambda _: next(failures, None) or "") as service:
        call(platform, lambda bot: bot.set_webhook(service.url, secret_token=SECRET))
        first = volunteer.says("一").update_id
        volunteer.says("二")
        assert platform.settle()
        info = call(platform, lambda bot: bot.get_webhook_info())
        bodies = [json.loads(one.body)["update_id"] for one in service.calls]
    assert bodies == [first, first, first, first + 1]
    assert platform.pushing.tries == [500, 403, 200, 200]
    assert info.last_error_message == "Wrong response from the webhook: 403"
    assert info.pending_update_count == 0


def test_the_secret_comes_along(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    with answering(lambda _: "") as service:
        call(platform, lambda bot: bot.set_webhook(service.url, secret_token=SECRET))
        volunteer.says("一")
        assert platform.settle()
        assert service.calls[0].headers[SECRET_HEADER.lower()] == SECRET
    with pytest.raises(BadRequest, match="unallowed characters"):
        call(platform, lambda bot: bot.set_webhook(service.url, secret_token=f"{SECRET}密"))


def test_a_webhook_answer_may_carry_a_call(
    platform: TelegramPlatform, volunteer: TelegramUser
) -> None:
    asked = json.dumps({"method": "sendMessage", "chat_id": VOLUNTEER, "text": "收到"})
    with answering(lambda _: Response(asked, media_type="application/json")) as service:
        call(platform, lambda bot: bot.set_webhook(service.url))
        volunteer.says("一")
        assert volunteer.wait_for(1)[0].text == "收到"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org/", "https url must be provided"),
        ("https://example.org:8000/", "only on ports 80, 88, 443 or 8443"),
    ],
    ids=["http", "port"],
)
def test_the_real_platform_is_strict_about_addresses(url: str, words: str) -> None:
    with TelegramPlatform(is_strict=True) as platform, pytest.raises(BadRequest) as refused:
        call(platform, lambda bot: bot.set_webhook(url))
    assert words in str(refused.value).lower()


GROUP_TEXTS = {
    "small talk": ("今天天气好", False),
    "a command": ("/help", True),
    "a command for us": ("/help@lifeline_test_bot", True),
    "a command for another": ("/help@other_bot", False),
    "a mention": ("@lifeline_test_bot 楼道有烟", True),
    "a mention of another": ("@other_bot 楼道有烟", False),
}


@pytest.mark.parametrize(("text", "is_seen"), GROUP_TEXTS.values(), ids=GROUP_TEXTS.keys())
def test_privacy_in_groups(
    platform: TelegramPlatform, volunteer: TelegramUser, text: str, is_seen: bool
) -> None:
    group = platform.group(-100)
    group.adds_bot(volunteer)
    platform.state.updates.clear()
    volunteer.says(text, group)
    assert len(updates(platform)) == is_seen


def test_a_reply_to_the_bot_and_an_admin_bot(
    platform: TelegramPlatform, volunteer: TelegramUser
) -> None:
    group = platform.group(-100)
    volunteer.joins_group(group)
    call(platform, lambda bot: bot.send_message(-100, "有人吗？"))
    volunteer.says("在", group, reply_to_message=volunteer.last.api)
    group.chat.bot_is_admin = True
    volunteer.says("大家好", group)
    texts = [one.message.text for one in updates(platform) if one.message]
    assert texts == [None, "在", "大家好"]  # the first tells who joined


def test_being_added_removed_and_moved(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    group = platform.group(-100)
    group.adds_bot(volunteer)
    group.migrates(volunteer, -1009)
    group.removes_bot(volunteer)
    added, old, new, removed = updates(platform)
    assert added.my_chat_member
    assert added.my_chat_member.new_chat_member.status == "member"
    assert old.message
    assert old.message.migrate_to_chat_id == -1009
    assert new.message
    assert new.message.migrate_from_chat_id == -100
    assert removed.my_chat_member
    assert removed.my_chat_member.new_chat_member.status == "kicked"


def test_leaving(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    platform.group(-100).adds_bot(volunteer)
    assert call(platform, lambda bot: bot.leave_chat(-100))
    with pytest.raises(BadRequest, match="private chats"):
        call(platform, lambda bot: bot.leave_chat(VOLUNTEER))
    chat = call(platform, lambda bot: bot.get_chat(VOLUNTEER))
    assert chat.type == "private"


def test_trouble_on_the_way(platform: TelegramPlatform, volunteer: TelegramUser) -> None:
    platform.faults.slow_seconds = 1
    address = f"{platform.url}/bot{platform.token}/sendMessage"
    body = {"chat_id": VOLUNTEER, "text": "好"}
    platform.fail_next(1, "broken", "sendMessage")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(address, json=body)
    assert volunteer.received == []
    platform.fail_next(1, "lost", "sendMessage")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(address, json=body)
    assert len(volunteer.received) == 1  # it went out, and nobody was told

    async def meet(bot: Bot) -> None:
        platform.fail_next(1, "slow", "sendMessage")
        with pytest.raises(TimedOut):
            await bot.send_message(VOLUNTEER, "慢", read_timeout=0.1)
        platform.fail_next(1, "5xx", "sendMessage")
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.send_message(VOLUNTEER, "好")
        platform.fail_next(1, "html", "sendMessage")
        with pytest.raises(TelegramError, match="Invalid server response"):
            await bot.send_message(VOLUNTEER, "好")

    call(platform, meet)
    assert wait_until(lambda: volunteer.last.text == "慢", 3)  # late, but it went out


def test_a_platform_that_is_down_for_a_while(
    platform: TelegramPlatform, volunteer: TelegramUser
) -> None:
    volunteer.says("一")
    platform.goes_down()
    with pytest.raises(NetworkError):
        updates(platform)
    platform.comes_back()
    assert len(updates(platform)) == 1
