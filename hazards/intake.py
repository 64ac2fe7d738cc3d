"""Taking a report in (受理): from what was told to a code that its reporter can ask with.

One transaction holds it all: limits, report, case, photos, and the draft's end. Of an anonymous
report nothing is written that leads to a channel account: neither an id, nor a name, nor a time
within the hour.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from community.districts import District
from community.files import full_hour
from community.keys import derived_key
from community.store import address_of, resident_of
from community.vault import Source, keep_identity
from hazards.allowance import Measure, Sender, require_allowed
from hazards.anonymity import new_password, operation_mac, password_mac
from hazards.case_rules import Rules
from hazards.case_store import find_case
from hazards.cases import REPORTER, SYSTEM, Act, Case, NewCase
from hazards.casework import move, open_case
from hazards.categories import Categories
from hazards.draft_store import draft_photos, drop_draft
from hazards.drafts import MOST_PHOTOS, MOST_SAID_CHARACTERS, storable
from hazards.limits import Limits
from hazards.photo_store import Home, attach_files, move_photos
from hazards.report_store import (
    add_report,
    complete_report,
    has_others,
    mark_withdrawn,
    report_of_operation,
)
from hazards.sites import NoPlace, Site, site_of
from hazards.submissions import (
    IntakeError,
    NoCategory,
    OperationTaken,
    PhotosPending,
    Receipt,
    Submission,
    TooManyPhotos,
)

__all__ = [
    "VAULT_PURPOSE",
    "Intake",
    "IntakeError",
    "NoCategory",
    "NoPlace",
    "OperationTaken",
    "PhotosPending",
    "Receipt",
    "Submission",
    "TooManyPhotos",
]

# What the identity vault's key is derived for; whoever opens identities derives the same.
VAULT_PURPOSE = "vault"
# Whoever reports through these does so for themselves; the rest stands in the audit log.
RESIDENT_SOURCES = frozenset({"web", "wechat", "telegram", "terminal", "form"})
# In the timeline, which staff read.
WITHDRAWN = "上报人撤回"


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes reports in for the districts served.

    Attributes:
        rules: of the districts' casework.
        districts: by id.
        categories: there are.
        key: the installation's.
        limits: how much one person may report.
    """

    rules: Rules
    districts: Mapping[str, District]
    categories: Categories
    key: bytes = field(repr=False)
    limits: Limits = field(default_factory=Limits)

    def submit(self, db: Connection, submission: Submission, now: datetime) -> Receipt:
        """Take a report in and open its case, or return the receipt of the same operation.

        Raises:
            NoCategory, UnknownCategory: when its kind is not known.
            NoPlace, BadCoordinates: when its place is not.
            PhotosPending: when it is anonymous and a photo of its draft is yet to be fetched.
            TooManyPhotos: for more than nine files.
            Blocked, OverLimit: when its sender may not report now.
            OperationTaken: when somebody else used the operation's id.
            UnknownDistrict, NoSuchRoute: when nobody is responsible there.
        """
        if (repeated := self._repeated(db, submission)) is not None:
            return repeated
        self._require_whole(db, submission)
        draft = submission.draft
        site = site_of(db, draft.where, draft.district_id, self.districts)
        zone = ZoneInfo(self.districts[site.district_id].timezone)
        measure = Measure(self.limits, zone, self.key)
        require_allowed(db, _sender(db, submission, site), measure, now)
        at = full_hour(now) if submission.is_anonymous else now
        return self._taken(db, submission, site, at)

    def withdraw(self, db: Connection, report_id: int, resident_id: int, now: datetime) -> bool:
        """Take a report back for its reporter, and its case with it if nobody else is behind it.

        False when it is not theirs, was withdrawn before, or somebody has looked at it already.
        """
        report = mark_withdrawn(db, report_id, resident_id)
        if report is None:
            return False
        case = None if report.case_id is None else find_case(db, report.case_id)
        if case is not None and not has_others(db, case.id):
            act = Act(REPORTER, case.version, WITHDRAWN)
            move(db, case.id, "withdraw", act, self.rules, now)
        return True

    def _repeated(self, db: Connection, submission: Submission) -> Receipt | None:
        """Return the receipt of an operation that came before, without its password."""
        operation = self._operation(submission)
        found = None if operation is None else report_of_operation(db, operation)
        if found is None:
            return None
        owner = None if submission.is_anonymous else submission.reporter_id
        is_same = (found.reporter_id, found.privacy) == (owner, submission.draft.privacy)
        if not is_same or found.case_id is None:
            raise OperationTaken
        return Receipt(
            code=found.code,
            password="",
            report_id=found.id,
            case_id=found.case_id,
            is_repeat=True,
            is_outside=found.is_outside,
        )

    def _operation(self, submission: Submission) -> str | None:
        if not submission.operation:
            return None
        return operation_mac(self.key, submission.source, submission.operation)

    def _require_whole(self, db: Connection, submission: Submission) -> None:
        """Check what needs no place."""
        if not submission.draft.category:
            raise NoCategory
        self.categories.require(submission.draft.category)
        if len(set(submission.file_ids)) > MOST_PHOTOS:
            raise TooManyPhotos(len(set(submission.file_ids)))
        if submission.is_anonymous and submission.account_id is not None:
            photos = draft_photos(db, submission.account_id)
            if waiting := sum(photo.is_pending for photo in photos):
                raise PhotosPending(waiting)

    def _taken(self, db: Connection, submission: Submission, site: Site, at: datetime) -> Receipt:
        added = add_report(db, self._row(submission, site, at))
        if added is None:  # another transaction was first with this operation
            if (repeated := self._repeated(db, submission)) is None:
                raise OperationTaken
            return repeated
        report_id, code = added
        case = self._opened(db, submission, site, at)
        password = new_password() if submission.is_anonymous else ""
        mac = password_mac(self.key, code, password) if password else None
        complete_report(db, report_id, case.id, mac)
        _bring_photos(db, submission, Home(report_id, case.id, "report", at, bool(password)))
        self._keep_source(db, submission, site, report_id)
        return Receipt(
            code=code,
            password=password,
            report_id=report_id,
            case_id=case.id,
            is_repeat=False,
            is_outside=site.is_outside,
        )

    def _row(self, submission: Submission, site: Site, at: datetime) -> dict[str, Any]:
        draft, told = submission.draft, submission.draft.where.cut()
        is_named = not submission.is_anonymous
        return {
            "district_id": site.district_id,
            "source": submission.source,
            "privacy": draft.privacy,
            "reporter_id": submission.reporter_id if is_named else None,
            "category": draft.category,
            "said": storable(draft.said, MOST_SAID_CHARACTERS),
            "building_id": site.building_id,
            "place_words": told.words,
            "floor": told.floor,
            "sent_latitude": told.latitude,
            "sent_longitude": told.longitude,
            "datum": told.datum,
            "is_outside": site.is_outside,
            "wants_notices": is_named and bool(draft.wants_notices),
            "operation": self._operation(submission),
            "api_client_id": submission.api_client_id,
            "created_at": at,
        }

    def _opened(self, db: Connection, submission: Submission, site: Site, at: datetime) -> Case:
        new = NewCase(
            district_id=site.district_id,
            category=submission.draft.category,
            street_id=site.street_id,
            building_id=site.building_id,
            place_words=site.words,
            floor=site.floor,
            point=site.point,
        )
        actor = REPORTER if submission.source in RESIDENT_SOURCES else SYSTEM
        return open_case(db, new, self.rules, at, actor)

    def _keep_source(
        self, db: Connection, submission: Submission, site: Site, report_id: int
    ) -> None:
        """Keep who a report came from in the vault, for a reasoned opening alone."""
        resident_id, kept = submission.reporter_id, _identity(db, submission)
        if submission.is_anonymous or resident_id is None or not kept:
            return
        plain = json.dumps(kept, ensure_ascii=False)
        source = Source(f"report:{report_id}", site.district_id, resident_id)
        keep_identity(db, derived_key(self.key, VAULT_PURPOSE), source, plain.encode())


def _identity(db: Connection, submission: Submission) -> dict[str, str]:
    """Return what a reasoned opening will show; nothing where neither account nor name is known."""
    known = {"real_name": submission.name} if submission.draft.privacy == "named" else {}
    known = {key: value for key, value in known.items() if value}
    if submission.account_id is not None:
        channel, account = address_of(db, submission.account_id)
        return {"channel": channel, "name": account, **known}
    return {"channel": submission.source, **known} if known else {}


def _sender(db: Connection, submission: Submission, site: Site) -> Sender:
    """Return who is counted; an anonymous sender's name goes no further than its HMAC."""
    resident_id, name = submission.reporter_id, submission.sender
    if submission.account_id is not None:
        channel, account = address_of(db, submission.account_id)
        name = f"{channel}:{account}"
        resident_id = resident_of(db, submission.account_id)
    building_id, category = site.building_id, submission.draft.category
    place = None if building_id is None else (building_id, category)
    return Sender(resident_id, name, submission.is_anonymous, place)


def _bring_photos(db: Connection, submission: Submission, home: Home) -> None:
    """Give the draft's photos and the files to the report, and end the draft."""
    if submission.account_id is not None:
        move_photos(db, submission.account_id, home)
        drop_draft(db, submission.account_id)
    attach_files(db, submission.file_ids, home)
