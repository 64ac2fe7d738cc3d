"""A hazard's whole way: web chat, console, money, ledger, notice, board and open data."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import openpyxl
import pypdf
import pytest

from tests.hazards.taken import photo
from tests.recording import happens, play, says, taps
from tests.talk.hazard_walk import CODE, Walk, sends_one, staff_does, walked
from tests.talk.towns import furnished, rows

TRANSCRIPT = Path(__file__).parent.parent / "transcripts" / "hazards" / "first_way.md"
REWARDS, PAYOUTS = "/console/rewards", "/console/rewards/payouts"
PLACE = "城东街道文汇社区阳光小区3栋2楼楼道"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """The town after the whole way; the tests below look at what it left behind."""
    data_dir = furnished(tmp_path_factory, "walk")
    with walked(data_dir, tmp_path_factory.mktemp("paying")) as walk:
        walk_through(walk)
        yield walk
        assert "Traceback" not in walk.log


def walk_through(walk: Walk) -> None:
    """Go the way and compare with the transcript."""
    steps = [
        sends_one(1),
        sends_one(2, replies=0),
        taps("楼道楼梯堆物"),
        says("阳光小区3栋2楼楼道"),
        taps("提交"),
        taps("要通知"),
        staff_does(walk, "shen", "受理", "screen"),
        staff_does(walk, "shen", "派单", "assign"),
        staff_does(walk, "jie", "签收", "accept"),
        happens("过了一会儿", walk.wait_until_unpushed),
        says("谢谢", replies=2),
        staff_does(walk, "jie", "开始整改", "rectify"),
        staff_does(
            walk, "jie", "整改完成，附一张照片", "claim_fix", shows=photo(7), reason="清走了"
        ),
        staff_does(walk, "du", "复查合格", "verify", reason="现场看过"),
        happens("督办员老杜：提出奖励", lambda: propose(walk)),
        staff_does(walk, "du", "销号", "close"),
        happens("过了一会儿", walk.wait_until_unpushed),
        says("你好", replies=2),
        says("整改好了"),
        happens("管理员：同意奖励", lambda: approve(walk)),
        happens("过了一会儿", walk.wait_until_unpushed),
        says("我的积分", replies=2),
        taps("领取奖金"),
        happens("审核员小沈：发放以后标记已发放", lambda: pay(walk)),
        says("我的积分"),
        says("我的上报"),
    ]  # fmt: skip
    play(TRANSCRIPT, "# 第一趟：从一张照片到奖金到手", steps, walk.citizen, masked)


def masked(text: str) -> str:
    """Hide codes and times, which differ each time."""
    text = CODE.sub("□□□□-□□□□", text)
    return re.sub(r"\d{1,2}月\d{1,2}日(\d\d:\d\d)?", "某月某日", text)


def reward_ids(page: str) -> list[str]:
    return re.findall(r'name="reward" value="(\d+)"', page)


def propose(walk: Walk) -> None:
    """Propose the reward, and see that somebody else has to approve it."""
    page = walk.sends("du", f"{REWARDS}/propose", on=REWARDS, code=walk.case_code())
    assert "提出了50元" in page.text
    assert "要别人批" in page.text
    assert reward_ids(page.text) == []


def approve(walk: Walk) -> None:
    """Approve what another has proposed."""
    (reward,) = reward_ids(walk.visit("guan").get(REWARDS).text)
    page = walk.sends("guan", f"{REWARDS}/decide", on=REWARDS, reward=reward, do="approve")
    assert "同意了1笔" in page.text


def pay(walk: Walk) -> None:
    """Mark what was claimed as paid out."""
    page = walk.visit("shen").get(PAYOUTS).text
    asked = dict(re.findall(r'type="hidden" name="(district|month)" value="([^"]+)"', page))
    assert "待发放<strong>50.00</strong>元" in page
    paid = walk.sends("shen", f"{PAYOUTS}/paid", on=PAYOUTS, payout_id="2026-11-1", **asked)
    assert "标记了1笔已发放" in paid.text


def sheet(answer: httpx.Response) -> list[dict[str, object]]:
    """Return the lines of a workbook by its headings."""
    assert answer.status_code == 200, answer.text
    found = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert found is not None
    heads, *lines = found.iter_rows(values_only=True)
    return [dict(zip(map(str, heads), line, strict=True)) for line in lines]


def test_the_case_is_closed_in_the_building_s_street(walk: Walk) -> None:
    case = walk.case(state=0, place_words=0, street_id=0, handler=0, report_count=0)

    assert case["state"] == "closed"
    assert case["place_words"] == PLACE
    assert case["street_id"] is not None
    assert case["handler"] == "street"


def test_the_case_page_shows_the_place_once(walk: Walk) -> None:
    page = walk.visit("shen").get(f"/console/cases/{walk.case_code()}").text

    assert f"<p>{PLACE}</p>" in page
    assert page.count("2楼 2楼") == 0


def test_the_register_is_read_back(walk: Walk) -> None:
    code = walk.case_code()
    (line,) = sheet(walk.visit("shen").get(f"/console/exports/register.xlsx?text={code}"))

    assert line["编号"] == f"{code[:4]}-{code[4:]}"
    assert line["状态"] == "已销号"
    assert line["地点"] == PLACE
    assert line["办理单位"] == "城东街道"


def test_the_sheet_of_money_says_it_was_paid(walk: Walk) -> None:
    (line,) = sheet(walk.visit("guan").get(f"{PAYOUTS}/sheet.xlsx"))

    assert (line["金额（元）"], line["状态"], line["发放单号"]) == (50, "已发放", "2026-11-1")


def test_the_ledger_agrees(walk: Walk) -> None:
    page = walk.sends("guan", f"{REWARDS}/check", on=REWARDS)

    assert "账是平的" in page.text
    assert rows(walk.data_dir, "SELECT state FROM reward") == [("paid",)]


def test_a_notice_is_issued_as_pdf(walk: Walk) -> None:
    visit, path = walk.visit("shen"), f"/console/cases/{walk.case_code()}/notice"
    page = visit.get(path).text
    form = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', page))
    form |= {
        "recipient": "阳光小区物业服务中心",
        "found": "2楼楼道堆放纸箱",
        "required": "当日清走",
    }
    answer = visit.client.post(path, data=form)

    assert answer.headers["content-type"] == "application/pdf"
    text = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "整改通知书" in text.replace(" ", "")
    assert "二维码" not in text
    assert "阳光小区物业服务中心" in text


def release(walk: Walk) -> None:
    """Mask the first photo, look at it, and publish the case."""
    path = f"/console/cases/{walk.case_code()}"
    (photo_id,) = rows(walk.data_dir, "SELECT min(id) FROM hazard_photo")[0]
    mask = f"{path}/photos/{photo_id}/mask"
    walk.sends("shen", mask, on=mask, masks="[[0.1, 0.1, 0.5, 0.5]]", seen="")
    look = f"{path}/photos/{photo_id}/look"
    seen = re.search(r'name="seen" value="(\d+)"', walk.visit("shen").get(look).text)
    assert seen
    release = f"{path}/photos/{photo_id}/release"
    walk.sends("shen", release, on=look, seen=seen[1], do="release")
    walk.presses("shen", "publish", text="楼道堆物，已经清走。")


def test_what_is_released_is_seen_by_everybody_and_coarse(walk: Walk) -> None:
    release(walk)
    code = walk.case_code()
    new = f"/console/exposure/new?case={code}"
    page = walk.visit("shen").get(new).text
    photo_ids = re.findall(r'name="photo" value="(\d+)"', page)
    words = {"title": "楼道堆满纸箱", "words": "楼道堆满纸箱，当天清走。", "place": PLACE}
    draft = walk.sends(
        "shen", "/console/exposure/new", on=new, case=code, photo=photo_ids[0], **words
    )
    one = re.search(r"/console/exposure/(\d+)/release", draft.text)
    assert one
    entry = f"/console/exposure/{one[1]}"
    version = re.search(r'name="version" value="(\d+)"', draft.text)
    assert version
    walk.sends("shen", f"{entry}/release", on=entry, version=version[1], read="1")

    board = walk.citizen.client.get("/board").text
    assert "楼道堆满纸箱" in board
    assert f"演示区 {PLACE}" in board
    (open_case,) = walk.citizen.client.get("/open311/v2/requests.json").json()
    assert open_case["service_request_id"] == code
    assert open_case["address"] == "演示区城东街道文汇社区"
    assert walk.citizen.client.get(open_case["media_url"]).status_code == 200


def test_everything_stands_in_an_unbroken_audit_log(walk: Walk) -> None:
    checked = walk.sends("guan", "/console/audit/verify", on="/console/audit")
    noted = [action for (action,) in rows(walk.data_dir, "SELECT action FROM audit_entry")]

    assert "一条也没有被改过" in checked.text
    assert {"reward.approved", "reward.paid"} <= set(noted)
