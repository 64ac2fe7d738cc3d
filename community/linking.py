"""Joining the channels of one person (关联): a code shown here, typed there, and two yeses.

The states of one link, without a clock or storage; ``community.link_store`` keeps them and
``community.merging`` makes one resident of two.

    shown ──typed──▶ typed ──both yes──▶ joined
      └────────────────┴── a no, or ten minutes ──▶ refused, expired
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

CODE_LIFETIME = timedelta(minutes=10)
ANSWER_LIFETIME = timedelta(minutes=10)
# Wrong codes that one account may type in ten minutes.
TRIES_OF_ACCOUNT = 5
# And all accounts together: web accounts cost nothing, and a million codes are not many. With
# ten codes open, a hundred guesses find one in a thousand times, and its owner is still asked.
TRIES_OF_ALL = 100
TRIES_WITHIN = timedelta(minutes=10)

LinkState = Literal["shown", "typed", "joined", "refused", "expired"]
Attempt = Literal["pending", "unknown", "expired", "too_many", "own", "already"]


@dataclass(frozen=True, slots=True)
class Link:
    """One code and what became of it.

    Attributes:
        giver_id: the account that was shown the code.
        taker_id: the account that typed it, once one has.
        state: see the module.
        giver_yes: whether the giver has agreed.
        taker_yes: whether the taker has agreed.
        expires_at: when an open link ends by itself.
    """

    giver_id: int
    expires_at: datetime
    taker_id: int | None = None
    state: LinkState = "shown"
    giver_yes: bool = False
    taker_yes: bool = False

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it, its time apart."""
        return self.state in {"shown", "typed"}

    def at(self, now: datetime) -> "Link":
        """Return the link as it stands at a moment: an open one ends with its time."""
        if self.is_open and now >= self.expires_at:
            return replace(self, state="expired")
        return self

    def typed(self, account_id: int, now: datetime) -> "Link":
        """Return the link after an account typed its code; only the first other one counts."""
        link = self.at(now)
        if link.state != "shown" or account_id == link.giver_id:
            return link
        return replace(link, state="typed", taker_id=account_id, expires_at=now + ANSWER_LIFETIME)

    def agreed(self, account_id: int, now: datetime) -> "Link":
        """Return the link after a yes of one side; it is joined once both have agreed."""
        link = self.at(now)
        if link.state != "typed" or account_id not in {link.giver_id, link.taker_id}:
            return link
        giver_yes = link.giver_yes or account_id == link.giver_id
        taker_yes = link.taker_yes or account_id == link.taker_id
        state: LinkState = "joined" if giver_yes and taker_yes else "typed"
        return replace(link, giver_yes=giver_yes, taker_yes=taker_yes, state=state)

    def refused(self, account_id: int, now: datetime) -> "Link":
        """Return the link after a no of either side, which ends it."""
        link = self.at(now)
        if not link.is_open or account_id not in {link.giver_id, link.taker_id}:
            return link
        return replace(link, state="refused")


def new_link_code() -> str:
    """Return a random code of six digits."""
    return f"{secrets.randbelow(1_000_000):06}"


def read_link_code(text: str) -> str | None:
    """Return the six digits somebody typed, in full width or with gaps; None for anything else."""
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text))
    return plain if re.fullmatch(r"[0-9]{6}", plain) else None


def link_mac(code: str, key: bytes) -> str:
    """Return what storage keeps of a code; without the key no code can be found from it."""
    return hmac.new(key, code.encode(), hashlib.sha256).hexdigest()
