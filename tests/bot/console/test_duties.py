"""Duties in the console: what is overdue, the year, evidence, the rules, and calendar addresses."""

import re
from collections.abc import Iterator

import icalendar
import pytest
from sqlalchemy import Connection, select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.channels.calendar import CalendarParts, calendar_routes
from bot.console import duties, duty_feeds
from bot.console.duty_desk import BAD_DAY, NO_DUTY, NO_PLACE, DutyDesk
from community.audit import entries
from community.register_store import community, street
from drills.duty_record_store import MOST_NOTE_CHARACTERS
from storage import Database
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import KEY, Town, Visit, listening, post
from tests.drills.duty_town import DutyTown, duty_town

PATH = "/console/duties"
RULE = "law41_residents_drill"
ONE = "滨江花园1栋"


@pytest.fixture
def place(database: Database) -> DutyTown:
    return duty_town(database)


@pytest.fixture
def url(town: Town, place: DutyTown) -> Iterator[str]:
    with listening(town, duties.DutyPages(DutyDesk(place.duties))) as address:
        yield address


@pytest.fixture
def shen(town: Town, signed_in: SignedIn) -> Visit:
    """A supervisor of one district."""
    town.hire("shen", post("supervisor"), name="沈同志")
    return signed_in("shen")


@pytest.fixture
def west(town: Town, place: DutyTown, signed_in: SignedIn) -> Visit:
    """Somebody of one street's office."""
    town.hire("west", post("department", street_id=ids(place, "商住楼")[2]))
    return signed_in("west")


def ids(place: DutyTown, name: str = ONE) -> tuple[int, int, int]:
    return place.database.read(lambda db: place.ids(db, name))


def duty_path(place: DutyTown, name: str = ONE) -> str:
    return f"{PATH}/building/{ids(place, name)[0]}/{RULE}"


def record(visit: Visit, place: DutyTown, **changed: str) -> object:
    form = {"kind": "building", "id": str(ids(place)[0]), "rule": RULE}
    return visit.post(
        f"{PATH}/record", **{**form, "done_on": "2026-05-01", "note": "签到表"} | changed
    )


def test_what_is_pressing_comes_first(shen: Visit) -> None:
    page = shen.get(PATH).text

    assert page.index("已逾期</span>") < page.index("快到期</span>")
    assert "幸福社区滨江花园1栋" in page
    assert "福城1栋" not in page
    assert "<b>18</b>" in page
    home = shen.get("/console").text
    assert "逾期的演练任务" in home


def test_lists_are_narrowed(shen: Visit, place: DutyTown) -> None:
    east, west = ids(place)[2], ids(place, "商住楼")[2]

    in_west = shen.get(f"{PATH}?state=all&street={west}").text
    assert "商住楼" in in_west
    assert ONE not in in_west
    by_rule = shen.get(f"{PATH}?street={east}&rule={RULE}").text
    assert ONE in by_rule
    assert "共2项" in by_rule
    assert "没有这样的任务" in shen.get(f"{PATH}?state=done").text
    # What no form writes is left out.
    odd = shen.get(f"{PATH}?state=x&street=9999999999999999999&page=-1&district=nowhere")
    assert odd.status_code == 200
    assert "共18项" in odd.text
    assert shen.get(f"{PATH}?page=9").status_code == 200


def test_a_street_office_sees_its_street(west: Visit, place: DutyTown) -> None:
    page = west.get(f"{PATH}?state=all").text

    assert "商住楼" in page
    assert ONE not in page
    assert west.get(duty_path(place)).status_code == 404
    assert record(west, place).status_code == 404
    assert west.get(f"{PATH}?street={ids(place)[2]}").text.count(ONE) == 0


def test_a_paper_is_recorded_once_and_shown_with_its_source(
    town: Town, shen: Visit, place: DutyTown
) -> None:
    before = shen.get(duty_path(place)).text
    done = shen.follow(record(shen, place)).text
    twice = shen.follow(record(shen, place)).text

    assert "第四十一条" in before
    assert "待本地确认" in before
    assert "快到期" in before
    assert duties.RECORDED in done
    assert "签到表" in done
    assert "沈同志" in done
    assert "已完成" in done
    assert duties.ALREADY in twice
    noted = town.database.read(lambda db: entries(db, frozenset({"qianjiang"})))
    assert [one.action for one in noted].count("duty.recorded") == 1


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"done_on": "2026-11-22"}, 422, duties.BAD_EVIDENCE["future"]),
        ({"done_on": "2020-01-01"}, 422, duties.BAD_EVIDENCE["too_early"]),
        ({"done_on": "昨天"}, 422, BAD_DAY),
        ({"note": " "}, 422, duties.BAD_EVIDENCE["note"]),
        ({"note": "长" * (MOST_NOTE_CHARACTERS + 1)}, 422, "写得太长了"),
        ({"rule": "qianjiang37_estate_drill"}, 422, duties.BAD_EVIDENCE["rule"]),
        ({"kind": "planet"}, 404, NO_DUTY),
        ({"id": "987654"}, 404, NO_DUTY),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    shen: Visit, place: DutyTown, changed: dict[str, str], status: int, words: str
) -> None:
    answer = record(shen, place, **changed)

    assert answer.status_code == status
    assert words in answer.text
    assert "还没有。封存演练报告后会自动记上。" in shen.get(duty_path(place)).text


def test_a_wrong_record_is_withdrawn_and_stays_to_be_read(
    shen: Visit, west: Visit, place: DutyTown
) -> None:
    page = shen.follow(record(shen, place)).text
    found = re.search(r'name="record" value="(\d+)"', page)
    assert found
    form = {"record": found[1], "reason": "记错了楼"}

    assert west.post(f"{PATH}/withdraw", **form).status_code == 404
    assert shen.post(f"{PATH}/withdraw", **{**form, "reason": ""}).status_code == 422
    first = shen.follow(shen.post(f"{PATH}/withdraw", **form)).text
    again = shen.follow(shen.post(f"{PATH}/withdraw", **form)).text

    assert duties.WITHDRAWN in first
    assert "撤销：记错了楼" in first
    assert duties.NOT_WITHDRAWN in again
    assert shen.post(f"{PATH}/withdraw", record="99", reason="x").status_code == 404


def test_volunteers_look_and_do_not_record(
    town: Town, signed_in: SignedIn, place: DutyTown
) -> None:
    town.hire("vo", post("volunteer"))
    visit = signed_in("vo")

    assert "补记一次" not in visit.get(duty_path(place)).text
    assert record(visit, place).status_code == 403
    assert visit.get(f"{PATH}/feeds").status_code == 403


@pytest.mark.parametrize("tail", ["building/1/nothing", "planet/1/" + RULE, "street/1/" + RULE])
def test_no_such_duty(shen: Visit, tail: str) -> None:
    assert shen.get(f"{PATH}/{tail}").status_code == 404


def test_a_building_that_is_not_sure_says_so(shen: Visit, place: DutyTown) -> None:
    unsure = shen.get(f"{PATH}/unsure").text

    assert "无高度楼" in unsure
    assert "名册里没有高度" in unsure
    assert "名册里没有用途" in unsure
    assert "条文没有写" in unsure
    assert "还要核实高度和用途" in shen.get(duty_path(place, "无高度楼")).text


def test_the_year_has_twelve_months(shen: Visit, west: Visit, place: DutyTown) -> None:
    place.database.write(lambda db: place.drill(db, ONE, state="cancelled"))
    page = shen.get(f"{PATH}/year").text

    assert [f"{month}月</strong>" in page for month in range(1, 13)] == [True] * 12
    december = page[page.index("12月</strong>") :]
    assert "冬季疏散演练" in december
    assert "已取消" in december
    assert "31日" in december
    assert "冬季疏散演练" not in shen.get(f"{PATH}/year?year=2025").text
    assert "冬季疏散演练" not in west.get(f"{PATH}/year").text
    assert shen.get(f"{PATH}/year?year=99999").status_code == 200
    other = west.get(f"{PATH}/year?place=qianjiang")
    assert (other.status_code, NO_PLACE in other.text) == (404, True)


def test_rules_show_sources_versions_and_what_is_open(
    town: Town, shen: Visit, signed_in: SignedIn
) -> None:
    page = shen.get(f"{PATH}/rules").text

    assert "第四十四条" in page
    assert "重点任务分解第37项" in page
    assert "待本地确认" in page
    assert "江津府办发" not in page
    assert "消防宣传五进" in page
    town.hire("jin", post("supervisor", "jiangjin"))
    far = signed_in("jin").get(f"{PATH}/rules").text
    assert "第2版" in far
    assert "已过期" in far


def test_an_address_is_shown_once_and_opens_a_calendar(
    town: Town, shen: Visit, place: DutyTown
) -> None:
    place.database.write(lambda db: place.drill(db, ONE))
    happy = f"qianjiang/{ids(place)[2]}/{ids(place)[1]}"
    made = shen.post(f"{PATH}/feeds/make", place=happy, name="幸福社区的演练").text

    found = re.search(r'class="secret">http://[^/]+(/calendar/[^<]+\.ics)<', made)
    assert found
    page = shen.get(f"{PATH}/feeds").text
    assert found[1] not in page
    assert "黔江区 城东街道 幸福社区" in page
    app = Starlette(
        routes=calendar_routes(CalendarParts(town.database, town.clock, place.duties, KEY))
    )
    with TestClient(app) as client:
        opened = client.get(found[1])
        calendar = icalendar.Calendar.from_ical(opened.content)
        assert calendar.calendar_name == "幸福社区的演练"
        assert any(str(one["UID"]).startswith("drill-") for one in calendar.walk("VEVENT"))

        feed_id = re.search(r'name="id" value="(\d+)"', page)
        assert feed_id
        ended = shen.follow(shen.post(f"{PATH}/feeds/end", id=feed_id[1])).text
        again = shen.follow(shen.post(f"{PATH}/feeds/end", id=feed_id[1])).text
        assert duty_feeds.ENDED in ended
        assert "已停用" in ended
        assert duty_feeds.NO_FEED in again
        assert client.get(found[1]).status_code == 404


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"place": "jiangjin", "name": "别的区"}, NO_PLACE),
        ({"place": "", "name": "哪里都不是"}, NO_PLACE),
        ({"place": "qianjiang", "name": " "}, duty_feeds.BAD_NAME),
    ],
)
def test_a_feed_has_a_place_and_a_name(shen: Visit, form: dict[str, str], words: str) -> None:
    answer = shen.post(f"{PATH}/feeds/make", **form)

    assert answer.status_code == 422
    assert words in answer.text


def test_a_street_makes_feeds_of_itself_alone(west: Visit, place: DutyTown) -> None:
    own = ids(place, "商住楼")[2]

    assert west.post(f"{PATH}/feeds/make", place="qianjiang", name="x").status_code == 422
    assert west.post(f"{PATH}/feeds/make", place=f"qianjiang/{own}", name="本街").status_code == 200


def test_every_community_is_offered(shen: Visit, place: DutyTown) -> None:
    def names(db: Connection) -> list[str]:
        query = select(community.c.name).join(street, street.c.id == community.c.street_id)
        return list(db.scalars(query.where(street.c.district_id == "qianjiang")))

    page = shen.get(f"{PATH}/feeds").text

    assert all(name in page for name in place.database.read(names))
