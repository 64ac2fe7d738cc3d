"""Why something about a case was not done, in words that name the next step."""

from collections.abc import Mapping

from bot.console.case_words import state_name
from hazards.case_changes import NotInDistrict
from hazards.cases import (
    CaseError,
    IllegalMove,
    MissingPhoto,
    MissingReason,
    NotAllowed,
    StaleCase,
)
from hazards.merging import CannotMerge, NothingToUndo
from hazards.transitions import MOVES

STALE = "刚有人办过这一步，页面已更新。请看清现在的情况再办。"
NOT_ALLOWED = "这一步要请别人办：不在你的职务范围里，或者整改是你自己报完成的。"
NO_REASON = "请写清理由，再点一次。"
NO_PHOTO = "请至少附一张照片，再点一次。"
TWO_PHOTOS = "要整改前、整改后各一张照片，请都选上再点一次。"
NOTHING_TO_UNDO = "这次合并已经撤销了，页面已更新。"
NOT_HERE = "这栋楼或这个街道不在案件所在的区县，请重新选。"
OTHER = "没有这个部门或类别，请重新选。"
CANNOT_MERGE: Mapping[str, str] = {
    "same": "不能和自己合并，请换一个编号。",
    "district": "不是同一个区的案件，不能合并。",
    "ended": "要并入的案件已经办结或已并入别的案件，请换一个。",
    "only": "这是案件里唯一的上报，不用拆分。",
}
PHOTO_REFUSED: Mapping[str, str] = {
    "empty": "照片是空的，请重新选。",
    "too_big": "照片超过20MB，请压缩后再传。",
    "too_many_pixels": "照片太大，请改小后再传。",
    "unsupported": "这个文件不是能收的照片，请用JPG或PNG。苹果手机的HEIC照片请先转成JPG。",
    "damaged": "照片坏了，打不开，请重新拍一张。",
}


def problem_words(error: Exception) -> str:
    """Return what people read when something was refused."""
    if isinstance(error, IllegalMove):
        return _illegal(error)
    if isinstance(error, MissingPhoto):
        return NO_PHOTO if error.needed == 1 else TWO_PHOTOS
    if isinstance(error, CannotMerge):
        return CANNOT_MERGE[error.problem]
    return next((words for kind, words in _PLAIN.items() if isinstance(error, kind)), OTHER)


def photo_words(reason: str) -> str:
    """Return why a photo was not taken."""
    return PHOTO_REFUSED.get(reason, PHOTO_REFUSED["unsupported"])


def _illegal(error: IllegalMove) -> str:
    label = MOVES[error.move].label if error.move in MOVES else ""
    step = f"“{label}”" if label else "这一步"
    return f"案件现在是“{state_name(error.current.state)}”，不能办{step}。页面已更新。"


_PLAIN: Mapping[type[CaseError], str] = {
    StaleCase: STALE,
    NotAllowed: NOT_ALLOWED,
    MissingReason: NO_REASON,
    NothingToUndo: NOTHING_TO_UNDO,
    NotInDistrict: NOT_HERE,
}
