"""One person and the bot: what each kind of message and each tap brings, from the real service."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from community.files import FILES_FOLDER
from tests.platforms.loopback import wait_until
from tests.platforms.telegram import Button
from tests.talk.conftest import Town
from tests.talk.towns import (
    ANSWER,
    PATIENCE,
    QUESTION,
    Resident,
    building_code,
    deliveries_of,
    furnished,
    kept_media,
    labels,
    rows,
    run_lifeline,
    standing,
    turns_of,
)

CHINESE = {
    "first": "正在发生：先打119",
    "phones": "火警：119",
    "building": "还没绑定楼栋",
    "help": "直接打字问",
    "human": "这里没有人实时值守",
    "privacy": "我记什么",
    "language": "用哪种语言",
    "cancel": "现在没有进行到一半的事",
}
ENGLISH = {
    "first": "Happening now: call 119 first",
    "phones": "Phone numbers:",
    "building": "You have not chosen a building yet",
    "help": "Just ask",
    "human": "Nobody sits here",
    "privacy": "What I keep",
    "language": "Which language?",
    "cancel": "Nothing is in progress",
}
PHONE_NUMBER = "13800138000"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with standing(furnished(tmp_path_factory, "telegram-chats")) as town:
        yield town
        assert "Traceback" not in town.log
        assert town.telegram.token not in town.log


def jpeg() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (320, 240), "grey").save(written, "JPEG")
    return written.getvalue()


def test_the_command_menu_stands_in_both_languages(town: Town) -> None:
    menus = town.telegram.state.commands
    assert wait_until(lambda: len(menus) == 2, PATIENCE)

    in_chinese, in_english = (menus['{"type": "default"}', language] for language in ("", "en"))
    assert [one["command"] for one in in_chinese] == list(CHINESE)
    assert [one["command"] for one in in_english] == list(CHINESE)
    assert all(re.search("[一-鿿]", one["description"]) for one in in_chinese)
    assert not any(re.search("[一-鿿]", one["description"]) for one in in_english)


def test_every_command_of_the_menu_is_answered_in_chinese(town: Town) -> None:
    people = {name: Resident.of(town, 100 + n) for n, name in enumerate(CHINESE)}
    for name, who in people.items():
        who.user.says(f"/{name}")

    assert {name: who.reads()[0].text for name, who in people.items()} == {
        name: StartsWith(words) for name, words in CHINESE.items()
    }


def test_every_command_of_the_menu_is_answered_in_english(town: Town) -> None:
    """Asked for once, it stays: menus and the bot's own words, by anybody's Telegram."""
    people = {name: Resident.of(town, 120 + n) for n, name in enumerate(ENGLISH)}
    for name, who in people.items():
        assert who.asks("/language").text.startswith("用哪种语言")
        assert who.taps("2 English").text.startswith("OK. Menus and emergency replies")
        who.user.says(f"/{name}")

    for name, who in people.items():
        assert ENGLISH[name] in who.reads()[0].text


class StartsWith(str):
    """A text that equals whatever holds it."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self in str(other)


def test_an_emergency_in_english_and_an_answer_in_chinese(town: Town) -> None:
    who = Resident.of(town, 140, "en")
    assert who.asks("/english").text.startswith("OK. Menus")

    fire = who.asks("my kitchen is on fire")
    assert fire.text.startswith("Call 119 now (free). This is an automatic reply.")
    assert labels(fire) == ["1 I called 119", "2 I cannot call", "3 Not happening now"]
    assert who.taps("3 Not happening now").buttons == ()
    answer = who.asks(QUESTION).text
    assert answer.startswith(f"(This answer is in Chinese only.)\n{ANSWER}")

    back = Resident.of(town, 141)
    back.asks("/english")
    assert back.asks("中文").text == "好，以后用中文。"
    assert back.asks("/phones").text.startswith("常用电话")


def test_a_deep_link_leads_to_a_building(town: Town) -> None:
    who = Resident.of(town, 150)
    who.user.starts(f"building_{building_code(town.data_dir)}")

    welcome, asked = who.reads(2)
    assert welcome.text.startswith("我是生命通道")
    assert asked.text == "你住在（或常在）城东街道文汇社区阳光小区3栋吗？"
    assert who.taps("1 是，绑定").text.startswith("绑好了：阳光小区3栋")
    assert "消防控制室：023-79220009" in who.asks("/phones").text

    stranger = Resident.of(town, 151)
    stranger.user.starts("building_NOSUCH00")
    assert stranger.reads(2)[1].text.startswith("这个码认不出来")
    bound = "SELECT count(*) FROM binding"
    assert rows(town.data_dir, bound) == [(1,)]


def test_an_old_button_still_means_what_it_says(town: Town) -> None:
    who = Resident.of(town, 160)
    who.user.starts(f"building_{building_code(town.data_dir, '5栋')}")
    _, asked = who.reads(2)
    assert who.asks("/privacy").text.startswith("我记什么")

    assert who.taps("1 是，绑定", asked).text.startswith("绑好了：阳光小区5栋")
    assert who.taps("1 是，绑定", asked).text.startswith("你已经绑了阳光小区5栋")


def test_a_button_of_nobody_knows_when_is_said_to_be_stale(town: Town) -> None:
    """A turn forgotten after a day, and a button that no release of ours made."""
    who = Resident.of(town, 161)
    shown = who.asks("/first")
    for data in ("t:999999999:0", "t:0:0", "x:nonsense", "r:999999999:1"):
        shown.buttons = (Button("旧按钮", data),)
        assert who.is_told_by("旧按钮", shown) == "这个按钮已经过时了，请直接打字问我。"
    who.reads_nothing()


def test_an_answer_is_rated_by_its_buttons(town: Town) -> None:
    who = Resident.of(town, 162)
    who.user.says(QUESTION)
    answer, privacy = who.reads(2)
    assert labels(answer)[-3:] == ["依据", "有用", "没用"]
    assert privacy.text.startswith("我只记问答")

    assert who.is_told_by("有用", answer) == "谢谢，记下了。"
    assert rows(town.data_dir, "SELECT useful FROM feedback") == [(1,)]
    assert who.taps("依据", answer).text.startswith("这条回答的依据")


def test_photos_stickers_videos_and_files_are_answered_in_words(town: Town) -> None:
    kinds = [Resident.of(town, 170 + n) for n in range(5)]
    photo, captioned, sticker, video, file = kinds
    photo.user.sends_photo(jpeg())
    captioned.user.sends_photo(jpeg(), "常用电话")
    sticker.user.sends(
        sticker={
            "file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9,
            "is_animated": False, "is_video": False, "emoji": "👍",
        }
    )  # fmt: skip
    video.user.sends_file(b"mp4", "v.mp4", "video")
    file.user.sends_file(b"%PDF", "通知.pdf")

    starts = ["照片收到。这是什么隐患", "常用电话", "收到。", "我看不了视频", "文件我打不开"]
    for who, start in zip(kinds, starts, strict=True):
        assert who.reads()[0].text.startswith(start)


def test_a_recording_reaches_staff_when_4_is_chosen(town: Town) -> None:
    who = Resident.of(town, 180)
    recording = b"OggS\x00" + bytes(range(256)) * 40
    who.user.sends_file(recording, "voice.ogg", "voice")

    offered = who.reads()[0]
    assert offered.text.startswith("我听不了语音。着火、漏气、有人晕倒：马上打119。")
    assert labels(offered) == ["1 着火了", "2 闻到气味", "3 报隐患", "4 找人工"]
    stored = town.data_dir / FILES_FOLDER
    assert not stored.exists()  # nobody has asked for it yet
    booked = who.asks("4").text
    code = re.findall("编号([0-9A-Z]{8})", booked)[0]

    assert wait_until(lambda: kept_media(town.data_dir, code) == recording, PATIENCE)
    assert f"inbox save {code}" in run_lifeline(town.data_dir, "inbox", "show", code)


def test_a_place_is_looked_up_and_a_moving_one_asked_once(town: Town) -> None:
    who = Resident.of(town, 190)
    who.user.sends_place(29.53123, 108.77321, live_seconds=900)
    assert who.reads()[0].text.startswith("附近没有登记的楼栋")
    who.user.moves(29.54, 108.78)

    assert town.telegram.settle()
    who.reads_nothing()
    assert "29.53123" not in everything_stored(town.data_dir)


def test_a_contact_is_answered_and_never_kept(town: Town) -> None:
    who = Resident.of(town, 191)
    who.user.sends(contact={"phone_number": PHONE_NUMBER, "first_name": "张三", "user_id": 4})

    assert who.reads()[0].text.startswith("这种消息我看不了，打字告诉我就行")
    assert PHONE_NUMBER not in everything_stored(town.data_dir)
    assert PHONE_NUMBER not in town.log


def everything_stored(data_dir: Path) -> str:
    """Return every value of every table of the main database, as text."""
    tables = rows(data_dir, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return "\n".join(repr(rows(data_dir, f"SELECT * FROM {name}")) for (name,) in tables)  # noqa: S608 - names of our own tables


def test_an_edited_and_a_forwarded_message_are_read(town: Town) -> None:
    who = Resident.of(town, 192)
    who.asks("常用电花")
    who.user.edits("常用电话")
    assert who.reads()[0].text.startswith("常用电话")
    who.user.forwards("我的楼栋")
    assert who.reads()[0].text.startswith("还没绑定楼栋")


def test_editing_what_was_left_for_staff_leaves_nothing_twice(town: Town) -> None:
    who = Resident.of(town, 193)
    who.asks("/human")
    booked = who.asks("消防栓没有水").text
    who.user.edits("消防栓没有水了")
    who.reads()

    left = (
        "SELECT said FROM staff_request JOIN channel_account"
        " ON channel_account.id = account_id WHERE name = '193'"
    )
    assert booked.startswith("记下了")
    assert rows(town.data_dir, left) == [("消防栓没有水",)]


def test_the_same_update_again_has_no_second_effect(town: Town) -> None:
    who = Resident.of(town, 194)
    sent = who.user.says("常用电话")
    who.reads()
    who.user.repeats(sent)
    who.user.repeats(sent)

    assert town.telegram.settle()
    who.reads_nothing()
    assert turns_of(town.data_dir, "194") == ["常用电话"]


def test_nothing_is_sent_to_who_blocked_us_until_they_come_back(town: Town) -> None:
    who = Resident.of(town, 195)
    town.telegram.flood(195, 2.0)
    refused = town.telegram.pace.refused
    who.user.says("/phones")
    assert wait_until(lambda: town.telegram.pace.refused > refused, PATIENCE)
    who.user.blocks()

    assert wait_until(lambda: deliveries_of(town.data_dir, "195") == ["cancelled"], PATIENCE)
    who.user.starts()  # unblocks the bot, and says /start as well: one welcome is enough
    assert who.reads()[0].text.startswith("我是生命通道")
    who.reads_nothing()
    assert deliveries_of(town.data_dir, "195")[0] == "cancelled"
