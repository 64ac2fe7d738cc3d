"""Webhooks: what is booked, once, in the transaction of the move; who is told; how it is signed."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from community.audit import entries
from community.sealing import Damaged, WrongKey
from hazards.case_rules import CaseRules
from hazards.cases import Case
from hazards.categories import load_categories
from hazards.following import FollowJobs
from hazards.webhook_booking import Outgoing
from hazards.webhook_message_store import (
    SEND_JOB,
    Message,
    Outcome,
    count_dead,
    drop,
    find_message,
    forget_old,
    messages_of,
    retry,
    settle,
    webhook_delivery,
)
from hazards.webhook_store import (
    Wish,
    add_webhook,
    find_webhook,
    list_webhooks,
    secret_of,
    stop_webhook,
)
from hazards.webhooks import (
    EVENTS,
    PAUSES,
    SIGNATURE_HEADER,
    TIME_HEADER,
    BadAddress,
    checked_url,
    is_signed,
    pause_after,
    signature,
)
from storage import Database, Jobs, Run
from storage.work_rows import find_row
from storage.work_runs import InlineWork
from tests.hazards import casefile
from tests.hazards.casefile import DAY, HOUR, NOON, Office, open_office
from tests.hazards.taken import KEY

URL = "https://hooks.example/in"
DEMO = frozenset({"demo"})


class Hooked(Office):
    """An office whose rules book messages."""

    @property
    def rules(self) -> CaseRules:
        plain = super().rules
        outgoing = Outgoing(plain.districts, load_categories())
        return replace(plain, listening=outgoing.happened)


@pytest.fixture
def office(database: Database) -> Office:
    made = database.write(open_office)
    return Hooked(made.street_id, made.staff)


def hook(
    database: Database,
    department: str = "",
    events: tuple[str, ...] = EVENTS,
    district: str = "demo",
) -> int:
    wish = Wish(district, department, URL, events)  # type: ignore[arg-type]
    return database.write(lambda db: add_webhook(db, wish, KEY, NOON, actor="staff:1")[0])


def no_sending(run: Run, message_id: int, series: int, tries: int) -> None:
    """Stand in for the sender."""


def told(database: Database, hook_id: int | None = None) -> list[str]:
    """Return the events that were booked, in order."""
    found = database.read(lambda db: messages_of(db, DEMO))
    return [one.event for one in reversed(found) if hook_id in {None, one.webhook_id}]


def case_at(database: Database, office: Office, last: str) -> Case:
    return database.write(lambda db: casefile.case_at(db, office, last))


def booked(database: Database, office: Office) -> Message:
    hook(database)
    case_at(database, office, "assign")
    [message] = database.read(lambda db: messages_of(db, DEMO))
    return message


def settled(database: Database, message: Message, outcome: Outcome, now: datetime) -> str | None:
    current = database.read(lambda db: find_message(db, message.id))
    assert current is not None
    return database.write(lambda db: settle(db, current, outcome, now))


def test_each_event_is_booked_once(database: Database, office: Office) -> None:
    hook(database)
    case = case_at(database, office, "accept")
    for name in ("return", "assign", "accept", "rectify", "claim_fix", "verify", "close"):
        database.write(lambda db, name=name: casefile.make(db, office, case, name))

    assert told(database) == ["case.assigned", "case.returned", "case.assigned", "case.closed"]


def test_overdue_is_told_once_for_each_step(database: Database, office: Office) -> None:
    hook(database)
    case_at(database, office, "accept")
    jobs = Jobs()
    FollowJobs(office.rules).register(jobs)
    jobs.job(SEND_JOB)(no_sending)
    work = InlineWork(database, jobs, lambda: NOON)

    for day in range(20):
        work.run_due(NOON + DAY * day)

    assert told(database) == ["case.assigned", "case.overdue", "case.overdue"]


def test_the_body_is_the_case_then_and_nobody(database: Database, office: Office) -> None:
    message = booked(database, office)

    body = json.loads(message.body)

    assert (body["event"], body["at"]) == ("case.assigned", "2026-11-23T04:00:00+00:00")
    case = body["case"]
    assert (case["state"], case["state_name"], case["handler_name"], case["lead_name"]) == (
        "assigned",
        "待签收",
        "属地镇街",
        "消防救援机构",
    )
    assert (case["category_name"], case["place"]) == ("楼道楼梯堆物", "3栋2单元楼道")
    assert not {"reporter", "report", "reports", "reporter_id"} & (body.keys() | case.keys())


def test_a_department_hears_of_what_it_handles_or_leads(database: Database, office: Office) -> None:
    lead, street = hook(database, "fire_rescue"), hook(database, "street")
    other, elsewhere = hook(database, "police"), hook(database, district="qianjiang")
    some = hook(database, events=("case.closed",))

    case_at(database, office, "close")

    assert told(database, lead) == told(database, street) == ["case.assigned", "case.closed"]
    assert told(database, some) == ["case.closed"]
    found = database.read(lambda db: list(db.scalars(select(webhook_delivery.c.webhook_id))))
    assert not {other, elsewhere} & set(found)


def test_a_move_that_fails_tells_nobody(database: Database, office: Office) -> None:
    hook(database)

    def work(db: Connection) -> None:
        casefile.case_at(db, office, "assign")
        raise KeyError

    with pytest.raises(KeyError):
        database.write(work)

    assert told(database) == []


def test_a_secret_is_sealed_to_its_address(database: Database) -> None:
    wish = Wish("demo", "", URL, EVENTS)
    hook_id, secret = database.write(lambda db: add_webhook(db, wish, KEY, NOON, actor="staff:1"))
    kept = database.read(lambda db: find_webhook(db, hook_id))
    assert kept is not None

    assert secret_of(kept, KEY) == secret
    assert secret.encode() not in kept.sealed
    with pytest.raises(WrongKey):
        secret_of(kept, b"x" * 32)
    with pytest.raises(Damaged):
        secret_of(replace(kept, url="https://thief.example/"), KEY)


def test_a_stopped_webhook_hears_nothing_more(database: Database, office: Office) -> None:
    hook_id = hook(database)

    def stop(districts: frozenset[str]) -> bool:
        return database.write(
            lambda db: stop_webhook(db, hook_id, districts, NOON, actor="staff:1")
        )

    assert not stop(frozenset({"qianjiang"}))
    assert (stop(DEMO), stop(DEMO)) == (True, False)
    case_at(database, office, "assign")

    assert told(database) == []
    [kept] = database.read(lambda db: list_webhooks(db, DEMO))
    assert kept.stopped_at == NOON
    noted = database.read(lambda db: entries(db, ["demo"]))
    actions = [(one.action, one.subject) for one in noted if one.action.startswith("webhook")]
    subject = f"webhook:{hook_id}"
    assert actions == [("webhook.stopped", subject), ("webhook.added", subject)]


def test_six_tries_over_a_day_and_then_a_dead_letter(database: Database, office: Office) -> None:
    message = booked(database, office)
    states, now = [], NOON
    for number in range(6):
        states.append(settled(database, message, Outcome(500), now))
        now += pause_after(number + 1) or timedelta(0)

    assert states == ["waiting"] * 5 + ["dead"]
    assert len(PAUSES) == 5
    assert timedelta(days=1) <= now - NOON <= timedelta(hours=26)
    assert database.read(lambda db: count_dead(db, DEMO)) == 1
    dead = database.read(lambda db: find_message(db, message.id))
    assert dead is not None
    assert (dead.tries, dead.status, dead.next_at) == (6, 500, None)


def test_each_failure_plans_the_next_try(database: Database, office: Office) -> None:
    message = booked(database, office)
    settled(database, message, Outcome(None, "timeout"), NOON)

    row = database.read(lambda db: find_row(db, SEND_JOB, f"{message.id}:0:1"))

    assert row is not None
    assert (row.due_at, row.args) == (NOON + timedelta(minutes=1), (message.id, 0, 1))


def test_two_who_settle_the_same_try(database: Database, office: Office) -> None:
    message = booked(database, office)

    first = database.write(lambda db: settle(db, message, Outcome(200), NOON))
    second = database.write(lambda db: settle(db, message, Outcome(500), NOON))

    assert (first, second) == ("sent", None)
    assert not database.write(lambda db: drop(db, message, NOON))


@pytest.mark.parametrize(
    ("outcome", "is_taken"),
    [
        (Outcome(200), True),
        (Outcome(204), True),
        (Outcome(302), False),
        (Outcome(410), False),
        (Outcome(None, "connect"), False),
    ],
)
def test_only_a_two_hundred_counts(outcome: Outcome, is_taken: bool) -> None:
    assert outcome.is_taken is is_taken


def test_a_dead_letter_is_sent_again_under_its_id(database: Database, office: Office) -> None:
    message = booked(database, office)
    for _ in range(6):
        settled(database, message, Outcome(500), NOON)

    def again(districts: frozenset[str]) -> bool:
        return database.write(
            lambda db: retry(db, message.id, districts, NOON + HOUR, actor="staff:1")
        )

    assert not again(frozenset({"qianjiang"}))
    assert (again(DEMO), again(DEMO)) == (True, False)
    renewed = database.read(lambda db: find_message(db, message.id))
    assert renewed is not None
    assert (renewed.uid, renewed.state, renewed.series, renewed.tries) == (
        message.uid,
        "waiting",
        1,
        0,
    )
    assert database.read(lambda db: find_row(db, SEND_JOB, f"{message.id}:1:0")) is not None
    assert settled(database, message, Outcome(200), NOON + HOUR) == "sent"


def test_old_messages_are_forgotten(database: Database, office: Office) -> None:
    message = booked(database, office)
    assert database.write(lambda db: forget_old(db, NOON + DAY * 400)) == 0
    settled(database, message, Outcome(200), NOON)

    assert database.write(lambda db: forget_old(db, NOON + DAY * 29)) == 0
    assert database.write(lambda db: forget_old(db, NOON + DAY * 31)) == 1
    assert told(database) == []


def test_a_signature_is_checked_as_receivers_should() -> None:
    body = '{"event":"case.closed","说明":"好"}'.encode()
    at = int(NOON.timestamp())
    headers = {TIME_HEADER: str(at), SIGNATURE_HEADER: signature("secret", at, body)}

    assert is_signed("secret", headers, body, NOON + timedelta(minutes=5))
    assert not is_signed("other", headers, body, NOON)
    assert not is_signed("secret", headers, body + b" ", NOON)
    assert not is_signed("secret", headers, body, NOON + timedelta(minutes=6))
    assert not is_signed("secret", headers | {TIME_HEADER: str(at + 1)}, body, NOON)
    assert not is_signed("secret", headers | {TIME_HEADER: "now"}, body, NOON)
    assert not is_signed("secret", {}, body, NOON)


def test_the_signature_is_the_one_that_others_compute() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    expected = "sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"

    assert signature("secret", 1_700_000_000, b"{}") == expected


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "form"),
        ("hooks.example/in", "form"),
        ("https:///in", "form"),
        ("https://hooks.example/in#part", "form"),
        ("https://hooks.example:port/", "form"),
        ("https://hooks.example/a b", "form"),
        ("https://hooks.example/\\\\inside", "form"),
        ("https://hooks.example/" + "x" * 500, "form"),
        ("https://me:word@hooks.example/", "login"),
        ("https://me@hooks.example/", "login"),
        ("http://hooks.example/", "scheme"),
        ("ftp://hooks.example/", "scheme"),
        ("file:///etc/passwd", "form"),
    ],
)
def test_a_bad_address_is_refused(url: str, problem: str) -> None:
    with pytest.raises(BadAddress) as refused:
        checked_url(url, may_be_plain=False)

    assert refused.value.problem == problem


def test_plain_http_is_for_named_networks_alone() -> None:
    assert checked_url("http://10.1.2.3/in", may_be_plain=True).hostname == "10.1.2.3"
    assert checked_url(URL, may_be_plain=False).hostname == "hooks.example"
