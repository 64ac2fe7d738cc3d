"""Callback data goes out and comes back as the same thing, or as nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_taps import (
    LARGEST_ID,
    MOST_BYTES,
    Basis,
    Cry,
    More,
    Rate,
    Say,
    Tap,
    TapData,
    decode_tap,
    encode_tap,
)

ids = st.integers(0, LARGEST_ID)
taps = st.one_of(
    st.builds(Say, st.text(min_size=1)),
    st.builds(Cry, st.text(min_size=1)),
    st.builds(Tap, ids, st.integers(0, 999)),
    st.builds(Rate, ids, st.booleans()),
    st.builds(Basis, ids),
    st.just(More()),
)


@given(taps)
def test_what_fits_comes_back_as_it_was(tap: TapData) -> None:
    data = encode_tap(tap)

    assert data is None or (len(data.encode()) <= MOST_BYTES and decode_tap(data) == tap)


@given(
    st.one_of(
        st.builds(Tap, ids, st.integers(0, 999)),
        st.builds(Rate, ids, st.booleans()),
        st.builds(Basis, ids),
    )
)
def test_ids_always_fit(tap: TapData) -> None:
    assert encode_tap(tap) is not None


@pytest.mark.parametrize(
    ("label", "fits"),
    [("已打119", True), ("一" * 20 + "ab", True), ("一" * 20 + "abc", False), ("一" * 21, False)],
    ids=["short", "62 bytes", "63 bytes", "63 bytes of Chinese"],
)
def test_a_label_fits_by_its_bytes(label: str, fits: bool) -> None:
    assert (encode_tap(Say(label)) is not None) is fits


@given(st.text())
def test_anything_can_be_read(data: str) -> None:
    tap = decode_tap(data)

    assert tap is None or encode_tap(tap) in {data, None} or isinstance(tap, Tap | Rate | Basis)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "s:",
        "c:",
        "t:1",
        "t:1:2:3",
        "t:-1:2",
        "t:١:2",
        f"t:{LARGEST_ID + 1}:0",
        "r:1",
        "r:1:2",
        "b:",
        "b:1:0",
        "b:-1",
        f"b:{LARGEST_ID + 1}",
        "m2",
        "x",
    ],
)
def test_foreign_data_means_nothing(data: str) -> None:
    assert decode_tap(data) is None
