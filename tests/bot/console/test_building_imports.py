"""Lists of buildings sent in: checked first, every bad row named, written whole or not at all."""

import re
from collections.abc import Iterator

import pytest

from bot.console.building_desk import PATH
from bot.papers.typesetting import Typesetter
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Town, Visit, listening, post
from tests.bot.console.estate import DISTRICT, LIST, Estate, send_list
from tests.community.registered import workbook

HEAD = "镇街,社区,楼栋,地上层数,集合点\n"
NEW = HEAD + "城东街道,幸福社区,双福花园3栋,33,东门\n城东街道,幸福社区,9栋,20,\n"
BAD = HEAD + "城东街道,幸福社区,9栋,很高,\n没有街道,别的社区,8栋,20,\n城东街道,,7栋,20,\n"


@pytest.fixture
def estate(town: Town) -> Iterator[Estate]:
    with Typesetter() as typesetter:
        yield Estate(town, typesetter)


@pytest.fixture
def url(town: Town, estate: Estate) -> Iterator[str]:
    with listening(town, estate.pages) as address:
        yield address


@pytest.fixture
def chief(signed_in: SignedIn) -> Visit:
    return signed_in("chief")


def count(visit: Visit) -> int:
    return visit.get(PATH).text.count('class="main"')


def test_checking_writes_nothing(estate: Estate, chief: Visit) -> None:
    checked = send_list(chief, NEW)
    assert checked.status_code == 200
    assert "没有问题，可以写入" in checked.text
    assert "新增1栋，更新1栋，不变0栋" in checked.text
    assert count(chief) == 4
    assert estate.building().facts.assembly_points == ("小区北门广场",)
    assert estate.log() == []


def test_writing_writes_the_whole_list_once(estate: Estate, chief: Visit) -> None:
    written = chief.follow(send_list(chief, NEW, do="write"))
    assert "写入了：新增1栋，更新1栋" in written.text
    assert count(chief) == 5
    assert estate.building("双福花园3栋").facts.assembly_points == ("东门",)
    [noted] = estate.log()
    assert (noted.action, noted.detail) == ("building.imported", {"added": 1, "changed": 1})
    assert "什么也不用改" in send_list(chief, NEW, do="write").text
    assert len(estate.log()) == 1


@pytest.mark.parametrize("do", ["check", "write"])
def test_every_bad_row_is_named_and_nothing_is_written(
    estate: Estate, chief: Visit, do: str
) -> None:
    checked = send_list(chief, BAD, do=do)
    assert checked.status_code == 422
    for words in ("有3处要改", "第2行“地上层数”", "第3行“镇街”", "没有街道", "第4行“社区”"):
        assert words in checked.text
    assert count(chief) == 4
    assert estate.log() == []


def test_new_streets_come_in_only_when_asked_for(chief: Visit) -> None:
    listed = HEAD + "新镇街,新社区,1栋,,\n"
    refused = send_list(chief, listed, do="write")
    assert refused.status_code == 422
    assert "勾上“名单里有新的镇街，一起登记”" in refused.text
    checked = send_list(chief, listed, add_streets="yes")
    assert "新的镇街：新镇街" in checked.text
    assert "新的社区（看看有没有写错）：新社区" in checked.text
    assert send_list(chief, listed, do="write", add_streets="yes").status_code == 303


def test_a_workbook_is_read_as_well(chief: Visit) -> None:
    rows: list[list[object]] = [["镇街", "社区", "楼栋"], ["城东街道", "幸福社区", "9栋"]]
    assert "新增1栋" in send_list(chief, workbook(rows)).text


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 old", "没有表头"])
def test_what_is_no_list_is_told(chief: Visit, content: str | bytes) -> None:
    checked = send_list(chief, content, do="write")
    assert checked.status_code == 422
    assert 'class="notice bad"' in checked.text


@pytest.mark.parametrize(
    "listed", ["没有表头", HEAD + "别的区,x,x,1,\n", HEAD + "新街,新社区,1栋,,\n"]
)
def test_nobody_is_told_what_to_type_at_a_terminal(chief: Visit, listed: str) -> None:
    checked = send_list(chief, listed.replace(HEAD, "区县," + HEAD) if "别的" in listed else listed)
    assert checked.status_code == 422
    assert "--" not in re.sub(r"<[^>]*>", "", checked.text)
    assert "lifeline " not in checked.text


def test_no_file_is_told(chief: Visit) -> None:
    assert "请先选一个文件" in send_list(chief, b"").text
    form = {"csrf": chief.token(f"{PATH}/import"), "district": DISTRICT, "file": "text"}
    assert "请先选一个文件" in chief.client.post(f"{PATH}/import", data=form).text


def test_htmx_gets_the_findings_alone(chief: Visit) -> None:
    path = f"{PATH}/import"
    headers = {"hx-request": "true", "x-csrf-token": chief.token(path)}
    form = {"district": DISTRICT, "do": "check"}
    files = {"file": ("名单.csv", BAD.encode(), "text/csv")}
    found = chief.client.post(path, data=form, files=files, headers=headers)
    assert found.status_code == 200
    assert "有3处要改" in found.text
    assert "<html" not in found.text


def test_what_is_in_a_file_is_shown_as_text(chief: Visit) -> None:
    checked = send_list(chief, HEAD + "<script>x</script>,幸福社区,9栋,,\n")
    assert "&lt;script&gt;" in checked.text
    assert "<script>x" not in checked.text


def test_the_same_list_changes_nothing(chief: Visit) -> None:
    assert "不变4栋" in send_list(chief, LIST).text


def test_only_who_administers_the_whole_district_imports(
    town: Town, estate: Estate, chief: Visit, signed_in: SignedIn
) -> None:
    assert send_list(chief, NEW, district="jiangjin").status_code == 403
    town.hire("street", post("administrator", DISTRICT, street_id=estate.streets["城东街道"]))
    street = signed_in("street")
    assert street.get(f"{PATH}/import").status_code == 403
    assert "导入名单" not in street.get(PATH).text
    assert send_list(street, NEW).status_code == 403
    assert signed_in("zhi").get(f"{PATH}/import").status_code == 403


def test_the_template_is_a_list_that_says_nothing(chief: Visit) -> None:
    given = chief.get(f"{PATH}/import/template.csv")
    assert "镇街" in given.text
    checked = send_list(chief, given.content)
    assert "新增0栋，更新0栋，不变0栋" in checked.text
