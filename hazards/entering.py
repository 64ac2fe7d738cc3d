"""What staff enter for others (代为登记): told by telephone, on paper, or to staff in a message.

It is a report of the source ``staff`` and a case like any other. Who told it is not noted.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hazards.anonymity import operation_mac
from hazards.case_changes import set_external_number
from hazards.case_store import find_case
from hazards.cases import Act, Actor, Case
from hazards.intake import Intake
from hazards.photos import KeptPhoto
from hazards.report_store import report_of_operation
from hazards.spot import SOURCE, Found, OnSpot


@dataclass(frozen=True, slots=True)
class Entry:
    """What is entered.

    Attributes:
        found: what is wrong, and where; its operation is this entry's alone.
        came: how it came, in words for the timeline.
        photos: up to nine, kept already.
        external_number: of 12345 or a grid platform; "" for none.
    """

    found: Found
    came: str
    photos: tuple[KeptPhoto, ...] = ()
    external_number: str = ""


@dataclass(frozen=True, slots=True)
class Entering:
    """Takes in what staff enter; ``intake`` is that of all reports."""

    intake: Intake

    def enter(self, db: Connection, entry: Entry, actor: Actor, now: datetime) -> Case:
        """Open a case for what was told; the same operation again opens no second one.

        Raises:
            IntakeError, NoPlace, UnknownCategory, NoSuchRoute: as ``Intake.submit``.
            NotAllowed: when the actor has no post there.
            ValueError: when the external number is too long.
        """
        if (earlier := self.entered(db, entry.found.operation)) is not None:
            return earlier
        spot = OnSpot(self.intake, _never)
        case = spot.report(db, entry.found, entry.photos, (actor, entry.came), now)
        if not entry.external_number:
            return case
        act = Act(actor, case.version)
        return set_external_number(db, case.id, entry.external_number, act, self.intake.rules, now)

    def entered(self, db: Connection, operation: str) -> Case | None:
        """Return the case that an operation opened; None when it has opened none."""
        mac = operation_mac(self.intake.key, SOURCE, operation)
        report = report_of_operation(db, mac)
        if report is None or report.case_id is None:
            return None
        return find_case(db, report.case_id)


def _never() -> float:
    """Draw for a second look: nothing is closed here."""
    return 1.0
