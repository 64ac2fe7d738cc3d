"""Who needs help: the head sees rooms, the duty officer opens the list, and both are noted."""

from collections.abc import Iterator

import pytest

from bot.papers.typesetting import Typesetter
from community.assistance import read_need
from community.staff_store import remove_post
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Town, listening, post
from tests.bot.console.estate import DISTRICT, SLOW, Estate
from tests.bot.papers.conftest import Reading

FIRE = "12楼起火，楼道有烟"
CHAIR = read_need("2205", ["wheelchair", "deaf"])


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture
def estate(town: Town, typesetter: Typesetter) -> Estate:
    estate = Estate(town, typesetter)
    estate.register()
    estate.register(CHAIR)
    return estate


@pytest.fixture
def url(town: Town, estate: Estate) -> Iterator[str]:
    with listening(town, estate.pages) as address:
        yield address


def test_the_head_sees_rooms_and_kinds_but_no_phone(estate: Estate, signed_in: SignedIn) -> None:
    lou, path = signed_in("lou"), estate.path()
    card = lou.get(path).text
    assert "登记了 <b>2</b> 人" in card
    assert "打开看" not in card
    page = lou.post(f"{path}/needs", on=path).text
    for words in ("1203", "12楼", "走得慢", "2205", "坐轮椅；听不见"):
        assert words in page
    assert SLOW.phone not in page
    assert page.index("2205") < page.index("1203")
    [noted] = estate.log()
    assert (noted.action, noted.actor) == ("assistance.seen", f"staff:{estate.staff['lou']}")


@pytest.mark.parametrize("login", ["chief", "zhi", "wang", "yuan"])
def test_nobody_but_the_head_sees_them_so(estate: Estate, signed_in: SignedIn, login: str) -> None:
    visit = signed_in(login)
    assert visit.post(f"{estate.path()}/needs").status_code == 403
    assert "你是这栋楼的楼栋长" not in visit.get(estate.path()).text
    assert estate.log() == []


def test_a_head_sees_no_other_building(town: Town, estate: Estate, signed_in: SignedIn) -> None:
    lou = signed_in("lou")
    assert lou.post(f"{estate.path('2栋')}/needs").status_code == 404
    town.hire("nan", post("building_head"), post("supervisor"))
    refused = signed_in("nan").post(f"{estate.path()}/needs")
    assert refused.status_code == 403
    assert "只有这栋楼的楼栋长" in refused.text
    assert estate.log() == []


def test_a_head_who_left_the_post_sees_nothing(
    town: Town, estate: Estate, signed_in: SignedIn
) -> None:
    left = post("building_head", DISTRICT, street_id=estate.streets["城东街道"])
    town.database.write(lambda db: remove_post(db, estate.staff["lou"], left))
    lou = signed_in("lou")
    assert lou.get(estate.path()).status_code == 403
    assert lou.post(f"{estate.path()}/needs").status_code == 403


def test_the_duty_officer_opens_the_list_with_a_reason(estate: Estate, signed_in: SignedIn) -> None:
    zhi, path = signed_in("zhi"), estate.path()
    page = zhi.post(f"{path}/list", on=path, reason=FIRE)
    for words in ("1203", SLOW.phone, "没留电话", FIRE, "zhi同志", "用完销毁"):
        assert words in page.text
    assert page.headers["cache-control"] == "no-store"
    [noted] = estate.log()
    assert (noted.action, noted.subject) == (
        "assistance.opened",
        f"building:{estate.building().id}",
    )


def test_the_list_goes_upstairs_on_paper_and_that_is_noted_too(
    estate: Estate, signed_in: SignedIn
) -> None:
    zhi, path = signed_in("zhi"), estate.path()
    zhi.post(f"{path}/list", on=path, reason=FIRE)
    made = zhi.post(f"{path}/list.pdf", on=path, reason=FIRE)
    assert made.headers["content-type"] == "application/pdf"
    assert made.headers["cache-control"] == "no-store"
    text = Reading(made.content).text
    for words in ("双福花园3栋", "1203", SLOW.phone, "用完销毁", "zhi同志"):
        assert words in text
    assert [one.action for one in estate.log()] == ["assistance.opened"] * 2


@pytest.mark.parametrize("reason", ["", "着火"])
@pytest.mark.parametrize("page", ["list", "list.pdf"])
def test_without_a_reason_nothing_is_opened(
    estate: Estate, signed_in: SignedIn, reason: str, page: str
) -> None:
    zhi, path = signed_in("zhi"), estate.path()
    refused = zhi.post(f"{path}/{page}", on=path, reason=reason)
    assert refused.status_code == 422
    assert "请写清出了什么事" in refused.text
    assert estate.log() == []


@pytest.mark.parametrize("login", ["chief", "lou", "wang", "yuan"])
def test_nobody_else_opens_it(estate: Estate, signed_in: SignedIn, login: str) -> None:
    visit = signed_in(login)
    for page in ("list", "list.pdf"):
        assert visit.post(f"{estate.path()}/{page}", reason=FIRE).status_code == 403
    assert estate.log() == []


def test_a_duty_officer_of_another_street_opens_nothing(
    town: Town, estate: Estate, signed_in: SignedIn
) -> None:
    west = {"street_id": estate.streets["城西街道"]}
    town.hire("west", post("duty_officer", DISTRICT, **west))
    town.hire("both", post("duty_officer", DISTRICT, **west), post("reviewer", DISTRICT))
    assert signed_in("west").post(f"{estate.path()}/list", reason=FIRE).status_code == 404
    refused = signed_in("both").post(f"{estate.path()}/list", reason=FIRE)
    assert refused.status_code == 403
    assert SLOW.phone not in refused.text


def test_an_empty_list_says_to_knock_all_the_same(estate: Estate, signed_in: SignedIn) -> None:
    zhi, path = signed_in("zhi"), estate.path("2栋")
    page = zhi.post(f"{path}/list", on=path, reason=FIRE).text
    assert "没登记不等于没有人需要帮助" in page


def test_it_is_not_opened_by_a_link(estate: Estate, signed_in: SignedIn) -> None:
    zhi = signed_in("zhi")
    for page in ("list", "list.pdf", "needs"):
        assert zhi.get(f"{estate.path()}/{page}").status_code in {404, 405}
    assert estate.log() == []
