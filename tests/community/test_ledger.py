"""What makes a transfer sound, without a store."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.ledger import (
    MOST_AMOUNT,
    AccountKind,
    LedgerAccount,
    LedgerCheck,
    Posting,
    Transfer,
    Unbalanced,
    UnfitTransfer,
    Unit,
    moved,
)

FUND = LedgerAccount("demo", "fund", "", "points")
ANN = LedgerAccount("demo", "resident", "1", "points")
BEN = LedgerAccount("demo", "resident", "2", "points")
GIFT = Transfer("gift:1", "grant", moved(FUND, ANN, 10))


@pytest.mark.parametrize(
    ("kind", "is_held"),
    [
        ("fund", False),
        ("resident", True),
        ("anonymous", True),
        ("paid_out", False),
        ("expired", False),
        ("exchange", False),
    ],
)
def test_what_belongs_to_somebody_is_held(kind: AccountKind, is_held: bool) -> None:
    assert LedgerAccount("demo", kind, "1", "points").is_held is is_held


def test_postings_of_one_account_count_together() -> None:
    twice = replace(GIFT, postings=(*moved(FUND, ANN, 10), *moved(FUND, ANN, 5)))
    assert twice.net() == {FUND: -15, ANN: 15}


def test_an_account_that_gains_nothing_in_all_is_left_out() -> None:
    passed_on = replace(GIFT, postings=(*moved(FUND, ANN, 10), *moved(ANN, BEN, 10)))
    assert passed_on.net() == {FUND: -10, BEN: 10}


@pytest.mark.parametrize(
    ("postings", "total"),
    [
        ((Posting(ANN, 10),), 10),
        ((Posting(ANN, 10), Posting(FUND, -9)), 1),
        # Points are not fen, and one district does not pay for another.
        ((Posting(ANN, 10), Posting(replace(FUND, unit="fen"), -10)), 10),
        ((Posting(ANN, 10), Posting(replace(FUND, district_id="other"), -10)), 10),
    ],
    ids=["one side", "a point too few", "another unit", "another district"],
)
def test_what_is_gained_must_be_lost(postings: tuple[Posting, ...], total: int) -> None:
    with pytest.raises(Unbalanced) as refused:
        replace(GIFT, postings=postings).net()
    assert (refused.value.key, refused.value.total) == ("gift:1", total)
    assert refused.value.permanent


@pytest.mark.parametrize(
    "unfit",
    [
        replace(GIFT, postings=()),
        replace(GIFT, postings=moved(FUND, ANN, 0)),
        replace(GIFT, postings=moved(ANN, ANN, 5)),
        replace(GIFT, postings=moved(FUND, ANN, 1.5)),  # type: ignore[arg-type]
        replace(GIFT, postings=(Posting(ANN, True), Posting(FUND, -1))),
        replace(GIFT, postings=moved(FUND, ANN, MOST_AMOUNT + 1)),
        replace(GIFT, key=""),
        replace(GIFT, key="k" * 201),
        replace(GIFT, kind=""),
        replace(GIFT, note="长" * 201),
    ],
    ids=[
        "no postings",
        "nothing moves",
        "to itself",
        "half a point",
        "a truth",
        "enormous",
        "no key",
        "long key",
        "no kind",
        "long note",
    ],
)
def test_what_cannot_be_kept_is_refused(unfit: Transfer) -> None:
    with pytest.raises(UnfitTransfer):
        unfit.net()


accounts = st.builds(
    LedgerAccount,
    st.sampled_from(["demo", "other"]),
    st.sampled_from(["fund", "resident"]),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["points", "fen"]),
)


@given(st.lists(st.builds(Posting, accounts, st.integers(-50, 50)), max_size=6))
def test_only_what_sums_to_zero_everywhere_is_taken(postings: list[Posting]) -> None:
    transfer = replace(GIFT, postings=tuple(postings))
    totals: dict[tuple[str, Unit], int] = {}
    for posting in postings:
        place = (posting.account.district_id, posting.account.unit)
        totals[place] = totals.get(place, 0) + posting.amount
    if any(totals.values()):
        with pytest.raises(Unbalanced) as refused:
            transfer.net()
        assert totals[refused.value.district_id, refused.value.unit] == refused.value.total != 0
    elif not postings:
        with pytest.raises(UnfitTransfer):
            transfer.net()
    else:
        assert_even(transfer)


def assert_even(transfer: Transfer) -> None:
    try:
        net = transfer.net()
    except UnfitTransfer:
        return  # everything cancelled out
    assert sum(net.values()) == 0
    assert all(net.values())


def test_a_check_is_sound_when_it_found_nothing() -> None:
    assert LedgerCheck(3, 2).is_sound
    for fault in ("unbalanced", "miscounted", "overdrawn", "unmirrored"):
        assert not replace(LedgerCheck(3, 2), **{fault: (1,)}).is_sound
