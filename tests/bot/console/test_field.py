"""当场整改 over HTTP: one form, one effect, within one's own street; what phones ask beside it."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from community.offline_store import offline_operation
from tests.bot.console.console_service import Town, Visit, listening
from tests.bot.console.outdoor import SPOT, Outside, hidden
from tests.hazards.taken import photo

SignedIn = Callable[[str], Visit]
JSON = {"Accept": "application/json"}


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


def sent_json(outside: Outside, visit: Visit, **fields: str) -> object:
    """Send the form as the page's script does."""
    known = {
        "operation": "6f9619ff-8b86-4011-b42d-00c04fc964ff",
        "place": f"building:{outside.building('翠湖苑3栋').code}",
        "category": "corridor_blocked",
    }
    session = visit.get("/console/field/session").json()
    files = {
        name: ("x.jpg", photo(seed), "image/jpeg") for name, seed in (("before", 1), ("after", 2))
    }
    headers = JSON | {"X-CSRF-Token": session["csrf"]}
    return visit.client.post(SPOT, data=known | fields, files=files, headers=headers)


def operations(outside: Outside) -> int:
    query = select(func.count()).select_from(offline_operation)
    return int(outside.town.database.read(lambda db: db.execute(query).scalar_one()))


def test_one_form_closes_what_was_put_right(outside: Outside, wang: Visit) -> None:
    answer = outside.spot(wang)

    (case,) = outside.cases()
    assert (case.state, case.category, case.floor) == ("closed", "corridor_blocked", "5楼")
    assert outside.purposes(case) == ["before", "after"]
    page = wang.follow(answer).text
    assert f"收到了，已销号：{case.code[:4]}-{case.code[4:]}。" in page


def test_some_are_looked_at_again(outside: Outside, wang: Visit) -> None:
    outside.draw = 0.01

    page = wang.follow(outside.spot(wang)).text

    assert outside.cases()[0].state == "fix_claimed"
    assert "抽中复查" in page


def test_a_repeat_has_no_second_effect(outside: Outside, wang: Visit) -> None:
    first, again = sent_json(outside, wang), sent_json(outside, wang)

    assert len(outside.cases()) == 1
    assert operations(outside) == 1
    assert first.json()["code"] == again.json()["code"]
    assert "早就收到了" in again.json()["words"]


def test_somebody_elses_operation_is_refused(
    outside: Outside, wang: Visit, signed_in: SignedIn
) -> None:
    sent_json(outside, wang)
    place = f"building:{outside.building('山水城1栋').code}"

    refused = sent_json(outside, signed_in("li"), place=place)

    assert refused.status_code == 422
    assert "以前用过了" in refused.json()["why"]
    assert len(outside.cases()) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"place": ""}, "请选楼栋"),
        ({"place": "building:ZZZZZZZZ"}, "没有这栋楼"),
        ({"place": "street:999", "place_words": "门口"}, "请选楼栋"),
        ({"place": "street:1"}, "请再写清是哪里"),
        ({"category": ""}, "请选是哪一类隐患"),
        ({"category": "sunshine"}, "请选是哪一类隐患"),
        ({"operation": "1"}, "这一页太旧了"),
        ({"told": "长" * 501}, "写得太长了"),
    ],
    ids=["no place", "no building", "no street", "no words", "none", "unknown", "old", "long"],
)
def test_what_is_wrong_is_said(
    outside: Outside, wang: Visit, fields: dict[str, str], words: str
) -> None:
    plain, json = outside.spot(wang, **fields), sent_json(outside, wang, **fields)

    assert plain.status_code in {400, 404, 422}
    assert words in plain.text
    assert json.status_code == 422
    assert words in json.json()["why"]
    assert outside.cases() == []
    assert operations(outside) == 0


def test_another_street_is_out_of_reach(outside: Outside, wang: Visit) -> None:
    west = outside.building("山水城1栋").code
    page = wang.get(SPOT).text
    assert (outside.building("翠湖苑3栋").code in page, west in page) == (True, False)

    refused = outside.spot(wang, place=f"building:{west}")
    elsewhere = outside.spot(wang, place=f"street:{outside.street('城西街道')}", place_words="门口")

    assert (refused.status_code, elsewhere.status_code) == (404, 422)
    assert outside.cases() == []


def test_a_building_that_is_not_listed(outside: Outside, wang: Visit) -> None:
    place = f"street:{outside.street('城东街道')}"

    outside.spot(wang, place=place, place_words="老车站<b>旁边</b>")

    (case,) = outside.cases()
    assert (case.place_words, case.street_id) == (
        "老车站<b>旁边</b>",
        outside.street("城东街道"),
    )


def test_photos_are_two_different_ones(outside: Outside, wang: Visit) -> None:
    same = outside.spot(wang, seeds=(1, 1))
    fields = hidden(wang.get(SPOT).text) | {"place": "building:x", "category": "other"}
    one = wang.client.post(SPOT, data=fields, files={"before": ("x.jpg", photo(1), "image/jpeg")})
    fields |= {"place": f"building:{outside.building('翠湖苑3栋').code}"}
    text = dict.fromkeys(("before", "after"), ("x.jpg", b"not a photo", "image/jpeg"))
    none = wang.client.post(SPOT, data=fields, files=text)

    assert "同一张照片" in same.text
    assert "整改前、整改后各一张" in one.text
    assert "不是能收的照片" in none.text
    assert outside.cases() == []


@pytest.mark.parametrize("login", ["du", "lou"])
def test_only_grid_workers_close_on_the_spot(signed_in: SignedIn, login: str) -> None:
    visit = signed_in(login)

    assert visit.get(SPOT).status_code == 403
    assert SPOT not in visit.get("/console/field").text


def test_departments_have_no_business_here(signed_in: SignedIn) -> None:
    visit = signed_in("ban")

    assert visit.get("/console/field").status_code == 403
    assert "外出巡查" not in visit.get("/console").text


def test_the_script_learns_who_is_signed_in(outside: Outside, wang: Visit, visit: Visit) -> None:
    session = wang.get("/console/field/session")

    assert session.json()["staff"] == outside.staff["wang"]
    assert session.headers["cache-control"] == "no-store"
    assert visit.get("/console/field/session").status_code == 303


def test_a_session_that_ended_or_a_wrong_token_takes_nothing(
    outside: Outside, wang: Visit, visit: Visit
) -> None:
    signed_out = visit.client.post(SPOT, headers=JSON)
    wrong = wang.client.post(SPOT, headers=JSON | {"X-CSRF-Token": "x"})

    assert (signed_out.status_code, wrong.status_code) == (401, 403)
    assert outside.cases() == []


def test_the_keeping_script_may_keep_the_first_page(visit: Visit) -> None:
    script = visit.get("/console/field/worker.js")

    assert script.status_code == 200
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["service-worker-allowed"] == "/console/field"
    assert script.headers["cache-control"] == "no-cache"


def test_a_scanned_building_is_chosen(outside: Outside, wang: Visit) -> None:
    code = outside.building("翠湖苑5栋").code

    page = wang.get(f"{SPOT}?building={code.lower()}").text

    assert f'value="building:{code}" selected' in page
