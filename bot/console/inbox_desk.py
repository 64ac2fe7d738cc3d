"""What the pages of the inbox work with, who they are for, and how they find a conversation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from bot.console.posts import Places
from bot.console.shell import Refused, Signed
from bot.desk import Safe
from bot.desk_inbox_store import messages_of, thread_at
from bot.desk_rules import DeskHours, Place
from bot.desk_threads import HeldByOther, Seen, Speaker
from bot.dialogue.house import wake_nobody
from bot.papers.typesetting import Typesetter
from community.staff import Area, Role, Staff

PATH = "/console/inbox"
# Curators, reviewers and volunteers have no business with what residents tell staff.
ROLES: tuple[Role, ...] = (
    "grid_worker",
    "department",
    "supervisor",
    "duty_officer",
    "administrator",
)
# Who hears of what was not answered in time, and who writes ready answers.
LEADERS: tuple[Role, ...] = ("supervisor", "duty_officer", "administrator")

NO_THREAD = "没有这位居民的留言，或者不在你的范围里。"
CHANNELS: Mapping[str, str] = MappingProxyType(
    {"wechat": "微信", "telegram": "Telegram", "web": "网页"}
)


@dataclass(frozen=True, slots=True)
class InboxDesk:
    """What every page of the inbox works with.

    Attributes:
        hours: when staff are there, by district.
        speaker: writes to residents.
        safe: where recordings and photos are kept.
        typesetter: sets the handover notes.
        woken: called after a reply was queued in a channel.
    """

    hours: DeskHours
    speaker: Speaker
    safe: Safe
    typesetter: Typesetter
    woken: Callable[[str], None] = wake_nobody


def area_of(staff: Staff) -> Area:
    """Return where somebody may read what residents wrote: districts and streets."""
    return staff.area(*ROLES)


def seen_at(db: Connection, signed: Signed, now: datetime) -> Seen:
    """Return the conversation that an address names by its ``code``, with its messages.

    Raises:
        Refused: as if there were none, when nothing of it lies in the area.
    """
    area = area_of(signed.staff)
    thread = thread_at(db, area, signed.request.path_params["code"], now)
    if thread is None:
        raise Refused(NO_THREAD, 404)
    return Seen(thread, tuple(messages_of(db, area, thread.resident_id)))


def held_words(error: HeldByOther) -> str:
    """Return who holds a conversation that somebody else wanted to answer."""
    holder = error.thread.holder or "另一位同事"
    return f"现在由{holder}接手，这一步没有办。请和{holder}说一声，交还后再回。"


def place_words(place: Place, places: Places) -> str:
    """Return a place as people read it; the district alone where no street is known."""
    district = places.districts.get(place.district_id)
    name = district.name if district else place.district_id
    if place.street_id is None:
        return name
    return f"{name} {places.streets.get(place.street_id, '已撤的镇街')}"


def places_in(area: Area, places: Places) -> dict[str, Place]:
    """Return the places of an area by the value a form carries: ``qj`` or ``qj/7``."""
    found: dict[str, Place] = {}
    for id_ in places.districts:
        if id_ in area.districts:
            found[id_] = Place(id_)
        for street_id in places.streets:
            if places.of_street[street_id] == id_ and area.holds(id_, street_id):
                found[f"{id_}/{street_id}"] = Place(id_, street_id)
    return found
