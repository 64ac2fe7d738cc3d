"""Reporters are told of what matters, once, in every chat of theirs and in no group."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from bot import store
from bot.dialogue.session import Language, Session, session_to_json
from bot.dialogue.turns import replies_from_json
from bot.functions.notices import CASE
from bot.messages import Reply, plain_text
from bot.phrases import load_translation, load_wording
from bot.telling import LASTS, Telling
from community.delivery_store import cancel_for_account, delivery, pending_for
from community.districts import load_district
from community.store import account_of, channel_account, resident_of
from community.workdays import load_workdays
from hazards.case_rules import CaseRules, Moment, Told
from hazards.cases import Case, NewCase
from hazards.casework import open_case
from hazards.categories import load_categories
from hazards.reward_files import scheme_of
from hazards.reward_rules import Amount
from hazards.rewards import approve, propose
from hazards.store import hazard_case
from storage import Database
from tests.bot.conftest import NOON, Clock
from tests.hazards.casefile import DISTRICTS, PATH, add_report, open_office, walk
from tests.hazards.rewarded import SCHEME

CASES = {name: load_district(name) for name in DISTRICTS}
CODE = "K7M39QX2"


@pytest.fixture
def telling(clock: Clock) -> Telling:
    words: dict[Language, Mapping[str, str]] = {
        "zh": load_wording().functions,
        "en": load_translation("en").functions,
    }
    return Telling(words, CASES, load_categories(), clock)


def opened(db: Connection, district: str = "demo", **values: object) -> tuple[Case, int]:
    """Return a case and its report, made by somebody on WeChat."""
    new = NewCase(district, "corridor_blocked", place_words="3栋2楼")
    case = open_case(db, new, CaseRules(CASES, load_workdays()), NOON)
    resident = resident_of(db, account_of(db, "wechat", "li", NOON))
    told = {"code": CODE, "reporter_id": resident, "district_id": district, **values}
    return case, add_report(db, case.id, NOON, **told)


def also_on(db: Connection, channel: str, name: str) -> int:
    """Give the reporter one account more."""
    resident = resident_of(db, account_of(db, "wechat", "li", NOON))
    account = account_of(db, channel, name, NOON)
    db.execute(
        update(channel_account).where(channel_account.c.id == account).values(resident_id=resident)
    )
    return account


def in_state(db: Connection, case: Case, state: str) -> None:
    db.execute(update(hazard_case).where(hazard_case.c.id == case.id).values(state=state))


def told_of(
    database: Database, telling: Telling, moment: Moment, *, state: str = "assigned",
    district: str = "demo", reason: str = "",
) -> list[Reply]:  # fmt: skip
    """Tell of a moment; return what was queued."""

    def work(db: Connection) -> None:
        case, report = opened(db, district)
        in_state(db, case, state)
        telling(db, Told(report, case.id, moment, 1, reason))

    database.write(work)
    return queued(database)


def queued(database: Database) -> list[Reply]:
    bodies = database.read(lambda db: db.scalars(select(delivery.c.body)).all())
    return [reply for body in bodies for reply in replies_from_json(body)]


class TestWords:
    def test_accepted_names_who_handles_it(self, database: Database, telling: Telling) -> None:
        (reply,) = told_of(database, telling, "accepted")

        assert reply.text == (
            "你11月22日报的“楼道楼梯堆物”（编号K7M3-9QX2）受理了，由属地镇街办理，消防救援机构牵头。"
            "\n看进度：回“进度 K7M3-9QX2”。"
        )
        assert reply.choices == ()

    def test_departments_carry_the_plan_and_its_year(
        self, database: Database, telling: Telling
    ) -> None:
        (reply,) = told_of(database, telling, "accepted", district="qianjiang")

        assert "由属地乡镇（街道）办理，区消防救援支队牵头" in reply.text
        assert "依据《黔江区高层建筑消防安全综合治理工作方案》（2021年）" in reply.text

    @pytest.mark.parametrize(
        ("state", "reason", "words"),
        [
            ("rejected", "是私家地面停车", "没有受理。原因：是私家地面停车"),
            ("referred", "在邻区", "已经转给当地。说明：在邻区"),
            ("rejected", "", "没有写明"),
            ("reopened", "先退后又打开", "原因：先退后又打开"),
        ],
        ids=["rejected", "referred", "no reason", "opened again since"],
    )
    def test_turned_says_why(
        self, database: Database, telling: Telling, state: str, reason: str, words: str
    ) -> None:
        (reply,) = told_of(database, telling, "turned", state=state, reason=reason)

        assert words in reply.text

    @pytest.mark.parametrize(
        ("moment", "words"), [("fixed", "复查也合格。真的整改好了吗"), ("month", "一个月了")]
    )
    def test_asked_whether_it_is_fixed(
        self, database: Database, telling: Telling, moment: Moment, words: str
    ) -> None:
        (reply,) = told_of(database, telling, moment, state="verified")

        assert words in reply.text
        assert "回“整改好了”" in reply.text  # where it is shown later, no choice stands below it
        assert [(one.label, one.function) for one in reply.choices] == [
            ("整改好了", f"fixedyes/{CODE}"),
            ("没整改好", f"fixedno/{CODE}"),
        ]

    def test_a_lead_that_handles_is_named_once(self, database: Database, telling: Telling) -> None:
        def work(db: Connection) -> None:
            case, report = opened(db)
            db.execute(update(hazard_case).values(handler="fire_rescue", lead="fire_rescue"))
            telling(db, Told(report, case.id, "accepted", 1))

        database.write(work)

        assert "由消防救援机构办理。" in queued(database)[0].text

    def test_nobody_who_handles_it_yet(self, database: Database, telling: Telling) -> None:
        """A department that the district's file has no more is not made up."""

        def work(db: Connection) -> None:
            case, report = opened(db)
            db.execute(update(hazard_case).values(handler="gone", lead="fire_rescue"))
            telling(db, Told(report, case.id, "accepted", 1))

        database.write(work)

        assert "由消防救援机构办理，消防救援机构牵头" not in queued(database)[0].text
        assert "消防救援机构" in queued(database)[0].text


class TestReward:
    def rewarded(self, database: Database, telling: Telling, amount: Amount) -> Reply:
        scheme = scheme_of(CASES["demo"])
        rules = SCHEME.versions[0]
        changed = type(rules)(
            version="v", since=rules.since, amounts={"default": amount}, claim_days=30
        )
        scheme = type(scheme)(scheme.district_id, scheme.zone, (changed,))

        def work(db: Connection) -> None:
            case, report = opened(db, standing="first")
            in_state(db, case, "closed")
            given = propose(db, case.id, None, NOON, scheme)
            approve(db, given.id, 77, NOON)
            telling(db, Told(report, case.id, "reward", 1))

        database.write(work)
        (reply,) = queued(database)
        return reply

    def test_points_are_theirs(self, database: Database, telling: Telling) -> None:
        reply = self.rewarded(database, telling, Amount(20, "points"))

        assert "给你20积分" in reply.text
        assert reply.choices == ()

    def test_money_is_to_be_taken(self, database: Database, telling: Telling) -> None:
        reply = self.rewarded(database, telling, Amount(3050, "fen"))

        assert "给你30.50元奖励" in reply.text
        assert "12月22日前领" in reply.text
        assert [one.function for one in reply.choices] == ["rewards/take"]

    def test_without_a_reward_nothing_is_said(self, database: Database, telling: Telling) -> None:
        assert told_of(database, telling, "reward") == []


class TestWhom:
    def test_every_account_but_no_group(self, database: Database, telling: Telling) -> None:
        def work(db: Connection) -> None:
            case, report = opened(db)
            also_on(db, "telegram", "7001")
            also_on(db, "telegram", "-100200:7001")
            telling(db, Told(report, case.id, "accepted", 1))

        database.write(work)

        rows = database.read(lambda db: db.execute(select(delivery)).all())
        assert [row.channel for row in rows] == ["wechat", "telegram"]
        assert {row.purpose for row in rows} == {CASE}
        assert {row.expires_at - row.due_at for row in rows} == {LASTS}

    def test_each_in_its_language(self, database: Database, telling: Telling) -> None:
        def work(db: Connection) -> None:
            case, report = opened(db)
            account = also_on(db, "telegram", "7001")
            state = session_to_json(Session(language="en"))
            store.save_session(db, account, state, NOON)
            telling(db, Told(report, case.id, "fixed", 1))

        database.write(work)

        first, second = queued(database)
        assert first.text.startswith("你11月22日报的")
        assert second.text.startswith("Your report K7M3-9QX2 of 11/22 (Corridor, stairs)")
        assert [one.label for one in second.choices] == ["It is fixed", "It is not fixed"]

    def test_the_same_moment_once(self, database: Database, telling: Telling) -> None:
        def work(db: Connection) -> None:
            case, report = opened(db)
            for round_ in (1, 1, 2):
                telling(db, Told(report, case.id, "fixed", round_))

        database.write(work)

        assert len(queued(database)) == 2

    def test_an_anonymous_report_leads_to_nobody(
        self, database: Database, telling: Telling
    ) -> None:
        def work(db: Connection) -> None:
            case, report = opened(db, reporter_id=None, privacy="anonymous")
            telling(db, Told(report, case.id, "accepted", 1))

        database.write(work)

        assert queued(database) == []

    def test_stopping_the_purpose_stops_what_waits(
        self, database: Database, telling: Telling
    ) -> None:
        told_of(database, telling, "accepted")

        def work(db: Connection) -> int:
            account = account_of(db, "wechat", "li", NOON)
            return cancel_for_account(db, account, NOON, purpose=CASE)

        assert database.write(work) == 1

    def test_what_is_not_pushed_waits_for_their_next_turn(
        self, database: Database, telling: Telling
    ) -> None:
        told_of(database, telling, "accepted")

        def waiting(db: Connection) -> int:
            account = account_of(db, "wechat", "li", NOON)
            return len(pending_for(db, account, NOON + timedelta(minutes=1)))

        assert database.write(waiting) == 1


def test_moves_tell_first_and_later_reporters(database: Database, telling: Telling) -> None:
    """From the submission to the closure: 受理 and 整改完成请确认, for each of two reporters."""
    rules = CaseRules(CASES, load_workdays(), telling)

    def work(db: Connection) -> None:
        case, _ = opened(db)
        office = open_office(db)
        db.execute(update(hazard_case).values(street_id=office.street_id))
        other = resident_of(db, account_of(db, "telegram", "7001", NOON))
        add_report(db, case.id, NOON, reporter_id=other, standing="me_too")
        add_report(db, case.id, NOON, wants_notices=False)
        telling_office = _Told(office, rules)
        walk(db, telling_office, case, *PATH)  # type: ignore[arg-type]

    database.write(work)

    rows = database.read(lambda db: db.execute(select(delivery).order_by(delivery.c.id)).all())
    assert [row.channel for row in rows] == ["wechat", "telegram", "wechat", "telegram"]
    texts = [plain_text(reply) for reply in queued(database)]
    assert ["受理了" in text for text in texts] == [True, True, False, False]
    assert ["真的整改好了吗" in text for text in texts] == [False, False, True, True]


class _Told:
    """An office whose rules really tell."""

    def __init__(self, office: object, rules: CaseRules) -> None:
        self._office = office
        self.rules = rules

    def __getattr__(self, name: str) -> object:
        return getattr(self._office, name)
