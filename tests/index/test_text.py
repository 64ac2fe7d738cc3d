from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text import MAX_CHARACTERS, analyse, featurize, normalise

ANY_TEXT = st.text(max_size=300)
# Pieces that the rules treat specially, glued in any order.
TRICKY = st.lists(
    st.sampled_from(
        [
            *("http://a.b/c", "www.", "ｗｗｗ．", "https", "://", " ", "\n", "\u3000", "\u200b"),
            *("\x00", "\ud800", "🔥", "İ", "ﷺ", "㍿", "樓", "煤氣", "啷个", "119", "%", "meiqi"),
            *("!", "。", "e\u0301"),
        ]
    ),
    max_size=60,
).map("".join)


@given(st.one_of(ANY_TEXT, TRICKY))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@given(st.one_of(ANY_TEXT, TRICKY), st.integers(min_value=1, max_value=40))
@settings(deadline=None)
def test_normal_text_is_bounded(text: str, times: int) -> None:
    assert len(normalise(text * times)) <= MAX_CHARACTERS


@given(st.one_of(ANY_TEXT, TRICKY))
def test_no_feature_holds_a_blank_or_is_empty(text: str) -> None:
    for token in featurize(text):
        assert token
        assert not any(character.isspace() for character in token)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("樓道裡有煙", "楼道里有烟"),
        ("ＧＡＳ　Leak", "gas leak"),
        ("着火\x00\x07了", "着火了"),
        ("看这个 https://example.com/a?b=1 着火", "看这个 着火"),
        ("看www.example.com/着火", "看 着火"),
        ("  \n\t ", ""),
        ("一\n\n二", "一 二"),
        ("漏\u200b气", "漏气"),
        ("１１９", "119"),
        ("\ud800烟", "烟"),
    ],
    ids=[
        "traditional",
        "full width",
        "control characters",
        "address",
        "address before Chinese",
        "blank",
        "lines",
        "zero width",
        "full-width digits",
        "lone surrogate",
    ],
)
def test_normal_form(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_a_long_message_keeps_both_ends() -> None:
    text = normalise("开头" + "中" * 10_000 + "结尾")

    assert text.startswith("开头")
    assert text.endswith("结尾")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("樓道有煙", "楼道有烟"),
        ("屋头着火", "家里着火"),
        ("啷个办", "怎么办"),
        ("漏气嘛", "漏气"),
        ("🔥", "火"),
    ],
    ids=["traditional", "dialect noun", "dialect question", "closing particle", "emoji"],
)
def test_two_ways_to_write_have_the_same_features(first: str, second: str) -> None:
    assert featurize(first) == featurize(second)


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("煤气", "煤"),
        ("煤气", "煤气"),
        ("煤气", "mei'qi"),
        ("没汽", "mei'qi"),
        ("meiqi", "mei'qi"),
        ("mei qi", "mei'qi"),
        ("煤气", "=燃气"),
        ("wo jia meiqi lou le", "=燃气"),
        ("zhaohuo le", "=着火"),
        ("着火", "zao'fo"),
        ("小电驴", "=电动车"),
        ("gas leak", "=漏气"),
        ("119", "119"),
        ("gas", "gas"),
    ],
)
def test_features_of_a_text(text: str, feature: str) -> None:
    assert feature in featurize(text)


@pytest.mark.parametrize(
    ("heard", "meant"),
    [("发灾", "花灾"), ("楼里", "楼泥"), ("层", "岑"), ("张", "脏"), ("心", "星")],
    ids=["hu and f", "n and l", "-eng and -en", "zh and z", "-in and -ing"],
)
def test_sounds_that_are_confused_here_are_one(heard: str, meant: str) -> None:
    def sounds(text: str) -> set[str]:
        return {token for token in featurize(f"{text}的") if "'" in token}

    assert sounds(heard) == sounds(meant)


def test_bigrams_do_not_cross_punctuation() -> None:
    assert "气烟" not in featurize("气，烟")


def test_a_question_keeps_its_clauses() -> None:
    assert analyse("快来！着火了，三楼").clauses == ("快来", "着火了", "三楼")


@pytest.mark.parametrize("text", ["", "   ", "！？。", "😀😀", "\x00"])
def test_a_message_without_words_has_no_features(text: str) -> None:
    question = analyse(text)

    assert question.tokens == ()
    assert question.clauses == ()


def test_a_word_too_long_to_be_pinyin_is_one_unit() -> None:
    noise = "ma" * 200

    assert noise in featurize(noise)
