"""我的楼栋: by code, by name, by place and step by step."""

import re

import pytest

from bot.dialogue.turns import Turn
from bot.messages import Event, Place
from community.nearby import NEAR_METRES, Point, buildings_near
from storage import Database
from tests.bot.functions.conftest import Says
from tests.bot.functions.test_functions import labels, shown


def named(codes: dict[str, str], part: str) -> tuple[str, str]:
    return next((name, code) for name, code in codes.items() if part in name)


@pytest.mark.parametrize("sign", [":", "_"], ids=["wechat", "telegram"])
def test_scanning_while_following_asks_and_binds(
    sends: Says, codes: dict[str, str], sign: str
) -> None:
    name, code = named(codes, "3栋")

    welcome = sends(event=Event("followed", f"building{sign}{code}"))
    assert "生命通道" in shown(welcome)
    assert labels(welcome) == ["是，绑定", "不是，换一栋"]
    assert f"绑好了：{name}" in shown(sends("是"))

    phones = shown(sends("1"))
    assert "023-79220001" in phones
    assert "023-79220002" not in phones


def test_a_name_finds_one_or_offers_several(sends: Says, codes: dict[str, str]) -> None:
    sends("我的楼栋")
    several = sends("阳光小区")
    assert len(labels(several)) == 2
    assert "绑好了" in shown(sends("2"))

    assert "你绑定的楼栋" in shown(sends("我的楼栋"))


def test_step_by_step(sends: Says, codes: dict[str, str]) -> None:
    sends("我的楼栋")
    assert labels(sends("1")) == ["城东街道", "城西街道"]
    assert labels(sends("城西街道")) == ["西山社区"]
    sends("1")

    assert "翠湖苑1栋" in shown(sends("1"))


def test_a_place_offers_the_nearest_first(sends: Says, codes: dict[str, str]) -> None:
    near = sends(place=Place(29.5301, 108.7701, "文汇路"))

    assert [re.search("[35]栋", label)[0] for label in labels(near)] == ["3栋", "5栋"]  # type: ignore[index]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("latitude", "longitude", "found"),
    [(29.53, 108.77, 2), (29.60, 108.90, 1), (0.0, 0.0, 0), (89.99, 180.0, 0), (500.0, 1e9, 0)],
)
def test_nearness(
    database: Database, codes: dict[str, str], latitude: float, longitude: float, found: int
) -> None:
    point = Point(latitude, longitude)

    assert len(database.read(lambda db: buildings_near(db, ["demo"], point, 8))) == found
    assert NEAR_METRES < 5000


def test_four_buildings_are_one_too_many(sends: Says, codes: dict[str, str]) -> None:
    for code in codes.values():
        sends(event=Event("scanned", f"building:{code}"))
        sends("1")
    offered = labels(sends("我的楼栋"))
    assert "再绑一栋" not in offered

    dropped = next(label for label in offered if label.startswith("不再绑"))
    assert "好，不再绑" in shown(sends(dropped))
    assert "再绑一栋" in labels(sends("我的楼栋"))


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
class TestBadInput:
    @pytest.mark.parametrize(
        "scene",
        [
            "building:00000000",
            "building_",
            "building:ABCDEFGH",
            "别的码",
            "building:" + "9" * 90,
        ],
    )
    @pytest.mark.usefixtures("codes")
    def test_a_code_that_is_none_of_ours_leads_on(self, sends: Says, scene: str) -> None:
        turn = sends(event=Event("scanned", scene))

        assert "认不出来" in shown(turn)
        assert labels(turn) == ["逐级选"]

    def test_a_code_without_a_scene_welcomes(self, sends: Says) -> None:
        assert "常用电话" in labels(sends(event=Event("scanned", "")))

    @pytest.mark.parametrize(
        "key",
        ["building/take/00000000", "building/buildings/999/0", "building/communities/x/y",
         "building/streets/99999999999", "building/drop/zzz", "building/take/", "building/what"],
    )  # fmt: skip
    @pytest.mark.usefixtures("codes")
    def test_keys_that_were_tampered_with_do_nothing(self, sends: Says, key: str) -> None:
        assert sends(event=Event("menu", key)).replies

    @pytest.mark.usefixtures("codes")
    def test_an_unknown_name_says_what_to_try(self, sends: Says) -> None:
        sends("我的楼栋")

        assert "没找到“不存在花园9栋”" in shown(sends("不存在花园9栋"))

    @pytest.mark.usefixtures("codes")
    def test_a_question_in_the_middle_is_answered(self, sends: Says) -> None:
        sends("我的楼栋")

        answered: Turn = sends("楼道能停电动车吗")

        assert answered.replies[0].kind == "answer"

    def test_without_a_register_nothing_is_promised(self, sends: Says) -> None:
        assert "还没登记" in shown(sends("我的楼栋"))
        assert "没有记下来" in shown(sends(place=Place(29.5, 106.5)))
