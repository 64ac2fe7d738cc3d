"""我的感谢状: shown to its owner, named as they wish, on the honour roll only if they agree."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from bot.certificate_pictures import FOLDER, JOB, CertificatePictures
from bot.dialogue.turns import replies_from_json
from bot.papers.typesetting import Typesetter
from community.delivery_store import delivery
from community.districts import load_district
from community.store import account_of, resident_of
from hazards.commendation_store import NewCommendation, honour_roll, issue, withdraw
from storage import Database, Jobs, schedule
from storage.work_runs import InlineWork
from tests.bot.conftest import NOON
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, Says
from tests.bot.functions.reporting import shown
from tests.bot.functions.test_functions import labels
from tests.hazards.rewarded import new_case, new_report

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


def resident(db: Connection) -> int:
    return resident_of(db, account_of(db, LI.channel, LI.name, NOON))


def issued(database: Database, text: str = "你及时反映隐患。") -> int:
    """Issue a certificate to Li; return its id."""

    def work(db: Connection) -> int:
        owner = resident(db)
        report = new_report(db, new_case(db), owner)
        new = NewCommendation("demo", report, owner, text, NOON + timedelta(days=900))
        return issue(db, new, NOON).id

    return database.write(work)


def on_roll(database: Database) -> list[str]:
    return [one.shown_as for one in database.read(lambda db: honour_roll(db, ["demo"], NOON))]


def test_nobody_has_one_at_first(sends: Says) -> None:
    assert "还没有感谢状" in shown(sends("感谢状"))


def test_the_only_one_is_shown(sends: Says, database: Database) -> None:
    issued(database)

    told = sends("我的感谢状")

    assert "写给“热心市民”：\n你及时反映隐患。" in shown(told)
    assert labels(told) == ["上光荣榜"]
    assert "还没有感谢状" in shown(sends("我的感谢状", LI_ON_TELEGRAM))


def test_several_are_listed(sends: Says, database: Database) -> None:
    issued(database)
    issued(database, "又一次。")

    assert len(labels(sends("感谢状"))) == 2
    assert "又一次" in shown(sends("1"))


def test_a_withdrawn_one_is_gone(sends: Says, database: Database) -> None:
    one = issued(database)
    database.write(lambda db: withdraw(db, one, NOON))

    assert "还没有感谢状" in shown(sends("感谢状"))


class TestHonourRoll:
    def test_with_a_name_of_their_own(self, sends: Says, database: Database) -> None:
        issued(database)
        sends("感谢状")
        assert "怎么称呼你" in shown(sends("1"))

        assert "称呼是“3栋老李”" not in shown(sends("电话13812345678"))
        assert "称呼是“老李”" in shown(sends("老李"))
        assert on_roll(database) == ["老李"]

    def test_unnamed(self, sends: Says, database: Database) -> None:
        issued(database)
        sends("感谢状")
        sends("1")

        assert "热心市民" in shown(sends("1"))
        assert on_roll(database) == ["热心市民"]

    def test_left_again(self, sends: Says, database: Database) -> None:
        issued(database)
        sends("感谢状")
        sends("1")
        sends("1")
        assert labels(sends("感谢状")) == ["从光荣榜撤下"]

        assert "撤下了" in shown(sends("1"))
        assert on_roll(database) == []


class TestPicture:
    @pytest.fixture
    def jobs(self, tmp_path: Path) -> Iterator[Jobs]:
        jobs = Jobs()
        with Typesetter() as typesetter:
            districts = {"demo": load_district("demo")}
            CertificatePictures(tmp_path, typesetter, districts, "https://a.example").register(jobs)
            yield jobs

    def asked(self, database: Database, one: int) -> None:
        def work(db: Connection) -> None:
            account = account_of(db, LI.channel, LI.name, NOON)
            schedule(db, JOB, "once", NOON, [one, account])

        database.write(work)

    def test_it_is_drawn_sent_and_deleted(
        self, database: Database, jobs: Jobs, tmp_path: Path
    ) -> None:
        self.asked(database, issued(database))
        InlineWork(database, jobs, lambda: NOON).run_due(NOON)

        (body,) = database.read(lambda db: db.scalars(select(delivery.c.body)).all())
        (reply,) = replies_from_json(body)
        assert (tmp_path / reply.picture).read_bytes().startswith(b"\x89PNG")

        InlineWork(database, jobs, lambda: NOON).run_due(NOON + timedelta(days=1))
        assert list((tmp_path / FOLDER).iterdir()) == []

    def test_a_withdrawn_one_is_not_drawn(self, database: Database, jobs: Jobs) -> None:
        one = issued(database)
        self.asked(database, one)
        database.write(lambda db: withdraw(db, one, NOON))
        InlineWork(database, jobs, lambda: NOON).run_due(NOON)

        assert database.read(lambda db: db.scalars(select(delivery.c.id)).all()) == []
