"""Reading a district's rules: every fault is named by line, and what is unset has a default."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from community.districts import COMMUNITY_ROOT, district_ids, load_district
from community.placefiles import BrokenPlaceFile, Part, read_place_file
from hazards.categories import load_categories
from hazards.reward_files import read_scheme, scheme_of
from hazards.reward_rules import EXCLUSIONS, Amount, Offer, RewardScheme

FULL = """\
- version: "2026"
  from: 2026-01-01
  confirm: false
  amounts: {default: 10 points, lane_blocked: 5000 fen}
  me_too: 2
  caps: {points: 200, fen: 30000}
  claim_days: 45
  anonymous_cash: true
  anonymous_points: 8
  excluded: [on_duty, handlers]
  offers:
    - {id: fire_blanket, name: 灭火毯, price: 100, example: true}
    - {id: smoke_alarm, name: 烟雾报警器, price: 300}
- version: "2027"
  from: 2027-01-01
  amounts: {default: 12 points}
"""
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def part_of(folder: Path, text: str) -> Part:
    file = folder / "rewards.yaml"
    file.write_text(text, encoding="utf-8")
    return read_place_file(file)


def scheme_in(folder: Path, text: str) -> RewardScheme:
    return read_scheme("demo", "Asia/Shanghai", part_of(folder, text), ["lane_blocked", "other"])


def test_a_full_file_is_read(tmp_path: Path) -> None:
    scheme = scheme_in(tmp_path, FULL)
    assert [rules.version for rules in scheme.versions] == ["2027", "2026"]
    rules = scheme.at(NOON)
    assert rules.since == date(2026, 1, 1)
    assert rules.amounts == {"default": Amount(10, "points"), "lane_blocked": Amount(5000, "fen")}
    assert (rules.is_to_confirm, rules.me_too, rules.claim_days) == (False, 2, 45)
    assert (rules.cap("points"), rules.cap("fen")) == (200, 30000)
    assert (rules.anonymous_cash, rules.anonymous_points) == (True, 8)
    assert rules.excluded == {"on_duty", "handlers"}
    assert rules.offers == (
        Offer("fire_blanket", "灭火毯", 100, is_example=True),
        Offer("smoke_alarm", "烟雾报警器", 300),
    )


def test_what_is_not_written_is_the_careful_choice(tmp_path: Path) -> None:
    rules = scheme_in(tmp_path, FULL).versions[0]
    assert rules.is_to_confirm
    assert not rules.anonymous_cash
    assert rules.excluded == EXCLUSIONS
    assert (rules.me_too, rules.claim_days, rules.cap("points"), rules.offers) == (0, 30, None, ())


def test_a_district_without_rules_has_none() -> None:
    assert read_scheme("demo", "Asia/Shanghai", None).versions == ()


def test_without_the_categories_any_name_is_taken(tmp_path: Path) -> None:
    text = FULL.replace("lane_blocked", "new_category")
    scheme = read_scheme("demo", "Asia/Shanghai", part_of(tmp_path, text))
    assert scheme.at(NOON).amount("new_category") == Amount(5000, "fen")


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("lane_blocked:", "lane_bloked:", 4, "不认识“lane_bloked”"),
        ("5000 fen", "50元", 4, "金额“50元”读不懂"),
        ("5000 fen", "99999999 fen", 4, "金额“99999999 fen”读不懂"),
        ("5000 fen", "-5 fen", 4, "金额“-5 fen”读不懂"),
        ("{default: 12 points}", "{}", 16, "没有写金额"),
        ("from: 2027-01-01", "from: 明年", 15, "没有“明年”这一天"),
        ("from: 2027-01-01", "from: 2026-01-01", 14, "有两版规则"),
        ('version: "2027"', 'version: "2026"', 14, "有两版规则"),
        ('version: "2027"', "version: neutral", 14, "“neutral”不能用"),
        ("confirm: false", "confirm: 是", 3, "“是”不是true或false"),
        ("me_too: 2", "me_too: two", 5, "“two”不对"),
        ("me_too: 2", "me_too: ²", 5, "“²”不对"),
        ("claim_days: 45", "claim_days: 0", 7, "“0”不对"),
        ("claim_days: 45", "claim_days: 400", 7, "“400”不对"),
        ("{points: 200", "{yuan: 200", 6, "不认识“yuan”"),
        ("[on_duty, handlers]", "[on_duty, family]", 10, "不认识“family”"),
        ("id: fire_blanket", "id: 灭火毯", 12, "id“灭火毯”不能用"),
        ("id: smoke_alarm", "id: fire_blanket", 13, "写了两次"),
        ("price: 300", "price: 0", 13, "价格要大于0"),
        ("  me_too: 2\n", "  bonus: 2\n", 5, "不认识“bonus”"),
        ("  amounts: {default: 12 points}\n", "", 14, "缺“amounts”"),
    ],
)
def test_a_fault_is_named_by_line(
    tmp_path: Path, old: str, new: str, line: int, problem: str
) -> None:
    assert old in FULL
    with pytest.raises(BrokenPlaceFile) as broken:
        scheme_in(tmp_path, FULL.replace(old, new))
    assert broken.value.line == line
    assert problem in broken.value.problem
    assert broken.value.mend


def district_file(folder: Path, rewards: str) -> Path:
    """Return a folder with a district of its own, as ``community`` is one."""
    (folder / "districts").mkdir()
    (folder / "settings.yaml").write_text("[]\n", encoding="utf-8")
    text = (COMMUNITY_ROOT / "districts" / "demo.yaml").read_text(encoding="utf-8")
    sound, _, _ = text.partition("\nrewards:")
    indented = rewards.replace("\n", "\n  ")
    (folder / "districts" / "demo.yaml").write_text(
        f"{sound}\nrewards:\n  {indented}\n", encoding="utf-8"
    )
    return folder


def test_a_district_s_file_holds_its_rules(tmp_path: Path) -> None:
    district = load_district("demo", district_file(tmp_path, FULL))
    scheme = scheme_of(district, ["lane_blocked"])
    assert scheme.district_id == "demo"
    assert scheme.at(NOON).version == "2026"


@pytest.mark.parametrize("district", ["qianjiang", "jiangjin"])
def test_no_amount_is_invented_for_a_real_district(district: str) -> None:
    scheme = scheme_of(load_district(district))
    assert scheme.versions == ()
    assert not scheme.at(NOON).pays_cash


@pytest.mark.parametrize("district", district_ids())
def test_every_district_s_rules_can_be_used(district: str) -> None:
    categories = [each.id for each in load_categories().all]
    assert scheme_of(load_district(district), categories).at(NOON)
