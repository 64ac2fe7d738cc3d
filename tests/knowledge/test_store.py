"""Unanswered questions, ratings and chosen topics, on both stores."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from knowledge.store import (
    Unanswered,
    feedback,
    labelled_question,
    list_unanswered,
    masked,
    record_feedback,
    record_label,
    record_unanswered,
)
from storage import Database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Ask = Callable[..., None]


@pytest.fixture
def ask(database: Database) -> Ask:
    """Record an unanswered question in a write of its own."""

    def asked(
        question: str, *, kind: str = "declined", nearest: tuple[str, ...] = (), hours: int = 0
    ) -> None:
        now = NOON + timedelta(hours=hours)

        def work(db: Connection) -> None:
            record_unanswered(db, question=question, kind=kind, nearest=nearest, now=now)

        database.write(work)

    return asked


def test_a_question_is_kept_with_what_came_closest(database: Database, ask: Ask) -> None:
    ask("气球会不会爆", nearest=("gas.smell", "gas.odor"))
    assert database.read(list_unanswered) == [
        Unanswered("气球会不会爆", "declined", ("gas.smell", "gas.odor"), 1, NOON, NOON)
    ]


def test_the_same_words_again_raise_the_count(database: Database, ask: Ask) -> None:
    ask("气球会不会爆？", nearest=("gas.smell",))
    ask("气球 会不会爆", nearest=("gas.odor",), hours=2)
    (row,) = database.read(list_unanswered)
    assert (row.question, row.count, row.nearest) == ("气球会不会爆？", 2, ("gas.odor",))
    assert (row.first_at, row.last_at) == (NOON, NOON + timedelta(hours=2))


def test_a_declined_and_a_disliked_question_are_two(database: Database, ask: Ask) -> None:
    ask("气球会不会爆", kind="declined")
    ask("气球会不会爆", kind="disliked")
    assert {row.kind for row in database.read(list_unanswered)} == {"declined", "disliked"}


def test_the_most_asked_come_first_then_the_latest(database: Database, ask: Ask) -> None:
    for question, hours in [("甲", 0), ("乙", 1), ("丙", 2), ("甲", 0)]:
        ask(question, hours=hours)
    rows = database.read(list_unanswered)
    assert [row.question for row in rows] == ["甲", "丙", "乙"]
    assert len(database.read(lambda db: list_unanswered(db, 2))) == 2


@pytest.mark.parametrize("question", ["", "  ", "😀😀", "？！", "\u3000"])
def test_what_has_no_word_is_not_kept(database: Database, ask: Ask, question: str) -> None:
    ask(question)
    assert database.read(list_unanswered) == []


def test_two_callers_with_different_numbers_asked_the_same(database: Database, ask: Ask) -> None:
    ask("我电话13812345678，回我")
    ask("我电话13987654321，回我")
    (row,) = database.read(list_unanswered)
    assert (row.question, row.count) == ("我电话＊＊＊，回我", 2)


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("我叫13812345678", "我叫***"),
        ("打138 1234 5678", "打***"),
        ("打138-1234-5678吧", "打***吧"),
        ("１３８１２３４５６７８", "***"),
        ("一三八一二三四五六七八", "***"),
        ("身份证50010119900101123X", "身份证***"),
        ("023-67812345", "***"),
        ("信箱a.b@example.com", "信箱***"),
        ("3栋2单元1501着火", "3栋2单元***着火"),
        ("住1501室", "住***室"),
        ("5号楼-1203", "5号楼-***"),
        ("打119还是12345", "打119还是12345"),
        ("住26楼", "住26楼"),
        ("罚5000元吗", "罚5000元吗"),
        ("楼下100米", "楼下100米"),
        ("一二三四五层", "一二三四五层"),
        ("打①③⑧①②③④⑤⑥⑦⑧", "打***"),
        ("真的吗？！（急）", "真的吗？！（急）"),
    ],
)
def test_personal_numbers_are_masked(question: str, kept: str) -> None:
    assert masked(question) == kept.replace("***", "＊＊＊")


@given(st.text(max_size=700), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_no_mobile_number_is_ever_kept(text: str, number: str) -> None:
    assert number not in masked(f"{text} {number} {text}")
    assert len(masked(text)) <= 510


def test_a_rating_counts_once_a_topic_and_day(database: Database) -> None:
    def rate(topic: str, *, useful: bool, hours: int = 0, resident: int = 7) -> bool:
        now = NOON + timedelta(hours=hours)
        return database.write(
            lambda db: record_feedback(
                db, resident_id=resident, topic=topic, useful=useful, now=now
            )
        )

    assert rate("gas.smell", useful=True)
    assert not rate("gas.smell", useful=False, hours=1)
    assert rate("gas.odor", useful=False)
    assert rate("gas.smell", useful=False, resident=8)
    assert rate("gas.smell", useful=False, hours=24)
    query = select(feedback.c.useful).where(
        feedback.c.topic == "gas.smell", feedback.c.resident_id == 7
    )
    assert database.read(lambda db: list(db.scalars(query))) == [True, False]


def test_a_day_is_the_districts(database: Database) -> None:
    late = datetime(2026, 11, 22, 23, tzinfo=ZoneInfo("Asia/Shanghai"))

    def rate(now: datetime) -> bool:
        return database.write(
            lambda db: record_feedback(db, resident_id=1, topic="gas.odor", useful=True, now=now)
        )

    assert rate(late)
    assert rate(late + timedelta(hours=2))
    assert not rate(late + timedelta(hours=3))


def test_a_chosen_topic_is_counted_with_the_question(database: Database) -> None:
    def label(question: str, topic: str) -> None:
        database.write(lambda db: record_label(db, question=question, topic=topic, now=NOON))

    for question, topic in [
        ("气冲人", "gas.smell"),
        ("气冲人！", "gas.smell"),
        ("气冲人", "gas.odor"),
    ]:
        label(question, topic)
    label("？", "gas.odor")
    columns = labelled_question.c
    query = select(columns.question, columns.topic, columns["count"]).order_by(columns.id)
    assert [tuple(row) for row in database.read(lambda db: db.execute(query).all())] == [
        ("气冲人", "gas.smell", 2),
        ("气冲人", "gas.odor", 1),
    ]
