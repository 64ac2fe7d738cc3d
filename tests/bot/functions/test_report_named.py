"""实名: a name asked once, kept in the vault and nowhere else."""

import json
from typing import cast

import pytest

from bot.functions.report_names import read_name
from bot.store import session, turn
from community.data_key_store import opened
from community.keys import derived_key
from community.vault import identity
from hazards.intake import VAULT_PURPOSE
from hazards.store import hazard_draft, hazard_report
from storage import Database
from tests.bot.functions.conftest import LI, Says
from tests.bot.functions.reporting import PLACE, draft_of, reports, rows, shown

in_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
NAME = "欧阳小满"


@pytest.fixture
def card(sends: Says) -> Says:
    """Somebody with the card before them."""
    sends("举报 楼道堆满纸箱")
    assert "没错就提交" in shown(sends(PLACE))
    return sends


def kept(database: Database) -> dict[str, str]:
    """Return what the vault shows to a reasoned opening of the only report."""
    (row,) = rows(database, identity)
    key, sealed = derived_key(b"k" * 32, VAULT_PURPOSE), cast("bytes", row["sealed"])
    plain = database.read(lambda db: opened(db, key, sealed, str(row["report_ref"]).encode()))
    assert plain is not None
    found: dict[str, str] = json.loads(plain)
    return found


@in_sqlite
class TestNamed:
    @pytest.mark.parametrize("word", ["实名", "实名上报"])
    def test_a_word_asks_the_name_and_hands_it_in(
        self, card: Says, database: Database, word: str
    ) -> None:
        assert "留个姓名" in shown(card(word))
        assert "上报好了" in shown(card(f"我叫{NAME}"))

        assert [one["privacy"] for one in reports(database)] == ["named"]
        assert kept(database) == {"channel": LI.channel, "name": LI.name, "real_name": NAME}

    def test_the_name_stands_nowhere_else(self, card: Says, database: Database) -> None:
        card("实名")
        card("欧")  # too short; asked again
        card(NAME)

        tables = (turn, session, hazard_draft, hazard_report)
        stored = [row for table in tables for row in rows(database, table)]
        assert NAME not in str(stored)
        assert "'said': '欧'" not in str(stored)

    @pytest.mark.parametrize("wrong", ["欧", "13800001234", "小满3栋", "字" * 21])
    def test_what_is_no_name_is_asked_for_again(
        self, card: Says, database: Database, wrong: str
    ) -> None:
        card("实名")

        assert "2到20个字" in shown(card(wrong))
        assert reports(database) == []

    def test_without_a_name_it_is_confidential(self, card: Says, database: Database) -> None:
        card("实名")
        card("提交")

        assert [one["privacy"] for one in reports(database)] == ["confidential"]
        assert "real_name" not in kept(database)

    def test_a_no_brings_the_card_back(self, card: Says, database: Database) -> None:
        card("实名")

        assert "保密：办事的单位看不到你是谁" in shown(card("不用"))
        assert draft_of(database) is not None
        assert reports(database) == []

    def test_before_the_place_is_known_the_place_comes_first(
        self, sends: Says, database: Database
    ) -> None:
        sends("举报 楼道堆满纸箱")
        assert "在哪里" in shown(sends("实名"))
        assert "实名：提交时问你姓名" in shown(sends(PLACE))
        assert "留个姓名" in shown(sends("1"))
        sends(NAME)

        assert kept(database)["real_name"] == NAME

    def test_with_nothing_begun_it_says_how_to(self, sends: Says) -> None:
        assert "现在没有没报完的" in shown(sends("实名"))

    def test_anonymous_after_all_keeps_no_name(self, card: Says, database: Database) -> None:
        card("实名")
        card("匿名提交")

        assert [one["privacy"] for one in reports(database)] == ["anonymous"]
        assert rows(database, identity) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" 王小明。", "王小明"),
        ("我是李女士", "李女士"),
        ("叫我老周", "老周"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("my name is Ana María", "Ana María"),
        ("名" * 20, "名" * 20),
        ("名" * 21, ""),
        ("王", ""),
        ("", ""),
        ("张三<b>", ""),
        ("3栋502", ""),
        ("王\n小明", ""),
    ],
)
def test_a_name_has_two_to_twenty_letters(text: str, name: str) -> None:
    assert read_name(text) == name
