"""A case as a plain work order (工单), to be pasted into 12345, a grid platform or a chat."""

import re
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.console.case_words import CaseWords, due_words, spaced, state_name
from bot.console.rendering import moment
from community.districts import District
from hazards.case_store import CaseReport
from hazards.cases import Case

NO_WORDS = "上报人没有写文字，看照片。"
# A phone number that somebody wrote into a report stays in the house.
_PHONE = re.compile(
    r"(?<!\d)(?:\+?86[- ]?)?(?:1[3-9]\d(?:[- ]?\d{4}){2}|0\d{2,3}[- ]?\d{7,8})(?!\d)"
)


class Described(Protocol):
    """What a work order is written from."""

    @property
    def case(self) -> Case:
        """The case."""

    @property
    def words(self) -> CaseWords:
        """Its words."""

    @property
    def reports(self) -> list[CaseReport]:
        """Its reports."""


def description(case: Case, reports: list[CaseReport]) -> str:
    """Return what is wrong: staff's words, else the reporters' without phone numbers."""
    said = [one.said.strip() for one in reports if one.standing not in {"rejected", "withdrawn"}]
    own = case.summary or "\n".join(dict.fromkeys(words for words in said if words))
    return without_phones(own)


def without_phones(text: str) -> str:
    """Return text with phone numbers blotted out."""
    return _PHONE.sub("（电话略）", text)


def order_text(look: Described, district: District, now: datetime) -> str:
    """Return a case as lines of text: what, where, by when, and who; never who reported it."""
    case, words = look.case, look.words
    zone = ZoneInfo(district.timezone)
    point = case.point
    lines = [
        f"【隐患工单】{spaced(case.code)}",
        f"类别：{words.category(case.category)}",
        f"地点：{district.name} {words.place(case)}",
        f"坐标：{point.latitude:.6f}, {point.longitude:.6f}（WGS-84）" if point else "",
        f"情况：{description(case, look.reports) or NO_WORDS}",
        f"上报：{moment(case.opened_at, zone)}，共{case.report_count}人上报",
        f"状态：{'，'.join(one for one in (state_name(case.state), due_words(case, now)) if one)}",
        f"期限：{moment(case.due_at, zone)}前" if case.due_at else "",
        f"办理：{words.unit(case, case.handler)}",
        f"牵头：{words.unit(case, case.lead)}",
        f"外部编号：{case.external_number}" if case.external_number else "",
    ]
    return "\n".join(line for line in lines if line)
