"""The papers of a case: what is printed, and that only masked photos leave."""

import io

import pypdf
import pytest

from bot.console.case_orders import without_phones
from bot.console.case_papers import BAD_TIME, BAD_TIME_PAST, ISSUED, NO_UNIT
from tests.bot.console.cases.conftest import Opened
from tests.bot.console.console_service import Visit
from tests.bot.console.office import CLAIMED, Office, path


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def pictures_in(pdf: bytes) -> int:
    return sum(len(page.images) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def noticed(visit: Visit, address: str, **more: str) -> object:
    form = {
        "operation": "once",
        "recipient": "翠湖苑物业服务中心",
        "issuer": "城东街道",
        "found": "3栋2单元5楼楼道堆放纸箱",
        "required": "当天清走",
        "basis": "高层民用建筑消防安全管理规定第二十八条\n\n",
        "deadline": "2026-11-21T18:00",
        "contact": "班街道",
    }
    return visit.post(address, **(form | more))


def test_the_work_order_is_printed(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), *CLAIMED)

    answer = opened("ban").get(path(case, "order.pdf"))

    text = text_of(answer.content)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    for words in (
        "隐患处置工单",
        f"{case.code[:4]}-{case.code[4:]}",
        "翠湖苑3栋2单元楼道",
        "开始整改",
    ):
        assert words in text
    assert "13800000000" not in text


def test_only_released_photos_are_printed(office: Office, opened: Opened) -> None:
    case = office.case()
    photo_id = office.photo(case)
    visit = opened("shen")
    before = pictures_in(visit.get(path(case, "order.pdf")).content)
    visit.post(path(case, "photos", photo_id, "mask"), masks="[[0.1,0.1,0.2,0.2]]", seen="")
    unseen = pictures_in(visit.get(path(case, "order.pdf")).content)
    page = visit.get(path(case, "photos", photo_id, "look")).text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]

    visit.post(path(case, "photos", photo_id, "release"), seen=seen, do="release")

    assert (before, unseen) == (0, 0)
    assert pictures_in(visit.get(path(case, "order.pdf")).content) == 1


def test_a_rectification_notice_is_issued_and_noted_once(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("shen")
    assert "隐患整改通知书" in visit.get(path(case, "notice")).text

    for _ in range(2):
        answer = noticed(visit, path(case, "notice"))

    text = text_of(answer.content)
    for words in (
        "隐患整改通知书",
        "翠湖苑物业服务中心",
        "2026年11月21日18时",
        "当天清走",
        "待本地确认",
    ):
        assert words in text
    assert office.events(case).count(("noted", ISSUED)) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"recipient": " "}, NO_UNIT),
        ({"deadline": "bald"}, BAD_TIME),
        ({"deadline": "2020-01-01T08:00"}, BAD_TIME_PAST),
        ({"found": "长" * 801}, "写得太长了"),
    ],
)
def test_a_notice_that_cannot_be_is_refused(
    office: Office, opened: Opened, change: dict[str, str], words: str
) -> None:
    case = office.case()

    refused = noticed(opened("shen"), path(case, "notice"), **change)

    assert refused.status_code == 422
    assert words in refused.text
    assert ("noted", ISSUED) not in office.events(case)


def test_signs_of_typst_are_text(office: Office, opened: Opened) -> None:
    case = office.case()

    answer = noticed(opened("shen"), path(case, "notice"), found='#read("/etc/passwd") *粗*')

    assert '#read("/etc/passwd")' in text_of(answer.content)


def test_papers_of_a_case_elsewhere_are_not_there(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("yuan")

    assert visit.get(path(case, "order.pdf")).status_code == 404
    assert visit.get(path(case, "notice")).status_code == 404
    assert noticed(visit, path(case, "notice")).status_code == 404


def test_the_lead_issues_a_notice_too(office: Office, opened: Opened) -> None:
    case = office.case()

    assert noticed(opened("xiao"), path(case, "notice")).status_code == 200
    assert ("noted", ISSUED) in office.events(case)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("打13812345678", "打（电话略）"),
        ("138 1234 5678找我", "（电话略）找我"),
        ("+86-13812345678", "（电话略）"),
        ("座机023-68686868", "座机（电话略）"),
        ("3栋2单元501", "3栋2单元501"),
        ("编号202611201234567890", "编号202611201234567890"),
    ],
)
def test_phone_numbers_stay_in_the_house(text: str, shown: str) -> None:
    assert without_phones(text) == shown


def test_a_deadline_that_is_over_is_not_proposed(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("shen")
    assert 'value="2026-11-21T12:00"' in visit.get(path(case, "notice")).text

    office.town.clock.forward(days=2)
    visit = opened("shen")

    assert 'type="datetime-local" value=""' in visit.get(path(case, "notice")).text
