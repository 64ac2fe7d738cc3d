"""Notices in the console: writing, preview, a second person, progress, and what became of it."""

import re
from collections.abc import Iterator

import pytest

from bot.console.broadcast_acts import NOBODY_LEFT
from bot.console.broadcast_desk import PATH, problem_words
from bot.console.broadcast_forms import floors_in
from bot.console.broadcast_words import INSTEAD
from bot.console.broadcast_writing import NO_DISTRICT
from community.audience_store import note_language
from community.broadcast_problems import PROBLEM_WORDS, Problem
from community.broadcasts import BadBroadcast
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import Town, Visit, listening, post
from tests.bot.console.notice_town import DISTRICT, NoticeTown, do, path, send, text_of


@pytest.fixture
def place(town: Town) -> NoticeTown:
    return NoticeTown(town)


@pytest.fixture
def url(town: Town, place: NoticeTown) -> Iterator[str]:
    with listening(town, place.pages) as address:
        yield address


@pytest.fixture
def du(place: NoticeTown, signed_in: SignedIn) -> Visit:
    return signed_in("du")


@pytest.fixture
def shen(place: NoticeTown, signed_in: SignedIn) -> Visit:
    return signed_in("shen")


def test_a_written_notice_shows_exactly_what_residents_will_read(
    place: NoticeTown, du: Visit
) -> None:
    kept = place.kept(du, mode="test", en="No water tomorrow.")
    page = du.get(path(kept)).text
    assert (kept.state, kept.mode, kept.lane) == ("draft", "test", "bulk")
    assert kept.street_id == place.streets["城东街道"]
    assert kept.rendered("zh") in page
    assert page.index("【测试】请备水。") < page.index("[TEST] No water tomorrow.")


def test_the_preview_counts_who_is_reached_how_and_what_to_do_for_the_others(
    place: NoticeTown, du: Visit
) -> None:
    from_the_first = text_of(du.get(path(place.kept(du))).text)
    assert "3 人能收到， 0 人收不到，一共3人。" in from_the_first
    assert "Telegram：马上能收到 2人" in from_the_first
    assert "网页：下次打开时看到 1人" in from_the_first
    assert "开始发，大约" in from_the_first


def test_whom_no_chat_reaches_is_counted_with_what_to_do_instead(
    place: NoticeTown, du: Visit
) -> None:
    place.leave_without_account("3栋")
    page = text_of(du.get(path(place.kept(du))).text)
    assert "3 人能收到， 1 人收不到，一共4人。" in page
    assert f"没有聊天账号 {INSTEAD['no_account']} 1人 收不到 1人" in page


def test_a_form_sent_twice_makes_one_notice(place: NoticeTown, du: Visit) -> None:
    assert place.kept(du).id == place.kept(du).id
    assert len(place.all()) == 1


def test_a_refused_form_says_why_and_keeps_what_was_typed(place: NoticeTown, du: Visit) -> None:
    response = place.write(
        du, title="", floors="3、5", street=place.streets["城西街道"], roles="grid_worker"
    )
    page = response.text
    assert response.status_code == 422
    assert PROBLEM_WORDS["title"] in page
    assert "明天上午停水。\n请备水。</textarea>" in page
    assert 'value="3、5"' in page
    assert 'value="2026-11-22T12:00"' in page
    for name, value in (
        ("building", place.building("3栋")),
        ("street", place.streets["城西街道"]),
        ("roles", "grid_worker"),
    ):
        assert re.search(rf'name="{name}" value="{value}" checked', page), name
    assert place.all() == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"title": "【演练】停水"}, "mark"),
        ({"zh": ""}, "words"),
        ({"purpose": "drill"}, "lane"),
        ({"purpose": "alert"}, "lane"),
        ({"mode": "drill"}, "lane"),
        ({"floors": "三楼"}, "floors"),
        ({"floors": "0"}, "floors"),
        ({"expires": "2026-11-19T12:00"}, "times"),
        ({"building": None}, "everyone"),
        ({"building": 99_999}, "place"),
        ({"district": "jiangjin"}, "place"),
        ({"roles": "king"}, "roles"),
    ],
)
def test_every_problem_is_said_in_its_words(
    place: NoticeTown, du: Visit, changed: dict[str, object], problem: Problem
) -> None:
    response = place.write(du, **changed)
    assert response.status_code == 422
    assert problem_words(problem) in response.text
    assert place.all() == []


def test_everyone_needs_its_tick(place: NoticeTown, du: Visit) -> None:
    refused = place.write(du, building=None)
    assert "发给全区" in refused.text
    kept = place.kept(du, building=None, everyone="yes")
    assert kept.audience.is_everyone
    assert kept.street_id is None
    assert "全区" in text_of(du.get(path(kept)).text)


def test_nobody_in_the_audience_is_refused_clearly(place: NoticeTown, du: Visit) -> None:
    kept = place.kept(du, building=place.building("中心A座"))
    assert "一个人也没有，发不了" in du.get(path(kept)).text
    refused = do(du, kept, "submit")
    assert refused.status_code == 409
    assert PROBLEM_WORDS["nobody"] in refused.text
    assert place.now(kept).state == "draft"


def test_buildings_are_found_by_words_and_those_ticked_stay(place: NoticeTown, du: Visit) -> None:
    page = place.write(du, do="find", find="河滨", title="写了一半").text
    assert f'name="building" value="{place.building("河滨1号楼")}">' in page
    assert f'name="building" value="{place.building("3栋")}" checked' in page
    assert 'value="写了一半"' in page
    assert place.all() == []
    assert "没有找到这样的楼栋" in place.write(du, do="find", find="不存在").text


def test_a_building_head_writes_to_the_own_building_alone(
    place: NoticeTown, signed_in: SignedIn
) -> None:
    lou = signed_in("lou")
    page = lou.get(f"{PATH}/new").text
    assert f'name="building" value="{place.building("3栋")}"' in page
    assert "河滨1号楼" not in page
    assert 'name="everyone"' not in page
    assert place.kept(lou).state == "draft"
    refused = place.write(lou, building=place.building("河滨1号楼"), operation="form-2")
    assert PROBLEM_WORDS["area"] in refused.text


def test_a_street_office_finds_its_own_street_and_nothing_of_others(
    place: NoticeTown, du: Visit, signed_in: SignedIn
) -> None:
    xi, kept = signed_in("xi"), place.kept(du)
    assert "城东街道" not in xi.get(f"{PATH}/new").text
    assert xi.get(path(kept)).status_code == 404
    assert kept.title not in xi.get(PATH).text
    assert do(xi, kept, "cancel", reason="试试").status_code == 404


def test_a_second_person_approves_what_they_have_seen(
    place: NoticeTown, du: Visit, shen: Visit
) -> None:
    kept = place.pending(du)
    assert 'value="approve"' not in du.get(path(kept)).text
    assert PROBLEM_WORDS["same_person"] in do(du, kept, "approve", version=kept.version).text
    assert "等你审核" in shen.get(PATH).text
    assert "请备水。" in shen.get(path(kept)).text
    stale = do(shen, kept, "approve", version=kept.version - 1)
    assert PROBLEM_WORDS["state"] in stale.text
    assert do(shen, kept, "approve", version=kept.version).status_code == 303
    assert place.now(kept).approver_id == place.staff["shen"]
    assert place.now(kept).state == "approved"


def test_returned_with_a_reason_changed_and_submitted_again(
    place: NoticeTown, du: Visit, shen: Visit
) -> None:
    kept = place.pending(du)
    assert PROBLEM_WORDS["reason"] in do(shen, kept, "return", reason=" ").text
    do(shen, kept, "return", reason="写清楚几点停")
    assert "写清楚几点停" in du.get(path(kept)).text
    assert "退回给你修改的通知" in du.get("/console").text
    form = du.get(f"{path(kept)}/edit").text
    assert "明天上午停水。\n请备水。</textarea>" in form
    version = place.now(kept).version
    again = {
        "district": DISTRICT, "purpose": "notice", "mode": "live", "title": "停水通知",
        "zh": "明天9点停水。", "building": place.building("3栋"), "operation": "edit",
        "version": version, "do": "save", "expires": "2026-11-22T12:00",
    }  # fmt: skip
    assert PROBLEM_WORDS["fixed"] in send(du, f"{path(kept)}/edit", again | {"mode": "test"}).text
    assert send(du, f"{path(kept)}/edit", again).status_code == 303
    assert place.now(kept).words == {"zh": "明天9点停水。"}
    late = send(du, f"{path(kept)}/edit", again | {"zh": "旧页面"})
    assert PROBLEM_WORDS["state"] in late.text
    assert "旧页面</textarea>" in late.text
    assert do(du, kept, "submit").status_code == 303
    assert send(du, f"{path(kept)}/edit", again).status_code == 409


def test_a_test_goes_to_the_own_chat_alone(place: NoticeTown, du: Visit) -> None:
    kept = place.kept(du)
    assert 'value="try"' not in du.get(path(kept)).text
    assert PROBLEM_WORDS["no_chat"] in do(du, kept, "try").text
    place.link_chat("du")
    assert 'value="try"' in du.get(path(kept)).text
    assert do(du, kept, "try").status_code == 303
    assert do(du, kept, "try").status_code == 303
    tried = [one for one in place.all() if one.id != kept.id]
    assert [(one.mode, one.lane, len(one.audience.resident_ids)) for one in tried] == [
        ("test", "reply", 1)
    ]
    assert du.get(PATH).text.count("停水通知") == 1


def test_progress_is_polled_and_paused_and_gone_on_with(
    place: NoticeTown, du: Visit, shen: Visit
) -> None:
    kept = place.pending(du)
    do(shen, kept, "approve", version=kept.version)
    place.expand(place.now(kept))
    page = du.get(path(kept)).text
    assert f'hx-get="{path(kept)}/progress?state=sending"' in page
    part = du.get(f"{path(kept)}/progress?state=sending", **{"HX-Request": "true"})
    assert "共3人" in part.text
    assert "<html" not in part.text
    assert PROBLEM_WORDS["reason"] in do(du, kept, "pause").text
    assert do(du, kept, "pause", reason="时间写错").status_code == 303
    changed = du.get(f"{path(kept)}/progress?state=sending", **{"HX-Request": "true"})
    assert changed.headers["HX-Refresh"] == "true"
    assert "时间写错" in du.get(path(kept)).text
    assert do(shen, kept, "resume").status_code == 303
    assert place.now(kept).state == "sending"
    assert do(shen, kept, "cancel", reason="不停水了").status_code == 303
    ended = do(shen, kept, "cancel", reason="再取消")
    assert PROBLEM_WORDS["state"] in ended.text
    assert "不停水了" in du.get(path(kept)).text


def test_the_totals_add_up_and_failures_are_named_by_building_and_channel(
    place: NoticeTown, du: Visit, shen: Visit
) -> None:
    kept = place.pending(du)
    do(shen, kept, "approve", version=kept.version)
    place.expand(place.now(kept))
    one, two, three = place.residents
    ends = {one: ("sent", "delivered"), two: ("failed", "blocked"), three: ("shown", "")}
    place.settle(kept, ends)
    place.complete(kept)
    page = text_of(du.get(path(kept)).text)
    assert "已发出 1人 打开时看到了 1人 没发成 1人 这次通知的人 3人" in page
    assert "没发成：居民屏蔽了我们 1人" in page
    assert "hx-get" not in du.get(path(kept)).text
    listed = text_of(du.get(f"{path(kept)}/failures").text)
    assert "双福花园3栋 Telegram 没发成：居民屏蔽了我们" in listed
    assert "res-2" not in listed


def test_only_what_failed_is_sent_again_and_once(place: NoticeTown, du: Visit, shen: Visit) -> None:
    kept = place.pending(du)
    do(shen, kept, "approve", version=kept.version)
    place.expand(place.now(kept))
    assert PROBLEM_WORDS["state"] in do(du, kept, "resend").text
    place.settle(kept, {place.residents[1]: ("uncertain", "uncertain")})
    place.complete(kept)
    done = du.follow(do(du, kept, "resend"))
    assert "正在重发给没收到的1人" in done.text
    assert place.all()[-1].audience.resident_ids == (place.residents[1],)
    assert NOBODY_LEFT in du.follow(do(du, kept, "resend")).text
    assert len(place.all()) == 2


def test_nobody_else_holds_it_up(place: NoticeTown, shen: Visit, signed_in: SignedIn) -> None:
    lou = signed_in("lou")
    kept = place.pending(lou)
    do(shen, kept, "approve", version=kept.version)
    yuan = signed_in("yuan")
    assert do(yuan, kept, "pause", reason="试试").status_code == 404
    assert place.now(kept).state == "approved"
    assert do(lou, kept, "pause", reason="写错了").status_code == 303


def test_somebody_of_no_district_served_is_told_so(
    place: NoticeTown, town: Town, signed_in: SignedIn
) -> None:
    town.hire("gone", post("reviewer", "demo"))
    response = signed_in("gone").get(f"{PATH}/new")
    assert response.status_code == 403
    assert NO_DISTRICT in response.text


def test_the_home_page_and_the_list_tell_an_approver(
    place: NoticeTown, du: Visit, shen: Visit
) -> None:
    place.pending(du)
    assert "1 等你审核的通知" in text_of(shen.get("/console").text)
    assert "1 等你审核的通知" not in text_of(du.get("/console").text)
    assert "<h2>等你审核</h2>" not in du.get(PATH).text


def test_only_speakers_of_a_language_are_counted(place: NoticeTown, du: Visit) -> None:
    now = place.town.clock()
    place.town.database.write(lambda db: note_language(db, place.residents[0], "en", now))
    kept = place.kept(du, languages="en", floors="3楼，5")
    page = text_of(du.get(path(kept)).text)
    assert "只发看英文的人" in page
    assert "只发3楼、5楼" in page
    assert "一共1人" in page


def test_what_is_over_is_turned_over_page_by_page(place: NoticeTown, du: Visit) -> None:
    kept = [place.kept(du, title=f"第{one}条", operation=f"f{one}") for one in (1, 2)]
    for one in kept:
        do(du, one, "cancel", reason="不用了")
    older = du.get(f"{PATH}?before={kept[1].id}").text
    assert "第1条" in older
    assert "第2条" not in older
    assert "没有更早的了" in du.get(f"{PATH}?before={kept[0].id}").text
    assert "第2条" in du.get(f"{PATH}?before=x").text


@pytest.mark.parametrize(
    ("typed", "floors"),
    [("", ()), ("3、5-7，-1", (-1, 3, 5, 6, 7)), ("-1到2", (-1, 1, 2)), (" 8楼 ", (8,))],
)
def test_floors_are_read_as_people_write_them(typed: str, floors: tuple[int, ...]) -> None:
    assert floors_in(typed) == floors


@pytest.mark.parametrize("typed", ["7-5", "999", "1-999", "三", "1.5"])
def test_what_is_no_floor_is_refused(typed: str) -> None:
    with pytest.raises(BadBroadcast) as refused:
        floors_in(typed)
    assert refused.value.problem == "floors"
