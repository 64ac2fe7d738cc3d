"""Doing the same to many: looked at first, each case on its own, once."""

import re

import pytest

from bot.console.case_bulk import NONE_CHOSEN, TOO_MANY
from bot.console.case_desk import PATH
from hazards.cases import Case
from tests.bot.console.cases.conftest import Opened
from tests.bot.console.console_service import Visit
from tests.bot.console.office import CLAIMED, RECTIFYING, Office


def preview(visit: Visit, bulk: str, *cases: Case) -> str:
    form = {"csrf": visit.token(), "bulk": bulk, "case": [str(case.id) for case in cases]}
    return visit.client.post(f"{PATH}/bulk", data=form).text


def confirmed(visit: Visit, page: str, **more: str) -> str:
    """Send the preview as it stands."""
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)) | more
    form["case"] = re.findall(r'name="case" value="([^"]*)"', page)
    return visit.client.post(f"{PATH}/bulk/do", data=form).text


def test_cases_are_assigned_together(office: Office, opened: Opened) -> None:
    cases = [office.moved(office.case(), ("shen", "screen")) for _ in range(3)]
    visit = opened("shen")

    page = preview(visit, "assign", *cases)
    done = confirmed(visit, page, handler="housing")

    assert "能办的3件" in page
    assert "办成3件，共3件" in done
    assert {office.now(case).handler for case in cases} == {"housing"}


def test_what_cannot_be_done_is_said_with_the_reason(office: Office, opened: Opened) -> None:
    able = office.moved(office.case(), *RECTIFYING)
    claimed = office.moved(office.case(), *CLAIMED)
    visit = opened("du")
    confirmed(visit, preview(visit, "remind", able))

    page = preview(visit, "remind", able, claimed)

    assert "选中的案件现在都不能催办" in page
    assert "已经催办过了" in page
    assert "现在是“待复查”，不用催" in page
    assert "能办的1件" in preview(visit, "escalate", able, claimed)


def test_a_wrong_state_names_the_right_ones(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), *RECTIFYING)

    page = preview(opened("shen"), "assign", case)

    assert "现在是“整改中”，要在“待派单”、“已退回，待重派”时才能办" in page


def test_a_form_sent_twice_reminds_once(office: Office, opened: Opened) -> None:
    cases = [office.moved(office.case(), *RECTIFYING) for _ in range(2)]
    visit = opened("du")
    page = preview(visit, "remind", *cases)

    for _ in range(2):
        done = confirmed(visit, page)

    assert "没有重复办" in done
    for case in cases:
        assert [kind for kind, _ in office.events(case)].count("reminded") == 1


def test_one_that_moved_on_harms_no_other(office: Office, opened: Opened) -> None:
    cases = [office.case() for _ in range(2)]
    visit = opened("shen")
    page = preview(visit, "reject", *cases)
    office.moved(cases[0], ("zhi", "screen"))

    done = confirmed(visit, page, reason="重复报的")

    assert "办成1件，共2件" in done
    assert "刚有人办过这一步" in done
    assert [office.now(case).state for case in cases] == ["screened", "rejected"]


def test_rejecting_needs_a_reason(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("shen")

    refused = confirmed(visit, preview(visit, "reject", case))

    assert "请写清理由" in refused
    assert office.now(case).state == "submitted"


def test_duplicates_are_merged_into_one(office: Office, opened: Opened) -> None:
    kept, *others = (office.case() for _ in range(3))
    visit = opened("shen")

    page = preview(visit, "merge", *others)
    unknown = confirmed(visit, page, target="ABCD-0000")
    done = confirmed(visit, page, target=f"{kept.code[:4]}-{kept.code[4:]}")

    assert "没有找到要并入的案件" in unknown
    assert "办成2件，共2件" in done
    assert {office.now(one).merged_into for one in others} == {kept.id}
    assert office.now(kept).report_count == 3


def test_cases_out_of_sight_are_not_there(office: Office, opened: Opened) -> None:
    case = office.case()
    page = preview(opened("yuan"), "screen", case)

    assert "都不能受理" in page
    assert case.place_words not in page
    visit = opened("yuan")
    form = {"csrf": visit.token(), "bulk": "screen", "operation": "x", "case": f"{case.code}:1"}
    answer = visit.client.post(f"{PATH}/bulk/do", data=form).text
    assert "没有这个案件" in answer
    assert office.now(case).state == "submitted"


def test_handlers_have_nothing_to_do_to_many(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("ban")

    assert 'name="bulk"' not in visit.get(PATH).text
    assert "不在你的职务范围里" in preview(visit, "screen", case)


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"bulk": "screen"}, 422, NONE_CHOSEN),
        ({"bulk": "explode", "case": "1"}, 400, NONE_CHOSEN),
        ({"bulk": "screen", "case": [str(n) for n in range(1, 102)]}, 422, TOO_MANY),
        ({"bulk": "screen", "case": "eins"}, 422, NONE_CHOSEN),
    ],
)
def test_a_bent_form_is_refused(
    office: Office, opened: Opened, form: dict[str, object], status: int, words: str
) -> None:
    visit = opened("shen")

    refused = visit.client.post(f"{PATH}/bulk", data={"csrf": visit.token()} | form)

    assert refused.status_code == status
    assert words in refused.text


def test_without_a_token_nothing_is_done(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("shen")
    form = {"csrf": visit.token(), "bulk": "screen", "case": f"{case.code}:1"}

    assert visit.client.post(f"{PATH}/bulk/do", data=form).status_code == 400
    assert office.now(case).state == "submitted"
