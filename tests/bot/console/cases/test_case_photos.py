"""Photos: shown to staff of the area, masked for good, released by a second look."""

import io
import re

import pytest
from PIL import Image

from community.audit import entries
from hazards.cases import Case
from tests.bot.console.cases.conftest import Opened
from tests.bot.console.console_service import Visit
from tests.bot.console.office import Office, path

LEFT_HALF = "[[0, 0, 0.5, 1]]"


def draw(visit: Visit, case: Case, photo_id: int, masks: str, seen: str = "") -> object:
    return visit.post(path(case, "photos", photo_id, "mask"), masks=masks, seen=seen)


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="(\d*)"', page)
    assert found
    return found[1]


def released(visit: Visit, case: Case, photo_id: int, do: str = "release") -> object:
    seen = seen_in(visit.get(path(case, "photos", photo_id, "look")).text)
    return visit.post(path(case, "photos", photo_id, "release"), seen=seen, do=do)


def picture(answer: object) -> Image.Image:
    return Image.open(io.BytesIO(answer.content))


def test_a_photo_is_shown_and_kept_by_nobody(office: Office, opened: Opened) -> None:
    case = office.case()
    photo_id = office.photo(case)
    visit = opened("ban")

    whole = visit.get(path(case, "photos", photo_id))
    little = visit.get(path(case, "photos", f"{photo_id}?small=1"))

    assert whole.headers["content-type"] == "image/jpeg"
    assert whole.headers["cache-control"] == "no-store"
    assert picture(whole).size == (320, 240)
    assert max(picture(little).size) <= 480


@pytest.mark.parametrize("login", ["yuan", ""])
def test_a_photo_is_for_signed_in_staff_of_the_area(
    office: Office, opened: Opened, login: str
) -> None:
    case = office.case()
    photo_id = office.photo(case)
    visit = opened(login or "shen")
    if not login:
        visit.client.cookies.clear()

    answer = visit.get(path(case, "photos", photo_id))

    assert answer.status_code == (404 if login else 303)
    assert b"\xff\xd8" not in answer.content


def test_a_photo_of_another_case_is_not_found_by_this_one(office: Office, opened: Opened) -> None:
    case, other = office.case(), office.case(district_id="jiangjin", street_id=None)
    photo_id = office.photo(other)

    assert opened("shen").get(path(case, "photos", photo_id)).status_code == 404


def test_what_is_masked_is_gone(office: Office, opened: Opened) -> None:
    case = office.case()
    photo_id = office.photo(case)
    visit = opened("shen")

    page = visit.follow(draw(visit, case, photo_id, LEFT_HALF)).text
    copy = picture(visit.get(path(case, "photos", photo_id, "masked")))

    assert "看过了，可以公开" in page
    left = copy.crop((0, 0, 150, 240)).convert("L")
    assert left.getextrema()[1] < 40
    right = copy.crop((180, 0, 320, 240)).convert("L").getextrema()
    assert right[1] - right[0] > 60
    # The original stands as it was.
    assert picture(visit.get(path(case, "photos", photo_id))).convert("L").getextrema()[1] > 60


def test_only_a_second_look_releases(office: Office, opened: Opened) -> None:
    case = office.case(category="lane_blocked")
    photo_id = office.photo(case)
    visit = opened("shen")
    draw(visit, case, photo_id, "[]")
    page = visit.get(path(case)).text
    assert "遮好了，待看" in page

    answer = visit.follow(released(visit, case, photo_id))

    assert "放行了" in answer.text
    assert "已放行" in answer.text
    found = office.town.database.read(lambda db: entries(db, ["qianjiang"]))
    assert [one.action for one in found if one.subject == f"photo:{photo_id}"] == [
        "photo.released",
        "photo.masked",
    ]


def test_masking_again_takes_the_release_back(office: Office, opened: Opened) -> None:
    case = office.case()
    photo_id = office.photo(case)
    visit = opened("shen")
    draw(visit, case, photo_id, "[]")
    released(visit, case, photo_id)
    seen = seen_in(visit.get(path(case, "photos", photo_id, "mask")).text)

    draw(visit, case, photo_id, LEFT_HALF, seen)

    assert "遮好了，待看" in visit.get(path(case)).text


def test_a_released_photo_is_taken_back(office: Office, opened: Opened) -> None:
    case = office.case()
    photo_id = office.photo(case)
    visit = opened("shen")
    draw(visit, case, photo_id, "[]")
    released(visit, case, photo_id)

    answer = visit.follow(released(visit, case, photo_id, "take_back"))

    assert "收回了" in answer.text
    assert "遮好了，待看" in answer.text


def test_nobody_releases_another_copy_than_they_saw(office: Office, opened: Opened) -> None:
    case = office.case()
    photo_id = office.photo(case)
    one, other = opened("shen"), opened("zhi")
    draw(one, case, photo_id, "[]")
    seen = seen_in(one.get(path(case, "photos", photo_id, "look")).text)
    draw(other, case, photo_id, LEFT_HALF, seen)

    late = one.post(path(case, "photos", photo_id, "release"), seen=seen, do="release")

    assert "刚有人改过" in one.follow(late).text
    assert "遮好了，待看" in one.get(path(case)).text


def test_of_two_who_mask_at_once_one_is_told(office: Office, opened: Opened) -> None:
    case = office.case()
    photo_id = office.photo(case)
    visit = opened("shen")
    draw(visit, case, photo_id, LEFT_HALF)

    late = visit.follow(draw(visit, case, photo_id, "[]"))

    assert "刚有人改过" in late.text
    assert "data-masks='[[0.0, 0.0, 0.5, 1.0]]'" in late.text


def test_nothing_is_released_before_it_is_masked(office: Office, opened: Opened) -> None:
    case = office.case()
    photo_id = office.photo(case)
    visit = opened("shen")

    look = visit.get(path(case, "photos", photo_id, "look"))
    visit.post(path(case, "photos", photo_id, "release"), seen="", do="release")

    assert look.status_code == 303
    assert visit.get(path(case, "photos", photo_id, "masked")).status_code == 404
    assert "已放行" not in visit.get(path(case)).text


@pytest.mark.parametrize("masks", ["", "{}", "[[1,2,3]]", "[[0.9,0,0.5,1]]", "[[true,0,1,1]]"])
def test_bent_masks_are_refused(office: Office, opened: Opened, masks: str) -> None:
    case = office.case()
    photo_id = office.photo(case)

    refused = draw(opened("shen"), case, photo_id, masks)

    assert refused.status_code == 422
    assert "请重新画" in refused.text


@pytest.mark.parametrize("login", ["ban", "wang", "du"])
def test_only_reviewers_mask(office: Office, opened: Opened, login: str) -> None:
    case = office.case()
    photo_id = office.photo(case)
    visit = opened(login)

    assert visit.get(path(case, "photos", photo_id, "mask")).status_code == 403
    assert draw(visit, case, photo_id, "[]").status_code == 403
    assert f"photos/{photo_id}/mask" not in visit.get(path(case)).text


def test_a_file_that_is_lost_is_said(office: Office, opened: Opened) -> None:
    case = office.case()
    photo_id = office.photo(case)
    for one in (office.town.data_dir / "files").rglob("*.sealed"):
        one.unlink()

    answer = opened("shen").get(path(case, "photos", photo_id))

    assert answer.status_code == 500
    assert "读不出来" in answer.text
