"""``lifeline hazards show``: one case as staff see it, for whoever runs the service."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Connection

from bot.app import open_main_database
from bot.settings import Settings
from community.districts import load_district
from hazards.case_store import (
    CasePhoto,
    CaseReport,
    EventRow,
    events_of,
    photos_of,
    reports_of,
)
from hazards.cases import Case
from hazards.categories import load_categories
from hazards.code_store import case_of_code
from hazards.timeline import KIND_NAMES
from hazards.transitions import LEVEL_NAMES, STATE_NAMES

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_KINDS = {str(kind): name for kind, name in KIND_NAMES.items()}
_STATES = {str(state): name for state, name in STATE_NAMES.items()}
# Of a photo only what tells whether it can be seen; the file is opened in the console alone.
_PHOTO_FACTS = ("id", "purpose", "refused", "created_at")


@app.command("show")
def show(
    code: Annotated[str, typer.Argument(help="隐患或上报的编号 | code of a case or a report")],
    as_json: Annotated[bool, typer.Option("--json", help="输出JSON | print JSON")] = False,
) -> None:
    """看一件隐患，没有上报人。 | Show one case, never who reported it."""
    with open_main_database(Settings()) as database:
        facts = database.read(lambda db: case_facts(db, code))
    if facts is None:
        raise typer.BadParameter(f"没有编号“{code}”，请照着回执再输一遍", param_hint="CODE")
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, default=_plain))
    else:
        typer.echo("\n".join(case_lines(facts)))


def case_facts(db: Connection, code: str) -> dict[str, Any] | None:
    """Return what ``--json`` prints: the case, its reports without reporters, photos, events.

    ``code`` is a case's, or that of a report, which leads to its case. None for neither.
    """
    case = case_of_code(db, code)
    if case is None:
        return None
    return {
        **_case_facts(case),
        "reports": [_report_facts(one) for one in reports_of(db, case.id)],
        "photos": [_photo_facts(one) for one in photos_of(db, case.id)],
        "events": [_event_facts(one) for one in events_of(db, case.id)],
    }


def case_lines(facts: dict[str, Any]) -> list[str]:
    """Return what is printed for people."""
    zone = ZoneInfo(load_district(facts["district_id"]).timezone)

    def moment(at: datetime | None) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "—"

    level = LEVEL_NAMES[facts["level"]]
    lines = [
        f"{facts['code']} {facts['category_name']} · {facts['state_name']}",
        f"地点：{facts['place_words'] or '—'} {facts['floor']}".rstrip(),
        f"办理：{facts['handler'] or '—'}；牵头：{facts['lead']}",
        f"上报：{moment(facts['opened_at'])}；期限：{moment(facts['due_at'])}",
    ]
    if level:
        lines.append(f"督办：{level}")
    lines.append(f"上报{len(facts['reports'])}次，照片{len(facts['photos'])}张")
    for event in facts["events"]:
        said = f"：{event['reason']}" if event["reason"] else ""
        lines.append(f"{moment(event['at'])} {event['kind_name']} {event['to_name']}{said}")
    return lines


def _case_facts(case: Case) -> dict[str, Any]:
    category = load_categories().get(case.category)
    named = asdict(case)
    for internal in ("id", "steps", "steps_done", "version"):
        del named[internal]
    return {
        **named,
        "state_name": _STATES[case.state],
        "category_name": category.name if category else case.category,
    }


def _report_facts(report: CaseReport) -> dict[str, Any]:
    named = asdict(report)
    del named["id"]
    return named


def _photo_facts(photo: CasePhoto) -> dict[str, Any]:
    return {name: getattr(photo, name) for name in _PHOTO_FACTS} | {
        "is_kept": photo.file_id is not None,
        "is_released": photo.masked_file_id is not None and photo.looked_at_by is not None,
    }


def _event_facts(event: EventRow) -> dict[str, Any]:
    return asdict(event) | {
        "kind_name": _KINDS.get(event.kind, event.kind),
        "to_name": _STATES.get(event.to_state, event.to_state),
    }


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is no JSON")
