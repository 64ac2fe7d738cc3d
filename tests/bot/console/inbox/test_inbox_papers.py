"""Ready answers and handover notes: of the own places, kept once, without residents' words."""

import re

import pytest

from bot.console.inbox_answers import (
    ANSWERS,
    GONE,
    INCOMPLETE,
    KEPT,
    NO_DISTRICT,
    TOO_MANY,
)
from bot.console.inbox_handover import HANDOVER, NO_NOTE, NO_PLACE, REPEATED
from bot.desk_answers_store import MOST_ANSWERS, ReadyAnswer, answers_of, keep_answer
from bot.desk_handover_store import handovers
from community.staff import Area
from tests.bot.console.console_service import Visit
from tests.bot.console.inbox.conftest import Opened
from tests.bot.console.inbox_office import InboxOffice

WHOLE = Area(districts=frozenset({"qianjiang"}))
FORM = {"district": "qianjiang", "title": "派人来看", "text": "收到，今天派人来看。"}


class TestAnswers:
    def test_one_is_written_changed_used_and_deleted(
        self, office: InboxOffice, opened: Opened
    ) -> None:
        zhi, code = opened("zhi"), office.writes("li", "灯坏了")
        assert KEPT in zhi.follow(zhi.post(f"{ANSWERS}/keep", **FORM)).text
        [one] = office.database.read(lambda db: answers_of(db, "qianjiang"))
        changed = FORM | {"id": str(one.id), "text": "收到，明天派人来看。"}
        zhi.post(f"{ANSWERS}/keep", **changed)

        used = zhi.get(f"/console/inbox/{code}?use={one.id}").text
        assert re.search(r"<textarea[^>]*>收到，明天派人来看。</textarea>", used)
        assert "派人来看" in opened("wang").get(ANSWERS).text

        zhi.post(f"{ANSWERS}/drop", id=str(one.id))
        assert GONE in zhi.follow(zhi.post(f"{ANSWERS}/drop", id=str(one.id))).text
        assert GONE in zhi.follow(zhi.post(f"{ANSWERS}/keep", **changed)).text

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"title": ""}, INCOMPLETE),
            ({"text": " "}, INCOMPLETE),
            ({"title": "长" * 21}, "最多20个字"),
            ({"district": "jiangjin"}, NO_DISTRICT),
            ({"district": "nowhere"}, NO_DISTRICT),
        ],
    )
    def test_what_is_wrong_is_said(
        self, office: InboxOffice, opened: Opened, changed: dict[str, str], words: str
    ) -> None:
        answer = opened("zhi").post(f"{ANSWERS}/keep", **FORM | changed)

        assert words in answer.text
        assert office.database.read(lambda db: answers_of(db, "qianjiang")) == []

    def test_only_leaders_write_them(self, office: InboxOffice, opened: Opened) -> None:
        assert opened("wang").post(f"{ANSWERS}/keep", **FORM).status_code == 403
        assert office.database.read(lambda db: answers_of(db, "qianjiang")) == []

    def test_another_districts_are_not_there(self, office: InboxOffice, opened: Opened) -> None:
        zhi, yuan = opened("zhi"), opened("yuan")
        zhi.post(f"{ANSWERS}/keep", **FORM)
        [one] = office.database.read(lambda db: answers_of(db, "qianjiang"))

        assert "派人来看" not in yuan.get(ANSWERS).text
        yuan.post(f"{ANSWERS}/drop", id=str(one.id))
        assert office.database.read(lambda db: answers_of(db, "qianjiang")) == [one]

    def test_there_is_an_end(self, office: InboxOffice, opened: Opened) -> None:
        now, zhi_id = office.town.clock(), office.staff["zhi"]
        for number in range(MOST_ANSWERS):
            answer = ReadyAnswer(0, "qianjiang", f"第{number}条", "好")
            office.database.write(
                lambda db, one=answer: keep_answer(db, one, zhi_id, now)  # type: ignore[misc]
            )

        assert TOO_MANY in opened("zhi").post(f"{ANSWERS}/keep", **FORM).text


def note_form(visit: Visit, **changed: str) -> dict[str, str]:
    page = visit.get(HANDOVER).text
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    known = {"place": "qianjiang", "to_person": "夜班", "notes": "3栋的灯明早再催。"}
    return {"csrf": found["csrf"], "operation": found["operation"]} | known | changed


class TestHandover:
    def test_what_is_open_is_counted_and_no_word_of_a_resident_kept(
        self, office: InboxOffice, opened: Opened
    ) -> None:
        code = office.writes("li", "机密的话")
        office.writes("he", "西边的事")
        zhi = opened("zhi")
        thread = f"/console/inbox/{code}"
        zhi.post(f"{thread}/take", on=thread)

        form = note_form(zhi)
        page = zhi.follow(zhi.client.post(f"{HANDOVER}/write", data=form)).text

        [note] = office.database.read(lambda db: handovers(db, WHOLE))
        assert [one[1] for one in note.counts] == [2, 0, 1]
        assert "zhi同志正在回" in [item.next for item in note.items]
        assert f"居民 #{code[:4]}" in [item.name for item in note.items]
        assert "机密" not in str(note)
        assert "3栋的灯明早再催" in page
        assert REPEATED in zhi.follow(zhi.client.post(f"{HANDOVER}/write", data=form)).text

    def test_a_street_hands_its_own_over_from_the_last_time(
        self, office: InboxOffice, opened: Opened
    ) -> None:
        office.writes("li", "东边")
        office.writes("he", "西边的事")
        wang, east = opened("wang"), office.streets["城东街道"]
        place = f"qianjiang/{east}"
        wang.client.post(f"{HANDOVER}/write", data=note_form(wang, place=place))
        first_end = office.town.clock.now
        office.town.clock.forward(hours=6)
        wang.client.post(f"{HANDOVER}/write", data=note_form(wang, place=place))

        notes = office.database.read(lambda db: handovers(db, Area(streets=frozenset({east}))))

        assert [one.counts[0][1] for one in notes] == [1, 1]
        assert notes[0].begun_at == first_end
        assert "3栋的灯" not in opened("wei").get(HANDOVER).text

    @pytest.mark.parametrize("place", ["", "jiangjin", "qianjiang", "qianjiang/999"])
    def test_a_place_outside_the_area_is_refused(
        self, office: InboxOffice, opened: Opened, place: str
    ) -> None:
        wang = opened("wang")

        answer = wang.client.post(f"{HANDOVER}/write", data=note_form(wang, place=place))

        assert NO_PLACE in answer.text
        assert office.database.read(lambda db: handovers(db, WHOLE)) == []

    def test_it_is_printed_for_the_own_area(self, office: InboxOffice, opened: Opened) -> None:
        office.writes("li", "东边")
        zhi = opened("zhi")
        zhi.client.post(f"{HANDOVER}/write", data=note_form(zhi))
        [note] = office.database.read(lambda db: handovers(db, WHOLE))

        paper = zhi.get(f"{HANDOVER}/{note.id}.pdf")

        assert paper.headers["content-type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF")
        refused = opened("yuan").get(f"{HANDOVER}/{note.id}.pdf")
        assert (refused.status_code, NO_NOTE in refused.text) == (404, True)
