"""Claiming what an anonymous report has earned, with its code and its password alone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hazards.report_store import Report, report_by_code
from hazards.reward_states import Reward
from hazards.rewards import claim_for_report


@dataclass(frozen=True, slots=True)
class CodeClaim:
    """What code and password led to.

    Attributes:
        report: None when they open nothing; whoever guesses learns no more than that.
        reward: claimed now or before; None when the report has none.
    """

    report: Report | None = None
    reward: Reward | None = None


def claim_by_code(
    db: Connection, code: str, password: str, *, key: bytes, now: datetime
) -> CodeClaim:
    """Claim the reward of an anonymous report for whoever knows code and password.

    Points can be exchanged from then on, against the report's own account; money goes to the
    monthly sheet where the district pays it for anonymous reports. Nothing joins the reward to
    who claims it.

    Args:
        db: inside a write, which is kept also when they open nothing: wrong tries are counted.
        code: of the report, as typed.
        password: likewise.
        key: the installation's.
        now: aware.

    Raises:
        PasswordLocked: after too many wrong passwords.
        WrongState: when the reward is not approved yet, or its time is over.
    """
    report = report_by_code(db, code, password, key=key, now=now)
    if report is None:
        return CodeClaim()
    return CodeClaim(report, claim_for_report(db, report.id, now))
