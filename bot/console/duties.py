"""Duties (演练任务): overdue and due-soon lists, the year's calendar, evidence, and the rules.

``DutyPages(rules)`` is the page module.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console import duty_feeds
from bot.console.case_filters import streets_in
from bot.console.duty_desk import (
    KEEPERS,
    KIND_NAMES,
    MISSING_NAMES,
    NO_DUTY,
    NO_PLACE,
    PATH,
    STATE_NAMES,
    VIEWERS,
    DutyDesk,
    area_of,
    asked_by,
    day_in,
    number,
    scopes_in,
)
from bot.console.people_store import staff_names
from bot.console.posts import Places, read_places
from bot.console.shell import (
    Refused,
    Section,
    Signed,
    Task,
    form_of,
    number_of,
    page,
    redirect,
    render,
    shell_of,
    text_of,
)
from community.staff import Area, Staff
from drills.drills import STATE_NAMES as DRILL_STATES
from drills.duties import SUBJECT_KINDS, Duties, DutyState, SubjectKind
from drills.duty_judging import Duty, Subject
from drills.duty_record_store import (
    MOST_NOTE_CHARACTERS,
    BadEvidence,
    Evidence,
    Paper,
    evidence_of,
    record_duty,
    subject_of_record,
    withdraw_record,
)
from drills.duty_store import (
    PAGE_SIZE,
    duties_in,
    standing_of,
    subject_in,
    unconfirmed_in,
)
from drills.feed_store import deadlines_between, drills_between

MOST_UNSURE = 500
EARLIEST_YEAR, LATEST_YEAR = 2020, 2100
RECORDED = "记下了，这一次算完成。"
ALREADY = "这一天已经记过了，没有再记一次。"
WITHDRAWN = "撤销了，这一次不再算。"
NOT_WITHDRAWN = "没有撤销：可能有人已经撤了，或者它来自封存的演练报告。"
BAD_EVIDENCE: Mapping[str, str] = {
    "future": "日期还没到，做完再记。",
    "too_early": "那一天这条规则还没有施行，不用记。",
    "note": f"写上做了什么、材料放在哪里，最多{MOST_NOTE_CHARACTERS}个字。",
    "rule": "这条规则不管这个对象，请从任务页重新打开。",
}


@dataclass(frozen=True, slots=True)
class DutyPages:
    """The pages about duties; given to ``console_routes``."""

    desk: DutyDesk

    @property
    def SECTION(self) -> Section:  # noqa: N802 - a constant of page modules
        """Its entry of the navigation."""
        actions = {
            "duty.recorded": "登记演练任务完成",
            "duty.withdrawn": "撤销演练任务登记",
            "calendar_feed.made": "发放日历地址",
            "calendar_feed.ended": "停用日历地址",
        }
        return Section("演练任务", PATH, VIEWERS, partial(waiting, self.desk), actions)

    def routes(self) -> list[Route]:
        """Return the routes; fixed addresses before those that hold an id."""
        desk = self.desk
        return [
            page(PATH, partial(list_duties, desk), *VIEWERS),
            page(f"{PATH}/year", partial(show_year, desk), *VIEWERS),
            page(f"{PATH}/unsure", partial(list_unsure, desk), *VIEWERS),
            page(f"{PATH}/rules", partial(show_rules, desk), *VIEWERS),
            page(f"{PATH}/record", partial(record, desk), *KEEPERS, methods=("POST",)),
            page(f"{PATH}/withdraw", partial(withdraw, desk), *KEEPERS, methods=("POST",)),
            *duty_feeds.routes(),
            page(f"{PATH}/{{kind}}/{{id:int}}/{{rule}}", partial(show_duty, desk), *VIEWERS),
        ]


def waiting(desk: DutyDesk, db: Connection, staff: Staff, now: datetime) -> list[Task]:
    """Return how much is overdue and due soon; at most a minute old."""
    area = area_of(staff)
    counts = desk.counts.get(area, now)
    if counts is None:
        today = now.astimezone(desk.rules.zone).date()
        found = duties_in(db, area, today, desk.rules).by_state
        counts = desk.counts.keep(area, found, now)
    return [
        Task("逾期的演练任务", counts.get("overdue", 0), f"{PATH}?state=overdue"),
        Task("快到期的演练任务", counts.get("due_soon", 0), f"{PATH}?state=due_soon"),
    ]


async def list_duties(desk: DutyDesk, signed: Signed) -> Response:
    """Show what is owed, the most pressing first."""
    places = await _places(signed)
    asked, today = asked_by(signed, places), desk.today(signed)
    found = await signed.read(lambda db: duties_in(db, asked.area, today, desk.rules, asked.filter))
    current = desk.rules.on(today, signed.staff.districts)
    return render(
        signed,
        "duties/list.html",
        found=found,
        asked=asked,
        chips=_chips(found.by_state),
        states=STATE_NAMES,
        districts=_districts(signed),
        streets=streets_in(area_of(signed.staff), places),
        rules=[(rule.id, rule.title) for rule in current],
        page_size=PAGE_SIZE,
    )


async def show_year(desk: DutyDesk, signed: Signed) -> Response:
    """Show a year of one place: drills and last days, month by month."""
    places = await _places(signed)
    scopes = scopes_in(area_of(signed.staff), places)
    chosen = signed.request.query_params.get("place", "") or next(iter(scopes), "")
    if chosen not in scopes:
        raise Refused(NO_PLACE, 404)
    scope, name = scopes[chosen]
    today = desk.today(signed)
    year = _year(signed.request.query_params.get("year", ""), today.year)
    days = date(year, 1, 1), date(year, 12, 31)

    def read(db: Connection) -> list[tuple[date, str, str, str]]:
        zone = desk.rules.zone
        drills = [
            (one.starts_at.astimezone(zone).date(), "演练", one.title, DRILL_STATES[one.state])
            for one in drills_between(db, scope, days, desk.rules)
        ]
        ends = [
            (one.period.end, "到期", one.rule.title, f"已完成{one.done}，应完成{one.owed}")
            for one in deadlines_between(db, scope, days, desk.rules, today)
        ]
        return sorted(drills + ends)

    rows = await signed.read(read)
    return render(
        signed,
        "duties/year.html",
        year=year,
        chosen=chosen,
        name=name,
        places=[(value, words) for value, (_, words) in scopes.items()],
        months=[(month, [row for row in rows if row[0].month == month]) for month in range(1, 13)],
    )


async def list_unsure(desk: DutyDesk, signed: Signed) -> Response:
    """Show the buildings of which it is not known whether a rule applies."""
    today = desk.today(signed)
    found = await signed.read(
        lambda db: unconfirmed_in(db, area_of(signed.staff), today, desk.rules)
    )
    return render(
        signed,
        "duties/unsure.html",
        rows=found[:MOST_UNSURE],
        total=len(found),
        missing=MISSING_NAMES,
    )


async def show_rules(desk: DutyDesk, signed: Signed) -> Response:
    """Show every rule with its source, its versions, and what has to be confirmed."""
    own = [
        rule
        for rule in desk.rules.rules
        if any(rule.holds_in(one) for one in signed.staff.districts)
    ]
    return render(
        signed,
        "duties/rules.html",
        rules=own,
        left_out=desk.rules.left_out,
        kinds=KIND_NAMES,
        today=desk.today(signed),
    )


async def show_duty(desk: DutyDesk, signed: Signed) -> Response:
    """Show one duty of one subject: its source, how it stands, and what shows it."""
    kind, subject_id = _kind(signed), int(signed.request.path_params["id"])
    rule_id: str = signed.request.path_params["rule"]
    versions = [one for one in desk.rules.of(rule_id) if one.subject == kind]
    if not versions:
        raise Refused(NO_DUTY, 404)
    area, today = area_of(signed.staff), desk.today(signed)

    def read(db: Connection) -> tuple[Subject, list[Duty], list[Evidence], dict[int, str]]:
        subject = _subject(db, desk.rules, area, kind, subject_id)
        evidence = evidence_of(db, rule_id, kind, subject_id)
        people = {one.staff_id for one in evidence}
        people |= {one.withdrawn_by for one in evidence if one.withdrawn_by}
        standing = standing_of(db, desk.rules, subject, rule_id, today)
        return subject, standing, evidence, staff_names(db, sorted(people))

    subject, standing, evidence, names = await signed.read(read)
    return render(
        signed,
        "duties/one.html",
        rule=versions[-1],
        subject=subject,
        standing=standing,
        evidence=evidence,
        names=names,
        states=STATE_NAMES,
        may_keep=signed.staff.area(*KEEPERS).holds(subject.district_id, subject.street_id),
        today=today.isoformat(),
        most=MOST_NOTE_CHARACTERS,
    )


async def record(desk: DutyDesk, signed: Signed) -> Response:
    """Enter a paper that shows that a duty was done."""
    form = await form_of(signed)
    kind, subject_id = _kind_of(text_of(form, "kind")), number_of(form, "id") or 0
    rule, note = text_of(form, "rule"), text_of(form, "note", most=MOST_NOTE_CHARACTERS)
    done_on = day_in(text_of(form, "done_on"))

    def work(db: Connection) -> int | None:
        subject = _subject(db, desk.rules, signed.staff.area(*KEEPERS), kind, subject_id)
        paper = Paper(rule, subject, done_on, note)
        return record_duty(db, desk.rules, paper, signed.staff.id, signed.now)

    try:
        made = await signed.write(work)
    except BadEvidence as error:
        raise Refused(BAD_EVIDENCE[error.problem]) from None
    return redirect(signed, f"{PATH}/{kind}/{subject_id}/{rule}", RECORDED if made else ALREADY)


async def withdraw(desk: DutyDesk, signed: Signed) -> Response:
    """Take back what was entered wrongly; it stays to be read."""
    form = await form_of(signed)
    record_id = number_of(form, "record") or 0
    reason = text_of(form, "reason", most=MOST_NOTE_CHARACTERS)

    def work(db: Connection) -> tuple[str, bool]:
        found = subject_of_record(db, record_id)
        if found is None:
            raise Refused(NO_DUTY, 404)
        rule, kind, subject_id = found
        _subject(db, desk.rules, signed.staff.area(*KEEPERS), kind, subject_id)
        done = withdraw_record(db, record_id, signed.staff.id, reason, signed.now)
        return f"{PATH}/{kind}/{subject_id}/{rule}", done

    try:
        path, done = await signed.write(work)
    except BadEvidence:
        raise Refused("写上为什么撤销。") from None
    return redirect(signed, path, WITHDRAWN if done else NOT_WITHDRAWN)


def _subject(
    db: Connection, rules: Duties, area: Area, kind: SubjectKind, subject_id: int
) -> Subject:
    """Return a subject within an area; refused as if there were none outside it."""
    found = subject_in(db, area, kind, subject_id, rules)
    if found is None:
        raise Refused(NO_DUTY, 404)
    return found[0]


async def _places(signed: Signed) -> Places:
    districts = shell_of(signed.request).districts
    return await signed.read(lambda db: read_places(db, districts))


def _districts(signed: Signed) -> list[tuple[str, str]]:
    """Return the districts to choose among; none where there is but one."""
    known = shell_of(signed.request).districts.items()
    own = [(id_, one.name) for id_, one in known if id_ in signed.staff.districts]
    return own if len(own) > 1 else []


def _chips(counts: Mapping[DutyState, int]) -> list[tuple[str, str, int]]:
    pressing = counts.get("overdue", 0) + counts.get("due_soon", 0)
    single = [(id_, name, counts.get(id_, 0)) for id_, name in STATE_NAMES.items()]
    return [("pressing", "要抓紧", pressing), *single, ("all", "全部", sum(counts.values()))]


def _kind(signed: Signed) -> SubjectKind:
    return _kind_of(signed.request.path_params["kind"])


def _kind_of(typed: str) -> SubjectKind:
    for kind in SUBJECT_KINDS:
        if kind == typed:
            return kind
    raise Refused(NO_DUTY, 404)


def _year(typed: str, now: int) -> int:
    asked = number(typed) or now
    return min(max(asked, EARLIEST_YEAR), LATEST_YEAR)
