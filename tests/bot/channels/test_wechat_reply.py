"""Replies in WeChat's own forms: one text, picture or card, whatever the words hold."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat_reply import (
    MAX_TEXT_BYTES,
    Envelope,
    passive_message,
    text_content,
    to_json,
    to_xml,
)
from bot.messages import Card, Choice, Reply
from tests.bot.channels.wechat_service import NOW, OPENID, OWNER, as_json

TO = Envelope(OPENID, OWNER)
CARD = Card("三月曝光台", "三处已整改", "https://example.org/3", "https://example.org/3.png")


class Uploaded:
    """The pictures that lie with the platform already."""

    def media_id(self, path: str) -> str | None:
        return {"a.png": "MEDIA"}.get(path)


def kind_of(*replies: Reply) -> object:
    message = passive_message(replies, TO, NOW, Uploaded())
    return message and message["MsgType"]


def content_of(xml: bytes) -> str:
    return ElementTree.fromstring(xml).findtext("Content") or ""  # noqa: S314


def test_a_text_is_as_the_documents_show_it() -> None:
    message = passive_message((Reply("chat", "你好"),), TO, NOW, None)

    assert message is not None
    assert to_xml(message).decode() == (
        f"<xml><ToUserName><![CDATA[{OPENID}]]></ToUserName>"
        f"<FromUserName><![CDATA[{OWNER}]]></FromUserName>"
        "<CreateTime>1795320000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        "<Content><![CDATA[你好]]></Content></xml>"
    )


def test_several_replies_are_one_text() -> None:
    replies = (Reply("emergency", "先打119。"), Reply("answer", "关门。", basis="依据：消防法"))

    assert text_content(replies) == "先打119。\n\n关门。\n依据：消防法"


def test_choices_can_be_tapped_and_keep_their_numbers() -> None:
    reply = Reply("clarify", "哪一个？", choices=(Choice("软管多久换"), Choice("A&B")))

    assert text_content((reply,)) == (
        "哪一个？\n"
        '1 <a href="weixin://bizmsgmenu?msgmenucontent=软管多久换&msgmenuid=1">软管多久换</a>\n'
        "2 A&B"
    )


def test_in_an_emergency_the_choices_stay_on_one_line() -> None:
    reply = Reply("emergency", "打119。", choices=(Choice("已打119"), Choice("打不了电话")))

    first, second = text_content((reply,)).split("\n")[1].split("　")

    assert first.startswith('1 <a href="weixin://bizmsgmenu?msgmenucontent=已打119&')
    assert second.endswith(">打不了电话</a>")


def test_links_go_before_words_do() -> None:
    choices = tuple(Choice(f"第{number}个选择") for number in range(8))
    reply = Reply("clarify", "字" * 500, choices=choices)

    text = text_content((reply,))

    assert "<a" not in text
    assert text.endswith("8 第7个选择")


@pytest.mark.parametrize(
    "words",
    ['<a href="https://evil.example">119</a>', "< A href='x'>", "< / a >", "<\na href=x>"],
)
def test_somebody_elses_words_never_become_a_link(words: str) -> None:
    reply = Reply("chat", f"邻居说：{words}", choices=(Choice(words),))

    text = text_content((reply,))

    assert "＜" in text
    assert "<" not in text.replace("</a>", "") or "<a" not in text.lower()


def test_less_than_stays_less_than() -> None:
    assert text_content((Reply("chat", "压力<0.3，a<b"),)) == "压力<0.3，a<b"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("字" * 700, "字" * 665 + "…"),
        ("🔥" * 600, "🔥" * 499 + "…"),
        ("字" * 600 + "\n" + "字" * 100, "字" * 600 + "…"),
        ("字\n" + "字" * 700, "字\n" + "字" * 664 + "…"),
    ],
    ids=["characters", "astral", "at a line's end", "not at an early line's end"],
)
def test_a_text_too_long_is_cut_between_characters(text: str, kept: str) -> None:
    assert text_content((Reply("answer", text),)) == kept


def test_a_card_is_an_article() -> None:
    message = passive_message((Reply("chat", "看这里", card=CARD),), TO, NOW, None)

    assert message is not None
    assert (
        to_xml(message)
        .decode()
        .endswith(
            "<MsgType><![CDATA[news]]></MsgType><ArticleCount>1</ArticleCount><Articles><item>"
            "<Title><![CDATA[三月曝光台]]></Title><Description><![CDATA[看这里\n三处已整改]]>"
            "</Description><PicUrl><![CDATA[https://example.org/3.png]]></PicUrl>"
            "<Url><![CDATA[https://example.org/3]]></Url></item></Articles></xml>"
        )
    )
    articles = as_json(to_json(message))["Articles"]
    assert isinstance(articles, list)
    assert articles[0]["Title"] == "三月曝光台"


def test_a_cards_picture_must_be_an_address() -> None:
    card = Card("题", "", "https://example.org/", "cards/3.png")

    message = passive_message((Reply("chat", "看", card=card),), TO, NOW, None)

    assert message is not None
    assert b"<PicUrl><![CDATA[]]></PicUrl>" in to_xml(message)


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ((), None),
        ((Reply("chat", ""),), None),
        ((Reply("chat", "\x00\x1b"),), None),
        ((Reply("chat", "字"),), "text"),
        ((Reply("chat", "字", card=CARD),), "news"),
        ((Reply("chat", "字", card=CARD), Reply("chat", "字")), "text"),
        ((Reply("chat", "字", card=CARD, choices=(Choice("1"),)),), "text"),
        ((Reply("emergency", "打119", card=CARD),), "text"),
        ((Reply("chat", "字", picture="a.png"),), "image"),
        ((Reply("chat", "字", picture="b.png"),), "text"),
        ((Reply("chat", "字", picture="a.png", choices=(Choice("1"),)),), "text"),
        ((Reply("crisis", "字", picture="a.png"),), "text"),
    ],
)
def test_which_form_a_reply_takes(replies: tuple[Reply, ...], kind: str | None) -> None:
    assert kind_of(*replies) == kind


def test_a_card_in_a_text_shows_its_address() -> None:
    text = text_content((Reply("chat", "字", card=CARD), Reply("chat", "完")))

    assert text == "字\n三月曝光台\nhttps://example.org/3\n\n完"


anything = st.text(st.characters(codec=None, categories=None), max_size=80) | st.sampled_from(
    ["]]>", "]]]]>>", "<![CDATA[", "]]></Content><MsgType>", "\x00]\x01]>", "\ud800", "]]\ufffe>"]
)


@given(st.lists(anything, max_size=4).map("".join), st.lists(anything, max_size=3))
def test_whatever_the_words_the_xml_is_well_formed_and_one_text(
    words: str, labels: list[str]
) -> None:
    reply = Reply("chat", f"答：{words}", choices=tuple(map(Choice, labels)))
    message = passive_message((reply,), TO, NOW, None)
    assert message is not None

    root = ElementTree.fromstring(to_xml(message))  # noqa: S314

    names = [child.tag for child in root]
    assert names == ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"]
    content = content_of(to_xml(message))
    assert content == message["Content"]
    assert not [c for c in content if c < " " and c not in "\n\t"]
    assert len(content.encode()) <= MAX_TEXT_BYTES
    assert as_json(to_json(message))["Content"] == content
