"""Where somebody is: put together from the pieces in which people type it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.emergency_places import is_room, joined, looks_like_place, says_where


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ("阳光小区3栋|12楼1202", "阳光小区3栋12楼1202"),
        ("阳光小区|3栋|33楼|3303", "阳光小区3栋33楼3303"),
        ("文汇路1号阳光小区|33楼2号", "文汇路1号阳光小区33楼2号"),
        ("文汇路1号|阳光小区|3栋", "文汇路1号阳光小区3栋"),
        ("3栋|阳光小区", "阳光小区3栋"),
        ("我家在33楼|阳光小区3栋", "阳光小区3栋33楼"),
        ("我在阳光小区|三栋二单元", "阳光小区三栋二单元"),
        ("二十三楼|阳光小区", "阳光小区二十三楼"),
        ("A栋|阳光花园", "阳光花园A栋"),
        ("阳光小区|3-18-5", "阳光小区3-18-5"),
        ("阳光小区3栋|1202室", "阳光小区3栋1202室"),
        # A piece replaces the one on its own level.
        ("阳光小区3栋12楼1202|13楼", "阳光小区3栋13楼1202"),
        ("阳光小区3栋2单元1202|3号楼", "阳光小区3号楼2单元1202"),
        ("幸福小区3栋2501，我和娃儿在屋里|2502", "幸福小区3栋2502，我和娃儿在屋里"),
        # A whole address of another house replaces all.
        ("阳光小区3栋1202|龙湖5栋2单元601", "龙湖5栋2单元601"),
        ("阳光小区3栋1202|阳光小区5栋", "阳光小区5栋"),
        ("Sunshine Garden|building 3|flat 1201", "Sunshine Garden building 3 flat 1201"),
    ],
)
def test_pieces_make_one_place(pieces: str, whole: str) -> None:
    place = ""
    for piece in pieces.split("|"):
        place = joined(place, piece)
    assert place == whole


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ("3303", True), ("1202室", True), ("１２０２", True), ("601。", True), ("119", False),
        ("120", False), ("110", False), ("1", False), ("12345", False), ("13812345678", False),
        ("等3303", False),
    ],
)  # fmt: skip
def test_a_bare_room(said: str, is_one: bool) -> None:
    assert is_room(said) is is_one


@pytest.mark.parametrize(
    ("said", "is_where"),
    [
        ("我在阳光小区3栋，出不去了", True), ("我在12楼", True), ("阳光小区3栋1202着火了", True),
        ("12楼有人没出来", False), ("火烧到3栋了", False), ("老人在12楼", False),
        ("一楼着火了", False), ("我在等", False), ("", False),
    ],
)  # fmt: skip
def test_whose_place_it_is(said: str, is_where: bool) -> None:
    assert says_where(said) is is_where


@pytest.mark.parametrize(
    "said", ["二十三楼", "十二层", "B座", "a栋", "三栋", "阳光小区", "3栋", "3-18-5"]
)
def test_a_piece_is_a_place(said: str) -> None:
    assert looks_like_place(said)


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_two_texts_join(old: str, text: str) -> None:
    place = joined(old, text)
    assert len(place) <= len(old) + len(text) + 10
    assert joined("", place) is not None
