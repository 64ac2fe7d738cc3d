"""Staff administration: only within one's own districts, never one's own posts, all noted."""

import re

import pytest

from community.audit import entries
from community.departments import STREET
from community.districts import load_district
from community.register_store import add_street, all_streets
from community.staff import Staff
from community.staff_store import find_staff, staff_by_login
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Town, Visit, post

PEOPLE = "/console/people"


@pytest.fixture
def chief(town: Town, signed_in: SignedIn) -> Visit:
    """An administrator of one of two districts, signed in; their id is 1."""
    town.hire("chief", post("administrator"))
    return signed_in("chief")


def person(town: Town, staff_id: int) -> Staff:
    found = town.database.read(lambda db: find_staff(db, staff_id))
    assert found
    return found


def actions(town: Town) -> list[tuple[str, str]]:
    found = town.database.read(lambda db: entries(db, ["", *town.districts]))
    return [(one.actor, one.action) for one in found if one.action != "staff.signed_in"]


def test_only_administrators_come_here(town: Town, signed_in: SignedIn) -> None:
    town.hire("lin", post("supervisor"), post("duty_officer"))
    visit = signed_in("lin")

    assert visit.get(PEOPLE).status_code == 403
    assert visit.post(f"{PEOPLE}/1/active").status_code == 403


def test_the_list_holds_those_of_ones_districts(town: Town, chief: Visit) -> None:
    town.hire("near", post("grid_worker"), name="近处的人")
    town.hire("far", post("grid_worker", "jiangjin"), name="远处的人")

    page = chief.get(PEOPLE).text

    assert "近处的人" in page
    assert "网格员（黔江区）" in page
    assert "远处的人" not in page


@pytest.mark.parametrize(("sought", "found"), [("LIN", 1), ("近处", 1), ("", 3), ("王", 0)])
def test_people_are_sought(town: Town, chief: Visit, sought: str, found: int) -> None:
    town.hire("lin", post("grid_worker"))
    town.hire("he", post("grid_worker"), name="近处的人")

    page = chief.get(f"{PEOPLE}?q={sought}").text

    assert page.count('class="card row"') == found
    assert ("没有找到" in page) is (found == 0)


def test_somebody_new_signs_in_with_the_password_shown(
    town: Town, chief: Visit, visit: Visit
) -> None:
    fields = {"login": "Xin", "name": "新<人>", "role": "grid_worker", "place": "qianjiang"}

    shown = chief.post(f"{PEOPLE}/new", on=f"{PEOPLE}/new", **fields)

    password = re.search(r'class="secret">([^<]+)<', shown.text)
    assert password
    assert "新&lt;人&gt;的密码" in shown.text
    assert visit.sign_in("xin", password[1]).status_code == 303
    assert actions(town) == [("staff:1", "staff.added")]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"login": "chief"}, "有人用了"),
        ({"login": "x"}, "登录名写2到40个"),
        ({"name": ""}, "姓名写1到40个字"),
        ({"place": "jiangjin"}, "不在你管的范围里"),
        ({"place": "atlantis"}, "没有这个地方"),
        ({"place": "qianjiang/street/99"}, "没有这个地方"),
        ({"place": "qianjiang/street/x"}, "没有这个地方"),
        ({"place": "qianjiang/dept/none"}, "没有这个地方"),
        ({"place": "qianjiang/other/1"}, "没有这个地方"),
        ({"role": "king"}, "没有这个职务"),
        ({"role": "department"}, "要选一个部门"),
    ],
)
def test_a_wrong_person_is_refused_and_shown_again(
    town: Town, chief: Visit, changed: dict[str, str], words: str
) -> None:
    fields = {"login": "xin", "name": "新人", "role": "grid_worker", "place": "qianjiang"}

    response = chief.post(f"{PEOPLE}/new", **(fields | changed))

    assert response.status_code == 422
    assert words in response.text
    assert f'value="{changed.get("login", "xin")}"' in response.text
    assert town.database.read(lambda db: staff_by_login(db, "xin")) is None
    assert actions(town) == []


def test_posts_are_given_and_taken(town: Town, chief: Visit, signed_in: SignedIn) -> None:
    town.database.write(lambda db: add_street(db, "qianjiang", "城东街道"))
    [street] = town.database.read(lambda db: all_streets(db, "qianjiang"))
    worker = town.hire("lin", post("grid_worker"))
    page = f"{PEOPLE}/{worker}"
    fields = {"role": "building_head", "place": f"qianjiang/street/{street.id}"}

    given = chief.follow(chief.post(f"{page}/posts", on=page, **fields))
    assert "楼栋长（黔江区 城东街道）" in given.text
    working = signed_in("lin")
    taken = chief.follow(chief.post(f"{page}/posts/remove", on=page, **fields))

    assert "加上了" in given.text
    assert "去掉了" in taken.text
    assert person(town, worker).posts == (post("grid_worker"),)
    assert working.get("/console").status_code == 303
    assert actions(town) == [("staff:1", "staff.revoked"), ("staff:1", "staff.granted")]


def test_a_post_of_a_department(town: Town, chief: Visit) -> None:
    departments = load_district("qianjiang").departments
    one = next(department for department in departments if department.id != STREET)
    worker = town.hire("lin", post("grid_worker"))
    fields = {"role": "department", "place": f"qianjiang/dept/{one.id}"}

    given = chief.follow(chief.post(f"{PEOPLE}/{worker}/posts", **fields))

    assert f"部门经办人（黔江区 {one.name}）" in given.text


def test_nobody_changes_their_own_posts(town: Town, chief: Visit) -> None:
    fields = {"role": "supervisor", "place": "qianjiang"}
    own = {"role": "administrator", "place": "qianjiang"}

    refused = [
        chief.post(f"{PEOPLE}/1/posts", **fields),
        chief.post(f"{PEOPLE}/1/posts/remove", **own),
        chief.post(f"{PEOPLE}/1/active"),
        chief.post(f"{PEOPLE}/1/password"),
        chief.post(f"{PEOPLE}/1/totp"),
    ]

    assert {one.status_code for one in refused} == {409}
    assert person(town, 1).posts == (post("administrator"),)
    assert actions(town) == []


def test_people_of_elsewhere_are_out_of_reach(town: Town, chief: Visit) -> None:
    far = town.hire("far", post("grid_worker", "jiangjin"))

    assert chief.get(f"{PEOPLE}/{far}").status_code == 404
    assert chief.post(f"{PEOPLE}/{far}/password").status_code == 404
    assert chief.get(f"{PEOPLE}/999").status_code == 404


def test_people_of_two_districts_need_both_administrators(town: Town, chief: Visit) -> None:
    both = town.hire("both", post("grid_worker"), post("curator", "jiangjin"))
    page = f"{PEOPLE}/{both}"

    shown = chief.get(page).text
    refused = chief.post(f"{page}/posts/remove", role="curator", place="jiangjin")
    shut = chief.post(f"{page}/active")
    own = chief.post(f"{page}/posts/remove", role="grid_worker", place="qianjiang")

    assert "这个人还有别处的职务" in shown
    assert "知识编辑（江津区）" in shown
    assert (refused.status_code, shut.status_code) == (409, 409)
    assert own.status_code == 303
    assert person(town, both).posts == (post("curator", "jiangjin"),)


def test_an_administrator_of_a_street_gives_posts_there_alone(
    town: Town, signed_in: SignedIn
) -> None:
    town.database.write(lambda db: add_street(db, "qianjiang", "城东街道"))
    [street] = town.database.read(lambda db: all_streets(db, "qianjiang"))
    town.hire("local", post("administrator", street_id=street.id))
    worker = town.hire("lin", post("grid_worker", street_id=street.id))
    visit = signed_in("local")
    page = f"{PEOPLE}/{worker}"

    shown = visit.get(page).text
    whole = visit.post(f"{page}/posts", role="supervisor", place="qianjiang")
    here = visit.post(f"{page}/posts", role="volunteer", place=f"qianjiang/street/{street.id}")

    assert "（全区）" not in shown
    assert whole.status_code == 409
    assert here.status_code == 303


def test_shutting_out_and_letting_in(town: Town, chief: Visit, visit: Visit) -> None:
    worker = town.hire("lin", post("grid_worker"))
    page = f"{PEOPLE}/{worker}"

    shut = chief.follow(chief.post(f"{page}/active"))
    assert "已停用" in shut.text
    assert visit.sign_in("lin").status_code == 401
    again = chief.post(f"{page}/active")
    back = chief.follow(chief.post(f"{page}/active", active="yes"))

    assert again.status_code == 409
    assert "账号恢复了" in back.text
    assert visit.sign_in("lin").status_code == 303


def test_a_new_password_ends_the_sessions(
    town: Town, chief: Visit, signed_in: SignedIn, visit: Visit
) -> None:
    worker = town.hire("lin", post("grid_worker"))
    working = signed_in("lin")

    shown = chief.post(f"{PEOPLE}/{worker}/password")

    password = re.search(r'class="secret">([^<]+)<', shown.text)
    assert password
    assert working.get("/console").status_code == 303
    assert visit.sign_in("lin").status_code == 401
    assert visit.sign_in("lin", password[1]).status_code == 303


def test_a_post_taken_away_gives_nothing_any_more(
    town: Town, chief: Visit, signed_in: SignedIn
) -> None:
    second = town.hire("second", post("administrator"))
    worker = town.hire("lin", post("grid_worker"))
    other = signed_in("second")
    token = other.token()
    chief.post(f"{PEOPLE}/{second}/posts/remove", role="administrator", place="qianjiang")

    form = {"csrf": token}
    response = other.client.post(f"{PEOPLE}/{worker}/active", data=form)

    assert response.status_code == 401
    assert person(town, worker).is_active
