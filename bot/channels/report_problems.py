"""What is wrong with a form, in words that say what to do; one table for all that intake raises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.report_fields import NoName
from community.coordinates import BadCoordinates
from hazards.categories import UnknownCategory
from hazards.drafts import MOST_PHOTOS
from hazards.limits import Blocked, OverLimit
from hazards.sites import NoPlace
from hazards.submissions import NoCategory, OperationTaken, TooManyPhotos


@dataclass(frozen=True, slots=True)
class Problem:
    """What somebody has to mend: the words, and the part of the page where they can."""

    words: str
    part: str = ""


STALE = Problem("这一页开得太久了，字都还在，照片要重新选。再点一次“提交”就行。", "photos")
SECOND_PRESS = Problem("刚才没有提交上。再点一次“提交”就行。")
TOO_MANY_PHOTOS = Problem(
    f"最多{MOST_PHOTOS}张照片，已经收下{MOST_PHOTOS}张，多的没有收。", "photos"
)
NO_KIND = Problem("还没选是哪一种隐患。", "kinds")
NO_PLACE = Problem("还没写在哪里。写小区、楼栋和楼层，比如“阳光小区3栋2楼楼道”。", "places")
BAD_PLACE = Problem("取到的位置不对。打字写一下在哪里。", "places")
WHICH_BUILDING = Problem("是哪一栋？选一个，再点“提交”。", "places")
NO_NAME = Problem("实名要写姓名，2到20个字，不写数字。不想写，就选“保密”。", "privacies")
NOT_KEPT = Problem("这会儿存不下，字都还在。过一会儿再点“提交”；着急的事打12345。")
TOO_FAST = "提交得太快了，没有收。过几分钟再试；着急的事打12345，着火、漏气、有人被困打119。"

_OVER: Mapping[str, str] = {
    "resident_day": "你今天报得够多了，先让人去办。明天再报；着急的事打12345。",
    "anonymous_day": "今天匿名报得够多了，先让人去办。明天再报；着急的事打12345。",
    "place_hour": "这里的这种隐患你刚报过，正在办。过一小时还在，再报一次。",
}


def _over(error: OverLimit, zone: ZoneInfo) -> Problem:  # noqa: ARG001 - a row of the table
    return Problem(_OVER[error.limit])


def _blocked(error: Blocked, zone: ZoneInfo) -> Problem:
    until = _moment(error.until, zone)
    words = f"你现在不能上报，到{until}为止。原因：{error.reason}。要申诉，在聊天里回“报隐患”。"
    return Problem(f"{words}着急的事打12345。")


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日{local:%H:%M}"


# What is raised → what is said; whatever is not here is no fault of whoever filled in the form.
_PROBLEMS: Mapping[type[Exception], Problem | Callable[[Any, ZoneInfo], Problem]] = {
    NoCategory: NO_KIND,
    UnknownCategory: NO_KIND,
    NoPlace: NO_PLACE,
    NoName: NO_NAME,
    BadCoordinates: BAD_PLACE,
    TooManyPhotos: TOO_MANY_PHOTOS,
    OperationTaken: SECOND_PRESS,
    OverLimit: _over,
    Blocked: _blocked,
}
MENDABLE = tuple(_PROBLEMS)


def problem_of(error: Exception, zone: ZoneInfo) -> Problem:
    """Return the problem behind one of ``MENDABLE``; times are shown in ``zone``."""
    found = _PROBLEMS[type(error)]
    return found if isinstance(found, Problem) else found(error, zone)
