"""What is registered of who needs help: rooms, kinds, phones, and never a word more."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.assistance import (
    KIND_NAMES,
    KINDS,
    BadNeed,
    Need,
    NeedsRefused,
    a_year_after,
    checked_reason,
    floor_of,
    households,
    packed,
    read_need,
    unpacked,
)


@pytest.mark.parametrize(
    ("typed", "room"),
    [
        ("1203", "1203"),
        (" 2单元 １２-３ ", "2单元12-3"),
        ("3栋a-502室", "3栋A-502室"),
        ("负1楼", "负1楼"),
    ],
)
def test_a_room_is_unified(typed: str, room: str) -> None:
    assert read_need(typed, ["slow"]).room == room


@pytest.mark.parametrize(
    "typed", ["", "   ", "单元", "1203高血压", "1203 心脏病", "门口有狗12", "1" * 21, "1203\x00"]
)
def test_a_room_says_nothing_but_a_room(typed: str) -> None:
    with pytest.raises(BadNeed) as caught:
        read_need(typed, ["slow"])
    assert caught.value.field == "room"


@pytest.mark.parametrize("kinds", [[], ["stroke"], ["slow", "癌症"], [""]])
def test_only_kinds_of_help_are_taken(kinds: list[str]) -> None:
    with pytest.raises(BadNeed) as caught:
        read_need("1203", kinds)
    assert caught.value.field == "kinds"


def test_kinds_stand_once_in_one_order_and_each_has_words() -> None:
    assert read_need("1203", ["deaf", "wheelchair", "deaf"]).kinds == ("wheelchair", "deaf")
    assert set(KIND_NAMES) == set(KINDS)


@pytest.mark.parametrize(
    ("typed", "phone"),
    [("138 0000 0000", "13800000000"), ("023-47521234", "023-47521234"), ("  ", "")],
)
def test_a_phone_is_dialled_as_it_is_kept(typed: str, phone: str) -> None:
    assert read_need("1203", ["slow"], typed).phone == phone


@pytest.mark.parametrize("typed", ["119", "12345", "问我儿子", "1380000000"])
def test_what_no_flat_has_is_no_phone(typed: str) -> None:
    with pytest.raises(BadNeed) as caught:
        read_need("1203", ["slow"], typed)
    assert caught.value.field == "phone"


@pytest.mark.parametrize(
    ("room", "kinds", "phone"),
    [("12 03", ("slow",), ""), ("1203", (), ""), ("1203", ("slow",), "138 0000 0000")],
)
def test_a_need_is_never_made_of_what_was_not_unified(
    room: str, kinds: tuple[str, ...], phone: str
) -> None:
    with pytest.raises(BadNeed):
        Need(room, kinds, phone)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("room", "floor"),
    [
        ("1203", 12), ("301", 3), ("2单元1203", 12), ("12-3", 12), ("2单元12-3", 12),
        ("12楼3号", 12), ("负1楼", -1), ("-2层", -2), ("3栋2205室", 22), ("5号", None),
        ("十二楼", None), ("0-3", None), ("12345", None),
    ],
)  # fmt: skip
def test_a_room_tells_its_floor(room: str, floor: int | None) -> None:
    assert floor_of(room) == floor


def test_a_door_is_one_line_from_the_top_down() -> None:
    needs = [
        Need("301", ("slow",), "13800000001"),
        Need("2205", ("deaf",)),
        Need("301", ("wheelchair",), "13800000002"),
        Need("5号", ("blind",)),
    ]
    lines = households(needs, with_phones=True)
    assert [(one.room, one.floor) for one in lines] == [("2205", 22), ("301", 3), ("5号", None)]
    assert lines[1].kinds == ("wheelchair", "slow")
    assert lines[1].kind_names == ("坐轮椅", "走得慢，要人扶")
    assert lines[1].phones == ("13800000001", "13800000002")
    assert [one.phones for one in households(needs, with_phones=False)] == [(), (), ()]


@given(
    st.integers(1, 60),
    st.integers(1, 30),
    st.sets(st.sampled_from(KINDS), min_size=1),
    st.booleans(),
)
def test_what_is_packed_is_read_again(
    floor: int, door: int, kinds: set[str], has_phone: bool
) -> None:
    need = read_need(f"{floor}{door:02d}", kinds, "13800000000" if has_phone else "")
    assert unpacked(packed(need)) == need
    assert floor_of(need.room) == floor


@pytest.mark.parametrize("typed", ["", "  着火了 ", "12楼起", "x" * 501])
def test_too_little_or_too_much_is_no_reason(typed: str) -> None:
    with pytest.raises(NeedsRefused) as caught:
        checked_reason(1, 2, typed)
    assert caught.value.problem == "reason"


def test_a_reason_is_kept_without_space_around() -> None:
    assert checked_reason(1, 2, " 12楼起火了 ") == "12楼起火了"


def test_a_year_is_the_same_day_also_after_a_leap_day() -> None:
    leap = datetime(2028, 2, 29, 8, tzinfo=UTC)
    assert a_year_after(leap) == datetime(2029, 2, 28, 8, tzinfo=UTC)
    assert a_year_after(datetime(2026, 11, 22, tzinfo=UTC)) == datetime(2027, 11, 22, tzinfo=UTC)
