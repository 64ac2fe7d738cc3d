"""Blocks: made for a reason and an end, appealed against, decided by somebody else."""

from collections.abc import Iterator

import pytest

from bot.console.blocks import PATH, BlockPages
from bot.papers.typesetting import Typesetter
from hazards.limit_store import appeal, block_of
from tests.bot.console.bureau import Opened, desk_of, false_reporter, opening, send
from tests.bot.console.console_service import Town
from tests.bot.console.office import Office


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture
def office(town: Town, typesetter: Typesetter) -> Office:
    return Office(town, typesetter)


@pytest.fixture
def opened(office: Office) -> Iterator[Opened]:
    with opening(office, BlockPages(desk_of(office))) as opened:
        yield opened


def blocked(office: Office, opened: Opened, login: str = "shen") -> int:
    resident = false_reporter(office)
    on = f"{PATH}/people/{resident}"
    visit = opened(login)
    done = visit.follow(send(visit, on, on, reason="三次都不实", days="30"))
    assert "停30天" in done.text
    return resident


def holds(office: Office, resident: int) -> bool:
    now = office.town.clock()
    return office.town.database.read(lambda db: block_of(db, resident, now)) is not None


def appealed(office: Office, resident: int) -> None:
    now = office.town.clock()
    office.town.database.write(lambda db: appeal(db, resident, "照片是我拍的", now))


def test_false_reports_are_counted_and_a_block_suggested(office: Office, opened: Opened) -> None:
    resident = false_reporter(office)

    page = opened("shen").get(PATH).text
    assert f"上报人{resident}" in page
    assert "建议停" in page

    person = opened("shen").get(f"{PATH}/people/{resident}").text
    assert person.count("/console/cases/") == 3
    assert "还没有满" not in person


def test_a_block_needs_a_reason_and_an_end(office: Office, opened: Opened) -> None:
    resident = false_reporter(office, 1)
    on, shen = f"{PATH}/people/{resident}", opened("shen")
    assert "还没有满3次" in shen.get(on).text

    assert "请写清理由" in send(shen, on, on, reason=" ", days="30").text
    assert "请选停多久" in send(shen, on, on, reason="不实", days="9999").text
    assert not holds(office, resident)


def test_a_block_ends_by_itself(office: Office, opened: Opened) -> None:
    resident = blocked(office, opened)
    assert holds(office, resident)
    again = send(
        opened("du"), f"{PATH}/people/{resident}", "/console/account", reason="再停", days="7"
    )
    assert again.status_code == 409

    office.town.clock.forward(days=31)

    assert not holds(office, resident)


def test_whoever_blocked_does_not_lift_it(office: Office, opened: Opened) -> None:
    resident, shen, du = blocked(office, opened), opened("shen"), opened("du")

    assert "要别人恢复" in shen.get(PATH).text
    assert send(shen, f"{PATH}/1/lift", PATH).status_code == 409
    assert holds(office, resident)
    assert "恢复了" in du.follow(send(du, f"{PATH}/1/lift", PATH)).text
    assert not holds(office, resident)


def test_an_appeal_is_decided_by_somebody_else(office: Office, opened: Opened) -> None:
    resident, shen, du = blocked(office, opened), opened("shen"), opened("du")
    appealed(office, resident)

    assert "待定的申诉" in du.get("/console").text
    page = shen.get(PATH).text
    assert "照片是我拍的" in page
    assert "是你停的，要别人来定" in page
    assert send(shen, f"{PATH}/1/uphold", PATH, words="维持原判").status_code == 409
    assert "请写清理由" in send(du, f"{PATH}/1/uphold", PATH, words="").text
    done = du.follow(send(du, f"{PATH}/1/uphold", PATH, words="现场照片对不上")).text
    assert "维持了" in done
    assert "维持：现场照片对不上" in done
    assert "同意申诉" not in done
    assert send(du, f"{PATH}/1/uphold", PATH, words="再来一次").status_code == 409
    assert holds(office, resident)


def test_another_district_sees_and_changes_nothing(office: Office, opened: Opened) -> None:
    resident, yuan = blocked(office, opened), opened("yuan")

    assert "没有停着的" in yuan.get(PATH).text
    assert yuan.get(f"{PATH}/people/{resident}").status_code == 404
    for path in (f"{PATH}/1/lift", f"{PATH}/1/uphold", f"{PATH}/people/{resident}"):
        form = {"words": "不行", "reason": "不行", "days": "7"}
        assert send(yuan, path, "/console", **form).status_code == 404
    assert holds(office, resident)


def test_somebody_without_false_reports_is_not_blocked(office: Office, opened: Opened) -> None:
    shen = opened("shen")

    assert shen.get(f"{PATH}/people/1").status_code == 404
    assert send(shen, f"{PATH}/people/1", PATH, reason="就要停", days="7").status_code == 404


@pytest.mark.parametrize("login", ["ban", "wang"])
def test_other_roles_have_no_page(office: Office, opened: Opened, login: str) -> None:
    assert opened(login).get(PATH).status_code == 403
