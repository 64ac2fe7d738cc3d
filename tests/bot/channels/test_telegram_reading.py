"""Every kind of update becomes what it means, or nothing."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_groups import Me
from bot.channels.telegram_reading import (
    ANONYMOUS_ADMINISTRATOR,
    Moved,
    Received,
    Said,
    Tapped,
    UnreadableUpdate,
    Voted,
    read_update,
    update_id_of,
)
from bot.channels.telegram_taps import Rate, Say
from bot.messages import Account, Event, Media, Place, Utterance
from tests.bot.channels.telegram_updates import (
    ANN,
    BOT,
    BOT_ID,
    BOT_NAME,
    GROUP,
    PRIVATE,
    SENT_AT,
    Json,
    entity,
    in_group,
    member,
    message,
    tap,
    update,
)

ME = Me(BOT_ID, BOT_NAME)
PRIVATE_ANN = Account("telegram", "77")
GROUP_ANN = Account("telegram", "-100500:77")
FILE = {"file_id": "f1", "file_unique_id": "u1"}
PICTURE = FILE | {"width": 90, "height": 90}
PLACE = {"latitude": 30.5, "longitude": 114.3}
QUERY = ("u:900", "q1")
MOVING = PICTURE | {"duration": 3}


def read(data: Json) -> Received | None:
    return read_update(data, ME)


def said(data: Json) -> Utterance:
    received = read(data)
    assert isinstance(received, Said)
    return received.utterance


def test_a_text_keeps_its_sender_id_and_time() -> None:
    utterance = said(update(text="楼道有烟怎么办"))

    assert utterance == Utterance(
        PRIVATE_ANN,
        "u:900",
        "楼道有烟怎么办",
        datetime.fromtimestamp(SENT_AT, UTC),
        language="zh-hans",
    )


@pytest.mark.parametrize(
    ("code", "language"),
    [("en", "en"), ("zh-hans", "zh-hans"), (None, ""), (7, ""), ("x" * 99, ""), ("e\x00n", "en")],
    ids=["English", "Chinese", "not said", "no text", "much too long", "unstorable"],
)
def test_the_language_of_the_app_comes_along(code: object, language: str) -> None:
    sender = {**ANN, "language_code": code}
    changed = member(PRIVATE, "kicked", "member")
    changed["my_chat_member"]["from"] = sender

    assert said(update(message=message(sender=sender, text="/start"))).language == language
    assert said(changed).language == language
    tapped = read(tap("m", **{"from": sender}))
    assert isinstance(tapped, Tapped)
    assert tapped.language == language


@pytest.mark.parametrize(
    ("text", "event", "shown"),
    [
        ("/start", Event("followed"), ""),
        ("/start building_7K2M9QXA", Event("scanned", "building_7K2M9QXA"), ""),
        ("/start checkin_1", Event("scanned", "checkin_1"), ""),
        ("/help", None, "/help"),
        ("/language", None, "/language"),
        ("/startle", None, "/startle"),
        (f"/menu@{BOT_NAME}", None, "/menu"),
        (f"/start@{BOT_NAME.lower()} building_1", Event("scanned", "building_1"), ""),
    ],
)
def test_commands(text: str, event: Event | None, shown: str) -> None:
    utterance = said(update(text=text))

    assert (utterance.event, utterance.text) == (event, shown)


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (
            {"photo": [PICTURE, FILE | {"file_id": "big", "width": 900, "height": 900}, PICTURE]},
            Media("photo", "big"),
        ),
        ({"voice": FILE | {"duration": 2}}, Media("voice", "f1")),
        ({"video": MOVING}, Media("video", "f1")),
        ({"video_note": FILE | {"length": 9, "duration": 2}}, Media("video", "f1")),
        ({"animation": MOVING, "document": FILE}, Media("video", "f1")),
        ({"document": FILE | {"file_name": "表.xlsx"}}, Media("file", "f1", "表.xlsx")),
        (
            {"document": FILE | {"file_name": "a.jpg", "mime_type": "image/jpeg"}},
            Media("photo", "f1", "a.jpg"),
        ),
        ({"audio": FILE | {"duration": 2, "file_name": "a.mp3"}}, Media("file", "f1", "a.mp3")),
        (
            {
                "sticker": PICTURE
                | {"type": "regular", "is_animated": False, "is_video": False, "emoji": "🔥"}
            },
            Media("sticker", "f1", "🔥"),
        ),
    ],
    ids=[
        "the largest photo", "voice", "video", "round video", "animation", "file",
        "a photo sent as a file", "music", "sticker",
    ],
)  # fmt: skip
def test_media(content: Json, media: Media) -> None:
    utterance = said(update(caption="三楼楼道", **content))

    assert utterance.media == (media,)
    assert utterance.text == "三楼楼道"


def test_places() -> None:
    venue = {"location": PLACE, "title": "三栋", "address": "和平路1号"}

    assert said(update(location=PLACE)).place == Place(30.5, 114.3, label="")
    assert said(update(location=PLACE | {"live_period": 900})).place == Place(30.5, 114.3)
    assert said(update(location=PLACE, venue=venue)).place == Place(30.5, 114.3, "三栋 和平路1号")


@pytest.mark.parametrize(
    "content",
    [
        {"contact": {"phone_number": "13800000000", "first_name": "张"}},
        {"dice": {"emoji": "🎲", "value": 3}},
        {"text": f"@{BOT_NAME}"},
    ],
    ids=["contact", "dice", "nothing but our name"],
)
def test_what_nobody_reads_is_still_answered_and_not_kept(content: Json) -> None:
    utterance = said(update(**content))

    assert utterance.event == Event("unread")
    assert "13800000000" not in repr(utterance)


def test_an_edited_text_is_marked_and_has_an_id_of_its_own() -> None:
    utterance = said(update(901, edited_message=message(text="着火了", edit_date=SENT_AT + 60)))

    assert utterance.is_edit
    assert (utterance.id, utterance.text) == ("u:901", "着火了")
    assert utterance.sent_at == datetime.fromtimestamp(SENT_AT + 60, UTC)


def test_a_forwarded_message_is_read_as_text() -> None:
    origin = {"type": "hidden_user", "sender_user_name": "某人", "date": SENT_AT}

    assert said(update(text="电梯能不能坐", forward_origin=origin)).text == "电梯能不能坐"


MENTION = f"@{BOT_NAME.lower()} 🔥电瓶能拿回家吗"
COMMAND = f"/help@{BOT_NAME}"
NAMED = "生命通道，电瓶能拿回家吗"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (in_group(MENTION, entity("mention", f"@{BOT_NAME.lower()}", MENTION)), "🔥电瓶能拿回家吗"),
        (in_group(COMMAND, entity("bot_command", COMMAND, COMMAND)), "/help"),
        (in_group("已打119", reply_to_message=message(GROUP, BOT, text="现在打119")), "已打119"),
        (in_group(NAMED, entity("text_mention", "生命通道", NAMED) | {"user": BOT}), NAMED),
    ],
    ids=["mentioned", "command", "answered", "named without @"],
)
def test_a_group_is_answered_when_it_speaks_to_us(data: Json, text: str) -> None:
    received = read(data)

    assert isinstance(received, Said)
    assert received.utterance.account == GROUP_ANN
    assert received.utterance.text == text
    assert received.message_id == 5


OTHER = "@LifelineBotty 在吗"
PLAIN = "/help"
OPENED = message(GROUP, BOT, forum_topic_created={"name": "安全", "icon_color": 1})


@pytest.mark.parametrize(
    "data",
    [
        in_group("我家着火了"),
        in_group(OTHER, entity("mention", "@LifelineBotty", OTHER)),
        in_group(PLAIN, entity("bot_command", PLAIN, PLAIN)),
        in_group("你好", reply_to_message=message(GROUP, ANN, text="在吗")),
        in_group("你好", reply_to_message=OPENED),
        update(message=message(GROUP, new_chat_members=[ANN])),
        update(message=message({"id": -1, "type": "channel"}, text="通知")),
        update(message=message(PRIVATE, BOT | {"id": 5}, text="我也是机器人")),
        update(message=message(pinned_message=message(text="x"))),
        update(edited_message=message(location=PLACE | {"live_period": 900})),
        {"update_id": 1},
        {"update_id": 1, "something_new": {}},
    ],
    ids=[
        "talk among people", "another's name", "a command for any bot", "an answer to somebody",
        "a forum topic of ours", "a new member", "a channel", "another bot", "a pinned message",
        "a live location moving on", "nothing", "a kind of tomorrow",
    ],
)  # fmt: skip
def test_what_is_not_meant_for_us_is_ignored(data: Json) -> None:
    assert read(data) is None


def test_an_anonymous_administrator_is_a_person() -> None:
    sender = {"id": ANONYMOUS_ADMINISTRATOR, "is_bot": True, "first_name": "Group"}
    text = f"@{BOT_NAME} 在吗"
    data = update(
        message=message(
            GROUP, sender, text=text, entities=[entity("mention", f"@{BOT_NAME}", text)]
        )
    )

    assert said(data).text == "在吗"


def test_before_telegram_has_told_our_name_a_private_chat_works() -> None:
    received = read_update(update(text="着火了"), Me(BOT_ID))

    assert isinstance(received, Said)


@pytest.mark.parametrize(
    ("data", "account", "event"),
    [
        (member(PRIVATE, "member", "kicked"), PRIVATE_ANN, Event("left")),
        (member(PRIVATE, "kicked", "member"), PRIVATE_ANN, Event("followed", "unblocked")),
        (member(GROUP, "left", "member"), GROUP_ANN, Event("followed")),
        (member(GROUP, "member", "left"), GROUP_ANN, Event("left")),
    ],
    ids=["blocked", "unblocked", "added to a group", "put out of a group"],
)
def test_comings_and_goings(data: Json, account: Account, event: Event) -> None:
    utterance = said(data)

    assert (utterance.account, utterance.event) == (account, event)


def test_a_tapped_button() -> None:
    assert read(tap("s:已打119")) == Tapped(PRIVATE_ANN, *QUERY, Say("已打119"), "zh-hans")
    assert read(tap("r:3:1", GROUP)) == Tapped(GROUP_ANN, *QUERY, Rate(3, useful=True), "zh-hans")
    assert read(tap("of another release")) == Tapped(PRIVATE_ANN, *QUERY, None, "zh-hans")


def test_a_tap_on_a_message_too_old_to_be_shown() -> None:
    old = {"chat": PRIVATE, "message_id": 1, "date": 0}

    assert read(tap("s:好", message=old)) == Tapped(PRIVATE_ANN, *QUERY, Say("好"), "zh-hans")


def test_votes_and_votes_taken_back() -> None:
    def vote(*options: int) -> Json:
        return update(poll_answer={"poll_id": "p", "user": ANN, "option_ids": list(options)})

    assert read(vote(2)) == Voted("p", PRIVATE_ANN, (2,))
    assert read(vote()) == Voted("p", PRIVATE_ANN, ())


def test_a_group_that_became_a_supergroup() -> None:
    old = {"id": -5, "type": "group", "title": "三栋群"}

    assert read(update(message=message(old, migrate_to_chat_id=-100500))) == Moved(-5, -100500)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@st.composite
def broken_updates(draw: st.DrawFn) -> Json:
    """A sound update with one value, at any depth, replaced by something else."""
    data = draw(
        st.sampled_from(
            [
                update(text="着火了", photo=[PICTURE]),
                in_group(MENTION, entity("mention", f"@{BOT_NAME.lower()}", MENTION)),
                tap("s:已打119"),
                member(PRIVATE, "member", "kicked"),
                update(poll_answer={"poll_id": "p", "user": ANN, "option_ids": [1]}),
            ]
        )
    )
    return _replaced(draw, data)


def _replaced(draw: st.DrawFn, data: Json) -> Json:
    key = draw(st.sampled_from(sorted(data)))
    inner: Any = data[key]
    if isinstance(inner, dict) and draw(st.booleans()):
        return data | {key: _replaced(draw, inner)}
    return data | {key: draw(json_values)}


@given(broken_updates())
def test_a_broken_update_is_named_as_that_and_nothing_else_goes_wrong(data: Json) -> None:
    with suppress(UnreadableUpdate):
        received = read(data)
        assert received is None or isinstance(received, Said | Tapped | Voted | Moved)


@given(json_values)
def test_anything_but_an_update_is_refused(data: object) -> None:
    with pytest.raises(UnreadableUpdate):
        update_id_of(data)
