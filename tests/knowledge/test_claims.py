"""Claims that nobody could verify: found where they are stated, and only there."""

import re
from pathlib import Path

import pytest

from knowledge.claims import load_claims
from knowledge.errors import BrokenContent


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("先走。\n\n1. 湿毛巾折8层捂嘴。", [(2, "毛巾折8层")]),
        ("软管用2米的。", [(0, "软管用2米")]),
        ("软管一般不超过2米。", []),
        ("一般这样。软管用2米的。", [(0, "软管用2米")]),
        ("举报打96119。", [(0, "96119")]),
        ("举报打96119\n或者12345。", []),
        ("毛巾放好。", []),
    ],
)
def test_a_claim_is_found_sentence_by_sentence(
    root: Path, text: str, stated: list[tuple[int, str]]
) -> None:
    claims = load_claims(root / "unverified.yaml")
    assert [found for claim in claims for found in claim.stated(text)] == stated


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- {claim: a, pattern: '(', why: b, say: c}", [("bad_pattern", 1)]),
        ("- {claim: a, pattern: b, unless: '[', why: c, say: d}", [("bad_pattern", 1)]),
        ("- {claim: a, pattern: b}", [("missing_key", 1), ("missing_key", 1)]),
        ("- {claim: a, pattern: b, why: c, say: d, colour: e}", [("unknown_key", 1)]),
        ("claim: a", [("not_a_list", 1)]),
    ],
)
def test_a_broken_list_is_refused_by_line(
    tmp_path: Path, text: str, expected: list[tuple[str, int]]
) -> None:
    path = tmp_path / "unverified.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenContent) as refused:
        load_claims(path)
    assert [(found.kind, found.line) for found in refused.value.problems] == expected


# What must and must not be caught by the list that ships; each row is a claim's name, a
# sentence that states it, and one that may stand.
SHIPPED = [
    ("黄金逃生3分钟", "黄金逃生时间只有3分钟。", "火来得快，越早走越好。"),
    ("浓烟每秒几米", "浓烟每秒能窜3—5米。", "烟往楼上窜，比人爬楼快。"),
    ("湿毛巾折8层", "湿毛巾要折8层。", "毛巾叠几层捂住口鼻。"),
    ("云梯够多少米", "云梯车最高能到50米左右。", "云梯不一定够得着。"),
    ("家里必须装燃气报警器", "家里必须装燃气报警器。", "餐馆必须装燃气报警器。"),
    ("只给96119", "看到堵通道打96119。", "打96119或12345。"),
    ("罚500元", "个人罚款500元。", "个人警告或者罚款500元以下。"),
    ("法律禁止入户充电", "法律禁止把电池带回家充电。", "没有法律条文禁止带回家充电，但很危险。"),
    ("电动车三分钟烧起来", "电瓶车3分钟就烧到全屋。", "电瓶车烧起来很快。"),
    ("电动车限速25公里", "最高时速25公里。", "别解除限速。"),
    ("高层住户必须配逃生器材", "高层住户必须配逃生绳。", "不是必须配逃生绳。"),
    ("橡胶管一律禁用", "橡胶软管已经全面禁止。", "普通橡胶管容易老化。"),
    ("软管18个月", "橡胶管用18个月就换。", "橡胶管通常说18个月左右就换。"),
    ("软管2米", "软管不超过2米。", "软管一般不超过2米。"),
    ("灶具热水器8年", "灶具8年报废。", "灶具一般8年，看铭牌。"),
    ("报警器几年一换", "报警器3年一换。", "报警器按铭牌上写的3年或5年换。"),
    ("爆炸极限", "浓度到5%—15%就会炸。", "浓度大约5%到15%遇火就炸。"),
    ("灭火器的距离和秒数", "灭火器离火3米喷。", "灭火器一般离火3米左右喷。"),
    ("避难层人均面积", "每平方米站5人。", "避难层能暂时躲避。"),
    ("登高场地和救援窗的尺寸", "救援窗下沿1.2米。", "登高场地不能停车。"),
    ("没有找到的地方规章", "《重庆市物业管理条例》第三十条。", "《物业管理条例》第五十条。"),
    ("维修资金首期5%到8%", "维修资金交造价的5%至8%。", "维修资金问物业。"),
    ("举报奖多少钱", "举报一次奖50元。", "举报奖励以本区公布的为准。"),
    ("物业可以罚款", "物业可以罚款。", "物业没有罚款权。"),
    ("水枪能打几层", "水枪能打10层。", "水枪不一定够得着。"),
]


@pytest.mark.parametrize(("claim", "stated", "allowed"), SHIPPED, ids=[row[0] for row in SHIPPED])
def test_the_shipped_list_catches_the_claim_and_not_its_mend(
    claim: str, stated: str, allowed: str
) -> None:
    found = {item.claim: item for item in load_claims()}[claim]
    assert list(found.stated(stated))
    assert not list(found.stated(allowed))


def test_every_shipped_claim_has_its_row() -> None:
    claims = load_claims()
    assert [claim.claim for claim in claims] == [row[0] for row in SHIPPED]
    assert not [claim.claim for claim in claims if re.search(r"[。.]$", claim.why + claim.say)]
