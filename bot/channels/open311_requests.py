"""How Open311 shows a public case, a token and a receipt."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.open311_posts import Posted
from community.departments import STREET, UnknownDepartment
from community.districts import District
from hazards.categories import Categories
from hazards.open_store import TokenHolder
from hazards.opendata import PublicCase

BAD_PHOTO: Mapping[str, str] = {
    "empty": "是空的",
    "too_big": "太大",
    "too_many_pixels": "像素太多",
    "unsupported": "不是JPEG、PNG或WebP",
    "damaged": "打不开",
}
ACCEPTED = "收到了。审核公开以后，用token能查到编号；没有审核的查不到。"
NO_ADDRESS = "media_url里的照片没有读取，请把照片文件放在media字段里。"
NO_PERSONAL = "姓名、电话、邮箱这些没有保存。"
OUTSIDE = "地点在服务范围外，会转给当地。"


def service_request(
    case: PublicCase, district: District, categories: Categories, media: str
) -> dict[str, Any]:
    """Return one request of GET requests.

    Args:
        case: what anybody may know.
        district: it belongs to.
        categories: there are.
        media: where photos are, up to their names.
    """
    category = categories.get(case.category)
    zone = ZoneInfo(district.timezone)
    return {
        "service_request_id": case.code,
        "status": case.status,
        "status_notes": case.notes,
        "service_name": category.name if category else case.category,
        "service_code": case.category,
        "description": case.text,
        "agency_responsible": agency(case, district),
        "service_notice": None,
        "requested_datetime": _moment(case.opened_at, zone),
        "updated_datetime": _moment(case.updated_at, zone),
        "expected_datetime": _moment(case.due_at, zone),
        "address": address(case, district),
        "address_id": None,
        "zipcode": None,
        "lat": case.point.latitude if case.point else None,
        "long": case.point.longitude if case.point else None,
        "media_url": f"{media}{case.photo}.jpg" if case.photo else None,
    }


def agency(case: PublicCase, district: District) -> str:
    """Return who is responsible: the handler, or the lead while nobody handles it."""
    unit = case.handler or case.lead
    if unit == STREET and case.street:
        return case.street
    try:
        return district.department(unit).name
    except UnknownDepartment:  # the district's file has changed since
        return district.name


def address(case: PublicCase, district: District) -> str:
    """Return the place as coarse as the point: never a building."""
    return "".join((district.name, case.street, case.community))


def shown_token(holder: TokenHolder) -> dict[str, Any]:
    """Return GET tokens/{token}; without a number until its case is public."""
    return {"service_request_id": holder.case_code or None, "token": holder.code}


def receipt(
    code: str, posted: Posted, refused: Mapping[int, str], *, is_outside: bool
) -> dict[str, Any]:
    """Return the reply to POST requests.

    Args:
        code: of the report, which is the token.
        posted: what was handed in.
        refused: photos that were not taken, from 1, and why (``BAD_PHOTO``).
        is_outside: the place is in no district served.
    """
    said = [ACCEPTED]
    said += [
        f"第{number}张照片没有收（{BAD_PHOTO.get(why, '打不开')}）。"
        for number, why in refused.items()
    ]
    said += [
        words
        for words, holds in (
            (NO_ADDRESS, posted.has_address),
            (NO_PERSONAL, posted.has_personal),
            (OUTSIDE, is_outside),
        )
        if holds
    ]
    return {"token": code, "service_notice": "".join(said), "account_id": None}


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    """Return a time as W3C writes it, with its zone; whole seconds."""
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")
