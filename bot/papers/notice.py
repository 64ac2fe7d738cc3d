"""Papers about one hazard: the rectification notice and the work sheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from pydantic import JsonValue

from bot.papers.dates import day_text, moment_text
from bot.papers.squares import code_square
from bot.papers.typesetting import Paper

_SQUARE = "progress.svg"
MOST_PHOTOS = 4


@dataclass(frozen=True, slots=True)
class RectificationNotice:
    """隐患整改通知书: what a unit must put right, by when, and on what ground.

    Attributes:
        number: of the paper, as the issuer counts them.
        issuer: who issues it and seals it.
        recipient: the unit or the place's user, never a reporter.
        place: where the hazard is.
        category: its kind, in Chinese.
        found: what was found; line breaks stay.
        found_at: when staff looked; aware.
        deadline: aware.
        issued_on: the day in the district's zone.
        contact: who answers questions.
        phone: under which number; may be empty.
        required: what to do; may be empty.
        basis: lines of law, each with its article.
        progress_url: for the QR code; without one there is none.
        is_to_confirm: the deadline is a proposal of ours (待本地确认).
    """

    number: str
    issuer: str
    recipient: str
    place: str
    category: str
    found: str
    found_at: datetime
    deadline: datetime
    issued_on: date
    contact: str
    phone: str = ""
    required: str = ""
    basis: tuple[str, ...] = ()
    progress_url: str = ""
    is_to_confirm: bool = False


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo for a work sheet: a JPEG that we wrote ourselves, and the words under it."""

    jpeg: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class Step:
    """One line of what has happened to a case; ``who`` is a role or a unit, ``at`` is aware."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """隐患处置工单: a case on a sheet, for whoever goes there.

    Attributes:
        code: of the case.
        issuer: whose work sheet this is.
        category: in Chinese.
        state: in Chinese.
        place: where to go.
        reported_at: aware.
        deadline: aware; None while none is set.
        description: in the reporter's words; may be empty.
        handler: the unit that goes.
        lead: the department that supervises.
        reports: how many reported the same, 1 and more.
        photos: the first four are printed.
        steps: what has happened so far, oldest first.
        progress_url: for the QR code.
        is_urgent: marked in red.
        is_to_confirm: the deadline is a proposal of ours (待本地确认).
    """

    code: str
    issuer: str
    category: str
    state: str
    place: str
    reported_at: datetime
    deadline: datetime | None = None
    description: str = ""
    handler: str = ""
    lead: str = ""
    reports: int = 1
    photos: tuple[Photo, ...] = ()
    steps: tuple[Step, ...] = ()
    progress_url: str = ""
    is_urgent: bool = False
    is_to_confirm: bool = False


def notice_paper(notice: RectificationNotice, zone: tzinfo) -> Paper:
    """Return a rectification notice to be typeset; ``zone`` is the district's."""
    values: dict[str, JsonValue] = {
        "number": notice.number,
        "issuer": notice.issuer,
        "recipient": notice.recipient,
        "place": notice.place,
        "category": notice.category,
        "found": notice.found,
        "found_at": moment_text(notice.found_at, zone),
        "deadline": moment_text(notice.deadline, zone),
        "issued_on": day_text(notice.issued_on),
        "contact": notice.contact,
        "phone": notice.phone,
        "required": notice.required,
        "basis": list(notice.basis),
        "is_to_confirm": notice.is_to_confirm,
    }
    return Paper("rectification_notice", *_with_square(values, notice.progress_url))


def work_order_paper(order: WorkOrder, zone: tzinfo) -> Paper:
    """Return a case as a work sheet to be typeset; ``zone`` is the district's."""
    photos = {f"photo_{i}.jpg": photo for i, photo in enumerate(order.photos[:MOST_PHOTOS], 1)}
    captions: list[JsonValue] = [
        {"file": name, "caption": photo.caption} for name, photo in photos.items()
    ]
    steps: list[JsonValue] = [
        {"at": moment_text(step.at, zone), "who": step.who, "what": step.what}
        for step in order.steps
    ]
    values = _order_values(order, zone) | {"photos": captions, "steps": steps}
    values, squares = _with_square(values, order.progress_url)
    jpegs = {name: photo.jpeg for name, photo in photos.items()}
    return Paper("work_order", values, {**squares, **jpegs})


def _order_values(order: WorkOrder, zone: tzinfo) -> dict[str, JsonValue]:
    return {
        "code": order.code,
        "issuer": order.issuer,
        "category": order.category,
        "state": order.state,
        "place": order.place,
        "reported_at": moment_text(order.reported_at, zone),
        "deadline": f"{moment_text(order.deadline, zone)}前" if order.deadline else "",
        "description": order.description,
        "handler": order.handler,
        "lead": order.lead,
        "reports": f"{order.reports}人" if order.reports > 1 else "",
        "is_urgent": order.is_urgent,
        "is_to_confirm": order.is_to_confirm,
    }


def _with_square(
    values: Mapping[str, JsonValue], address: str
) -> tuple[dict[str, JsonValue], dict[str, bytes]]:
    if not address:
        return dict(values), {}
    return {**values, "code_picture": _SQUARE}, {_SQUARE: code_square(address)}
