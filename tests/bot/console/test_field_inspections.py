"""三查三清 over HTTP: one question a screen, resumed, a hazard becomes a case, the end is shown."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection

from community.staff_store import add_post, remove_post
from hazards.inspections import load_guide
from tests.bot.console.console_service import Town, Visit, listening, post
from tests.bot.console.outdoor import INSPECTIONS, Outside, answered, hidden
from tests.hazards.taken import photo

SignedIn = Callable[[str], Visit]
FIRST, SECOND = load_guide().questions[:2]
PHOTO = {"photos": ("x.jpg", photo(4), "image/jpeg")}


@pytest.fixture
def outside(town: Town) -> Outside:
    return Outside(town)


@pytest.fixture
def url(outside: Outside) -> Iterator[str]:
    with listening(outside.town, outside.pages) as address:
        yield address


@pytest.fixture
def wang(signed_in: SignedIn) -> Visit:
    return signed_in("wang")


def test_one_question_a_screen_with_its_source(outside: Outside, wang: Visit) -> None:
    path = outside.begin(wang)
    page = wang.get(path).text

    assert FIRST.ask in page
    assert SECOND.ask not in page
    assert f"第1问，共{len(load_guide().questions)}问" in page
    assert "黔江区高层建筑消防安全综合治理工作方案》（2021年）任务30" in page
    for words in ("没问题", "有隐患", "不适用"):
        assert words in page


def test_answers_are_kept_and_gone_on_with(outside: Outside, wang: Visit) -> None:
    path = outside.begin(wang)
    assert SECOND.ask in wang.follow(answered(wang, path, "ok")).text

    assert "没做完的巡查" in wang.get("/console").text
    assert f"还有{len(load_guide().questions) - 1}问" in wang.get("/console/field").text
    assert outside.begin(wang) == path
    assert SECOND.ask in wang.get(path).text
    assert "答过了：没问题" in wang.get(f"{path}?question={FIRST.id}").text


def test_a_hazard_opens_a_case_with_photo_and_category(outside: Outside, wang: Visit) -> None:
    path = outside.begin(wang)
    form = wang.get(f"{path}?question={FIRST.id}&hazard").text
    assert "有隐患：违规动火动焊" in form

    answer = answered(wang, path, "hazard", files=PHOTO)

    (case,) = outside.cases()
    assert (case.category, case.building_id) == ("hot_work", outside.building("翠湖苑3栋").id)
    assert outside.purposes(case) == ["report"]
    assert f"三查三清巡查发现：{FIRST.ask}" in outside.reasons(case)
    page = wang.follow(answer).text
    assert f"已开案件{case.code[:4]}-{case.code[4:]}" in page
    assert SECOND.ask in page
    again = wang.get(f"{path}?question={FIRST.id}").text
    assert "已开案件" in again
    assert 'value="none"' not in again


def test_a_hazard_needs_a_photo_and_stays_one(outside: Outside, wang: Visit) -> None:
    path = outside.begin(wang)

    bare = answered(wang, path, "hazard")
    assert "请至少拍一张照片" in bare.text
    assert outside.cases() == []

    answered(wang, path, "hazard", files=PHOTO)
    fields = hidden(wang.get(path).text) | {"question": FIRST.id, "verdict": "ok"}
    back = wang.client.post(f"{path}/answers", data=fields)

    assert back.status_code == 409
    assert "已经开了案件" in back.text


def test_the_end_is_shown_and_stands_beside_the_building(outside: Outside, wang: Visit) -> None:
    path = outside.begin(wang)
    early = wang.client.post(f"{path}/finish", data=hidden(wang.get(path).text))
    assert "还有没答的" in early.text
    answered(wang, path, "hazard", files=PHOTO)
    for _ in load_guide().questions[1:]:
        answered(wang, path, "ok")
    assert "都答完了" in wang.get(path).text

    done = wang.client.post(f"{path}/finish", data=hidden(wang.get(path).text))

    page = wang.follow(done).text
    assert "巡查做完了" in page
    assert page.count("没问题") == len(load_guide().questions) - 1
    assert outside.cases()[0].code in page
    code = outside.building("翠湖苑3栋").code
    record = wang.get(f"/console/field/buildings/{code}").text
    assert "2026-11-20" in record
    assert "1处隐患" in record
    assert "王网格" in record
    listed = wang.get(INSPECTIONS).text
    assert listed.index("翠湖苑5栋") < listed.index("翠湖苑3栋")
    assert "上次巡查 2026-11-20" in listed
    late = wang.client.post(f"{path}/finish", data={"csrf": wang.token()})
    assert late.status_code == 409


def test_whose_it_is_and_who_may_look(outside: Outside, wang: Visit, signed_in: SignedIn) -> None:
    path = outside.begin(wang)
    lou, du, li = signed_in("lou"), signed_in("du"), signed_in("li")

    assert "还没做完" in du.get(path).text
    assert "都答完了" not in lou.get(path).text
    assert li.get(path).status_code == 404
    form = {"csrf": lou.token(), "question": FIRST.id, "verdict": "ok"}
    assert lou.client.post(f"{path}/answers", data=form).status_code == 409
    form = {"csrf": du.token(), "question": FIRST.id, "verdict": "ok"}
    assert du.client.post(f"{path}/answers", data=form).status_code == 403


def test_building_heads_inspect_in_their_street(outside: Outside, signed_in: SignedIn) -> None:
    lou = signed_in("lou")
    path = outside.begin(lou)

    answered(lou, path, "hazard", files=PHOTO)

    assert len(outside.cases()) == 1
    form = hidden(lou.get(INSPECTIONS).text) | {"building": outside.building("山水城1栋").code}
    assert lou.client.post(INSPECTIONS, data=form).status_code == 404


def test_whoever_lost_the_street_sees_no_more_of_it(outside: Outside, wang: Visit) -> None:
    path = outside.begin(wang)
    east = post("grid_worker", "qianjiang", street_id=outside.street("城东街道"))
    west = post("grid_worker", "qianjiang", street_id=outside.street("城西街道"))

    def move(db: Connection) -> None:
        add_post(db, outside.staff["wang"], west)
        remove_post(db, outside.staff["wang"], east)

    outside.town.database.write(move)
    wang.sign_in("wang")  # losing a post ends the session

    assert wang.get(path).status_code == 404
    assert "翠湖苑" not in wang.get("/console/field").text
    assert "翠湖苑" not in wang.get(INSPECTIONS).text
    form = {"csrf": wang.token(), "question": FIRST.id, "verdict": "ok"}
    assert wang.client.post(f"{path}/answers", data=form).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"question": "nothing", "verdict": "ok"}, 409),
        ({"question": FIRST.id, "verdict": "perhaps"}, 400),
    ],
)
def test_what_no_page_sends(
    outside: Outside, wang: Visit, fields: dict[str, str], status: int
) -> None:
    path = outside.begin(wang)

    answer = wang.client.post(f"{path}/answers", data={"csrf": wang.token(), **fields})

    assert answer.status_code == status
    assert "请刷新再办" in answer.text


@pytest.mark.parametrize("path", [f"{INSPECTIONS}/999", "/console/field/buildings/ZZZZZZZZ"])
def test_there_is_no_such_thing(wang: Visit, path: str) -> None:
    assert wang.get(path).status_code == 404


def test_without_buildings_it_says_who_imports_them(
    outside: Outside, visits: Callable[[], Visit]
) -> None:
    outside.town.hire("new", post("grid_worker", "jiangjin"))
    visit = visits()
    visit.sign_in("new")

    assert "请管理员导入楼栋名单" in visit.get(INSPECTIONS).text
