"""What POST requests hands in, read from the form: the service, the place, words and photos.

Whose name, phone or device it is is not wanted and not kept. An address of a photo is never
opened: it could be any address that this machine reaches. Photos come as files.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from bot.channels.open311_formats import Problem
from bot.channels.open311_queries import Known, jurisdictions, present, require_service
from bot.channels.open311_services import EMERGENCY, FLOOR, NO, YES
from bot.messages import clean_text
from community.coordinates import BadCoordinates, Point
from hazards.categories import Categories
from hazards.drafts import MOST_PHOTOS, MOST_SAID_CHARACTERS, Draft, Where

MIB = 1024 * 1024
MOST_BODY_BYTES = 20 * MIB
MOST_FIELDS = 100
MOST_FIELD_BYTES = 64 * 1024
MOST_OPERATION_CHARACTERS = 200
OPERATION_HEADER = "idempotency-key"

PERSONAL = frozenset({"email", "device_id", "account_id", "first_name", "last_name", "phone"})


@dataclass(frozen=True, slots=True)
class Posted:
    """What was handed in.

    Attributes:
        draft: of the report.
        photos: as they came, at most nine.
        has_personal: something of ``PERSONAL`` came with it.
        has_address: an address of a photo came with it.
    """

    draft: Draft
    photos: tuple[bytes, ...]
    has_personal: bool
    has_address: bool


async def read_form(request: Request) -> FormData:
    """Return the form of a request, of at most ``MOST_BODY_BYTES``.

    Raises:
        Problem: when it is larger, or no form.
    """
    left = MOST_BODY_BYTES
    receive = request.receive

    async def receive_bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Problem(413, f"发来的内容超过{MOST_BODY_BYTES // MIB}MB，请减少照片")
        return message

    try:
        return await Request(request.scope, receive_bounded).form(
            max_files=MOST_PHOTOS, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES
        )
    except HTTPException:
        raise Problem(400, f"表单没看懂；照片最多{MOST_PHOTOS}张") from None


def operation_of(request: Request) -> str:
    """Return the id that a client gave its request, so that a repeat has no second effect.

    Raises:
        Problem: when it is too long to be one.
    """
    given = request.headers.get(OPERATION_HEADER, "").strip()
    if len(given) > MOST_OPERATION_CHARACTERS:
        raise Problem(400, f"Idempotency-Key最多{MOST_OPERATION_CHARACTERS}个字符")
    return given


async def read_posted(
    form: FormData, categories: Categories, known: Known, home: str, now: datetime
) -> Posted:
    """Return what a form hands in.

    Args:
        form: as it came.
        categories: there are.
        known: likewise, and the districts served.
        home: the district where none is named.
        now: when it came.

    Raises:
        Problem: 404 for an unknown service or jurisdiction; 400 for what is missing or wrong.
    """
    given = present(_texts(form))
    service = given.get("service_code")
    if service is None:
        raise Problem(400, "缺service_code")
    require_service(service, known)
    if categories.require(service).emergency_gate:
        _require_no_emergency(given)
    draft = Draft(
        category=service,
        said=_said(given),
        where=_where(given),
        begun_at=now,
        district_id=_district(given, known, home),
    )
    uploads = [one for one in form.getlist("media") if isinstance(one, UploadFile)]
    photos = tuple([await one.read() for one in uploads])
    return Posted(draft, photos, bool(PERSONAL & given.keys()), "media_url" in given)


def _texts(form: FormData) -> Iterator[tuple[str, str]]:
    for name, value in form.multi_items():
        if isinstance(value, str):
            yield name, clean_text(value)


def _require_no_emergency(given: Mapping[str, str]) -> None:
    answer = given.get(f"attribute[{EMERGENCY}]", "").lower()
    if answer == YES:
        raise Problem(400, "现在就打119（免费），人先离开。这条没有收，危险过后再上报。")
    if answer != NO:
        raise Problem(400, f"缺attribute[{EMERGENCY}]，填{NO}或{YES}，问法见services")


def _district(given: Mapping[str, str], known: Known, home: str) -> str:
    return min(jurisdictions(given, known)) if "jurisdiction_id" in given else home


def _said(given: Mapping[str, str]) -> str:
    text = given.get("description", "")
    if len(text) > MOST_SAID_CHARACTERS:
        raise Problem(400, f"description最多{MOST_SAID_CHARACTERS}个字")
    return text


def _where(given: Mapping[str, str]) -> Where:
    point = _point(given)
    words = given.get("address_string", "")
    if point is None and not words:
        if "address_id" in given:
            raise Problem(400, "这里不用address_id，请给lat和long，或者address_string")
        raise Problem(400, "缺地点：给lat和long，或者address_string")
    where = Where(words=words, floor=given.get(f"attribute[{FLOOR}]", ""))
    if point is None:
        return where
    return replace(where, latitude=point.latitude, longitude=point.longitude)


def _point(given: Mapping[str, str]) -> Point | None:
    if ("lat" in given) != ("long" in given):
        raise Problem(400, "lat和long要一起给")
    if "lat" not in given:
        return None
    try:
        return Point(float(given["lat"]), float(given["long"]))
    except (ValueError, BadCoordinates):
        raise Problem(400, "lat和long不是地球上的一个地方（WGS-84，度）") from None
