"""Replies as they are stored, read again by this release and by another."""

import json
from dataclasses import asdict, replace

import pytest

from bot.dialogue.turns import replies_from_json, reply_from_json, reply_to_json
from bot.messages import Card, Choice, CitedArticle, Reply

WHOLE = Reply(
    "answer",
    "答",
    choices=(Choice("常用电话", function="phones"), Choice("楼道有烟", "smoke.corridor")),
    picture="cards/one.png",
    card=Card("演练", "周六上午", "https://example.org/drill", "drill.png"),
    wants="place",
    language="en",
)


def test_card_picture_wants_language_and_functions_come_back() -> None:
    assert replies_from_json(json.loads(json.dumps([reply_to_json(WHOLE)]))) == (WHOLE,)


def test_every_part_of_a_reply_is_stored() -> None:
    whole = replace(WHOLE, basis="依据", hint="轻声", topics=("a",), rateable=True)
    whole = replace(whole, citations=(CitedArticle("消防法", "第五条", "全文"),))

    assert json.dumps(reply_to_json(whole)) == json.dumps(asdict(whole))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"card": {"title": "无址"}}, {"card": None}),
        ({"card": []}, {"card": None}),
        ({"card": {"url": "u"}}, {"card": Card("", "", "u")}),
        ({"wants": "money"}, {"wants": ""}),
        ({"wants": None}, {"wants": ""}),
        ({"language": "fr"}, {"language": "zh"}),
        ({"picture": 3}, {"picture": ""}),
        ({"choices": [{"label": "甲", "function": 1}]}, {"choices": (Choice("甲"),)}),
    ],
    ids=str,
)
def test_what_another_release_wrote_takes_its_default(
    changed: dict[str, object], expected: dict[str, object]
) -> None:
    read = reply_from_json(reply_to_json(WHOLE) | changed)

    assert read is not None
    assert {name: getattr(read, name) for name in expected} == expected
    assert read.text == WHOLE.text


def test_as_a_release_without_functions_wrote_it() -> None:
    old = {"kind": "clarify", "text": "哪一个？", "choices": [{"label": "甲", "topic": "a"}]}
    assert reply_from_json(old) == Reply("clarify", "哪一个？", choices=(Choice("甲", "a"),))
