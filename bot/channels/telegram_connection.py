"""How the connection stands, and how long to wait before it is tried again."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

_logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
JITTER = 0.25

Mode = Literal["connecting", "polling", "webhook", "standby", "stopped"]


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """How the channel stands, for ``doctor`` and ``/healthz``.

    Attributes:
        mode: how messages come; ``standby`` while another process fetches them.
        since: when the connection last came about, or None while there is none.
        problem: what is wrong and the next step, in Chinese, or "".
        failures: how often in a row it has failed.
        username: the bot's name, once Telegram has told it.
    """

    mode: Mode = "connecting"
    since: datetime | None = None
    problem: str = ""
    failures: int = 0
    username: str = ""

    @property
    def is_connected(self) -> bool:
        """Whether messages come and go, as far as we know."""
        return self.since is not None


def growing_pause(failures: int) -> float:
    """Return seconds to wait after so many failures in a row: 1 s doubled up to 5 minutes.

    Jitter keeps several processes from coming back at the same moment.
    """
    pause = min(FIRST_PAUSE * 2.0 ** min(failures - 1, 20), LONGEST_PAUSE)
    return pause * random.uniform(1 - JITTER, 1)


class Connection:
    """Keeps the state; each change is logged once, however often it is found again."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.state = ConnectionState()
        self._clock = clock

    def is_up(self, mode: Mode, problem: str = "") -> None:
        """Note that messages come; ``problem`` is what is amiss all the same."""
        state = self.state
        if (state.mode, state.problem, state.is_connected) == (mode, problem, True):
            return
        since = state.since or self._clock()
        self.state = replace(state, mode=mode, since=since, problem=problem, failures=0)
        _logger.info("Telegram: %s%s", mode, f" ({problem})" if problem else "")

    def is_down(self, problem: str, mode: Mode = "connecting") -> int:
        """Note that they do not come; return how often in a row that was found."""
        state = self.state
        if state.is_connected or state.problem != problem:
            _logger.warning("Telegram: %s", problem)
        self.state = replace(
            state, mode=mode, since=None, problem=problem, failures=state.failures + 1
        )
        return self.state.failures

    def is_named(self, username: str) -> None:
        """Note the bot's name."""
        self.state = replace(self.state, username=username)

    def has_stopped(self) -> None:
        """Note that the channel was ended."""
        self.state = replace(self.state, mode="stopped", since=None, problem="")
