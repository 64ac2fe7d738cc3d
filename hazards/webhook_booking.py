"""Booking messages: what hears of events, as ``CaseRules.listening``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from community.departments import UnknownDepartment
from community.districts import District
from hazards.categories import Categories
from hazards.timeline import Happened
from hazards.webhook_message_store import book
from hazards.webhook_store import hooks_for
from hazards.webhooks import body_of, event_of


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Books a message for every webhook that wants an event, in the event's transaction.

    Attributes:
        districts: by id, for the names of departments.
        categories: for theirs.
    """

    districts: Mapping[str, District]
    categories: Categories

    def happened(self, db: Connection, happened: Happened) -> None:
        """Book what is to be sent of an event; fits ``CaseRules.listening``."""
        name = event_of(happened)
        if name is None:
            return
        case = happened.case
        heard = hooks_for(db, case.district_id, [case.handler, case.lead])
        hooks = [one for one in heard if name in one.events]
        if hooks:
            body = json.dumps(body_of(happened, name, self._names(happened)), ensure_ascii=False)
            for hook in hooks:
                book(db, hook, happened, (name, body))

    def _names(self, happened: Happened) -> dict[str, str]:
        case = happened.case
        district, category = (
            self.districts.get(case.district_id),
            self.categories.get(case.category),
        )
        return {
            "category": category.name if category else case.category,
            "handler": _unit(district, case.handler),
            "lead": _unit(district, case.lead),
        }


def _unit(district: District | None, department: str) -> str:
    if district is None or not department:
        return department
    try:
        return district.department(department).name
    except UnknownDepartment:  # the district's file has changed since
        return department
