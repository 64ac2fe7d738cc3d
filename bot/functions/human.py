"""转人工: a message, a recording or a photo left for staff, answered in the same channel."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.desk_store import add_request, add_words, requests_since
from bot.dialogue.control import PARTICLES, bare_word, chosen_number
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Visit
from bot.dialogue.session import Flow
from bot.messages import Media

MOST_A_DAY = 5
MOST_CHARACTERS = 1000
# Staff can make nothing of 你好, 1 or 🙂.
LEAST_LETTERS = 4
# How long a sentence is taken as what a photo or a recording without words is about.
WORDS_WITHIN = timedelta(minutes=10)
_KEY = "human"
_WAITING = Flow(_KEY, "message")
_WORDS_STEP = "words"
_NEVER_MIND = frozenset({
    "算", "不留", "不用", "不需要", "不要", "不说", "不转", "不发", "不必", "没事", "没得事",
    "never mind", "nevermind", "no thanks", "nothing", "no",
})  # fmt: skip
# WeChat sends its own emoji as [微笑] or [Smile].
_STICKERS = re.compile(r"\[[^\[\]]{1,12}\]")
_ASKS = re.compile(
    r"[?？吗么]|怎|咋|啷个|如何|什么|啥|能不能|可不可以|要不要|是不是|为何"
    r"|\b(?:what|how|why|where|when|can|may|should|shall|is|are|do|does)\b",
    re.IGNORECASE,
)

# Called in the turn's transaction with the id of a request that came with something to fetch.
FetchLater = Callable[[Connection, int], None]
# Returns what is said to a courtesy (谢谢你哈), None for any other message.
Courtesy = Callable[[str], str | None]


class Human:
    """The function; ``fetch_later`` sees to it that what was sent is fetched before it expires."""

    def __init__(self, fetch_later: FetchLater, courtesy: Courtesy) -> None:
        self._fetch_later = fetch_later
        self._courtesy = courtesy

    def open(self, visit: Visit, given: str) -> Outcome:
        """Ask for the message, or take the recording that was sent before."""
        kind, _, ref = given.partition("/")
        if kind == "voice" and ref:
            return self._book(visit, "", Media("voice", ref))
        return visit.say("human").waiting(_WAITING).outcome()

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:
        """Take the message; what is none is asked for again, and a question is answered."""
        sent = _sent(visit)
        said = visit.text.strip()[:MOST_CHARACTERS]
        has_words = sent is None or (sent.kind == "voice" and bool(said))
        if has_words and self._is_for_others(visit, said):
            return None
        is_small = has_words and self._is_small(said)
        if flow.step == _WORDS_STEP:
            return self._after_media(visit, flow, said, is_small=is_small, sent=sent)
        if has_words and _is_never_mind(said):
            return visit.say("human_dropped").outcome()
        if is_small:
            return visit.say("human_again").waiting(flow).outcome()
        return self._book(visit, said, sent)

    def _is_for_others(self, visit: Visit, said: str) -> bool:
        """Whether it picks a choice, is to be answered, or is perhaps a call for help (「火」)."""
        is_alarming = "119" in (self._courtesy(said) or "")
        return is_alarming or _is_choice(visit, said) or _is_to_be_answered(visit, said)

    def _is_small(self, said: str) -> bool:
        return _has_few_letters(said) or self._courtesy(said) is not None

    def _after_media(
        self, visit: Visit, flow: Flow, said: str, *, is_small: bool, sent: Media | None
    ) -> Outcome | None:
        """Take what follows a photo or a recording that came without words."""
        if sent is not None:
            return self._book(visit, said, sent)
        if _is_never_mind(said):
            return visit.say("human_enough").outcome()
        if is_small:
            return None
        return self._worded(visit, flow, said) or self._book(visit, said, None)

    def _worded(self, visit: Visit, flow: Flow, said: str) -> Outcome | None:
        """Put the sentence to what was sent without one, unless that was too long ago."""
        until = datetime.fromisoformat(flow.data["until"])
        if visit.now > until:
            return None
        code = add_words(visit.db, visit.account_id, int(flow.data["request"]), said)
        return visit.say("human_worded", code=code).booked().outcome() if code else None

    def _book(self, visit: Visit, said: str, sent: Media | None) -> Outcome:
        since = visit.now - timedelta(days=1)
        if requests_since(visit.db, visit.account_id, since) >= MOST_A_DAY:
            return visit.say("human_too_many", most=MOST_A_DAY).outcome()
        request_id, code = add_request(visit.db, visit.account_id, said, visit.now, sent)
        if sent:
            self._fetch_later(visit.db, request_id)
        booked = visit.say(f"human_booked_{sent.kind}" if sent else "human_booked", code=code)
        if said:
            return booked.booked().outcome()
        until = (visit.now + WORDS_WITHIN).isoformat()
        waiting = Flow(_KEY, _WORDS_STEP, {"request": str(request_id), "until": until})
        text = f"{booked.text}\n{visit.words['human_add_words']}"
        return replace(booked, text=text).waiting(waiting).booked().outcome()

    def function(self) -> Function:
        """Return it as it is registered; 人工 itself is one of the words that always work."""
        return Function(
            _KEY, self.open, frozenset({"转人工", "leave a message"}), self.step, menu="ask",
            aside="human_answered", labels={"voice_human": _KEY},
        )  # fmt: skip


def _sent(visit: Visit) -> Media | None:
    """Return what is worth keeping: no sticker, and no shared page, whose address is the text."""
    sent = visit.media[0] if visit.media else None
    is_page = sent is not None and sent.ref == visit.text
    return None if sent is None or sent.kind == "sticker" or is_page or not sent.ref else sent


def _is_never_mind(said: str) -> bool:
    return bare_word(said).rstrip(PARTICLES) in _NEVER_MIND


def _has_few_letters(said: str) -> bool:
    """Whether there is too little in a message to be one: a few letters, again and again."""
    letters = {sign for sign in _STICKERS.sub("", said).lower() if sign.isalpha()}
    return len(letters) < LEAST_LETTERS


def _is_choice(visit: Visit, said: str) -> bool:
    number = chosen_number(said)
    return number is not None and 1 <= number <= len(visit.session.offers)


def _is_to_be_answered(visit: Visit, said: str) -> bool:
    """Whether it asks what the knowledge surely answers, for the first time.

    「3栋消防栓没水」 asks nothing, and who sends a question again wants staff to read it.
    """
    is_repeated = said == visit.session.question
    return visit.is_question and bool(_ASKS.search(said)) and not is_repeated
