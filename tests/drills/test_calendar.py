"""Calendars as text: folded by octets, escaped, with a zone, read back by two other parsers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
import vobject

from drills.calendar import Deadline, ListedDrill, Shown, calendar_text, status_of
from drills.drills import STATES, State
from drills.duties import Period
from drills.duty_files import load_duties
from tests.drills.duty_town import NOON, ZONE

DUTIES = load_duties(ZONE)
LONG = "滨江花园一期高层住宅秋冬季消防疏散演练暨居民自救互救知识宣传活动，全体楼栋参加；请准时"
ONE = ListedDrill(
    code="ABCD2345",
    title=LONG,
    state="announced",
    sequence=3,
    starts_at=datetime(2026, 12, 5, 2, tzinfo=UTC),
    lasts_minutes=40,
    assembly_point="小区北门广场, 喷泉旁",
    place="城东街道幸福社区",
    buildings=("滨江花园1栋", "滨江花园2栋"),
    changed_at=NOON,
)
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
DEADLINE = Deadline(DUTIES.rules[0], YEAR, 12, 5, NOON)
SHOWN = Shown("城东街道的演练", "street7", ZONE, (ONE,), (DEADLINE,))


def events(shown: Shown = SHOWN) -> list[icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(calendar_text(shown))
    return list(calendar.walk("VEVENT"))


def drill(**changed: object) -> icalendar.Event:
    return events(replace(SHOWN, drills=(replace(ONE, **changed),), deadlines=()))[0]


def test_lines_are_folded_by_octets_and_no_character_is_torn() -> None:
    text = calendar_text(SHOWN)

    lines = text.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert any(line.startswith(b" ") for line in lines)
    for line in lines:
        line.decode("utf-8")
    assert f"SUMMARY:【演练】{LONG}" in text.replace(b"\r\n ", b"").decode().replace("\\", "")


def test_a_drill_says_when_where_and_that_it_is_one() -> None:
    event = drill()

    assert event["UID"] == "drill-ABCD2345@lifeline"
    assert event["SEQUENCE"] == 3
    assert event["STATUS"] == "CONFIRMED"
    assert event["SUMMARY"] == f"【演练】{LONG}"
    assert event["LOCATION"] == "城东街道幸福社区 小区北门广场, 喷泉旁"
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert event.start.isoformat() == "2026-12-05T10:00:00+08:00"
    assert event.end - event.start == timedelta(minutes=40)
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == NOON
    assert "滨江花园1栋、滨江花园2栋" in event["DESCRIPTION"]
    assert "真着火先打119" in event["DESCRIPTION"]


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ("planned", "TENTATIVE", "【演练】滨江"),
        ("postponed", "TENTATIVE", "【演练】（改期，时间待定）滨江"),
        ("approved", "CONFIRMED", "【演练】滨江"),
        ("closed", "CONFIRMED", "【演练】滨江"),
        ("cancelled", "CANCELLED", "【演练】（已取消）滨江"),
        ("aborted", "CANCELLED", "【演练】（已中止）滨江"),
    ],
)
def test_states_as_calendars_show_them(state: State, status: str, words: str) -> None:
    event = drill(state=state)

    assert event["STATUS"] == status
    assert event["SUMMARY"].startswith(words)


def test_every_state_has_a_status() -> None:
    assert {status_of(state) for state in STATES} == {"TENTATIVE", "CONFIRMED", "CANCELLED"}


def test_a_deadline_is_a_whole_day_that_blocks_nobody() -> None:
    event = events()[1]

    assert event["UID"] == "duty-law41_residents_drill-2026-street7@lifeline"
    assert (event.start, event.end) == (date(2026, 12, 31), date(2027, 1, 1))
    assert event["DTSTART"].params["VALUE"] == "DATE"
    assert event["TRANSP"] == "TRANSPARENT"
    assert "还差7个" in event["SUMMARY"]
    assert "第四十一条" in event["DESCRIPTION"]
    assert "待本地确认" in event["DESCRIPTION"]


def test_a_deadline_that_is_met_says_so() -> None:
    [event] = events(replace(SHOWN, drills=(), deadlines=(replace(DEADLINE, done=12),)))

    assert "都完成了" in event["SUMMARY"]


def test_the_zone_is_written_out() -> None:
    calendar = icalendar.Calendar.from_ical(calendar_text(SHOWN))
    [zone] = calendar.walk("VTIMEZONE")

    assert zone["TZID"] == "Asia/Shanghai"
    assert zone.to_tz().utcoffset(datetime(2026, 7, 1, tzinfo=None)) == timedelta(hours=8)  # noqa: DTZ001
    assert calendar.calendar_name == "城东街道的演练"


def test_the_same_values_give_the_same_octets() -> None:
    assert calendar_text(SHOWN) == calendar_text(replace(SHOWN))
    assert calendar_text(SHOWN) != calendar_text(replace(SHOWN, name="别的"))


def test_an_empty_calendar_is_one() -> None:
    empty = replace(SHOWN, drills=(), deadlines=())

    assert events(empty) == []
    assert vobject.readOne(calendar_text(empty).decode()).version.value == "2.0"


def test_a_client_of_other_people_reads_it() -> None:
    calendar = vobject.readOne(calendar_text(SHOWN).decode())
    [event, deadline] = calendar.vevent_list

    assert event.summary.value == f"【演练】{LONG}"
    assert event.dtstart.value.astimezone(UTC) == ONE.starts_at
    assert event.description.value.splitlines()[0].startswith("这是演练")
    assert deadline.dtstart.value == date(2026, 12, 31)
