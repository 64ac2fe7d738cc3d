"""A drill's report (演练评估报告): drafted from what happened, sealed, and corrected by versions.

``Reporting`` is made once. A draft may be asked for at any time, so that the report is ready
before people have gone home; it is sealed after the debrief, and again when it is corrected.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from community.staff import Staff
from drills.checklist import Checklist
from drills.conducting_rules import require_conductor
from drills.drill_store import append_event, move, require_drill
from drills.drills import Drill, DrillRefused, staff_event
from drills.duties import Duties
from drills.duty_record_store import record_drill
from drills.measured import Facts, Measures
from drills.measures import compare, measure
from drills.problem_store import brought_back, problems_of
from drills.problems import PROBLEM_NAMES, Problem
from drills.report_bodies import (
    Earlier,
    Finding,
    Happening,
    ReportBody,
    Section,
    Subject,
    body_from,
    body_json,
)
from drills.report_looks_store import checks_of, facts_of, place_of, steps_done
from drills.report_store import (
    SEALED_EVENT,
    Sealed,
    add_version,
    last_report_before,
    latest_version,
    seal_hash,
)
from drills.report_words import (
    STAGE_NAMES,
    basics,
    comparison,
    conclusion,
    course_section,
    evacuation,
    findings_section,
    helping,
    preparation,
)

# Once closed, a report is corrected no more.
SEALABLE = frozenset({"debrief", "reported"})


@dataclass(frozen=True)
class Reporting:
    """Makes and seals reports.

    Attributes:
        duties: the rules that a drill may serve, and the zone in which days are counted.
        checklist: what is prepared before a drill.
    """

    duties: Duties
    checklist: Checklist

    def draft_report(self, db: Connection, drill_id: int, now: datetime) -> ReportBody:
        """Return the report as it would be sealed now.

        Raises:
            DrillRefused: ``unknown_drill``.
        """
        held = require_drill(db, drill_id)
        facts = facts_of(db, held)
        measures = measure(facts)
        earlier = _earlier(db, held, measures)
        items = self.checklist.by_id
        done = checks_of(db, drill_id)
        checks = tuple(items[item].name if item in items else item for item in done)
        course = _course(held, facts, steps_done(db, drill_id), now)
        findings = _findings(db, held, facts)
        subject = _subject(db, held, facts)
        sections: tuple[Section, ...] = (
            basics(subject, measures, self.duties.zone),
            preparation(checks, measures.notices),
            course_section(course, self.duties.zone),
            evacuation(measures),
            helping(measures),
            findings_section(findings),
            comparison(earlier, self.duties.zone),
            conclusion(measures, findings),
        )
        return ReportBody(subject, measures, checks, course, findings, earlier, sections)

    def seal(
        self,
        db: Connection,
        drill_id: int,
        staff: Staff,
        now: datetime,
        draft: ReportBody | None = None,
    ) -> Sealed:
        """Seal the report as it stands now and return it; the first time, note the duties done.

        Args:
            db: inside a write; what is refused is to be rolled back.
            drill_id: of a drill after its debrief.
            staff: somebody who may conduct the drill.
            now: when.
            draft: of this drill, read just before, so that the write is short; without one it
                is drafted within the write.

        Raises:
            DrillRefused: ``unknown_drill``, ``not_allowed``, ``not_sealable`` before the debrief
                and after the closing, ``stale`` when somebody else was first or the draft is of
                another drill or another course of it.
        """
        held = require_drill(db, drill_id)
        require_conductor(db, held, staff)
        if held.state not in SEALABLE:
            raise DrillRefused("not_sealable")
        last = latest_version(db, drill_id)
        body = draft or self.draft_report(db, drill_id, now)
        if _moments(body.subject) != _moments(held) or body.subject.code != held.code:
            raise DrillRefused("stale")
        sealed = _sealed(held, replace(body, before=last.hash if last else ""), staff, now, last)
        is_first = add_version(db, sealed)
        if not is_first or (held.state == "debrief" and not move(db, held, "reported", now)):
            raise DrillRefused("stale")
        record_drill(db, self.duties, held.id, staff.id, now)
        detail = {"version": sealed.version, "hash": sealed.hash}
        append_event(db, held.id, staff_event(SEALED_EVENT, staff.id, now, **detail))
        return sealed


def _earlier(db: Connection, held: Drill, measures: Measures) -> Earlier | None:
    last = last_report_before(db, held)
    if last is None:
        return None
    body = body_from(last.body)
    held_at = body.subject.alarm_at or body.subject.starts_at
    return Earlier(body.subject.code, held_at, compare(body.measures, measures))


def _moments(of: Subject | Drill) -> tuple[datetime | None, ...]:
    return (of.starts_at, of.alarm_at, of.roll_closed_at, of.all_clear_at)


def _sealed(
    held: Drill, body: ReportBody, staff: Staff, now: datetime, last: Sealed | None
) -> Sealed:
    version = last.version + 1 if last else 1
    # As UTC, so that it hashes to the same when it is read again.
    draft = Sealed(held.id, version, body_json(body), "", staff.id, now.astimezone(UTC))
    return replace(draft, hash=seal_hash(draft))


def _subject(db: Connection, held: Drill, facts: Facts) -> Subject:
    place = place_of(db, held)
    return Subject(
        code=held.code,
        title=held.title,
        kind=held.kind,
        scenario=held.scenario,
        district_id=held.district_id,
        street=place.street,
        community=place.community,
        buildings=tuple(house.name for house in facts.houses),
        assembly_point=held.assembly_point,
        starts_at=held.starts_at,
        lasts_minutes=held.lasts_minutes,
        alarm_at=held.alarm_at,
        roll_closed_at=held.roll_closed_at,
        all_clear_at=held.all_clear_at,
    )


def _course(
    held: Drill, facts: Facts, steps: Collection[tuple[str, datetime]], now: datetime
) -> tuple[Happening, ...]:
    """Return what happened until now, in order."""
    arrivals = [line.arrived_at for line in facts.lines if line.arrived and line.arrived_at]
    known = [
        *((at, f"发出{STAGE_NAMES.get(stage, stage)}") for stage, at in steps if stage in _NOTICES),
        (held.alarm_at, "警报响起，演练开始"),
        (min(arrivals, default=None), "第一批人到集合点"),
        (held.mustering_at, "开始集合点名"),
        (max(arrivals, default=None), "最后一批人到集合点"),
        (max((one.cleared_at for one in facts.sweeps), default=None), "最后一层清查完"),
        (held.roll_closed_at, "点名结束"),
        (held.all_clear_at, "演练解除"),
    ]
    happened = [Happening(at, words) for at, words in known if at is not None and at <= now]
    return tuple(sorted(happened, key=lambda one: one.at))


_NOTICES = frozenset({"notice_week", "notice_day", "notice_soon"})


def _findings(db: Connection, held: Drill, facts: Facts) -> tuple[Finding, ...]:
    """Return the drill's own problems, then those that earlier ones left open."""
    names = {house.id: house.name for house in facts.houses}
    problems = [*problems_of(db, held.id), *brought_back(db, held.id)]
    return tuple(_finding(one, names) for one in problems)


def _finding(problem: Problem, names: Mapping[int, str]) -> Finding:
    return Finding(
        kind=PROBLEM_NAMES[problem.kind],
        building=names.get(problem.building_id or 0, ""),
        words=problem.words,
        owner=problem.owner,
        due_on=problem.due_on.isoformat(),
        noted_at=problem.noted_at,
        solved_at=problem.solved_at,
        solution=problem.solution,
    )
