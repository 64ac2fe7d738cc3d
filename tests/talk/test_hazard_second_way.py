"""The second way of a hazard: a duplicate, a rejection, a reopening, an overdue case, a claim.

All in one process with a moved clock, over both stores, through the real conversation and pages.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from bot.console.case_problems import STALE
from bot.dialogue.brain import Brain
from bot.messages import Place
from bot.preparing import prepare_brain
from bot.settings import Settings
from hazards.case_changes import set_major
from hazards.case_store import events_of
from hazards.cases import Act
from hazards.duplicate_store import suggest
from hazards.merging import merges_of
from storage import Database
from tests.bot.channels.report_service import Browser, password_in
from tests.bot.channels.report_service import code_in as code_on
from tests.bot.console.office import do, fields, path
from tests.talk.second_way import (
    ANN,
    BOB,
    CAT,
    TO_THE_FIX,
    ZONE,
    Walk,
    code_in,
    signed_in,
    wrong_passwords,
)
from tests.talk.second_way_told import Teller

TRANSCRIPT = Path(__file__).parents[1] / "transcripts" / "hazards" / "second_way.md"
embedded = pytest.mark.parametrize("store", ["sqlite"])


@pytest.fixture(scope="session")
def brain(tmp_path_factory: pytest.TempPathFactory) -> Brain:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("brain"))  # type: ignore[call-arg]
    return prepare_brain(settings)


@pytest.fixture
def walk(database: Database, brain: Brain, tmp_path: Path) -> Walk:
    return Walk(database, tmp_path / "var", brain)


@pytest.fixture
def url(walk: Walk) -> Iterator[str]:
    with walk.listening() as url:
        yield url


def test_a_duplicate_is_suggested_merged_undone_and_merged_again(walk: Walk, url: str) -> None:
    first = walk.reports(ANN, "阳光小区3栋2楼楼道堆满纸箱", seed=1)
    later = walk.reports(BOB, "阳光小区3栋2楼楼道又堆了纸箱", seed=1)
    walk.passes(minutes=1)
    kept, other = walk.case_of(first), walk.case_of(later)
    (found,) = walk.database.read(lambda db: suggest(db, other.id, walk.clock()))
    assert found.case_id == kept.id
    assert {"building", "category", "floor", "photo"} <= {*found.reasons}

    with signed_in(url, "shen") as (shen,):
        page = shen.get(path(other)).text
        assert "可能是同一处" in page
        assert f"{kept.code[:4]}-{kept.code[4:]}" in page
        do(shen, other, "merge_into", value=kept.code)
        assert walk.case_of(later).id == kept.id
        walk.moves(first, "screen", "assign", "accept")
        assert "受理" in walk.is_told(BOB)
        assert "受理" in walk.is_told(ANN)
        assert "负责的单位正在处理" in walk.says(BOB, f"进度 {later}")

        do(shen, kept, "undo_merge")
        assert walk.case_of(later).id == other.id
        assert "等工作人员审核" in walk.says(BOB, f"进度 {later}")

        do(shen, walk.case_of(later), "merge_into", value=kept.code)
    assert [one.merged_id for one in walk.database.read(lambda db: merges_of(db, kept.id))] == [
        other.id
    ]
    assert "受理" not in walk.is_told(BOB), "taken up is told once"
    walk.moves(first, "rectify", "claim_fix", "verify")
    for who in (ANN, BOB):
        assert "真的整改好了吗" in walk.is_told(who)
    standings = [walk.report_of(code).standing for code in (first, later)]
    assert standings == ["first", "me_too"]
    assert walk.case_of(first).report_count == 2


def test_a_rejection_names_its_reason(walk: Walk) -> None:
    code = walk.reports(ANN, "阳光小区3栋2楼楼道堆满纸箱")

    walk.moves(code, "reject", reason="照片里是住户门内，不是公共部位")

    told = walk.is_told(ANN)
    assert "没有受理。原因：照片里是住户门内，不是公共部位。" in told
    assert "没有受理" in walk.says(ANN, f"进度 {code}")
    walk.passes(days=40)
    assert walk.case_of(code).level == 0
    assert walk.reports(ANN, "阳光小区3栋2楼楼道堆满纸箱") != code


def test_not_fixed_with_a_photo_goes_to_the_supervisor(walk: Walk, url: str) -> None:
    code = walk.reports(ANN, "阳光小区3栋2楼楼道堆满纸箱", seed=2)
    walk.moves(code, *TO_THE_FIX, "verify", "close")
    assert "真的整改好了吗" in walk.is_told(ANN)

    assert "拍一张现在的样子" in walk.says(ANN, "没整改好")
    assert walk.case_of(code).state == "closed", "a no without a photo waits for one"
    reopened = walk.sends_photo(ANN, 3)

    assert "重新办" in reopened
    assert code in reopened
    case = walk.case_of(code)
    assert (case.state, case.round, case.handler) == ("reopened", 2, "fire_rescue")
    walk.passes(minutes=1)
    assert walk.photo_purposes(case).count("no") == 1
    with signed_in(url, "ban", "xiao") as (street, lead):
        assert "现在没有你要办的一步" in street.get(path(case)).text
        assert "现在没有你要办的一步" not in lead.get(path(case)).text
    walk.moves(
        code, "accept", "rectify", "claim_fix", accept="xiao", rectify="xiao", claim_fix="xiao"
    )
    walk.moves(code, "verify", "close")
    assert "真的整改好了吗" in walk.is_told(ANN)
    assert "谢谢你看过" in walk.says(ANN, "整改好了")
    walk.passes(days=31)
    assert "一个月了" in walk.is_told(ANN)


def test_a_deadline_over_two_holidays(walk: Walk) -> None:
    """Three working days from Thursday the 24th, over 中秋; what follows, over 国庆."""
    code = walk.reports(ANN, "阳光小区3栋窗户上装了突出的防盗网")
    walk.moves(code, "screen", "assign", "accept")
    case = walk.case_of(code)
    assert case.due_at is not None
    assert f"{case.due_at.astimezone(ZONE):%m-%d %H:%M}" == "09-30 17:30"

    levels = {}
    act = partial(Act, walk.staff["du"], reason="整栋都装了，逃生窗全封死")
    for at in ((9, 28, 9), (9, 30, 17), (10, 7, 23), (10, 8, 10, 5), (10, 9, 9, 5)):
        walk.comes(*at)
        levels[at[:3]] = walk.case_of(code).level
    assert [*levels.values()] == [0, 0, 0, 1, 2]
    walk.write(
        lambda db: set_major(
            db, case.id, act(walk.case_of(code).version), walk.parts.rules, walk.clock(),
            is_major=True,
        )
    )  # fmt: skip
    walk.comes(10, 9, 17)
    assert walk.case_of(code).level == 2
    walk.comes(10, 10, 9, 5)

    case = walk.case_of(code)
    assert (case.level, case.is_overdue(walk.clock())) == (3, True)
    said = [one.reason for one in walk.database.read(lambda db: events_of(db, case.id))]
    assert [one for one in said if one in {"催办", "升级督办", "挂牌督办"}] == [
        "催办",
        "升级督办",
        "挂牌督办",
    ]
    assert "受理" in walk.is_told(ANN)
    assert "督办" not in walk.is_told(ANN), "the rest is for those who ask"


def hidden(walk: Walk) -> tuple[str, str]:
    """Report anonymously with a photo; return code and password."""
    walk.sends_photo(CAT, 7, "阳光小区5栋2楼楼道堆满纸箱")
    walk.passes(seconds=20)
    receipt = walk.says(CAT, "匿名提交")
    assert "编号丢了找不回" in receipt, receipt
    return code_in(receipt), receipt.split("密码：")[1][:9]


def rewarded(walk: Walk) -> tuple[str, str]:
    """Report anonymously and have it put right and rewarded; return code and password."""
    code, password = hidden(walk)
    walk.moves(code, *TO_THE_FIX, "verify", "close")
    walk.approves(code)
    return code, password


def claim_at(url: str, code: str, password: str) -> str:
    with httpx.Client(base_url=url) as client:
        return Browser(client).progress(code, password).text


def test_an_anonymous_reward_is_claimed_in_the_chat(walk: Walk) -> None:
    code, password = hidden(walk)
    assert "还没有上报过" in walk.says(CAT, "我的上报")
    assert "等工作人员审核" in walk.says(BOB, f"进度 {code}")
    assert "现在没有奖励可领" in walk.says(CAT, f"领奖 {code} {password}")
    walk.moves(code, *TO_THE_FIX, "verify", "close")
    assert "还在审批" in walk.says(CAT, f"领奖 {code} {password}")
    walk.approves(code)

    assert "真的" not in walk.is_told(CAT), "nobody knows whom to tell"
    assert "编号或密码不对" in walk.says(BOB, f"领奖 {code} {code}")
    claimed = walk.says(CAT, f"领奖 {code} {password}")
    assert "领好了，这一条有10积分" in claimed
    assert claimed == walk.says(CAT, f"领奖 {code} {password}")
    assert "你还没有积分" in walk.says(CAT, "我的积分")
    assert walk.traces_of(CAT, code, password) == []


def test_an_anonymous_reward_is_claimed_at_the_page(walk: Walk, url: str) -> None:
    code, password = rewarded(walk)

    assert "领到了：10积分" in claim_at(url, code, password)
    assert "领到了：10积分" in claim_at(url, code, password), "whoever presses twice reads it again"
    assert "整改好了，复查合格" in claim_at(url, code, "")


def test_wrong_passwords_lock_the_code_for_a_day(walk: Walk, url: str) -> None:
    code, password = rewarded(walk)
    wrong = [walk.says(BOB, f"领奖 {code} {one}") for one in wrong_passwords(10, password)]

    assert {text.split("，")[0] for text in wrong} == {"编号或密码不对"}
    assert "密码错得太多了" in walk.says(CAT, f"领奖 {code} {password}")
    assert "今天密码试错太多次了" in claim_at(url, code, password)
    walk.passes(days=1)
    assert "领到了：10积分" in claim_at(url, code, password)


def test_nothing_joins_an_anonymous_reporter_to_the_report(walk: Walk) -> None:
    code, password = hidden(walk)

    assert walk.traces_of(CAT, code, password) == []
    assert walk.shared_by(CAT, code) == set()
    told = walk.reports(ANN, "阳光小区5栋3楼楼道堆满纸箱")
    assert walk.shared_by(ANN, told), "whoever is not anonymous leaves traces to be found"


@embedded
@pytest.mark.parametrize("privacy", ["confidential", "anonymous"])
def test_a_form_that_is_posted_again_is_one_report(walk: Walk, url: str, privacy: str) -> None:
    filled = {"category": "corridor_blocked", "place": "阳光小区3栋2楼楼道", "privacy": privacy}
    with httpx.Client(base_url=url) as client:
        browser = Browser(client)
        form = {**browser.open(), **filled}
        first = browser.post(form)
        again = browser.post(form)
        with walk.listening() as elsewhere, httpx.Client(base_url=elsewhere) as restarted:
            restarted.cookies.update(client.cookies)
            late = Browser(restarted).post(form)

    code = code_on(first.text)
    assert code_on(again.text) == code
    assert password_in(again.text) == password_in(first.text)
    assert bool(password_in(first.text)) is (privacy == "anonymous")
    assert password_in(late.text) == ""
    if privacy == "anonymous":
        assert "已收到" in late.text
        assert code not in late.text, "nothing keeps it"
    else:
        assert code_on(late.text) == code
    assert walk.count_reports() == 1


def test_of_two_handlers_who_press_at_once_one_is_first(walk: Walk, url: str) -> None:
    code = walk.reports(ANN, "阳光小区3栋2楼楼道堆满纸箱")
    case = walk.case_of(code)
    with signed_in(url, "shen", "zhi") as visits:
        forms = [fields(one, case, "screen") for one in visits]

        def press(number: int) -> httpx.Response:
            return visits[number].client.post(path(case, "do"), data=forms[number])

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(press, range(2)))

    assert sorted(one.status_code for one in answers) == [303, 409]
    assert STALE in next(one.text for one in answers if one.status_code == 409)
    assert walk.case_of(code).version == case.version + 1
    assert "受理" not in walk.is_told(ANN), "it is told once it is with somebody"


def test_a_place_outside_is_kept_and_referred(
    database: Database, brain: Brain, tmp_path: Path
) -> None:
    walk = Walk(database, tmp_path / "var", brain, "qianjiang")
    walk.says(ANN, "举报 消防通道停满了车")
    card = walk.says(ANN, at=Place(30.66, 104.06, "天府广场", "gcj02"))
    assert "天府广场" in card
    receipt = walk.says(ANN, "1")
    code = code_in(receipt)
    walk.says(ANN, "要通知")

    assert "这个地方不在黔江区，我们照样收下，审核后转给当地。" in receipt
    assert walk.report_of(code).is_outside
    walk.moves(code, "refer", reason="在成都市，已转成都12345")
    assert "不归本区管，已经转给当地。说明：在成都市，已转成都12345。" in walk.is_told(ANN)
    assert "不在本区，已经转给当地" in walk.says(ANN, f"进度 {code}")
    walk.clock.now += timedelta(days=30)
    assert walk.work.run_due(walk.clock()) == 0


@embedded
def test_the_transcript(walk: Walk) -> None:
    written = TRANSCRIPT.read_text(encoding="utf-8")
    today = Teller(walk).replayed(written)
    if os.environ.get("LIFELINE_WRITE_TRANSCRIPTS"):
        TRANSCRIPT.write_text(today, encoding="utf-8")
    assert today == written
