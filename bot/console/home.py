"""The first page: what waits for whoever signed in."""

from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.shell import Section, Signed, Task, page, render, shell_of
from community.staff import Staff

SECTION = Section("首页", "/console")


def routes() -> list[Route]:
    """Return the route of the home page."""
    return [page("/console", show_home)]


async def show_home(signed: Signed) -> Response:
    """Show every section's tasks, the urgent ones first."""
    sections = shell_of(signed.request).sections
    now = signed.now
    waiting = await signed.read(lambda db: waiting_for(db, sections, signed.staff, now))
    return render(signed, "home.html", waiting=waiting, now=now)


def waiting_for(
    db: Connection, sections: tuple[Section, ...], staff: Staff, now: datetime
) -> list[Task]:
    """Return what waits for somebody in the sections they may open, urgent tasks first."""
    tasks = [
        task
        for section in sections
        if section.home and section.is_for(staff)
        for task in section.home(db, staff, now)
        if task.count
    ]
    return sorted(tasks, key=lambda task: not task.is_urgent)
