"""Pages over an office, listening; and rewards, money and false reports to show on them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from sqlalchemy import Connection, update

from bot.channels.board import Shown
from bot.channels.web_assets import Assets
from bot.channels.web_pages import STATIC, load_pages
from bot.console.case_desk import CaseDesk
from bot.console.shell import PageModule
from community.store import account_of, resident_of
from hazards.cases import Case
from hazards.limit_store import note_false
from hazards.reward_rules import RewardScheme
from hazards.reward_states import Reward
from hazards.rewards import approve, claim, propose
from hazards.store import hazard_report
from tests.bot.console.console_service import Visit, listening
from tests.bot.console.office import CLAIMED, DISTRICT, Office
from tests.hazards.rewarded import RULES, ZONE

Opened = Callable[[str], Visit]
# Money for a blocked lane, points for all else.
SCHEME = RewardScheme(DISTRICT, ZONE, (RULES,))
CLOSED = (*CLAIMED, ("du", "verify"), ("du", "close"))


def desk_of(office: Office) -> CaseDesk:
    return office.pages.desk


def shown_by(office: Office) -> Shown:
    """Return what the public pages of an office's town are made of."""
    desk = desk_of(office)
    pages = load_pages(Assets(STATIC))
    town = office.town
    return Shown(
        town.database, town.clock, desk.districts, desk.categories, office.photos.read, pages
    )


@contextmanager
def opening(office: Office, *modules: PageModule) -> Iterator[Opened]:
    """Serve pages; what is yielded signs somebody of the office in."""
    with ExitStack() as stack:
        address = stack.enter_context(listening(office.town, *modules))

        def sign_in(login: str) -> Visit:
            visit = Visit(address)
            stack.callback(visit.client.close)
            assert visit.sign_in(login).status_code == 303
            return visit

        yield sign_in


def closed(office: Office, **values: object) -> Case:
    """Return a closed case of one first report."""
    case = office.moved(office.case(**values), *CLOSED)
    office.town.database.write(lambda db: _first(db, case.id))
    return case


def proposed(office: Office, by: str | None = None, case: Case | None = None) -> Reward:
    """Return a proposal for a closed case; by the service itself unless somebody is named."""
    found = case or closed(office)
    staff = office.staff[by] if by else None
    return office.town.database.write(
        lambda db: propose(db, found.id, staff, office.town.clock(), SCHEME)
    )


def claimed_money(office: Office) -> Reward:
    """Return money that waits to be paid out."""
    case = closed(office, category="lane_blocked")
    made = proposed(office, case=case)
    approver, now = office.staff["shen"], office.town.clock()

    def work(db: Connection) -> Reward:
        approved = approve(db, made.id, approver, now)
        assert approved.resident_id
        return claim(db, made.id, approved.resident_id, now)

    return office.town.database.write(work)


def false_reporter(office: Office, count: int = 3) -> int:
    """Return a resident some of whose reports were noted as false."""
    now = office.town.clock()

    def work(db: Connection) -> int:
        return resident_of(db, account_of(db, "web", "who cries wolf", now))

    resident = office.town.database.write(work)
    for number in range(count):
        case = office.case()
        report = office.report(case, reporter_id=resident, created_at=now - timedelta(days=number))
        office.town.database.write(
            lambda db, report=report: note_false(db, report, office.staff["shen"], now)
        )
    return resident


def send(visit: Visit, path: str, on: str, **fields: object) -> object:
    """Send a form, its token from the page ``on``; lists become repeated fields."""
    return visit.client.post(path, data={"csrf": visit.token(on)} | fields)


def _first(db: Connection, case_id: int) -> None:
    own = update(hazard_report).where(hazard_report.c.case_id == case_id)
    db.execute(own.values(standing="first"))
