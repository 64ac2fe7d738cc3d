"""The inbox's pages: within the area, one holder, replies once, overdue ones first."""

import re

import pytest
from sqlalchemy import Connection, func, select

from bot.console.inbox_desk import NO_THREAD, PATH
from bot.console.inbox_thread import (
    DISMISSED,
    GIVEN_BACK,
    NO_MEDIA,
    NOT_HELD,
    NOTHING_LEFT,
    REPEATED,
    SENT,
    TAKEN,
)
from bot.desk_overdue import escalate
from bot.desk_thread_store import desk_reply
from community.delivery_store import delivery
from community.store import account_of
from tests.bot.console.console_service import Visit, post
from tests.bot.console.inbox.conftest import Opened
from tests.bot.console.inbox_office import InboxOffice
from tests.bot.desk_town import hours, speaker
from tests.hazards.taken import photo

LAMP = "楼道灯坏了，没得人管"


def at(code: str, *more: object) -> str:
    return "/".join([PATH, code, *map(str, more)])


def fields(visit: Visit, code: str) -> dict[str, str]:
    """Return what the form to reply carries."""
    page = visit.get(at(code)).text
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return {name: found[name] for name in ("csrf", "operation", "seen") if name in found}


def act(visit: Visit, code: str, name: str, **more: str) -> str:
    """Send one of the page's forms and return the page it leads to."""
    form = fields(visit, code) | more
    return visit.follow(visit.client.post(at(code, name), data=form)).text


def sent(office: InboxOffice) -> str:
    query = select(delivery.c.body).order_by(delivery.c.id)
    return str(office.database.read(lambda db: db.scalars(query).all()))


def grown_late(office: InboxOffice, name: str = "li") -> None:
    """Let a day pass in which nobody answered."""
    office.town.clock.now = hours().answer_due("qianjiang", office.town.clock.now)
    now = office.town.clock.now

    def work(db: Connection) -> None:
        assert escalate(db, account_of(db, "wechat", name, now), speaker(), now)

    office.database.write(work)


def test_each_street_sees_its_own(office: InboxOffice, opened: Opened) -> None:
    east, west = office.writes("li", LAMP), office.writes("he", "西边的事")

    seen = {login: opened(login).get(PATH).text for login in ("zhi", "wang", "wei", "yuan")}

    assert {login: LAMP in page for login, page in seen.items()} == {
        "zhi": True, "wang": True, "wei": False, "yuan": False,
    }  # fmt: skip
    assert "没有等回复的留言" in seen["yuan"]
    assert f"居民 #{east[:4]}" in seen["wang"]
    assert "li" not in re.findall(r">([^<]*)<", seen["wang"])
    assert opened("wang").get(at(east)).status_code == 200
    for path in (at(west), at(west, "lines"), at("00000000")):
        refused = opened("wang").get(path)
        assert (refused.status_code, NO_THREAD in refused.text) == (404, True)


def test_who_has_no_business_here_is_kept_out(office: InboxOffice, opened: Opened) -> None:
    code = office.writes("li", LAMP)

    for path in (PATH, at(code), f"{PATH}/answers", f"{PATH}/handover"):
        assert opened("shu").get(path).status_code == 403


def test_a_street_can_be_chosen(office: InboxOffice, opened: Opened) -> None:
    office.writes("li", LAMP)
    west = office.streets["城西街道"]
    visit = opened("zhi")

    assert LAMP not in visit.get(f"{PATH}?street={west}").text
    assert LAMP in visit.get(f"{PATH}?street=x&view=nothing").text


class TestTakingOver:
    def test_one_holds_and_others_see_who(self, office: InboxOffice, opened: Opened) -> None:
        code = office.writes("li", LAMP)
        zhi, wang = opened("zhi"), opened("wang")

        assert TAKEN in act(zhi, code, "take")
        assert "zhi同志接手" in act(wang, code, "take", csrf=wang.token())

        assert "zhi同志" in wang.get(at(code)).text
        assert 'name="text"' not in wang.get(at(code)).text
        assert "zhi同志接手" in wang.get(PATH).text
        assert "我接手" in zhi.get(f"{PATH}?view=mine").text
        assert sent(office).count("现在由工作人员回复你") == 1

    def test_it_is_given_back_once(self, office: InboxOffice, opened: Opened) -> None:
        code = office.writes("li", LAMP)
        zhi = opened("zhi")
        act(zhi, code, "take")

        assert GIVEN_BACK in act(zhi, code, "back")
        assert NOT_HELD in act(zhi, code, "back")

    def test_the_holder_replies_in_plain_words(self, office: InboxOffice, opened: Opened) -> None:
        code = office.writes("li", LAMP)
        zhi = opened("zhi")
        act(zhi, code, "take")

        assert SENT in act(zhi, code, "reply", text="哪一层？")

        assert "工作人员：哪一层？" in sent(office)
        assert office.woken[-1] == "wechat"
        assert 'hx-trigger="every 10s"' in zhi.get(at(code)).text

    def test_who_comes_late_sends_nothing(self, office: InboxOffice, opened: Opened) -> None:
        code = office.writes("li", LAMP)
        zhi, wang = opened("zhi"), opened("wang")
        form = fields(wang, code) | {"text": "我来回"}
        act(zhi, code, "take")

        late = wang.follow(wang.client.post(at(code, "reply"), data=form)).text

        assert "现在由zhi同志接手" in late
        assert "我来回" not in sent(office)


class TestReplying:
    def test_a_reply_says_how_it_travels(self, office: InboxOffice, opened: Opened) -> None:
        code = office.writes("li", LAMP)
        zhi = opened("zhi")

        page = act(zhi, code, "reply", text="马上来看")

        assert SENT in page
        assert "微信：等着发送" in page
        assert "没有等回复的留言" in zhi.get(PATH).text
        assert LAMP in zhi.get(f"{PATH}?view=answered").text

    @pytest.mark.parametrize(
        ("state", "words"),
        [("sent", "微信：已发到居民手机"), ("held", "居民下次发消息时显示"), ("failed", "没送到")],
    )
    def test_the_outcome_is_shown(
        self, office: InboxOffice, opened: Opened, state: str, words: str
    ) -> None:
        code = office.writes("li", LAMP)
        zhi = opened("zhi")
        act(zhi, code, "reply", text="马上来看")
        office.database.write(lambda db: db.execute(delivery.update().values(state=state)))

        assert words in zhi.get(at(code)).text

    def test_a_form_sent_twice_has_one_effect(self, office: InboxOffice, opened: Opened) -> None:
        code = office.writes("li", LAMP)
        zhi = opened("zhi")
        form = fields(zhi, code) | {"text": "马上来看"}

        first, second = (
            zhi.follow(zhi.client.post(at(code, "reply"), data=form)).text for _ in range(2)
        )

        assert (SENT in first, REPEATED in second) == (True, True)
        count = select(func.count(desk_reply.c.id))
        assert office.database.read(lambda db: db.scalar(count)) == 1

    def test_what_came_while_writing_stays_open(self, office: InboxOffice, opened: Opened) -> None:
        code = office.writes("li", LAMP)
        zhi = opened("zhi")
        form = fields(zhi, code) | {"text": "马上来看"}
        office.writes("li", "还有消防栓")

        zhi.client.post(at(code, "reply"), data=form)

        assert "1条没回" in zhi.get(PATH).text

    @pytest.mark.parametrize("text", ["", "　 ", "长" * 1001], ids=["none", "blank", "long"])
    def test_what_cannot_be_sent_is_said(
        self, office: InboxOffice, opened: Opened, text: str
    ) -> None:
        code = office.writes("li", LAMP)
        zhi = opened("zhi")

        refused = zhi.client.post(at(code, "reply"), data=fields(zhi, code) | {"text": text})

        assert refused.status_code == 422
        assert sent(office) == "[]"

    def test_html_stays_text(self, office: InboxOffice, opened: Opened) -> None:
        code = office.writes("li", "<script>alert(1)</script>灯坏了")
        zhi = opened("zhi")

        for page in (zhi.get(PATH).text, act(zhi, code, "reply", text="<b>好</b>")):
            assert "<script>alert" not in page
        assert "&lt;b&gt;好" in page

    def test_thanks_need_no_answer(self, office: InboxOffice, opened: Opened) -> None:
        code = office.writes("li", "谢谢你们哈")
        zhi = opened("zhi")

        assert DISMISSED in act(zhi, code, "dismiss")
        assert NOTHING_LEFT in act(zhi, code, "dismiss")
        assert sent(office) == "[]"


class TestOverdue:
    def test_it_comes_first_and_leaders_find_it_at_home(
        self, office: InboxOffice, opened: Opened
    ) -> None:
        office.writes("li", LAMP)
        grown_late(office)
        office.writes("he", "西边的事")

        page = opened("du").get(PATH).text
        assert page.index(LAMP) < page.index("西边的事")
        assert "超期没回" in page
        assert "留言超期没回" in opened("du").get("/console").text
        assert "留言超期没回" not in opened("wang").get("/console").text
        assert "居民留言等回复" in opened("wang").get("/console").text
        assert sent(office).count("已提醒负责人") == 1


class TestMedia:
    @pytest.mark.parametrize(
        ("kind", "data", "answered"),
        [
            ("photo", photo(3), ("image/jpeg", "<img")),
            ("voice", b"OggS sound", ("audio/ogg", "<audio")),
            ("voice", b"#!AMR\nsound", ("application/octet-stream", "<audio")),
            ("video", b"\0\0\0\x18ftypmp42", ("video/mp4", "<video")),
            ("file", b"<html>no page</html>", ("application/octet-stream", "下载文件")),
        ],
        ids=["photo", "telegram voice", "wechat voice", "video", "file"],
    )
    def test_it_is_opened_for_staff_of_the_area_alone(
        self, office: InboxOffice, opened: Opened, kind: str, data: bytes, answered: tuple[str, str]
    ) -> None:
        type_, shown = answered
        code, message = office.sends("li", kind, data)
        visit = opened("wang")

        assert shown in visit.get(at(code)).text
        answer = visit.get(at(code, "media", message))
        assert (answer.content, answer.headers["content-type"]) == (data, type_)
        assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == (
            "no-store",
            "nosniff",
        )
        is_download = "attachment" in answer.headers.get("content-disposition", "")
        assert is_download is (type_ == "application/octet-stream")
        assert opened("wei").get(at(code, "media", message)).status_code == 404

    def test_anothers_message_and_none_are_not_there(
        self, office: InboxOffice, opened: Opened
    ) -> None:
        code, message = office.sends("li", "photo", photo(3))
        other = office.writes("he", "西边的事")
        zhi = opened("zhi")

        for path in (at(other, "media", message), at(code, "media", 999)):
            assert NO_MEDIA in zhi.get(path).text

    def test_who_is_not_signed_in_is_led_to_the_sign_in(
        self, office: InboxOffice, opened: Opened
    ) -> None:
        code, message = office.sends("li", "photo", photo(3))
        zhi = opened("zhi")
        zhi.client.cookies.clear()

        answer = zhi.get(at(code, "media", message))

        assert (answer.status_code, answer.content) == (303, b"")


class TestEnteringAHazard:
    def test_each_message_leads_to_a_form_that_names_it(
        self, office: InboxOffice, opened: Opened
    ) -> None:
        code = office.writes("li", LAMP)

        page = opened("wang").get(at(code)).text

        links = re.findall(r'href="/console/cases/new\?from=(\w{8})"', page)
        assert len(links) == 1
        assert code not in links

    def test_who_enters_no_cases_is_shown_no_way_there(
        self, office: InboxOffice, opened: Opened
    ) -> None:
        street = office.streets["城东街道"]
        office.town.hire("ban", post("department", street_id=street))
        code = office.writes("li", LAMP)

        page = opened("ban").get(at(code)).text

        assert LAMP in page
        assert "登记为隐患" not in page
