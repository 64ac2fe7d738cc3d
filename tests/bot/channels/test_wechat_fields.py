"""Reading fields that anybody may have written: what is kept, and what is refused early."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat_errors import Malformed
from bot.channels.wechat_fields import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    needed,
    number_of,
    parts_of,
    read_fields,
    text_of,
)


def nested(depth: int) -> bytes:
    return b"<xml>" + b"<a>" * depth + b"</a>" * depth + b"</xml>"


def test_texts_groups_and_repeated_items_are_read() -> None:
    fields = read_fields(
        b"<xml>\n <A><![CDATA[<b>&]]></A>\n <B>1 &lt; 2</B><C/>"
        b"<D><item><E>1</E></item><item><E>2</E></item></D></xml>"
    )

    assert fields == {
        "A": "<b>&",
        "B": "1 < 2",
        "C": "",
        "D": {"item": [{"E": "1"}, {"E": "2"}]},
    }


def test_a_cdata_end_that_the_platform_has_split_is_one_text() -> None:
    assert read_fields(b"<xml><A><![CDATA[a]]]]><![CDATA[>b]]></A></xml>") == {"A": "a]]>b"}


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a\x00b\x08c\x1fd", "abcd"),
        (b"a\tb\nc", "a\tb\nc"),
        ("\ufffe\uffff火".encode(), "火"),
        (b"\xed\xa0\xbd\xe7\x81\xab", "\ufffd\ufffd\ufffd火"),
        (b"\xff\xe7\x81\xab", "\ufffd火"),
        ("🔥𠮷".encode(), "🔥𠮷"),
    ],
    ids=["C0", "tab and newline", "no characters", "lone surrogate", "not UTF-8", "astral"],
)
def test_what_xml_cannot_hold_costs_itself_alone(raw: bytes, text: str) -> None:
    assert read_fields(b"<xml><A><![CDATA[" + raw + b"]]></A></xml>") == {"A": text}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"hello",
        b"<xml>",
        b"<xml/>",
        b"<xml>text</xml>",
        b"<html><A>1</A></html>",
        b"<xml><A>1</B></xml>",
        b"<xml><A>1</A></xml><xml/>",
        b"<xml><A>1</A><A>2</A></xml>",
        b"<xml><A>]]></A></xml>",
        b"<xml><A>&#0;</A></xml>",
        b"<xml><A>&unknown;</A></xml>",
        b"<!DOCTYPE xml><xml><A>1</A></xml>",
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><A>1</A></xml>',
        nested(MAX_DEPTH + 1),
        b"<xml>" + b"<List/>" * (MAX_ELEMENTS + 1) + b"</xml>",
        "<xml><A>1</A></xml>".encode("utf-16"),
        b"{",
        b"{]",
        b'{"A":1,"A":2}',
        b'{"A":' * 20_000,
        b'{"A":' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"A":"\xff',
    ],
)
def test_what_no_platform_sends_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_fields(body)


@pytest.mark.parametrize(
    "body", [nested(30_000), b"<xml>" + b"<a>" * 21_000, b"<xml>" + b"<List/>" * 9_000]
)
def test_a_body_made_to_be_dear_is_cheap(body: bytes) -> None:
    began = time.process_time()

    with pytest.raises(Malformed):
        read_fields(body)

    # xmltodict takes 15 to 70 ms for these, this 0.2.
    assert time.process_time() - began < 0.01


def test_a_message_at_the_limits_is_read() -> None:
    assert read_fields(nested(MAX_DEPTH - 1))
    assert read_fields(b"<xml>" + b"<List/>" * (MAX_ELEMENTS - 1) + b"</xml>")


def test_json_is_read_to_the_same_fields() -> None:
    fields = read_fields(
        b' {"MsgId":6054768590064713728,"A":null,"B":true,"C":1.50,"D":{"List":[{"E":"1"}]}}'
    )

    assert fields == {
        "MsgId": "6054768590064713728",
        "A": "",
        "B": "True",
        "C": "1.50",
        "D": {"List": [{"E": "1"}]},
    }


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"<xml>{text}".encode()))
def test_nothing_but_malformed_is_raised(body: bytes) -> None:
    try:
        assert isinstance(read_fields(body), dict)
    except Malformed as refusal:
        problem = str(refusal)
        assert len(problem) < 200


@given(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])))
def test_a_text_in_cdata_comes_through(text: str) -> None:
    split = text.replace("]]>", "]]]]><![CDATA[>")

    fields = read_fields(f"<xml><A><![CDATA[{split}]]></A></xml>".encode())

    kept = (c for c in text if c >= " " or c in "\t\n")
    assert fields["A"] == "".join(kept).replace("\ufffe", "").replace("\uffff", "")


def test_fields_are_taken_as_texts_numbers_and_parts() -> None:
    fields = read_fields(
        b"<xml><A> a </A><B>-7</B><C>\xe2\x91\xa7</C><D/><G><H>1</H></G>"
        b"<List><H>1</H></List><List>text</List></xml>"
    )

    assert (text_of(fields, "A"), text_of(fields, "G"), text_of(fields, "Z")) == ("a", "", "")
    assert number_of(fields, "B") == -7
    assert [number_of(fields, name) for name in ("A", "C", "D", "G", "Z")] == [None] * 5
    assert number_of({"A": "9" * 400}, "A") is None
    assert parts_of(fields, "List") == [{"H": "1"}]
    assert parts_of(fields, "G") == [{"H": "1"}]
    assert parts_of(fields, "A") == parts_of(fields, "Z") == []
    with pytest.raises(Malformed, match="Z is missing"):
        needed(fields, "Z")
