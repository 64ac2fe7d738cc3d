"""One notice: what residents read, who is reached how, how far it is, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.broadcast_desk import BroadcastDesk, broadcast_at, may_run, path_of
from bot.console.broadcast_looks_store import homes_of, may_judge
from bot.console.broadcast_words import (
    CHANNEL_NAMES,
    DELIVERY_NAMES,
    FAILURE_NAMES,
    LANGUAGE_NAMES,
    MODE_NAMES,
    Line,
    audience_lines,
    failure_lines,
    missed_lines,
    reached_lines,
    totals_lines,
)
from bot.console.operation_store import new_operation
from bot.console.people_store import staff_names
from bot.console.shell import Signed, render
from community.audience_store import residents_of_staff
from community.broadcast_reach_store import ReachPreview, reach_preview
from community.broadcast_totals_store import (
    PAGE,
    Totals,
    failure_reasons,
    failures,
    totals,
)
from community.broadcasts import (
    EDITABLE,
    ENDED,
    PURPOSE_NAMES,
    RUNNING,
    STATE_NAMES,
    Broadcast,
    State,
)
from community.staff import Staff

BEFORE: frozenset[State] = EDITABLE | {"pending", "approved"}
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Standing:
    """A notice with everything that its page shows, read on one snapshot.

    Attributes:
        preview: who would be reached; None once the audience has been written out.
        totals: where everybody stands; None before.
        begins_at: when it would leave if it were approved now.
        has_chat: whether the asker can try it on their own phone.
    """

    kept: Broadcast
    audience: list[str]
    preview: ReachPreview | None
    totals: Totals | None
    failures: list[Line]
    begins_at: datetime
    names: Mapping[int, str]
    may_judge: bool
    may_run: bool
    has_chat: bool


async def show_broadcast(desk: BroadcastDesk, signed: Signed) -> Response:
    """Show a notice."""
    return await broadcast_page(desk, signed)


async def broadcast_page(
    desk: BroadcastDesk,  # noqa: ARG001 - as every page of this section is given it
    signed: Signed,
    status: int = 200,
    problem: str = "",
    written: str = "",
) -> Response:
    """Return a notice's page, with what was refused and what was written, if anything was."""
    found = await signed.read(lambda db: _standing(db, broadcast_at(db, signed), signed))
    kept, preview = found.kept, found.preview
    return render(
        signed,
        "broadcasts/one.html",
        status,
        one=found,
        path=path_of(kept),
        problem=problem,
        written=written,
        readings=[
            (LANGUAGE_NAMES[one], kept.rendered(one)) for one in LANGUAGE_NAMES if one in kept.words
        ],
        reached=reached_lines(preview) if preview else [],
        missed=missed_lines(preview) if preview else [],
        is_author=kept.author_id == signed.staff.id,
        is_editable=kept.state in EDITABLE,
        is_running=kept.state in RUNNING,
        has_ended=kept.state in ENDED,
        operation=new_operation(),
        purpose_names=PURPOSE_NAMES,
        mode_names=MODE_NAMES,
        **progress_values(kept, found.totals),
    )


async def show_progress(_desk: BroadcastDesk, signed: Signed) -> Response:
    """Return how far a notice is; the whole page anew once its state has changed."""

    def work(db: Connection) -> tuple[Broadcast, Totals]:
        kept = broadcast_at(db, signed)
        return kept, totals(db, kept.id)

    kept, found = await signed.read(work)
    if kept.state != signed.request.query_params.get("state"):
        return Response(headers={"HX-Refresh": "true"})
    path = path_of(kept)
    values = progress_values(kept, found)
    return render(signed, "broadcasts/progress.html", 200, path=path, **values)


async def show_failures(_desk: BroadcastDesk, signed: Signed) -> Response:
    """List whom it did not reach: building and channel, never who."""
    typed = signed.request.query_params.get("after", "")
    is_place = typed.isascii() and typed.isdigit() and len(typed) <= MOST_DIGITS
    after = int(typed) if is_place else 0

    def work(db: Connection) -> tuple[Broadcast, list[tuple[str, str, str]], int]:
        kept = broadcast_at(db, signed)
        found = failures(db, kept.id, after)
        homes = homes_of(db, [one.resident_id for one in found if one.resident_id is not None])
        rows = [
            (
                homes.get(one.resident_id or 0, "没有绑定楼栋"),
                CHANNEL_NAMES.get(one.channel, one.channel or "—"),
                f"{DELIVERY_NAMES.get(one.state, one.state)}："
                f"{FAILURE_NAMES.get(one.code, one.code)}",
            )
            for one in found
        ]
        return kept, rows, found[-1].place if len(found) == PAGE else 0

    kept, rows, following = await signed.read(work)
    path = path_of(kept)
    return render(
        signed, "broadcasts/failures.html", kept=kept, rows=rows, following=following, path=path
    )


def progress_values(kept: Broadcast, found: Totals | None) -> dict[str, object]:
    """Return what the fragment of the progress shows."""
    return {
        "kept": kept,
        "totals": found,
        "lines": totals_lines(found) if found else [],
        "state_names": STATE_NAMES,
        "polls": kept.state in RUNNING,
        "done": found.audience - found.open if found else 0,
    }


def _standing(db: Connection, kept: Broadcast, signed: Signed) -> Standing:
    staff, now = signed.staff, signed.now
    begins_at = kept.may_send_at(max(kept.due_at, now))
    is_before = kept.state in BEFORE
    preview = (
        reach_preview(db, kept.audience, kept.purpose, begins_at, kept.lane) if is_before else None
    )
    people = [one for one in (kept.author_id, kept.approver_id) if one is not None]
    return Standing(
        kept,
        audience_lines(db, kept.audience),
        preview,
        None if is_before else totals(db, kept.id),
        [] if is_before else failure_lines(failure_reasons(db, kept.id)),
        begins_at,
        staff_names(db, people),
        kept.state == "pending" and may_judge(db, kept, staff),
        may_run(db, kept, staff),
        _has_chat(db, staff),
    )


def _has_chat(db: Connection, staff: Staff) -> bool:
    return bool(residents_of_staff(db, staff.id))
