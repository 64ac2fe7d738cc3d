"""The queue of cases as staff see it: within their area, filtered, paged, saved, on a map."""

import re

import pytest

from bot.console.case_desk import PATH
from bot.console.tiles import TileSetting
from bot.papers.typesetting import Typesetter
from community.coordinates import to_gcj02
from tests.bot.console.cases.conftest import Opened
from tests.bot.console.console_service import Town, Visit, listening, post
from tests.bot.console.office import HERE, RECTIFYING, Office, do, path


def codes(page: str) -> list[str]:
    return re.findall(r'class="main" href="/console/cases/(\w{8})"', page)


def test_cases_come_in_the_order_they_are_due(office: Office, opened: Opened) -> None:
    first = office.case()
    office.town.clock.forward(hours=5)
    second = office.case(category="lane_blocked")
    office.town.clock.forward(days=1)

    page = opened("shen").get(PATH).text

    assert codes(page) == [first.code, second.code]
    assert "城东街道 翠湖苑3栋2单元楼道 5楼" in page
    assert "超期" in page
    assert f"{first.code[:4]}-{first.code[4:]}" in page


@pytest.mark.parametrize(
    ("login", "sees"),
    [("shen", True), ("ban", True), ("wang", True), ("xiao", True), ("yuan", False)],
)
def test_nobody_sees_beyond_their_area(
    office: Office, opened: Opened, login: str, sees: bool
) -> None:
    case = office.case()
    visit = opened(login)

    assert (codes(visit.get(PATH).text) == [case.code]) is sees
    assert (visit.get(path(case)).status_code == 200) is sees


def test_another_street_is_not_seen(office: Office, opened: Opened) -> None:
    case = office.case(street_id=office.street_id + 1)

    assert codes(opened("ban").get(PATH).text) == []
    assert opened("wang").get(path(case)).status_code == 404


def test_whoever_has_no_business_with_cases_has_no_page(office: Office, opened: Opened) -> None:
    office.town.hire("zhu", post("curator"))

    assert opened("zhu").get(PATH).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("category=corridor_blocked", True),
        ("category=lane_blocked", False),
        ("state=submitted", True),
        ("state=closed", False),
        ("text=翠湖苑", True),
        ("text=別处", False),
        ("handler=street", True),
        ("handler=nobody", False),
        ("level=1", False),
        ("overdue=1", False),
        ("number=12345-7", True),
        ("number=12345", False),
        ("since=2026-11-20&until=2026-11-20", True),
        ("since=2026-11-21", False),
        ("district=qianjiang", True),
        ("district=jiangjin", False),
        ("street=99999", False),
    ],
)
def test_filters_narrow(office: Office, opened: Opened, query: str, found: bool) -> None:
    case = office.case(external_number="12345-7")

    page = opened("shen").get(f"{PATH}?{query}").text

    assert codes(page) == ([case.code] if found else [])


def test_what_is_paused_is_found_and_stands_on_the_home_page(
    office: Office, opened: Opened
) -> None:
    office.case()
    case = office.case()
    visit = opened("du")
    do(visit, case, "pause", reason="等物业交钥匙")

    assert codes(visit.get(f"{PATH}?paused=1").text) == [case.code]
    assert f"{PATH}?paused=1" in visit.get("/console").text
    assert "暂停计时的隐患" not in opened("ban").get("/console").text


def test_a_code_as_typed_finds_its_case(office: Office, opened: Opened) -> None:
    office.case()
    case = office.case()

    page = opened("shen").get(f"{PATH}?text={case.code[:4].lower()}-{case.code[4:]}").text

    assert codes(page) == [case.code]


@pytest.mark.parametrize(
    ("query", "status"), [("since=gestern", 422), ("after=x", 400), ("after=99999-9", 200)]
)
def test_a_bent_address_is_refused_in_words(
    office: Office, opened: Opened, query: str, status: int
) -> None:
    assert opened("shen").get(f"{PATH}?{query}").status_code == status


def test_pages_follow_one_another(office: Office, opened: Opened) -> None:
    cases = []
    for _ in range(52):
        cases.append(office.case().code)
        office.town.clock.forward(minutes=1)
    visit = opened("shen")

    first = visit.get(PATH).text
    following = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert following
    second = visit.get(following[1].replace("&amp;", "&")).text

    assert codes(first) + codes(second) == cases


def test_states_are_counted(office: Office, opened: Opened) -> None:
    office.case()
    office.moved(office.case(), *RECTIFYING)

    page = opened("shen").get(PATH).text

    assert re.search(r"state=submitted[^>]*>待初审 <b>1</b>", page)
    assert re.search(r"state=rectifying[^>]*>整改中 <b>1</b>", page)


def test_a_view_is_saved_used_and_dropped(office: Office, opened: Opened) -> None:
    office.case()
    visit = opened("shen")

    saved = visit.post(f"{PATH}/views", name="楼道", query="category=corridor_blocked&x=<script>")
    page = visit.follow(saved).text

    assert "存好了：楼道" in page
    assert "/console/cases?category=corridor_blocked" in page
    assert "script&gt;" not in page
    assert "楼道</a>" not in opened("du").get(PATH).text.replace("2单元楼道", "")
    view = re.search(r"views/(\d+)/drop", page)
    assert view
    assert "楼道</a>" not in visit.follow(visit.post(f"{PATH}/views/{view[1]}/drop")).text


def test_nobody_drops_anothers_view(office: Office, opened: Opened) -> None:
    visit = opened("shen")
    visit.post(f"{PATH}/views", name="我的", query="overdue=1")

    opened("du").post(f"{PATH}/views/1/drop")

    assert "我的</a>" in visit.get(PATH).text


def test_a_view_needs_a_name(office: Office, opened: Opened) -> None:
    refused = opened("shen").post(f"{PATH}/views", name=" ", query="overdue=1")

    assert refused.status_code == 422
    assert "起个名字" in refused.text


def test_the_map_has_a_marker_for_each_place(office: Office, opened: Opened) -> None:
    case = office.case()
    office.case(point=None)

    page = opened("shen").get(f"{PATH}/map").text

    assert f'data-latitude="{HERE.latitude}" data-longitude="{HERE.longitude}"' in page
    assert page.count("data-latitude=") == 1
    assert f'href="/console/cases/{case.code}"' in page
    assert "有1件没有定位" in page
    assert "没有设底图" in page


def test_markers_take_the_datum_of_the_tiles(town: Town, typesetter: Typesetter) -> None:
    tiles = TileSetting("https://tiles.example/{z}/{x}/{y}.png", "gcj02", "图商")
    office = Office(Town(town.database, town.data_dir, town.clock, tiles=tiles), typesetter)
    office.case()
    latitude, longitude = to_gcj02(HERE)

    with listening(office.town, office.pages) as address:
        visit = Visit(address)
        visit.sign_in("shen")
        page = visit.get(f"{PATH}/map")
        visit.client.close()

    assert (
        f'data-latitude="{round(latitude, 6)}" data-longitude="{round(longitude, 6)}"' in page.text
    )
    assert 'data-tiles="https://tiles.example/{z}/{x}/{y}.png"' in page.text
    assert "img-src 'self' https://tiles.example" in page.headers["content-security-policy"]


def test_the_home_page_counts_what_waits(office: Office, opened: Opened) -> None:
    office.case()
    office.town.clock.forward(days=3)

    reviewer, handler = opened("shen").get("/console").text, opened("ban").get("/console").text

    assert "超期的隐患" in reviewer
    assert "待初审的隐患" in reviewer
    assert "待初审的隐患" not in handler


def test_words_of_a_report_are_text(office: Office, opened: Opened) -> None:
    case = office.case(place_words="<script>alert(1)</script>")

    assert "<script>alert" not in opened("shen").get(path(case)).text
    assert "<script>alert" not in opened("shen").get(f"{PATH}/map").text
