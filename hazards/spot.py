"""What staff find on the spot: put right at once (当场整改), or reported for others to handle.

Either way it is a report of the source ``staff`` and a case like any other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from community.files import full_hour, note_file
from hazards.case_changes import note
from hazards.case_store import find_case
from hazards.cases import Act, Actor, Case, UnknownCase
from hazards.casework import close_on_spot
from hazards.drafts import Draft, Where
from hazards.intake import Intake
from hazards.photo_store import Home, Purpose, attach_files, note_looks
from hazards.photos import KeptPhoto
from hazards.submissions import Submission

SOURCE = "staff"


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody found; ``operation`` names it, so that sent again it is the same report.

    Attributes:
        operation: a UUID, or what else is given once.
        district_id: of whoever found it; the building's own counts where there is one.
        category: an id.
        where: the building or street, floor and words.
        said: what is wrong, in their words.
    """

    operation: str
    district_id: str
    category: str
    where: Where
    said: str


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """The two photos of what was put right."""

    before: KeptPhoto
    after: KeptPhoto

    @property
    def is_same(self) -> bool:
        """Whether one picture was given for both."""
        return self.before.looks.sha256 == self.after.looks.sha256


@dataclass(frozen=True, slots=True)
class OnSpot:
    """Takes in what staff find.

    Attributes:
        intake: of all reports.
        draw: within 0 and 1, whether what was put right is looked at again.
    """

    intake: Intake
    draw: Callable[[], float]

    def fix(
        self, db: Connection, found: Found, photos: BeforeAfter, actor: Actor, now: datetime
    ) -> Case:
        """Take in what a grid worker found and put right, and close it; some wait for a look.

        Raises:
            IntakeError, NoPlace, UnknownCategory, NoSuchRoute: as ``Intake.submit``.
            NotAllowed: when they are no grid worker there.
            CaseError: when it was closed before.
        """
        case = self._opened(db, found, (), now)
        pictures: tuple[tuple[Purpose, KeptPhoto], ...] = (
            ("before", photos.before),
            ("after", photos.after),
        )
        ids = tuple(_attached(db, case, purpose, kept, now) for purpose, kept in pictures)
        act = Act(actor, case.version, found.said, ids)
        return close_on_spot(db, case.id, act, self.intake.rules, now, self.draw())

    def report(
        self,
        db: Connection,
        found: Found,
        photos: Sequence[KeptPhoto],
        noted: tuple[Actor, str],
        now: datetime,
    ) -> Case:
        """Take in what somebody found for others to handle; ``noted`` says who, and how.

        Raises:
            IntakeError, NoPlace, UnknownCategory, NoSuchRoute: as ``Intake.submit``.
            NotAllowed: when they have no post there.
        """
        file_ids = tuple(note_file(db, one.file, full_hour(now)) for one in photos)
        case = self._opened(db, found, file_ids, now)
        actor, words = noted
        note(db, case.id, Act(actor, case.version, words), self.intake.rules, now)
        return case

    def _opened(
        self, db: Connection, found: Found, file_ids: tuple[int, ...], now: datetime
    ) -> Case:
        draft = Draft(
            category=found.category,
            said=found.said,
            where=found.where,
            wants_notices=False,
            begun_at=now,
            district_id=found.district_id,
        )
        submission = Submission(SOURCE, draft, None, None, found.operation, file_ids)
        case_id = self.intake.submit(db, submission, now).case_id
        case = find_case(db, case_id)
        if case is None:
            raise UnknownCase(case_id)
        return case


def _attached(db: Connection, case: Case, purpose: Purpose, kept: KeptPhoto, now: datetime) -> int:
    file_id = note_file(db, kept.file, full_hour(now))
    photo_id = attach_files(db, [file_id], Home(None, case.id, purpose, now))[0]
    note_looks(db, photo_id, kept.looks)
    return photo_id
