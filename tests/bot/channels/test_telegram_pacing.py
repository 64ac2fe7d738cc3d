"""No stretch of time ever holds more messages than Telegram takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_pacing import (
    CHAT_BURST,
    CHAT_KEPT,
    GROUP_KEPT,
    GROUP_MOST,
    GROUP_SECONDS,
    KEPT_FOR_URGENT,
    URGENT_SECONDS,
    Pacing,
    Window,
)

ANN, BOB, CLEO = 1, 2, 3
GROUP = -5


@st.composite
def sendings(draw: st.DrawFn) -> list[tuple[float, int, bool]]:
    """Attempts in the order of time: how long after the one before, to whom, how urgent."""
    step = st.floats(0, 2, allow_nan=False)
    attempt = st.tuples(step, st.sampled_from([ANN, BOB, GROUP]), st.booleans())
    return draw(st.lists(attempt, max_size=120))


def most_within(times: list[float], seconds: float) -> int:
    """Return the largest number of times in any half-open stretch of ``seconds``."""
    return max((sum(start <= at < start + seconds for at in times) for start in times), default=0)


@given(sendings(), st.integers(1, 8))
def test_limits_hold_over_every_stretch(
    attempts: list[tuple[float, int, bool]], per_second: int
) -> None:
    pacing, now = Pacing(per_second), 100.0
    left: list[tuple[float, int]] = []
    for step, chat, is_urgent in attempts:
        now += step
        now = max(now, pacing.ready_at(chat, now, is_urgent=is_urgent))
        pacing.take(chat, now)
        left.append((now, chat))

    # A hair less than each stretch: sums of floats may round the next start down.
    assert most_within([at for at, _ in left], 1 - 1e-6) <= per_second
    for chat in (ANN, BOB, GROUP):
        to_chat = [at for at, sent_to in left if sent_to == chat]
        # After the last that finds a place in the burst, what is urgent leaves once a second.
        most = CHAT_BURST + CHAT_KEPT + CHAT_BURST / URGENT_SECONDS
        assert most_within(to_chat, CHAT_BURST - 1e-6) <= most
    in_group = [at for at, sent_to in left if sent_to == GROUP]
    assert most_within(in_group, GROUP_SECONDS - 1e-6) <= GROUP_MOST


@given(sendings())
def test_small_talk_never_leaves_faster_than_the_burst(
    attempts: list[tuple[float, int, bool]],
) -> None:
    pacing, now = Pacing(), 100.0
    left: list[float] = []
    for step, _, is_urgent in attempts:
        now = max(now + step, pacing.ready_at(ANN, now + step, is_urgent=is_urgent))
        pacing.take(ANN, now)
        left += [] if is_urgent else [now]

    assert most_within(left, CHAT_BURST - 1e-6) <= CHAT_BURST


@given(sendings())
def test_an_emergency_waits_a_second_at_most_whatever_its_chat_was_sent(
    attempts: list[tuple[float, int, bool]],
) -> None:
    pacing, now = Pacing(), 100.0
    for step, _, is_urgent in attempts:
        now = max(now + step, pacing.ready_at(ANN, now + step, is_urgent=is_urgent))
        pacing.take(ANN, now)

        assert pacing.ready_at(ANN, now, is_urgent=True) <= now + URGENT_SECONDS


@given(sendings())
def test_whoever_waits_until_told_may_send(attempts: list[tuple[float, int, bool]]) -> None:
    pacing, now = Pacing(), 0.0
    for step, chat, is_urgent in attempts:
        now += step
        ready = pacing.ready_at(chat, now, is_urgent=is_urgent)
        assert pacing.ready_at(chat, ready, is_urgent=is_urgent) == ready
        now = ready
        pacing.take(chat, now)


def test_one_chat_waiting_holds_up_no_other() -> None:
    pacing = Pacing()
    for _ in range(CHAT_BURST):
        pacing.take(ANN, 10.0)

    assert pacing.ready_at(ANN, 10.0) == 10.0 + CHAT_BURST
    assert pacing.ready_at(BOB, 10.0) <= 10.1


def test_two_emergencies_leave_at_once_after_a_full_burst_and_then_one_a_second() -> None:
    pacing, now = Pacing(), 10.0
    for _ in range(CHAT_BURST):
        pacing.take(ANN, now)
    now += 0.3  # past the spread over all chats

    at = []
    for _ in range(CHAT_KEPT + 2):
        now = pacing.ready_at(ANN, now, is_urgent=True)
        pacing.take(ANN, now)
        at.append(round(now, 1))

    assert at == [10.3, 10.3, 11.3, 12.3]
    assert pacing.ready_at(ANN, now) > now + 1  # small talk makes good for them


def test_small_talk_in_a_group_leaves_places_for_an_emergency() -> None:
    pacing, now = Pacing(), 10.0
    for _ in range(GROUP_MOST - GROUP_KEPT):
        now = pacing.ready_at(GROUP, now)
        pacing.take(GROUP, now)

    assert pacing.ready_at(GROUP, now) == 10.0 + GROUP_SECONDS
    for _ in range(GROUP_KEPT):
        urgent_at = pacing.ready_at(GROUP, now, is_urgent=True)
        assert urgent_at <= now + URGENT_SECONDS
        pacing.take(GROUP, now := urgent_at)
    # Telegram refuses the rest, whatever it says.
    assert pacing.ready_at(GROUP, now, is_urgent=True) == 10.0 + GROUP_SECONDS


def test_a_429_holds_up_emergencies_too() -> None:
    pacing = Pacing()
    pacing.hold(ANN, 30, 10.0)

    assert pacing.ready_at(ANN, 11.0, is_urgent=True) == 40.0


def test_a_429_holds_up_its_chat_alone() -> None:
    pacing = Pacing()

    pacing.hold(ANN, 30, 10.0)
    pacing.hold(BOB, 20, 10.5)

    assert pacing.ready_at(ANN, 11.0) == 40.0
    assert pacing.ready_at(ANN, 40.0) == 40.0
    assert pacing.ready_at(CLEO, 11.0) == 11.0


@pytest.mark.parametrize(
    ("third_at", "ready"),
    [(10.9, 30.9), (11.5, 12.0)],
    ids=["within a second: all are meant", "later: three chats by chance"],
)
def test_three_chats_refused_within_a_second_hold_up_everybody(
    third_at: float, ready: float
) -> None:
    pacing = Pacing()
    for chat, at in ((ANN, 10.0), (BOB, 10.2), (CLEO, third_at)):
        pacing.hold(chat, 20, at)

    assert pacing.ready_at(99, 12.0 if third_at > 11 else 11.0) == ready


def test_the_same_chat_refused_again_and_again_is_not_everybody() -> None:
    pacing = Pacing()
    for at in (10.0, 10.1, 10.2, 10.3):
        pacing.hold(ANN, 20, at)

    assert pacing.ready_at(BOB, 11.0) == 11.0


def test_an_emergency_finds_a_place_behind_a_broadcast() -> None:
    pacing = Pacing(30)
    sent, now = 0, 10.0
    while (ready := pacing.ready_at(1000 + sent, now)) < 10.95:
        now = max(now, ready)
        pacing.take(1000 + sent, now)
        sent += 1

    assert sent == 30 - KEPT_FOR_URGENT
    assert pacing.ready_at(ANN, now) == 11.0
    assert pacing.ready_at(ANN, now, is_urgent=True) <= now + 0.1


def test_what_leaves_is_spread_over_the_second() -> None:
    pacing, now, at = Pacing(30), 10.0, []
    for chat in range(1000, 1020):
        now = max(now, pacing.ready_at(chat, now))
        pacing.take(chat, now)
        at.append(now)

    assert most_within(at, 0.1 - 1e-6) == 3


def test_quiet_chats_are_forgotten_and_held_ones_kept() -> None:
    pacing = Pacing()
    pacing.hold(ANN, 1000, 0.0)
    for chat in range(10, 200):
        pacing.take(chat, float(chat))
    assert len(pacing) > 100  # all stand behind the one that is held

    pacing.take(BOB, 2000.0)

    assert len(pacing) == 1


def test_a_window_leaves_the_kept_places_free() -> None:
    window = Window(3, 10.0)
    window.note(1.0)
    window.note(2.0)

    assert window.free_at(3.0) == 3.0
    assert window.free_at(3.0, kept=1) == 11.0
    assert window.free_at(3.0, kept=2) == 12.0
