"""转人工: a message, a recording or a photo left for staff, answered in the same channel.

While staff have taken a conversation over, all that is said in it goes to them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.desk_rules import DeskHours, closed_words, is_attended
from bot.desk_store import add_words, requests_since
from bot.desk_thread_store import holding_of, last_reply_at, release
from bot.desk_threads import book
from bot.dialogue.control import PARTICLES, bare_word, chosen_number
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Visit
from bot.dialogue.session import Effects, Flow
from bot.messages import Media

MOST_A_DAY = 5
# In a conversation with somebody who answers there is no reason to count, but for a machine.
MOST_A_DAY_HELD = 200
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
# Said to nobody but staff; without them 「结束」 may be said in despair.
_ENDS = frozenset({"结束", "结束对话", "结束人工", "退出人工", "回到机器人", "end"})
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

    def __init__(self, fetch_later: FetchLater, courtesy: Courtesy, hours: DeskHours) -> None:
        self._fetch_later = fetch_later
        self._courtesy = courtesy
        self._hours = hours

    def open(self, visit: Visit, given: str) -> Outcome:
        """Ask for the message, or take the recording or the photo that was sent before."""
        kind, _, ref = given.partition("/")
        if kind == "voice" and ref:
            return self._book(visit, "", Media("voice", ref))
        if kind == "photo" and ref:
            return self._take_photos(visit, ref.split("\n"))
        if holding_of(visit.db, visit.account_id, visit.now):
            return visit.say("human_taken").outcome()
        closed = self._closed(visit, self._hours.default)
        text = "\n".join(filter(None, [visit.words["human"], closed]))
        return visit.saying(text).waiting(_WAITING).outcome()

    def _take_photos(self, visit: Visit, refs: Sequence[str]) -> Outcome:
        """Take all photos that were sent before, if any more are taken today."""
        first, *others = refs
        booked = self._book(visit, "", Media("photo", first))
        if not booked.effects.is_booked:  # too many today
            return booked
        for ref in others:
            also = book(
                visit.db, self._hours, visit.account_id, ("", Media("photo", ref)), visit.now
            )
            self._fetch_later(visit.db, also.id)
        return booked

    def attend(self, visit: Visit) -> Outcome | None:
        """Give a message to staff who have taken the conversation over; None while nobody has."""
        held = holding_of(visit.db, visit.account_id, visit.now)
        if held is None:
            return None
        if bare_word(visit.text) in _ENDS:
            release(visit.db, held.thread_id, held.holder_id)
            return visit.say("human_ended").booked().outcome()
        return self._pass_on(visit)

    def _pass_on(self, visit: Visit) -> Outcome:
        """Book a message without a word, unless nobody may be there to read it."""
        sent, said = _sent(visit), visit.text.strip()[:MOST_CHARACTERS]
        if sent is None and not said:  # a sticker
            return Outcome(visit.session, ())
        since = visit.now - timedelta(days=1)
        if requests_since(visit.db, visit.account_id, since) >= MOST_A_DAY_HELD:
            return visit.say("human_too_many", most=MOST_A_DAY_HELD).outcome()
        booked = book(visit.db, self._hours, visit.account_id, (said, sent), visit.now)
        if sent:
            self._fetch_later(visit.db, booked.id)
        spoken_at = last_reply_at(visit.db, visit.account_id)
        if is_attended(self._hours.of(booked.district_id), visit.now, spoken_at):
            return Outcome(visit.session, (), Effects(is_booked=True))
        told = visit.saying(self._closed(visit, booked.district_id)).booked().outcome()
        return replace(told, session=visit.session)

    def _closed(self, visit: Visit, district_id: str) -> str:
        return closed_words(self._hours.of(district_id), visit.now, visit.words)

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
        request = book(visit.db, self._hours, visit.account_id, (said, sent), visit.now)
        if sent:
            self._fetch_later(visit.db, request.id)
        name = f"human_booked_{sent.kind}" if sent else "human_booked"
        booked = visit.say(name, code=request.code)
        if closed := self._closed(visit, request.district_id):
            booked = replace(booked, text=f"{booked.text}\n{closed}")
        if said:
            return booked.booked().outcome()
        until = (visit.now + WORDS_WITHIN).isoformat()
        waiting = Flow(_KEY, _WORDS_STEP, {"request": str(request.id), "until": until})
        text = f"{booked.text}\n{visit.words['human_add_words']}"
        return replace(booked, text=text).waiting(waiting).booked().outcome()

    def function(self) -> Function:
        """Return it as it is registered; 人工 itself is one of the words that always work."""
        return Function(
            _KEY, self.open, frozenset({"转人工", "leave a message"}), self.step, menu="ask",
            aside="human_answered", labels={"voice_human": _KEY}, attend=self.attend,
            attend_ends=_ENDS,
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
