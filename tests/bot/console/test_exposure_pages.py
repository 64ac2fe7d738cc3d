"""The exposure board from the staff's side, and what everybody sees of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from starlette.routing import Route

from bot.channels import board
from bot.console.exposure import PATH, ExposurePages
from bot.console.shell import Section
from bot.papers.typesetting import Typesetter
from hazards.cases import Case
from tests.bot.console.bureau import Opened, closed, desk_of, opening, send, shown_by
from tests.bot.console.console_service import Town, Visit
from tests.bot.console.office import Office, path

WRITTEN = {
    "title": "占用消防车通道",
    "words": "某商场东门长期停车，已清理。",
    "place": "某商场东门",
}


@pytest.fixture(scope="module")
def typesetter() -> Iterator[Typesetter]:
    with Typesetter() as typesetter:
        yield typesetter


@pytest.fixture
def office(town: Town, typesetter: Typesetter) -> Office:
    return Office(town, typesetter)


@dataclass(frozen=True)
class Public:
    """The public pages beside the console, as the service has them."""

    office: Office
    SECTION: Section | None = None

    def routes(self) -> list[Route]:
        found = board.routes(shown_by(self.office))
        return [route for route in found if isinstance(route, Route)]


@pytest.fixture
def opened(office: Office) -> Iterator[Opened]:
    pages = ExposurePages(desk_of(office), shown_by(office))
    with opening(office, office.pages, pages, Public(office)) as opened:
        yield opened


def masked(office: Office, visit: Visit, case: Case) -> int:
    """Mask a photo and release it, on the page of the case; return its id."""
    photo = office.photo(case)
    one = path(case, "photos", photo)
    send(visit, f"{one}/mask", f"{one}/mask", masks="[[0.1,0.1,0.3,0.3]]", seen="")
    seen = re.search(r'name="seen" value="(\d+)"', visit.get(f"{one}/look").text)
    assert seen
    send(visit, f"{one}/release", f"{one}/look", seen=seen[1], do="release")
    return photo


def drafted(visit: Visit, case: Case, **fields: object) -> str:
    """Write a draft and return its address, or the page that refused it."""
    on = f"{PATH}/new?case={case.code}"
    answer = send(visit, f"{PATH}/new", on, case=case.code, **{**WRITTEN, **fields})
    return answer.headers["location"] if answer.status_code == 303 else answer.text


def release(visit: Visit, entry: str, **fields: str) -> object:
    version = re.search(r'name="version" value="(\d+)"', visit.get(entry).text)
    form = {"version": version[1] if version else "", "read": "1"}
    return send(visit, f"{entry}/release", entry, **{**form, **fields})


def test_an_entry_is_written_previewed_released_and_taken_down(
    office: Office, opened: Opened
) -> None:
    case, shen = closed(office), opened("shen")
    photo = masked(office, shen, case)
    entry = drafted(shen, case, photo=[str(photo)])

    assert "存成草稿了" in shen.get(entry).text
    assert "现在没有曝光的隐患" in shen.get("/board").text
    preview = shen.get(f"{entry}/preview").text
    assert "这是预览" in preview
    assert WRITTEN["words"] in preview
    (picture,) = set(re.findall(r'src="(/console/exposure/[^"]+jpg)"', preview))
    assert shen.get(picture).content[:2] == b"\xff\xd8"

    assert "公布了" in shen.follow(release(shen, entry)).text
    public = shen.get("/board")
    assert WRITTEN["words"] in public.text
    assert "这是预览" not in public.text
    assert public.headers["cache-control"] == "public, max-age=60"
    (picture,) = set(re.findall(r'src="(/board/photos/[^"]+jpg)"', public.text))
    assert shen.get(picture).content[:2] == b"\xff\xd8"

    assert "请写清为什么" in send(shen, f"{entry}/take-down", entry, reason="").text
    down = send(shen, f"{entry}/take-down", entry, reason="单位已说明")
    assert "撤下了" in shen.follow(down).text
    assert WRITTEN["words"] not in shen.get("/board").text
    assert shen.get(picture).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("words", "车主张先生，电话13800000000", "文字里有电话号码、个人称呼或姓名"),
        ("place", "3栋501室", "门牌"),
        ("title", "", "都要写"),
        ("photo", ["99999"], "照片要先遮挡"),
    ],
)
def test_what_may_not_stand_there_is_said(
    office: Office, opened: Opened, field: str, value: object, words: str
) -> None:
    assert words in drafted(opened("shen"), closed(office), **{field: value})


def test_a_photo_that_nobody_looked_at_is_not_offered(office: Office, opened: Opened) -> None:
    case, shen = closed(office), opened("shen")
    photo = office.photo(case)

    assert "张照片没有放行" in shen.get(f"{PATH}/new?case={case.code}").text
    assert "照片要先遮挡" in drafted(shen, case, photo=[str(photo)])


def test_an_open_case_is_not_exposed(office: Office, opened: Opened) -> None:
    case, shen = office.case(), opened("shen")

    assert "只有复查合格或已销号" in shen.get(f"{PATH}/new?case={case.code}").text
    assert "只有复查合格或已销号" in drafted(shen, case)


def test_one_has_to_have_read_it(office: Office, opened: Opened) -> None:
    shen = opened("shen")
    entry = drafted(shen, closed(office))

    assert "我看过了" in release(shen, entry, read="").text
    assert release(shen, entry, version="9").status_code == 409


def test_a_changed_draft_is_looked_at_again(office: Office, opened: Opened) -> None:
    shen = opened("shen")
    entry = drafted(shen, closed(office))

    form = {**WRITTEN, "version": "1", "title": "占用登高场地"}
    assert "改好了" in shen.follow(send(shen, f"{entry}/change", entry, **form)).text
    assert send(shen, f"{entry}/change", entry, **form).status_code == 409
    assert release(shen, entry, version="1").status_code == 409
    assert "公布了" in shen.follow(release(shen, entry)).text
    assert "占用登高场地" in shen.get("/board").text


def test_a_case_has_one_entry(office: Office, opened: Opened) -> None:
    case, shen = closed(office), opened("shen")
    entry = drafted(shen, case)

    assert "已经有曝光稿" in drafted(shen, case) or drafted(shen, case) == entry
    assert shen.get(f"{PATH}/new?case={case.code}").headers["location"] == entry


def test_a_case_opened_again_is_hidden_and_shown_so(office: Office, opened: Opened) -> None:
    case, shen = closed(office), opened("shen")
    entry = drafted(shen, case)
    release(shen, entry)

    office.moved(case, ("du", "reopen"))

    assert "案件重开，暂不显示" in shen.get(entry).text
    assert "案件重开，暂不显示" in shen.get(PATH).text
    assert WRITTEN["title"] not in shen.get("/board").text


def test_others_neither_see_nor_change_it(office: Office, opened: Opened) -> None:
    entry, yuan = drafted(opened("shen"), closed(office)), opened("yuan")

    assert yuan.get(entry).status_code == 404
    assert yuan.get(f"{entry}/preview").status_code == 404
    assert send(yuan, f"{entry}/release", "/console", version="1", read="1").status_code == 404
    assert send(yuan, f"{entry}/take-down", "/console", reason="不要").status_code == 404
    assert "还没有写过" in yuan.get(PATH).text
    assert opened("du").get(PATH).status_code == 403


def test_a_draft_waits_on_the_home_page(office: Office, opened: Opened) -> None:
    shen = opened("shen")
    drafted(shen, closed(office))

    assert "待公布的曝光稿" in shen.get("/console").text
    assert shen.get(f"{PATH}/new").status_code == 200
    assert shen.get(f"{PATH}/new?case=K7M39QX2").status_code == 404
