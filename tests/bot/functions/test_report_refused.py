"""A photo that could not be taken is told to whoever sent it, once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from bot.dialogue.session import Language
from bot.functions.report_refused import RefusedPhotos
from bot.phrases import load_translation, load_wording
from community.delivery_store import delivery
from hazards.photo_store import SentPhoto
from hazards.store import hazard_report
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import Says
from tests.bot.functions.reporting import (
    PLACE,
    account_id,
    photo,
    photos_of,
    reported,
    rows,
    shown,
)

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def tell(clock: Clock) -> RefusedPhotos:
    words: Mapping[Language, Mapping[str, str]] = {
        "zh": load_wording().functions,
        "en": load_translation("en").functions,
    }
    return RefusedPhotos(words, clock)


def refused(database: Database) -> SentPhoto:
    (one,) = photos_of(database)
    owner = account_id(database)
    return SentPhoto(one.id, one.channel, one.ref, None, "broken", "", owner, None, None)


@pytest.mark.parametrize("told", [("中文", "打不开"), ("english", "could not be opened")])
def test_it_is_told_once_in_their_language(
    sends: Says, database: Database, tell: RefusedPhotos, clock: Clock, told: tuple[str, str]
) -> None:
    sends(told[0])
    sends(media=photo())
    for _ in range(2):
        database.write(lambda db: tell(db, refused(database)))

    assert len(rows(database, delivery)) == 1
    clock.forward(timedelta(minutes=5))
    assert told[1] in shown(sends("你好"))


def handed_in(database: Database, channel: str = "wechat") -> SentPhoto:
    """The only report's photo, which is refused after all."""
    (one,) = rows(database, hazard_report)
    report, case = cast("int", one["id"]), cast("int", one["case_id"])
    return SentPhoto(7, channel, "", None, "broken", "", None, report, case)


def test_of_one_that_was_handed_in_its_sender_is_told_at_the_next_turn(
    sends: Says, database: Database, tell: RefusedPhotos, clock: Clock
) -> None:
    code = reported(sends)
    for _ in range(2):
        database.write(lambda db: tell(db, handed_in(database)))

    assert len(rows(database, delivery)) == 1
    clock.forward(timedelta(minutes=5))
    assert f"你报的{code}里有张照片打不开，没有收下" in shown(sends("你好"))


def test_of_an_anonymous_one_nobody_is_told(
    sends: Says, database: Database, tell: RefusedPhotos
) -> None:
    sends("举报 楼道堆满纸箱")
    sends(PLACE)
    sends("匿名提交")

    database.write(lambda db: tell(db, handed_in(database, channel="")))

    assert rows(database, delivery) == []


def test_in_another_channel_than_it_came_from_nobody_is_told(
    sends: Says, database: Database, tell: RefusedPhotos
) -> None:
    reported(sends)

    database.write(lambda db: tell(db, handed_in(database, channel="telegram")))

    assert rows(database, delivery) == []


def test_of_a_photo_that_belongs_to_nobody_nobody_is_told(
    sends: Says, database: Database, tell: RefusedPhotos
) -> None:
    sends(media=photo())
    gone = replace(refused(database), account_id=None)

    database.write(lambda db: tell(db, gone))

    assert rows(database, delivery) == []
