"""转人工: a message or a recording left for staff, whose answer comes back to the same channel."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection

from bot.desk_store import add_request, requests_since
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Visit
from bot.dialogue.session import Flow

MOST_A_DAY = 5
MOST_CHARACTERS = 1000
_KEY = "human"
_WAITING = Flow(_KEY, "message")

# Called in the turn's transaction with the id of a request that came with a recording.
FetchLater = Callable[[Connection, int], None]


class Human:
    """The function; ``fetch_later`` sees to it that a recording is fetched before it expires."""

    def __init__(self, fetch_later: FetchLater) -> None:
        self._fetch_later = fetch_later

    def open(self, visit: Visit, given: str) -> Outcome:
        """Ask for the message, or take the recording that was sent before."""
        kind, _, ref = given.partition("/")
        if kind == "voice" and ref:
            return self._book(visit, "", ref)
        return visit.say("human").waiting(_WAITING).outcome()

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:  # noqa: ARG002 - fits Step
        """Take the message."""
        ref = visit.media[0].ref if visit.media else ""
        if not (visit.text.strip() or ref):
            return None
        return self._book(visit, visit.text[:MOST_CHARACTERS], ref)

    def _book(self, visit: Visit, said: str, ref: str) -> Outcome:
        since = visit.now - timedelta(days=1)
        if requests_since(visit.db, visit.account_id, since) >= MOST_A_DAY:
            return visit.say("human_too_many", most=MOST_A_DAY).outcome()
        said = said or visit.session.question
        request_id, code = add_request(visit.db, visit.account_id, said, visit.now, media_ref=ref)
        if ref:
            self._fetch_later(visit.db, request_id)
        name = "human_booked_voice" if ref else "human_booked"
        return visit.say(name, code=code).booked().outcome()

    def function(self) -> Function:
        """Return it as it is registered; 人工 itself is one of the words that always work."""
        return Function(_KEY, self.open, frozenset({"转人工"}), self.step, menu="ask")
