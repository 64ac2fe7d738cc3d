"""Names of places: what is the same building, and what a search looks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.placenames import name_key, search_terms, sort_key


@pytest.mark.parametrize(
    "same",
    [
        "双福花园三栋",
        "双福花园3幢",
        "双福花园 ３号楼",
        "双福花园03#楼",
        "双福花园第三座",
        "双福花园（3栋）",
        "双福花园3#",
        "双福花园 3 栋",
    ],
)
def test_one_building_in_many_writings(same: str) -> None:
    assert name_key(same) == name_key("双福花园3栋")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3栋", "13栋"),
        ("A座", "B座"),
        ("双福花园3栋", "双福花园3号"),
        ("一期3栋", "二期3栋"),
        ("3栋", "3-1栋"),
    ],
)
def test_different_buildings_stay_apart(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("chinese", "number"),
    [("十", 10), ("十二", 12), ("二十", 20), ("二十三", 23), ("一百零八", 108), ("二〇一", 201)],
)
def test_chinese_numerals(chinese: str, number: int) -> None:
    assert name_key(f"{chinese}栋") == f"|{number}|栋"


def test_names_with_great_numbers_stay_words() -> None:
    assert name_key("万达千禧百合园") == "万达千禧百合园"


def test_nothing_but_signs_has_no_key() -> None:
    assert name_key("——！ ") == ""
    assert search_terms("——！ ") == []


@pytest.mark.parametrize(
    ("asked", "terms"),
    [
        ("双福花园三栋", ["双福花园", "|3|栋"]),
        ("双福 3 栋", ["双福", "|3|栋"]),
        ("双福花园3栋2单元1503", ["双福花园", "|3|栋"]),
        ("双福花园3号楼15楼", ["双福花园", "|3|栋"]),
        ("滨江路八号", ["滨江路", "|8|", "号"]),
        ("江津中心Ａ座", ["江津中心a栋"]),
    ],
)
def test_what_is_asked_for(asked: str, terms: list[str]) -> None:
    assert search_terms(asked) == terms


def test_buildings_are_sorted_by_number() -> None:
    assert sorted(["10栋", "2栋", "1栋"], key=sort_key) == ["1栋", "2栋", "10栋"]


@given(st.integers(0, 999))
def test_numbers_up_to_a_thousand_read_alike(number: int) -> None:
    digits = "零一二三四五六七八九"
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    text += digits[ones] if ones or not number else ""
    assert name_key(f"园{text}栋") == f"园|{number}|栋"


@given(st.text(max_size=300))
def test_any_text_has_a_key_that_can_be_stored(text: str) -> None:
    key = name_key(text)
    assert all(sign.isalnum() or sign == "|" for sign in key)
    assert all(term in key or term for term in search_terms(text))
    key.encode()
    sort_key(text).encode()
