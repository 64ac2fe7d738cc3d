"""The audit log's page: filtered, within one's districts, checked, exported."""

import csv
import io
from collections.abc import Mapping

import pytest
from sqlalchemy import update

from bot.console.audit_pages import A_PAGE
from community.audit import audit_entry, note
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Town, Visit, post

AUDIT = "/console/audit"


@pytest.fixture
def lin(town: Town, signed_in: SignedIn) -> Visit:
    """A supervisor of one district, whose sign-in is the log's first row."""
    town.hire("lin", post("supervisor"), name="小林")
    return signed_in("lin")


def add(town: Town, action: str, district: str = "qianjiang", **changed: object) -> None:
    row: dict[str, object] = {
        "actor": "system",
        "subject": "case:33",
        "detail": {"to": "assigned"},
        "now": town.clock(),
    }
    town.database.write(lambda db: note(db, action=action, district_id=district, **(row | changed)))


def exported(visit: Visit, query: str = "") -> list[Mapping[str, str]]:
    response = visit.get(f"{AUDIT}.csv{query}")
    assert response.headers["content-disposition"] == 'attachment; filename="audit-20261120.csv"'
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_log_is_shown_in_words(lin: Visit) -> None:
    page = lin.get(AUDIT).text

    assert 'data-label="做了什么">登录<' in page
    assert 'data-label="谁">小林<' in page
    assert "2026-11-20 周五 12:00" in page


def test_rows_of_other_districts_are_not_shown(town: Town, lin: Visit) -> None:
    add(town, "case.moved", "jiangjin")
    add(town, "system.started", "")

    assert len(exported(lin)) == 1


def test_whoever_has_all_districts_reads_the_whole_log(town: Town, signed_in: SignedIn) -> None:
    town.hire("all", post("administrator"), post("supervisor", "jiangjin"))
    add(town, "case.moved", "jiangjin")
    add(town, "system.started", "")

    assert len(exported(signed_in("all"))) == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?action=case", 2),
        ("?action=case.moved", 1),
        ("?action=cas", 0),
        ("?subject=case:33", 2),
        ("?login=LIN", 1),
        ("?login=nobody", 0),
        ("?since=2026-11-21", 1),
        ("?until=2026-11-20", 2),
        ("?since=2026-11-20&until=2026-11-21&action=case", 2),
    ],
)
def test_the_filter(town: Town, lin: Visit, query: str, found: int) -> None:
    add(town, "case.moved")
    town.clock.forward(days=1)
    add(town, "case.closed")
    town.clock.forward(days=-1)

    assert len(exported(lin, query)) == found
    assert lin.get(f"{AUDIT}{query}").text.count('data-label="序号"') == found


@pytest.mark.parametrize("query", ["?since=yesterday", "?until=9999-12-31", "?before=x"])
def test_a_bad_filter_is_refused_in_words(lin: Visit, query: str) -> None:
    response = lin.get(f"{AUDIT}{query}")

    assert response.status_code in {400, 422}
    assert "<h1>没有办成</h1>" in response.text


def test_older_rows_are_one_page_on(town: Town, lin: Visit) -> None:
    for _ in range(A_PAGE):
        add(town, "case.moved")

    first = lin.get(AUDIT).text
    assert "?before=2" in first
    second = lin.get(f"{AUDIT}?before=2").text

    assert first.count('data-label="序号"') == A_PAGE
    assert second.count('data-label="序号"') == 1
    assert "更早的" not in second


def test_the_export_holds_every_row_once(
    town: Town, lin: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.console.audit_pages.A_CHUNK", 4)
    for _ in range(10):
        add(town, "case.moved")

    rows = exported(lin)

    assert [int(row["序号"]) for row in rows] == list(range(11, 0, -1))
    assert rows[0]["细节"] == "to=assigned"
    assert rows[0]["时间"] == "2026-11-20 12:00"


def test_the_chain_is_checked(town: Town, lin: Visit) -> None:
    add(town, "case.moved")
    whole = lin.post(f"{AUDIT}/verify").text
    town.database.write(
        lambda db: db.execute(update(audit_entry).where(audit_entry.c.id == 2).values(subject=""))
    )

    broken = lin.post(f"{AUDIT}/verify").text

    assert "核对过了：2条，一条也没有被改过" in whole
    assert "第2条起对不上，前面1条是好的" in broken


def test_other_roles_do_not_come_here(town: Town, signed_in: SignedIn) -> None:
    town.hire("he", post("department", department="city"))

    assert signed_in("he").get(AUDIT).status_code == 403
