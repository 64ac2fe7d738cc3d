"""Opening an identity: a reason, a second person, shown once, every step noted."""

import pytest

from bot.console.identity import NO_REASON, NO_REPORT, NOT_WAITING, REFUSED, facts_in
from community.audit import entries
from community.keys import derived_key
from community.store import resident
from community.vault import Source, keep_identity
from hazards.intake import VAULT_PURPOSE
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import KEY, NOON, Town, Visit, post

IDENTITY = "/console/identity"
REASON = "12345工单要求核实现场"


@pytest.fixture
def lin(town: Town, signed_in: SignedIn) -> Visit:
    """A supervisor, who asks; a report of the district has an identity."""
    town.hire("lin", post("supervisor"))
    keep(town, "report:33", "qianjiang", "电话尾号0007，三号楼的住户")
    return signed_in("lin")


@pytest.fixture
def he(town: Town, lin: Visit, signed_in: SignedIn) -> Visit:
    """A duty officer of the same district, who agrees."""
    town.hire("he", post("duty_officer"))
    return signed_in("he")


def keep(town: Town, report: str, district: str, plain: str) -> None:
    key = derived_key(KEY, VAULT_PURPOSE)

    def work(db: object) -> None:
        resident_id = db.execute(resident.insert().values(created_at=NOON)).inserted_primary_key[0]
        keep_identity(db, key, Source(report, district, resident_id), plain.encode())

    town.database.write(work)


def ask(visit: Visit, report: str = "report:33", reason: str = REASON) -> object:
    return visit.post(f"{IDENTITY}/ask", report=report, reason=reason)


def open_(visit: Visit, report: str = "report:33", reason: str = REASON) -> object:
    return visit.post(f"{IDENTITY}/open", report=report, reason=reason)


def actions(town: Town) -> list[tuple[str, str]]:
    found = town.database.read(lambda db: entries(db, ["qianjiang"]))
    return [(one.actor, one.action) for one in found if one.subject == "report:33"]


def test_asked_agreed_and_opened(town: Town, lin: Visit, he: Visit) -> None:
    assert "申请查阅 report:33" in lin.get(f"{IDENTITY}?report=report:33").text
    asked = lin.follow(ask(lin))
    assert "等另一个人同意" in asked.text
    assert "身份查阅等你同意" in he.get("/console").text
    assert REASON in he.get(IDENTITY).text

    agreed = he.follow(he.post(f"{IDENTITY}/1/approve"))
    assert "已同意" in agreed.text
    opened = open_(lin)

    assert "电话尾号0007，三号楼的住户" in opened.text
    assert opened.headers["cache-control"] == "no-store"
    assert "尾号0007" not in lin.get(IDENTITY).text
    assert actions(town) == [
        ("staff:1", "identity.opened"),
        ("staff:2", "identity.approved"),
        ("staff:1", "identity.asked"),
    ]


def test_nobody_agrees_to_their_own_request(town: Town, lin: Visit) -> None:
    ask(lin)

    refused = lin.post(f"{IDENTITY}/1/approve")

    assert refused.status_code == 409
    assert NOT_WAITING in refused.text
    assert "身份查阅等你同意" not in lin.get("/console").text
    assert REFUSED["approval"] in open_(lin).text
    assert actions(town) == [("staff:1", "identity.asked")]


def test_whoever_agreed_does_not_open(lin: Visit, he: Visit) -> None:
    ask(lin)
    he.post(f"{IDENTITY}/1/approve")

    assert REFUSED["approval"] in open_(he).text


def test_after_a_day_it_must_be_asked_again(town: Town, lin: Visit, he: Visit) -> None:
    ask(lin)
    he.post(f"{IDENTITY}/1/approve")
    town.clock.forward(hours=25)
    lin.sign_in("lin")

    assert open_(lin).status_code == 403
    assert REASON not in lin.get(IDENTITY).text


@pytest.mark.parametrize("reason", ["", "看", "   三字  "])
def test_without_a_reason_nothing_is_asked(town: Town, lin: Visit, reason: str) -> None:
    assert NO_REASON in ask(lin, reason=reason).text
    assert actions(town) == []


def test_a_reason_is_bounded(lin: Visit) -> None:
    assert ask(lin, reason="长" * 501).status_code == 422


@pytest.mark.parametrize("report", ["", "33", "report:", "report:-1", "case:33", "report:3 3"])
def test_what_names_no_report_is_refused(lin: Visit, report: str) -> None:
    assert NO_REPORT in ask(lin, report).text


def test_a_report_that_kept_nobody_says_so(lin: Visit) -> None:
    assert REFUSED["unknown"] in ask(lin, "report:999").text


def test_reports_of_elsewhere_are_out_of_reach(town: Town, lin: Visit) -> None:
    keep(town, "report:34", "jiangjin", "别处的人")

    refused = ask(lin, "report:34")

    assert refused.status_code == 403
    assert REFUSED["role"] in refused.text


@pytest.mark.parametrize(
    ("plain", "facts"),
    [
        (b'{"channel": "wechat", "name": "o1"}', [("渠道", "微信"), ("渠道里的账号", "o1")]),
        (b'{"channel": "radio", "note": 3}', [("渠道", "radio"), ("note", "3")]),
        ("三号楼的住户".encode(), [("身份", "三号楼的住户")]),
        (b"[1]", [("身份", "[1]")]),
        (b"\xff", [("身份", "\ufffd")]),
    ],
)
def test_what_was_kept_is_shown_in_words(plain: bytes, facts: list[tuple[str, str]]) -> None:
    assert facts_in(plain) == facts


def test_other_roles_do_not_come_here(town: Town, signed_in: SignedIn) -> None:
    town.hire("chief", post("administrator"), post("reviewer"))

    assert signed_in("chief").get(IDENTITY).status_code == 403
