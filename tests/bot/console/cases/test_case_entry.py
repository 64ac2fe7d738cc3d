"""A case entered for others: told by telephone or in a message; once, and within the area."""

import re
from html import unescape

import httpx
import pytest
from sqlalchemy import Connection, select

from bot.console.case_entry import NEW, NO_MESSAGE, OUTDATED, REPEATED, USED_BEFORE
from bot.console.case_entry_forms import NO_CATEGORY, NO_PLACE, NO_PLACE_WORDS, NO_WORDS
from bot.console.case_problems import PHOTO_REFUSED
from bot.console.field_forms import TOO_MANY
from bot.desk_inbox_store import messages_of, thread_at
from community.register_store import building, street
from community.staff import Area
from hazards.case_store import photos_of, reports_of
from hazards.cases import Case
from hazards.store import hazard_case
from tests.bot.console.cases.conftest import Opened
from tests.bot.console.console_service import Visit, post
from tests.bot.console.office import DISTRICT, Office, do, has_file, jpeg, path
from tests.bot.desk_town import code_of, settle_in, street_with_building, writes

SAID = "楼道停了三辆电瓶车在充电"
CALLED = "三楼有人在楼道充电，我的电话13800000000"


@pytest.fixture
def tower(office: Office) -> int:
    """A building in another street of the district than the grid worker's."""
    _, tower = office.town.database.write(lambda db: street_with_building(db, "新华街道"))
    return tower


def code(office: Office, tower: int) -> str:
    query = select(building.c.code).where(building.c.id == tower)
    return str(office.town.database.read(lambda db: db.execute(query).scalar_one()))


def blank(visit: Visit, address: str = NEW) -> dict[str, str]:
    """Return what the form carries by itself."""
    page = visit.get(address).text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def filled(visit: Visit, office: Office, **more: str) -> dict[str, str]:
    known = {
        "came": "phone",
        "category": "ebike_charging",
        "place": f"street:{office.street_id}",
        "place_words": "翠湖苑3栋2单元",
        "floor": "3楼",
        "told": SAID,
        "external_number": "12345-7",
    }
    return blank(visit) | known | more


def entered(visit: Visit, form: dict[str, str], *photos: object) -> httpx.Response:
    files = [("photos", one) for one in photos] or None
    return visit.client.post(NEW, data=form, files=files)


def all_cases(office: Office) -> int:
    query = select(hazard_case.c.id)
    return len(office.town.database.read(lambda db: db.execute(query).all()))


def made(office: Office, answer: httpx.Response) -> Case:
    assert answer.status_code == 303, answer.text
    return office.of_code(answer.headers["location"].rpartition("/")[2])


def asked(office: Office, name: str, tower: int, said: str = CALLED) -> str:
    """Have a resident of a building leave a message, and return the message's code."""
    now = office.town.clock()

    def work(db: Connection) -> str:
        settle_in(db, name, tower)
        writes(db, name, said, now)
        area = Area(districts=frozenset({DISTRICT}))
        thread = thread_at(db, area, code_of(db, name), now)
        assert thread is not None
        return messages_of(db, area, thread.resident_id)[-1].code

    return office.town.database.write(work)


@pytest.mark.parametrize("login", ["shen", "du", "zhi", "wang"])
def test_what_was_told_by_telephone_becomes_a_case(
    office: Office, opened: Opened, login: str
) -> None:
    visit = opened(login)

    answer = entered(visit, filled(visit, office), jpeg(1), jpeg(2))

    case, page = made(office, answer), visit.follow(answer).text
    reports = office.town.database.read(lambda db: reports_of(db, case.id))
    photos = office.town.database.read(lambda db: photos_of(db, case.id))
    assert (case.state, case.street_id) == ("submitted", office.street_id)
    assert (case.floor, case.external_number) == ("3楼", "12345-7")
    assert [(one.source, one.said) for one in reports] == [("staff", SAID)]
    assert len(photos) == 2
    assert "代为登记：电话" in page
    assert "登记好了" in page
    assert not has_file(office.town.data_dir / "files", b"\xff\xd8\xff")


@pytest.mark.parametrize("login", ["ban", "xiao"])
def test_departments_enter_nothing(office: Office, opened: Opened, login: str) -> None:
    visit = opened(login)

    assert visit.get(NEW).status_code == 403
    assert NEW not in visit.get("/console/cases").text
    assert NEW in opened("shen").get("/console/cases").text


def test_a_form_sent_twice_opens_one_case(office: Office, opened: Opened) -> None:
    visit = opened("shen")
    form = filled(visit, office)

    first, second = entered(visit, form), entered(visit, form)

    assert made(office, first) == made(office, second)
    assert REPEATED in visit.follow(second).text
    assert all_cases(office) == 1


def test_a_token_of_another_form_enters_nothing(office: Office, opened: Opened) -> None:
    visit, case = opened("shen"), office.case()
    form = filled(visit, office, operation="of another form")
    do(visit, case, "note", reason="看过", operation="of another form")

    refused = entered(visit, form)

    assert (refused.status_code, USED_BEFORE in refused.text) == (409, True)
    assert all_cases(office) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"category": ""}, NO_CATEGORY),
        ({"category": "nonsense"}, NO_CATEGORY),
        ({"place": ""}, NO_PLACE),
        ({"place": "moon:7"}, NO_PLACE),
        ({"place": "street:999999"}, NO_PLACE),
        ({"place": "building:K7M39QX2"}, NO_PLACE),
        ({"place": "building:x"}, NO_PLACE),
        ({"place": "district:jiangjin"}, NO_PLACE),
        ({"place_words": " "}, NO_PLACE_WORDS),
        ({"told": ""}, NO_WORDS),
    ],
)
def test_what_is_missing_is_asked_for(
    office: Office, opened: Opened, change: dict[str, str], words: str
) -> None:
    visit = opened("shen")
    form = filled(visit, office) | {"floor": "阁楼"} | change

    refused = entered(visit, form)

    assert (refused.status_code, words in refused.text) == (422, True)
    # What was typed is still there, and may be sent again once it is whole.
    assert 'value="阁楼"' in refused.text
    assert all_cases(office) == 0
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', refused.text))
    made(office, entered(visit, filled(visit, office) | again))


def test_a_page_without_its_token_is_too_old(office: Office, opened: Opened) -> None:
    visit = opened("shen")

    refused = entered(visit, filled(visit, office, operation=""))

    assert (refused.status_code, OUTDATED in refused.text) == (400, True)
    assert entered(visit, filled(visit, office, csrf="x")).status_code == 403


def test_photos_that_cannot_be_taken_are_refused(office: Office, opened: Opened) -> None:
    visit = opened("shen")
    form = filled(visit, office)

    no_photo = entered(visit, form, ("a.jpg", b"%PDF-1.7 not a photo", "image/jpeg"))
    many = entered(visit, form, *[jpeg(seed) for seed in range(10)])

    assert (no_photo.status_code, many.status_code) == (422, 422)
    assert PHOTO_REFUSED["unsupported"] in no_photo.text
    assert TOO_MANY in many.text
    assert SAID in many.text


def test_a_grid_worker_enters_for_their_street_alone(
    office: Office, opened: Opened, tower: int
) -> None:
    visit = opened("wang")
    page = visit.get(NEW).text
    there = f"building:{code(office, tower)}"
    query = select(street.c.id).where(street.c.name == "城西街道")
    west = office.town.database.read(lambda db: db.execute(query).scalar_one())

    assert "城东街道" in page
    assert "城西街道" not in page
    assert there not in page
    for place in (there, f"street:{west}", f"district:{DISTRICT}"):
        refused = entered(visit, filled(visit, office, place=place))
        assert (refused.status_code, NO_PLACE in refused.text) == (422, True), place
    assert all_cases(office) == 0


def test_a_building_and_a_district_can_be_chosen(
    office: Office, opened: Opened, tower: int
) -> None:
    visit = opened("shen")
    there = f"building:{code(office, tower)}"
    assert there in visit.get(NEW).text

    at_tower = entered(visit, filled(visit, office, place=there, place_words=""))
    somewhere = entered(visit, filled(visit, office, place=f"district:{DISTRICT}"))

    assert made(office, at_tower).building_id == tower
    case = made(office, somewhere)
    assert (case.district_id, case.street_id, case.building_id) == (DISTRICT, None, None)


class TestFromAMessage:
    def test_words_and_building_are_filled_in_and_never_who(
        self, office: Office, opened: Opened, tower: int
    ) -> None:
        message = asked(office, "li", tower)
        visit = opened("zhi")

        page = unescape(visit.get(f"{NEW}?from={message}").text)

        assert "三楼有人在楼道充电" in page
        assert "13800000000" not in page
        assert f'value="building:{code(office, tower)}" selected' in page
        assert 'value="message" selected' in page
        thread = office.town.database.read(lambda db: code_of(db, "li"))
        assert thread not in page
        assert thread[:4] not in page

    def test_the_case_says_that_a_message_told_of_it(
        self, office: Office, opened: Opened, tower: int
    ) -> None:
        message = asked(office, "li", tower)
        visit = opened("zhi")
        form = blank(visit, f"{NEW}?from={message}") | {
            "came": "message",
            "category": "ebike_charging",
            "place": f"building:{code(office, tower)}",
            "told": "三楼有人在楼道充电",
        }

        answer = entered(visit, form)

        page = visit.follow(answer).text
        assert "代为登记：居民留言" in page
        assert message not in page

    def test_a_message_elsewhere_is_as_none(
        self, office: Office, opened: Opened, tower: int
    ) -> None:
        office.town.hire("yun", post("duty_officer", "jiangjin"))
        message = asked(office, "li", tower)

        # A reviewer has no business with messages, nor has another street or district.
        for login in ("shen", "wang", "yun"):
            refused = opened(login).get(f"{NEW}?from={message}")
            assert (refused.status_code, NO_MESSAGE in refused.text) == (404, True), login
        assert opened("zhi").get(f"{NEW}?from=nonsense").status_code == 404


class TestSummary:
    def test_notices_and_orders_carry_what_was_looked_at(
        self, office: Office, opened: Opened
    ) -> None:
        case, visit = office.case(), opened("du")

        page = visit.follow(do(visit, case, "summary", text="2单元楼梯间堆满纸箱")).text

        assert "情况：2单元楼梯间堆满纸箱" in page
        assert "改案情摘要" in page.partition('id="timeline"')[2]
        assert "2单元楼梯间堆满纸箱" in visit.get(path(case, "notice")).text

        page = visit.follow(do(visit, case, "summary", text="")).text
        assert "情况：楼道堆了纸箱" in page

    @pytest.mark.parametrize("login", ["ban", "wang"])
    def test_who_handles_sums_nothing_up(self, office: Office, opened: Opened, login: str) -> None:
        assert "案情摘要" not in opened(login).get(path(office.case())).text

    def test_of_two_who_write_one_wins_and_words_are_not_lost(
        self, office: Office, opened: Opened
    ) -> None:
        case, visit = office.case(), opened("shen")
        do(visit, case, "summary", text="先写的")

        late = do(visit, case, "summary", text="后写的", version=str(case.version))

        assert late.status_code == 409
        assert "后写的" in late.text
        assert office.now(case).summary == "先写的"
