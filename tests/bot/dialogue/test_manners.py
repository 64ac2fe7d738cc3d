"""A turn in one message that fits, whatever its replies."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.deciding import Outcome
from bot.dialogue.manners import PLAIN_MANNER, Manner, fitted
from bot.dialogue.session import Session
from bot.messages import Card, Choice, Reply, plain_text
from bot.phrases import load_translation, load_wording

HINT = "回复“更多”继续"
WORDS = st.text(alphabet=st.sampled_from("火烟门窗楼梯。，！\n 119aé🔥“”"), max_size=700)
SAID = st.builds(lambda text: f"在{text}", WORDS)
REPLIES = st.builds(
    Reply,
    kind=st.sampled_from(["answer", "clarify", "chat", "emergency"]),
    text=SAID,
    basis=st.text(alphabet="依据法", max_size=20),
    choices=st.lists(
        st.builds(Choice, st.text("甲乙丙丁", min_size=1, max_size=30)), max_size=9
    ).map(tuple),
    card=st.none() | st.just(Card("标题", "一句", "https://example.org/a")),
    rateable=st.booleans(),
    topics=st.just(("t",)),
)
TURNS = st.lists(REPLIES, min_size=1, max_size=5).map(tuple)
LIMITS = st.integers(200, 1900)


def outcome(*replies: Reply, **session: object) -> Outcome:
    return Outcome(Session(**session), replies)  # type: ignore[arg-type]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def read_out(told: Outcome, most: int) -> tuple[list[str], list[int]]:
    """Read a turn to its end as somebody does who replies 「更多」; texts and their bytes."""
    texts, sizes = [], []
    while True:
        (reply,) = told.replies
        shown = plain_text(reply)
        sizes.append(len(shown.encode()))
        more = told.session.more
        texts.append(shown.removesuffix(HINT) if more else shown)
        if not more:
            return texts, sizes
        assert shown.endswith(HINT)
        told = fitted(outcome(Reply("chat", "\n".join(more))), Manner(most_bytes=most), HINT)


@given(TURNS, LIMITS)
def test_every_part_fits_and_no_word_is_lost(replies: tuple[Reply, ...], most: int) -> None:
    whole = "\n\n".join(map(plain_text, replies))
    told = fitted(outcome(*replies), Manner(most_bytes=most), HINT)

    if len(whole.encode()) <= most:
        assert told == outcome(*replies)
        return
    texts, sizes = read_out(told, most)
    assert max(sizes) <= most
    assert squeezed("".join(texts)) == squeezed(whole)


@given(TURNS)
def test_a_channel_without_a_limit_gets_all_of_it(replies: tuple[Reply, ...]) -> None:
    assert fitted(outcome(*replies), PLAIN_MANNER, HINT) == outcome(*replies)


def test_choices_keep_their_numbers_and_are_not_numbered_twice() -> None:
    long = Reply("clarify", "长" * 300, choices=tuple(Choice(f"选项{n}") for n in range(1, 10)))
    texts, _ = read_out(fitted(outcome(long), Manner(most_bytes=400), HINT), 400)

    lines = [line for text in texts for line in text.splitlines()]
    assert [line for line in lines if "选项" in line] == [f"{n} 选项{n}" for n in range(1, 10)]


def test_the_cut_message_stays_the_rated_answer() -> None:
    waiting = Reply("chat", "早先的通知" * 100)
    answer = Reply("answer", "答" * 400, topics=("smoke",), rateable=True)

    (cut,) = fitted(outcome(waiting, answer), Manner(most_bytes=1900), HINT).replies

    assert (cut.kind, cut.topics, cut.rateable) == ("answer", ("smoke",), True)
    assert cut.text.startswith("早先的通知")


def test_the_rest_of_another_turn_is_let_go_only_by_a_new_rest() -> None:
    short = fitted(outcome(Reply("chat", "好"), more=("还有",)), Manner(most_bytes=1900), HINT)
    assert short.session.more == ("还有",)


def test_nothing_to_say_stays_nothing() -> None:
    assert fitted(outcome(), Manner(most_bytes=1900), HINT).replies == ()


def test_the_hint_leaves_room_in_every_language() -> None:
    for wording in (load_wording(), load_translation("en")):
        assert len(f"\n{wording.functions['more_hint']}".encode()) <= 60
