"""What a report earns: the rules, held against its case, its reporter and their month."""

from dataclasses import replace

from sqlalchemy import Connection

from hazards.reward_facts_store import (
    CaseFacts,
    ReportFacts,
    have_handled,
    held_case,
    hold_resident,
    staff_behind,
)
from hazards.reward_rules import Amount, Exclusion, RewardRules, RewardScheme
from hazards.reward_states import CapReached, Excluded, NotEarned, RewardKind
from hazards.reward_store import Draft, earned

EARNING = ("verified", "closed")
ON_DUTY = ("staff", "import")


def earning_case(db: Connection, case_id: int) -> CaseFacts:
    """Return a case whose hazard was found and put right, held.

    Raises:
        NotEarned: when it is not, or there is none.
    """
    case = held_case(db, case_id)
    if case is None or case.state not in EARNING:
        raise NotEarned(case_id, "not_closed")
    return case


def full_draft(
    case: CaseFacts,
    report: ReportFacts,
    given: tuple[RewardKind, Amount],
    scheme: RewardScheme,
) -> Draft:
    """Return a reward as the rules give it, before cap and exclusions are looked at.

    Args:
        case: what it is for.
        report: whose.
        given: as first or later reporter, and how much.
        scheme: of the case's district.
    """
    rules = scheme.at(report.created_at)
    kind, full = given
    month = scheme.month(report.created_at)
    return Draft(case, report, kind, full, full, rules.version, rules.claim_days, month)


def capped(db: Connection, draft: Draft, rules: RewardRules) -> Draft:
    """Return a draft with what the reporter may still earn in its month.

    Raises:
        NotEarned: when nothing is given for such a report.
        Excluded: when the reporter is among those who earn nothing.
        CapReached: when nothing is left of the month's cap.
    """
    case, report, full = draft.case, draft.report, draft.full_amount
    _require_earned(case, report, full)
    if excluded := _exclusion(db, case, report, rules):
        raise Excluded(case.id, excluded)
    cap = rules.cap(full.unit)
    if cap is None or report.reporter_id is None:
        return draft
    hold_resident(db, report.reporter_id)
    had = earned(db, case.district_id, report.reporter_id, draft.month, full.unit)
    if had >= cap:
        raise CapReached(case.id, draft.month, Amount(cap, full.unit))
    return replace(draft, amount=Amount(min(full.number, cap - had), full.unit))


def _require_earned(case: CaseFacts, report: ReportFacts, full: Amount) -> None:
    if report.is_false:
        raise NotEarned(case.id, "false_report")
    if report.reporter_id is None and not report.is_anonymous:
        raise NotEarned(case.id, "erased")
    if not full.number:
        raise NotEarned(case.id, "no_amount")


def _exclusion(
    db: Connection, case: CaseFacts, report: ReportFacts, rules: RewardRules
) -> Exclusion | None:
    if "on_duty" in rules.excluded and report.source in ON_DUTY:
        return "on_duty"
    staff = [] if report.reporter_id is None else staff_behind(db, report.reporter_id)
    if not staff:
        return None
    if "handlers" in rules.excluded and have_handled(db, case.id, staff):
        return "handlers"
    return "bound_staff" if "bound_staff" in rules.excluded else None
