"""What is done from a case's page: on the table's terms, once, and told in words."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from bot.console.case_actions import ALREADY, NO_PUBLIC_WORDS
from bot.console.case_problems import NO_REASON, NOT_ALLOWED, PHOTO_REFUSED, STALE
from tests.bot.console.cases.conftest import Opened
from tests.bot.console.console_service import post
from tests.bot.console.office import (
    CLAIMED,
    RECTIFYING,
    Office,
    do,
    fields,
    has_file,
    jpeg,
    path,
)


def test_a_case_goes_from_report_to_closure(office: Office, opened: Opened) -> None:
    case = office.case()
    shen, ban, du = opened("shen"), opened("ban"), opened("du")

    do(shen, case, "screen")
    do(shen, case, "assign", handler="street", lead="fire_rescue")
    do(ban, case, "accept")
    do(ban, case, "rectify")
    do(ban, case, "claim_fix", {"photos": jpeg()}, reason="清走了")
    do(du, case, "verify")
    closed = du.follow(do(du, case, "close"))

    assert "办好了。" in closed.text
    assert office.now(case).state == "closed"
    assert [told.moment for told in office.told] == ["accepted", "fixed"]


def test_of_two_who_press_at_once_one_wins(office: Office, opened: Opened) -> None:
    case = office.case()
    first, second = opened("shen"), opened("zhi")
    forms = [
        (one, fields(one, case, name)) for one, name in ((first, "screen"), (second, "reject"))
    ]

    def press(pair: object) -> object:
        visit, form = pair
        return visit.client.post(path(case, "do"), data=form | {"reason": "重复了"})

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(press, forms))

    assert sorted(one.status_code for one in answers) == [303, 409]
    lost = next(one for one in answers if one.status_code == 409)
    assert STALE in lost.text
    # What was written is not lost, and the page is that of now.
    assert "重复了" in lost.text
    assert office.now(case).version == case.version + 1


def test_a_form_sent_twice_has_one_effect(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("shen")
    form = fields(visit, case, "note") | {"reason": "去看过了"}

    for _ in range(2):
        answer = visit.client.post(path(case, "do"), data=form)

    assert ALREADY in visit.follow(answer).text
    assert [one for one in office.events(case) if one[0] == "noted"] == [("noted", "去看过了")]


def test_a_reminder_sent_twice_reminds_once(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), *RECTIFYING)
    visit = opened("du")
    form = fields(visit, case, "level") | {"number": "1"}

    for _ in range(2):
        visit.client.post(path(case, "do"), data=form)

    assert [kind for kind, _ in office.events(case)].count("reminded") == 1
    assert office.now(case).level == 1


def test_a_major_hazard_is_rated_with_a_reason(office: Office, opened: Opened) -> None:
    """Nothing could make a case major, so that none was ever listed by itself (挂牌督办)."""
    case = office.moved(office.case(), *RECTIFYING)
    visit = opened("du")

    refused = do(visit, case, "major")
    do(visit, case, "major", reason="整条楼道都堵死了")
    page = visit.get(path(case)).text

    assert refused.status_code == 409
    assert NO_REASON in refused.text
    assert office.now(case).is_major
    assert "重大隐患认定" in page
    assert "认定为重大隐患：整条楼道都堵死了" in page
    do(visit, case, "major", reason="清出一半了")
    assert not office.now(case).is_major


def test_a_refused_form_may_be_sent_again(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("shen")
    form = fields(visit, case, "reject")

    refused = visit.client.post(path(case, "do"), data=form)
    taken = visit.client.post(path(case, "do"), data=form | {"reason": "不是消防隐患"})

    assert refused.status_code == 409
    assert NO_REASON in refused.text
    assert taken.status_code == 303
    assert office.now(case).state == "rejected"


def test_a_move_of_another_role_is_refused(office: Office, opened: Opened) -> None:
    case = office.case()
    form = fields(opened("shen"), case, "screen")
    visit = opened("ban")

    refused = visit.client.post(path(case, "do"), data=form | {"csrf": visit.token()})

    assert refused.status_code == 409
    assert NOT_ALLOWED in refused.text
    assert office.now(case).state == "submitted"


def test_a_case_elsewhere_cannot_be_acted_on(office: Office, opened: Opened) -> None:
    case = office.case()
    form = fields(opened("shen"), case, "screen")
    visit = opened("yuan")

    refused = visit.client.post(path(case, "do"), data=form | {"csrf": visit.token()})

    assert refused.status_code == 404
    assert office.now(case).state == "submitted"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"do": "explode"}, 400),
        ({"do": "mark_duplicate"}, 400),
        ({"do": "withdraw"}, 400),
        ({"version": ""}, 400),
        ({"version": "eins"}, 400),
        ({"operation": ""}, 400),
        ({"csrf": "x"}, 403),
        ({"reason": "长" * 501}, 422),
        ({"do": "verify"}, 409),
    ],
)
def test_a_bent_form_is_refused(
    office: Office, opened: Opened, change: dict[str, str], status: int
) -> None:
    case = office.case()
    visit = opened("shen")
    form = fields(visit, case, "screen") | change

    assert visit.client.post(path(case, "do"), data=form).status_code == status
    assert office.now(case).state == "submitted"


def test_an_unknown_department_is_refused(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), ("shen", "screen"))
    visit = opened("shen")

    refused = do(visit, case, "assign", handler="moon_office")

    assert refused.status_code == 409
    assert "没有这个部门" in refused.text


def test_a_fix_needs_a_photo(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), *RECTIFYING)

    refused = do(opened("ban"), case, "claim_fix", reason="真的好了")

    assert refused.status_code == 409
    assert "至少附一张照片" in refused.text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7 not a photo", "unsupported"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 40, "unsupported"),
        (jpeg()[1][:900], "damaged"),
    ],
    ids=["pdf", "heic", "broken"],
)
def test_what_is_no_photo_is_refused(
    office: Office, opened: Opened, data: bytes, reason: str
) -> None:
    case = office.moved(office.case(), *RECTIFYING)

    refused = do(opened("ban"), case, "claim_fix", {"photos": ("a.jpg", data, "image/jpeg")})

    assert refused.status_code == 422
    assert PHOTO_REFUSED[reason] in refused.text
    assert office.now(case).state == "rectifying"


def test_more_than_nine_photos_are_refused(office: Office, opened: Opened) -> None:
    case = office.case()
    files = [("photos", jpeg(seed)) for seed in range(10)]

    refused = do(opened("shen"), case, "note", files, reason="很多")

    assert refused.status_code == 422
    assert "最多9张" in refused.text


def test_photos_are_made_anew_and_kept_encrypted(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), *RECTIFYING)
    visit = opened("ban")

    do(visit, case, "claim_fix", {"photos": jpeg()})

    page = visit.get(path(case)).text
    found = re.search(rf'{path(case)}/photos/(\d+)"', page)
    assert found
    shown = visit.get(path(case, "photos", found[1]))
    assert shown.headers["cache-control"] == "no-store"
    assert shown.content.startswith(b"\xff\xd8")
    assert b"SECRET-PHONE" not in shown.content
    assert not has_file(office.town.data_dir / "files", b"\xff\xd8\xff")
    assert "整改照片" in page


def test_fixed_on_the_spot_closes_at_once(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("wang")

    one = do(visit, case, "close_on_spot", {"before": jpeg(1)})
    both = do(visit, case, "close_on_spot", {"before": jpeg(1), "after": jpeg(2)})

    assert "整改前、整改后各一张" in one.text
    assert both.status_code == 303
    assert office.now(case).state == "closed"


def test_some_of_them_are_looked_at_again(office: Office, opened: Opened) -> None:
    office.draw = 0.01
    case = office.case()

    do(opened("wang"), case, "close_on_spot", {"before": jpeg(1), "after": jpeg(2)})

    assert office.now(case).state == "fix_claimed"


def test_the_lead_takes_over(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), *RECTIFYING[:2])

    do(opened("xiao"), case, "take_over", reason="要强制执行")

    assert office.now(case).handler == "fire_rescue"
    assert office.now(case).state == "accepted"


def test_a_case_that_leaves_the_area_leads_back_to_the_queue(
    office: Office, opened: Opened
) -> None:
    office.town.hire("lone", post("department", department="housing"), name="住建")
    case = office.moved(office.case(), ("shen", "screen"))
    shen, lone = opened("shen"), opened("lone")
    do(shen, case, "assign", handler="housing", lead="fire_rescue")
    do(lone, case, "accept")

    assert lone.get(path(case)).status_code == 200
    do(shen, case, "category", value="lane_blocked")

    assert lone.get(path(case)).status_code == 404


def test_the_category_is_corrected(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), *RECTIFYING[:2])
    visit = opened("shen")

    page = visit.follow(do(visit, case, "category", value="lane_blocked", reason="看错了")).text

    assert office.now(case).lead == "urban_management"
    assert "类别：楼道楼梯堆物 → " in page
    assert do(visit, case, "category", value="nonsense").status_code == 409


def test_an_external_number_is_kept(office: Office, opened: Opened) -> None:
    case = office.case()

    do(opened("ban"), case, "external_number", value="12345-20261120-7")

    assert office.now(case).external_number == "12345-20261120-7"


def test_words_are_released_to_the_public_and_taken_back(office: Office, opened: Opened) -> None:
    case = office.case(category="lane_blocked")
    visit = opened("shen")

    empty = do(visit, case, "publish", text=" ")
    do(visit, case, "publish", text="小区东门消防通道被占用")
    public = office.now(case)
    do(visit, case, "unpublish")

    assert NO_PUBLIC_WORDS in empty.text
    assert (public.is_public, public.public_text) == (True, "小区东门消防通道被占用")
    assert not office.now(case).is_public


def test_handlers_release_nothing(office: Office, opened: Opened) -> None:
    case = office.case(category="lane_blocked")

    page = opened("ban").get(path(case)).text

    assert 'value="publish"' not in page
    assert 'value="merge_into"' not in page


def test_a_duplicate_is_suggested_merged_and_taken_apart(office: Office, opened: Opened) -> None:
    kept = office.case()
    merged = office.case()
    for one in (kept, merged):
        office.photo(one, 4)
    visit = opened("shen")
    page = visit.get(path(merged)).text
    assert "可能是同一处" in page
    assert "照片相像" in page

    after = visit.follow(do(visit, merged, "merge_into", value=kept.code))

    assert after.url.path.endswith(kept.code)
    assert "并进来的案件" in after.text
    assert office.now(merged).merged_into == kept.id
    assert "已并入" in visit.get(path(merged)).text
    assert "上报（2）" in after.text
    do(visit, kept, "undo_merge")
    assert office.now(merged).state == "submitted"
    assert "上报（1）" in visit.get(path(kept)).text


def test_the_other_one_is_taken_in(office: Office, opened: Opened) -> None:
    kept, other = office.case(), office.case()
    visit = opened("shen")

    do(visit, kept, "take_in")

    assert office.now(other).merged_into == kept.id


def test_a_case_is_not_merged_with_itself(office: Office, opened: Opened) -> None:
    case = office.case()

    refused = do(opened("shen"), case, "merge_into", value=case.code)

    assert refused.status_code == 409
    assert "不能和自己合并" in refused.text


def test_a_case_is_not_merged_into_what_is_out_of_sight(office: Office, opened: Opened) -> None:
    case, elsewhere = office.case(), office.case(district_id="jiangjin", street_id=None)

    assert do(opened("shen"), case, "merge_into", value=elsewhere.code).status_code == 404
    assert office.now(case).state == "submitted"


def test_a_report_is_split_off(office: Office, opened: Opened) -> None:
    case = office.case()
    second = office.report(case, said="另一处")
    visit = opened("shen")

    answer = do(visit, case, "split", number=str(second))

    split_off = office.of_code(answer.headers["location"].rpartition("/")[2])
    assert split_off.id != case.id
    assert "另一处" in visit.get(path(split_off)).text
    assert "另一处" not in visit.get(path(case)).text


def test_a_report_of_another_case_is_not_split_off(office: Office, opened: Opened) -> None:
    case, other = office.case(), office.case()
    office.report(case)
    foreign = office.report(other)

    assert do(opened("shen"), case, "split", number=str(foreign)).status_code == 409


def test_a_false_report_is_noted_once_turned_down(office: Office, opened: Opened) -> None:
    case = office.case()
    visit = opened("shen")
    assert "记为虚假上报" not in visit.get(path(case)).text
    do(visit, case, "reject", reason="现场没有")

    page = visit.follow(do(visit, case, "false")).text

    assert "虚假上报</span>" in page


def test_a_photo_bomb_is_refused(office: Office, opened: Opened, tmp_path: object) -> None:
    bomb = tmp_path / "bomb.png"
    Image.new("1", (20_000, 20_000)).save(bomb)
    case = office.case()

    refused = do(
        opened("shen"), case, "note", {"photos": ("b.png", bomb.read_bytes(), "image/png")},
        reason="看",
    )  # fmt: skip

    assert refused.status_code == 422
    assert PHOTO_REFUSED["too_many_pixels"] in refused.text


def test_what_was_claimed_is_checked_by_another(office: Office, opened: Opened) -> None:
    case = office.moved(office.case(), *CLAIMED)

    do(opened("du"), case, "send_back", {"photos": jpeg()}, reason="还有一半")

    assert office.now(case).state == "rectifying"
    assert ("moved", "还有一半") in office.events(case)
