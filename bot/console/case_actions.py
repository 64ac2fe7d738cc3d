"""What is done to a case from its page: moves, changes, merging; each form once.

Every form carries the version of the case as it was seen and a token of its own. So of two who
press at once one wins, the other reads that the page has changed, and a form sent twice has one
effect. All of a form is one transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.case_desk import PATH, CaseDesk, actor_for, area_of, case_at, case_of
from bot.console.case_forms import KeptPhotos, Wanted, kept_photos, wanted_in
from bot.console.case_looks_store import visible_case
from bot.console.case_page import Problem, render_case
from bot.console.case_place import chosen
from bot.console.case_problems import problem_words
from bot.console.operation_store import claim
from bot.console.shell import Refused, Signed, redirect
from community.departments import UnknownDepartment
from community.files import full_hour, note_file
from community.staff import Staff
from hazards.case_changes import (
    change_category,
    note,
    pause,
    raise_level,
    resume,
    set_external_number,
    set_major,
    set_place,
    set_public,
    set_summary,
)
from hazards.case_store import reports_of
from hazards.cases import Act, Case, CaseError, IllegalMove
from hazards.casework import close_on_spot, move
from hazards.categories import UnknownCategory
from hazards.limit_store import note_false
from hazards.merging import merge, merges_of, split, undo
from hazards.photo_store import Home, attach_files, note_looks
from hazards.transitions import MOVES

ALREADY = "这一步刚才已经办好了，没有重复办。"
DONE = "办好了。"
NO_WAY = "没有这一步。请刷新页面再试。"
NO_PUBLIC_WORDS = "写上要公开的话，再点公开。"
GONE_ELSEWHERE = "办好了。案件现在不在你的范围里了。"


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing that somebody does to a case within a write."""

    db: Connection
    desk: CaseDesk
    staff: Staff
    case: Case
    wanted: Wanted
    photo_ids: tuple[int, ...]
    now: datetime

    def act(self, name: str) -> Act:
        """Return the act, in the role that covers it."""
        wanted = self.wanted
        actor = actor_for(self.staff, self.case, name)
        return Act(
            actor, wanted.version, wanted.reason, self.photo_ids, wanted.handler, wanted.lead
        )


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in words, and the case to show then; "" when it is out of sight."""

    words: str
    code: str


# Does it and returns the code of the case to show.
Deed = Callable[[Doing], str]


async def act_on_case(desk: CaseDesk, signed: Signed) -> Response:
    """Do what a form of the case's page asks; on refusal show the page as it stands by now."""
    wanted = await wanted_in(signed)
    now = signed.now
    try:
        kept = await kept_photos(desk, wanted)
        done = await signed.write(lambda db: _done_at(db, desk, signed, wanted, kept, now))
    except (CaseError, UnknownDepartment, UnknownCategory) as error:
        return await render_case(
            desk, signed, Problem(problem_words(error), wanted.reason or wanted.text)
        )
    except Refused as refused:
        if refused.status != 422:
            raise
        problem = Problem(refused.words, wanted.reason or wanted.text, refused.status)
        return await render_case(desk, signed, problem)
    if not done.code:
        return redirect(signed, PATH, GONE_ELSEWHERE)
    return redirect(signed, f"{PATH}/{done.code}", done.words)


def _done_at(  # noqa: PLR0913, PLR0917 - who does what, with what, and when
    db: Connection,
    desk: CaseDesk,
    signed: Signed,
    wanted: Wanted,
    kept: KeptPhotos,
    now: datetime,
) -> Done:
    return carry_out(db, desk, signed.staff, (case_at(db, signed), wanted, kept), now)


def carry_out(
    db: Connection,
    desk: CaseDesk,
    staff: Staff,
    asked: tuple[Case, Wanted, KeptPhotos],
    now: datetime,
) -> Done:
    """Do one thing to a case, unless this very form was carried out before.

    Args:
        db: inside a write.
        desk: what pages work with.
        staff: who does it.
        asked: the case within their area, what they want, and the photos they sent.
        now: when.

    Raises:
        CaseError, UnknownDepartment, UnknownCategory: as the functions of ``hazards``.
        Refused: when there is no such thing to do.
    """
    case, wanted, kept = asked
    if not claim(db, staff.id, wanted.operation, now):
        return Done(ALREADY, case.code)
    photos = _attached(db, case, kept, now)
    doing = Doing(db, desk, staff, case, wanted, photos, now)
    code = deed_of(wanted.name)(doing)
    is_seen = visible_case(db, area_of(staff), code) is not None
    return Done(DONE, code if is_seen else "")


def deed_of(name: str) -> Deed:
    """Return what does a move or a change.

    Raises:
        Refused: when there is none of this name.
    """
    deed = DEEDS.get(name)
    if deed is None:
        raise Refused(NO_WAY, 400)
    return deed


def _attached(db: Connection, case: Case, kept: KeptPhotos, now: datetime) -> tuple[int, ...]:
    """Give photos that were kept to a case, and return their ids."""
    added: list[int] = []
    for purpose, photo in kept:
        file_id = note_file(db, photo.file, full_hour(now))
        ids = attach_files(db, [file_id], Home(None, case.id, purpose, now))
        note_looks(db, ids[0], photo.looks)
        added += ids
    return tuple(added)


def _move(doing: Doing) -> str:
    name = doing.wanted.name
    case = move(doing.db, doing.case.id, name, doing.act(name), doing.desk.rules, doing.now)
    return case.code


def _close_on_spot(doing: Doing) -> str:
    act, desk = doing.act("close_on_spot"), doing.desk
    return close_on_spot(doing.db, doing.case.id, act, desk.rules, doing.now, desk.draw()).code


def _note(doing: Doing) -> str:
    note(doing.db, doing.case.id, doing.act("note"), doing.desk.rules, doing.now)
    return doing.case.code


def _pause(doing: Doing) -> str:
    return pause(doing.db, doing.case.id, doing.act("pause"), doing.desk.rules, doing.now).code


def _resume(doing: Doing) -> str:
    return resume(doing.db, doing.case.id, doing.act("resume"), doing.desk.rules, doing.now).code


def _category(doing: Doing) -> str:
    category = doing.wanted.value
    doing.desk.categories.require(category)
    case = change_category(
        doing.db, doing.case.id, category, doing.act("category"), doing.desk.rules, doing.now
    )
    return case.code


def _level(doing: Doing) -> str:
    level = doing.wanted.number or 0
    case = raise_level(
        doing.db, doing.case.id, level, doing.act("level"), doing.desk.rules, doing.now
    )
    return case.code


def _major(doing: Doing) -> str:
    act, is_major = doing.act("major"), doing.wanted.number == 1
    return set_major(
        doing.db, doing.case.id, act, doing.desk.rules, doing.now, is_major=is_major
    ).code


def _external_number(doing: Doing) -> str:
    act, number = doing.act("external_number"), doing.wanted.value
    return set_external_number(
        doing.db, doing.case.id, number, act, doing.desk.rules, doing.now
    ).code


def _summary(doing: Doing) -> str:
    act, text = doing.act("summary"), doing.wanted.text
    return set_summary(doing.db, doing.case.id, text, act, doing.desk.rules, doing.now).code


def _place(doing: Doing) -> str:
    wanted, act = doing.wanted, doing.act("place")
    building_id, street_id = chosen(doing.db, doing.case, wanted.value)
    return set_place(
        doing.db,
        doing.case.id,
        act,
        doing.desk.rules,
        doing.now,
        building_id=building_id,
        street_id=street_id,
        words=wanted.text,
        floor=wanted.floor,
    ).code


def _publish(doing: Doing) -> str:
    if not doing.wanted.text:
        raise Refused(NO_PUBLIC_WORDS)
    return _made_public(doing, doing.wanted.text)


def _unpublish(doing: Doing) -> str:
    return _made_public(doing, "")


def _made_public(doing: Doing, text: str) -> str:
    act = doing.act("publish")
    return set_public(doing.db, doing.case.id, text, act, doing.desk.rules, doing.now).code


def _merge_into(doing: Doing) -> str:
    """Put this case to the one whose code was given."""
    kept = case_of(doing.db, doing.staff, doing.wanted.value)
    act = doing.act("merge")
    merge(doing.db, kept.id, doing.case.id, act, doing.desk.rules, doing.now)
    return kept.code


def _take_in(doing: Doing) -> str:
    """Put the case whose code was given to this one; the version is that of the other."""
    merged = case_of(doing.db, doing.staff, doing.wanted.value)
    act = doing.act("merge")
    merge(doing.db, doing.case.id, merged.id, act, doing.desk.rules, doing.now)
    return doing.case.code


def _undo_merge(doing: Doing) -> str:
    merges = [one.id for one in merges_of(doing.db, doing.case.id)]
    merge_id = doing.wanted.number or 0
    if merge_id not in merges:
        raise IllegalMove(doing.case, "undo_merge")
    return undo(doing.db, merge_id, doing.act("merge"), doing.desk.rules, doing.now).code


def _split(doing: Doing) -> str:
    report_id = _own_report(doing, "split")
    return split(doing.db, report_id, doing.act("split"), doing.desk.rules, doing.now).code


def _false(doing: Doing) -> str:
    report_id = _own_report(doing, "false")
    actor = doing.act("false").actor
    note_false(doing.db, report_id, actor.staff_id or 0, doing.now)
    return doing.case.code


def _own_report(doing: Doing, name: str) -> int:
    report_id = doing.wanted.number or 0
    if report_id not in {one.id for one in reports_of(doing.db, doing.case.id)}:
        raise IllegalMove(doing.case, name)
    return report_id


DEEDS: Mapping[str, Deed] = MappingProxyType(
    dict.fromkeys(MOVES.keys() - {"mark_duplicate", "withdraw"}, _move)
    | {
        "close_on_spot": _close_on_spot,
        "note": _note,
        "pause": _pause,
        "resume": _resume,
        "category": _category,
        "level": _level,
        "major": _major,
        "external_number": _external_number,
        "summary": _summary,
        "place": _place,
        "publish": _publish,
        "unpublish": _unpublish,
        "merge_into": _merge_into,
        "take_in": _take_in,
        "undo_merge": _undo_merge,
        "split": _split,
        "false": _false,
    }
)
