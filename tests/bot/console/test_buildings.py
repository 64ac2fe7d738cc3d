"""The section 「楼栋」: who sees which buildings, their cards, naming, and changes by hand."""

from collections.abc import Iterator

import pytest

from bot.console.building_desk import PATH
from bot.papers.typesetting import Typesetter
from community.building_posts import buildings_of_staff
from community.register_store import archive_building
from community.staff_store import set_active
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Town, Visit, listening, post
from tests.bot.console.estate import SLOW, Estate
from tests.bot.papers.conftest import Reading

PUBLIC_URL = "https://example.org"


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture
def estate(town: Town, typesetter: Typesetter) -> Estate:
    return Estate(town, typesetter)


@pytest.fixture
def url(town: Town, estate: Estate) -> Iterator[str]:
    with listening(town, estate.pages) as address:
        yield address


@pytest.fixture
def chief(signed_in: SignedIn) -> Visit:
    return signed_in("chief")


@pytest.mark.parametrize(
    ("login", "seen", "hidden"),
    [
        ("chief", ("双福花园3栋", "中心A座"), ()),
        ("wang", ("双福花园3栋", "河滨1号楼"), ("中心A座",)),
        ("lou", ("双福花园3栋",), ("双福花园2栋", "中心A座")),
        ("yuan", (), ("双福花园3栋", "中心A座")),
    ],
)
def test_everybody_sees_what_is_theirs(
    signed_in: SignedIn, login: str, seen: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    page = signed_in(login).get(PATH).text
    assert all(name in page for name in seen)
    assert not any(name in page for name in hidden)
    count = page.count('class="main"')
    assert f"共{count}栋" in page


def test_the_list_is_narrowed_by_its_form(estate: Estate, chief: Visit) -> None:
    street = estate.streets["城东街道"]
    page = chief.get(f"{PATH}?street={street}&lack=no_assembly").text
    assert "双福花园2栋" in page
    assert "双福花园3栋" not in page
    assert 'name="community"' in page
    for query in ("?q=<b>", "?street=x", "?lack=x", "?page=99999999", "?street=99999999999999999"):
        assert chief.get(PATH + query).status_code == 200
    assert "没有找到" in chief.get(f"{PATH}?q=没有").text


def test_a_card_tells_what_is_known_and_nobody_s_name(estate: Estate, chief: Visit) -> None:
    estate.register()
    page = chief.get(estate.path()).text
    for words in ("双福花园3栋", "老旧高层", "小区北门广场", "15楼", "023-47521234", "lou同志"):
        assert words in page
    assert "0人" in page
    assert "1203" not in page
    assert SLOW.phone not in page


def test_what_is_not_theirs_is_not_there(town: Town, estate: Estate, signed_in: SignedIn) -> None:
    lou, yuan = signed_in("lou"), signed_in("yuan")
    assert lou.get(estate.path()).status_code == 200
    assert lou.get(estate.path("2栋")).status_code == 404
    assert yuan.get(estate.path()).status_code == 404
    assert lou.get(f"{PATH}/AAAAAAAA").status_code == 404
    path, third = estate.path(), estate.building().id
    town.database.write(lambda db: archive_building(db, third, town.clock()))
    assert lou.get(path).status_code == 404


def test_a_curator_finds_no_such_section(town: Town, signed_in: SignedIn) -> None:
    town.hire("editor", post("curator"))
    assert signed_in("editor").get(PATH).status_code == 403


def test_an_administrator_names_and_ends(
    town: Town, estate: Estate, chief: Visit, signed_in: SignedIn
) -> None:
    path, who = estate.path(), f"{estate.staff['wang']}/grid_worker"
    assert f'value="{who}"' in chief.get(path).text
    named = chief.follow(chief.post(f"{path}/name", on=path, who=who))
    assert "指定好了" in named.text
    assert "wang同志（网格员）" in named.text
    wang = signed_in("wang")
    assert wang.get(estate.path()).status_code == 200
    assert wang.get(estate.path("2栋")).status_code == 404
    assert chief.post(f"{path}/name", on=path, who=who).status_code == 409

    assert "取消了" in chief.follow(chief.post(f"{path}/unname", on=path, who=who)).text
    assert wang.get(path).status_code == 404
    assert chief.post(f"{path}/unname", on=path, who=who).status_code == 409
    assert [(one.action, one.detail) for one in estate.log()] == [
        ("building.named", {"staff": estate.staff["wang"], "role": "grid_worker"}),
        ("building.unnamed", {"staff": estate.staff["wang"], "role": "grid_worker"}),
    ]


@pytest.mark.parametrize(
    "who", ["", "1", "x/building_head", "1/supervisor", "9" * 30 + "/volunteer"]
)
def test_only_somebody_of_the_list_is_named(estate: Estate, chief: Visit, who: str) -> None:
    path = estate.path()
    assert chief.post(f"{path}/name", on=path, who=who).status_code == 422
    assert estate.log() == []


def test_nobody_is_named_without_the_post_or_by_themselves(
    town: Town, estate: Estate, chief: Visit, signed_in: SignedIn
) -> None:
    path = estate.path("中心A座")
    who = f"{estate.staff['lou']}/building_head"
    assert chief.post(f"{path}/name", on=path, who=who).status_code == 409
    both = town.hire("both", post("administrator"), post("building_head"))
    visit = signed_in("both")
    refused = visit.post(f"{path}/name", on=path, who=f"{both}/building_head")
    assert refused.status_code == 409
    assert "另一位管理员" in refused.text
    assert town.database.read(lambda db: buildings_of_staff(db, both)) == []


def test_only_administrators_of_the_place_change_anything(
    town: Town, estate: Estate, signed_in: SignedIn
) -> None:
    path, who = estate.path(), f"{estate.staff['wang']}/grid_worker"
    for login, status in (("zhi", 403), ("lou", 403), ("wang", 403), ("yuan", 404)):
        visit = signed_in(login)
        assert visit.post(f"{path}/name", who=who).status_code == status
        assert visit.post(f"{path}/unname", who=who).status_code == status
        assert visit.post(f"{path}/edit", assembly_points="别处").status_code == status
        assert visit.get(f"{path}/edit").status_code == status
    assert "指定</button>" not in signed_in("zhi").get(path).text
    assert estate.log() == []


def test_assembly_points_and_refuge_floors_are_changed_by_hand(
    estate: Estate, chief: Visit
) -> None:
    path, before = estate.path(), estate.building()
    form = chief.get(f"{path}/edit").text
    assert 'value="小区北门广场"' in form
    assert 'value="15"' in form
    changed = chief.post(
        f"{path}/edit", on=path, assembly_points="南门、篮球场", refuge_floors="15、30楼"
    )
    assert "改好了" in chief.follow(changed).text
    facts = estate.now(before).facts
    assert facts.assembly_points == ("南门", "篮球场")
    assert facts.refuge_floors == (15, 30)
    assert (facts.address, facts.property_phone) == ("滨江路8号", "023-47521234")
    assert [one.action for one in estate.log()] == ["building.changed"]

    same = chief.post(
        f"{path}/edit", on=path, assembly_points="南门、篮球场", refuge_floors="15、30"
    )
    assert "没有改" in chief.follow(same).text
    chief.post(f"{path}/edit", on=path, assembly_points="", refuge_floors="")
    assert estate.now(before).facts.assembly_points == ()
    assert len(estate.log()) == 2


@pytest.mark.parametrize(
    ("floors", "words"), [("40", "地上层数33还高"), ("很高", "避难层"), ("0", "避难层")]
)
def test_what_cannot_be_is_shown_again(
    estate: Estate, chief: Visit, floors: str, words: str
) -> None:
    path, before = estate.path(), estate.building()
    refused = chief.post(f"{path}/edit", on=path, assembly_points="南门", refuge_floors=floors)
    assert refused.status_code == 422
    assert words in refused.text
    assert 'value="南门"' in refused.text
    assert estate.now(before) == before


def test_whoever_is_shut_out_loses_their_building(town: Town, estate: Estate, chief: Visit) -> None:
    assert "lou同志" in chief.get(estate.path()).text
    town.database.write(lambda db: set_active(db, estate.staff["lou"], is_active=False))
    assert "lou同志" not in chief.get(estate.path()).text


def test_without_an_address_there_is_no_poster(estate: Estate, chief: Visit) -> None:
    assert "做不了二维码" in chief.get(estate.path()).text
    assert chief.get(f"{estate.path()}/poster.pdf").status_code == 409


class TestPublished:
    """The same console, once people can reach it from outside."""

    @pytest.fixture
    def town(self, town: Town) -> Town:
        return Town(town.database, town.data_dir, public_url="http://127.0.0.1:1")

    def test_a_poster_leads_to_the_notice(self, estate: Estate, chief: Visit) -> None:
        made = chief.get(f"{estate.path()}/poster.pdf")
        assert made.headers["content-type"] == "application/pdf"
        text = Reading(made.content).text
        assert f"/building/{estate.building().code}" in text
        assert "双福花园3栋" in text
        assert "看公示页" in chief.get(estate.path()).text
