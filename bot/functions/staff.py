"""Staff in chat: binding an account by a code from the console, and 我的任务.

A bound account shows what is due; what is done about it, and every approval, is the console's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SEPARATOR, TYPED, Function, Visit
from bot.functions.report_card import category_name, moment, spaced
from community.staff import ROLE_NAMES, Staff
from community.staff_store import staff_of_account, take_chat_code, unbind
from hazards.case_reach import CASE_ROLES
from hazards.cases import Case
from hazards.categories import Categories
from hazards.queue_store import CaseFilter, queue, state_counts
from hazards.transitions import STATE_NAMES

BIND, TASKS, UNBIND = "staffbind", "tasks", "staffoff"
MOST_TASKS = 5
CONSOLE = "/console/cases"
_BIND_WORDS = frozenset({"绑定码", "工作人员绑定", "绑定工作人员", "staff code"})
_TASK_WORDS = frozenset({"我的任务", "待办", "我的待办", "my tasks", "tasks"})
_UNBIND_WORDS = frozenset({"解除工作人员绑定", "工作人员解绑", "解绑工作人员", "unbind staff"})
_BIND = re.compile(r"绑定码[:：\s]*([0-9A-Za-z]{4}[-\s]?[0-9A-Za-z]{4})")


@dataclass(frozen=True, slots=True)
class StaffChat:
    """The functions.

    Attributes:
        categories: there are.
        public_url: where the console is reached from outside; "" names no address.
    """

    categories: Categories
    public_url: str = ""

    def functions(self) -> list[Function]:
        """Return them as they are registered."""
        labels: Mapping[str, str] = {"staff_tasks": TASKS}
        return [
            Function(
                BIND, self.bind, _BIND_WORDS, takes_words=True, recognise=self.recognise,
                reads_known=True, labels=labels,
            ),
            Function(TASKS, self.tasks, _TASK_WORDS),
            Function(UNBIND, self.unbind, _UNBIND_WORDS),
        ]  # fmt: skip

    def recognise(self, visit: Visit) -> Outcome | None:
        """Read a code that stands right behind the word."""
        found = _BIND.fullmatch(visit.text.strip())
        return self.bind(visit, found[1]) if found else None

    def bind(self, visit: Visit, given: str) -> Outcome:
        """Bind the account by a code as typed; say where codes come from without one."""
        typed = given.removeprefix(f"{TYPED}{SEPARATOR}") if given else ""
        if not typed:
            return visit.say("staff_how").outcome()
        if not take_chat_code(visit.db, typed, visit.account_id, visit.now):
            return visit.say("staff_wrong").outcome()
        staff = staff_of_account(visit.db, visit.account_id)
        if staff is None:  # shut out since the code was given
            unbind(visit.db, visit.account_id)
            return visit.say("staff_wrong").booked().outcome()
        said = visit.say("staff_bound", name=staff.name, roles=_roles(staff))
        return said.offering([visit.choice("staff_tasks", TASKS)]).booked().outcome()

    def tasks(self, visit: Visit, given: str) -> Outcome:  # noqa: ARG002 - fits Open
        """List the cases of their area that are due first, overdue ones above."""
        staff = staff_of_account(visit.db, visit.account_id)
        if staff is None:
            return visit.say("staff_none").outcome()
        wanted = CaseFilter(area=staff.area(*CASE_ROLES))
        cases = queue(visit.db, wanted, visit.now, most=MOST_TASKS).cases
        if not cases:
            return visit.say("staff_no_tasks", name=staff.name).outcome()
        count = sum(state_counts(visit.db, wanted, visit.now).values())
        head = visit.words["staff_task_head"].format(name=staff.name, count=count)
        lines = [head, *(self._line(visit, case) for case in cases)]
        if count > len(cases):
            lines.append(visit.words["staff_task_rest"].format(address=self._address("")))
        return visit.saying("\n".join(lines)).outcome()

    def unbind(self, visit: Visit, given: str) -> Outcome:  # noqa: ARG002 - fits Open
        """Make the account a resident's alone again."""
        if not unbind(visit.db, visit.account_id):
            return visit.say("staff_none").outcome()
        return visit.say("staff_unbound").booked().outcome()

    def _line(self, visit: Visit, case: Case) -> str:
        due = moment(visit, case.due_at) if case.due_at else visit.words["staff_no_due"]
        mark = visit.words["staff_overdue"] if case.is_overdue(visit.now) else ""
        line = visit.words["staff_task"].format(
            mark=mark,
            code=spaced(case.code),
            kind=category_name(self.categories.get(case.category), visit.session.language),
            place=case.place_words,
            state=STATE_NAMES[case.state],
            due=due,
        )
        address = self._address(case.code)
        return f"{line}\n{address}" if address else line

    def _address(self, code: str) -> str:
        if not self.public_url:
            return ""
        base = f"{self.public_url.rstrip('/')}{CONSOLE}"
        return f"{base}/{code}" if code else base


def _roles(staff: Staff) -> str:
    return "、".join(dict.fromkeys(ROLE_NAMES[post.role] for post in staff.posts))
