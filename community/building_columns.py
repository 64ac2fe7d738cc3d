"""The columns of a list of buildings: their headings, and what may stand below each.

``problem`` and ``mend`` are Chinese, for whoever keeps the list.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from types import MappingProxyType

from community.placenames import name_key
from community.registers import USES, Use, is_mobile, read_phone

_SEPARATORS = re.compile(r"[、，,;；/\n]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "###"})
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: .*)?")
MOST_ITEMS = 20
MOST_NAME_CHARACTERS = 60
TALLEST_FLOORS = 200
TALLEST_METRES = 1000.0

Value = str | int | float | bool | date | tuple[str, ...] | tuple[int, ...] | None


class BadCell(Exception):
    """What stands in a cell cannot be taken as it is."""

    permanent = True

    def __init__(self, problem: str, mend: str) -> None:
        self.problem = problem
        self.mend = mend
        super().__init__(f"{problem}: {mend}")


@dataclass(frozen=True, slots=True)
class Heading:
    """One column.

    Attributes:
        field: what it fills: a field of ``BuildingFacts``, or one of ``PLACE_FIELDS``.
        name: the heading in our template.
        aliases: other headings in use.
        read: text to value; raises BadCell.
        is_required: whether every row must have it.
    """

    field: str
    name: str
    aliases: tuple[str, ...]
    read: Callable[[str], Value]
    is_required: bool = False


def plain(text: str) -> str:
    """Return a cell's text if it can be stored and shown.

    Raises:
        BadCell: for a formula, a spreadsheet's error, or characters nobody can see.
    """
    if text.startswith("="):
        raise BadCell("这一格是公式", "复制这一列，用“选择性粘贴→数值”粘回去")
    if text in _ERRORS:
        raise BadCell("这一格是表格的出错提示", "改成真正的内容")
    if _UNPRINTABLE.search(text):
        raise BadCell("有看不见的特殊字符", "删掉这一格，重新打一遍")
    return text


def _text(most: int, text: str) -> str:
    if len(text) > most:
        raise BadCell(f"有{len(text)}个字，太长", f"缩到{most}个字以内")
    return re.sub(r"\s+", " ", text)


def _name(most: int, text: str) -> str:
    name = _text(most, text)
    if not name_key(name):
        raise BadCell("没有文字也没有数字", "写上名称")
    return name


def _whole(low: int, high: int, units: str, text: str) -> int:
    number = _number(low, high, units, text)
    if not number.is_integer():
        raise BadCell("要写整数", f"写{low}到{high}的整数")
    return int(number)


def _number(low: float, high: float, units: str, text: str) -> float:
    found = re.fullmatch(rf"(-?[0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)(?:{units})?", text.strip())
    if not found:
        raise BadCell("不是数字", f"只写数字，{low:g}到{high:g}")
    number = float(found[1])
    if not low <= number <= high:
        raise BadCell("数字不合理", f"写{low:g}到{high:g}之间的数")
    return number


def _yes(text: str) -> bool:
    if text in {"是", "Y", "y", "1", "√"}:
        return True
    if text in {"否", "不是", "N", "n", "0", "×"}:
        return False
    raise BadCell("看不懂", "写“是”或“否”")


def _use(text: str) -> Use:
    for use in USES:
        if text == use or text in _USE_WORDS.get(use, ()):
            return use
    raise BadCell("不认识这种用途", f"写{'、'.join(USES)}中的一种")


_USE_WORDS: MappingProxyType[Use, tuple[str, ...]] = MappingProxyType(
    {
        "住宅": ("居住", "住宅楼", "高层住宅", "居民楼", "居民住宅"),
        "公共": ("公建", "公共建筑", "办公", "写字楼", "商业", "酒店", "医院", "学校"),
        "商住": ("商住楼", "商住两用", "混合", "综合", "综合楼"),
        "工业": ("厂房", "仓库"),
        "其他": ("其它",),
    }
)


def _phone(text: str) -> str:
    phone = read_phone(text)
    if phone is None:
        raise BadCell(
            "电话的样子不对",
            "座机写成“区号-号码”，手机写11位；开头的0被表格吃掉的，把这一列设成文本再填",
        )
    return phone


def _office_phone(text: str) -> str:
    phone = _phone(text)
    if is_mobile(phone):
        raise BadCell("手机号是个人信息，这里不登记", "填社区或物业的座机，没有就空着")
    return phone


def _items(text: str) -> list[str]:
    items = [item.strip() for item in _SEPARATORS.split(text) if item.strip()]
    if len(items) > MOST_ITEMS:
        raise BadCell(f"列了{len(items)}个", f"最多{MOST_ITEMS}个")
    return list(dict.fromkeys(items))


def _texts(text: str) -> tuple[str, ...]:
    return tuple(_text(MOST_NAME_CHARACTERS, item) for item in _items(text))


def _floors(text: str) -> tuple[int, ...]:
    floors = {
        _whole(1, TALLEST_FLOORS, "层|楼|F", item.removeprefix("第")) for item in _items(text)
    }
    return tuple(sorted(floors))


def _date(text: str) -> date:
    found = _DATE.fullmatch(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass  # 2月30日: the same words as for any other date that is none.
    raise BadCell("不是日期", "写成2026-05-01的样子")


PLACE_FIELDS = ("district", "street", "community", "estate")

HEADINGS: tuple[Heading, ...] = (
    Heading("district", "区县", ("区", "所属区县"), partial(_text, MOST_NAME_CHARACTERS)),
    Heading(
        "street", "镇街", ("街道", "镇街道", "镇街/平台", "街镇", "乡镇街道", "所属镇街"),
        partial(_name, MOST_NAME_CHARACTERS), is_required=True,
    ),
    Heading(
        "community", "社区", ("社区/村", "村社区", "社区村", "村居", "村", "所属社区", "社区名称"),
        partial(_name, MOST_NAME_CHARACTERS), is_required=True,
    ),
    Heading(
        "estate", "小区", ("小区名称", "楼盘", "所属小区", "住宅小区"),
        partial(_name, MOST_NAME_CHARACTERS),
    ),
    Heading(
        "name", "楼栋", ("楼号", "楼栋号", "楼栋名称", "楼名", "栋号", "幢号", "建筑名称"),
        partial(_name, MOST_NAME_CHARACTERS), is_required=True,
    ),
    Heading("address", "地址", ("详细地址", "门牌地址", "建筑地址"), partial(_text, 200)),
    Heading("aliases", "别名", ("俗称", "曾用名"), _texts),
    Heading("stairs", "单元数", ("单元", "梯数"), partial(_whole, 1, 50, "个|个单元|单元")),
    Heading(
        "floors_above", "地上层数", ("层数", "楼层数", "总层数", "地上楼层"),
        partial(_whole, 1, TALLEST_FLOORS, "层|楼|F"),
    ),
    Heading("floors_below", "地下层数", ("地下楼层",), partial(_whole, 0, 20, "层|F")),
    Heading("households", "户数", ("住户数", "总户数"), partial(_whole, 0, 5000, "户")),
    Heading(
        "height_m", "高度", ("建筑高度", "高度m", "建筑高度m", "高度米", "建筑高度米"),
        partial(_number, 1, TALLEST_METRES, "米|m|M"),
    ),
    Heading("use", "用途", ("建筑用途", "使用性质", "建筑类型", "建筑性质"), _use),
    Heading(
        "built_year", "建成年份", ("建成年代", "竣工年份", "建筑年代", "年份"),
        partial(_whole, 1900, 2100, "年|年代"),
    ),
    Heading("is_old", "老旧高层", ("是否老旧高层", "老旧"), _yes),
    Heading("refuge_floors", "避难层", ("避难楼层",), _floors),
    Heading("assembly_points", "集合点", ("疏散集合点", "应急集合点"), _texts),
    Heading(
        "property_company", "物业公司", ("物业", "物业名称", "物业服务企业", "管理单位"),
        partial(_text, 100),
    ),
    Heading("property_phone", "物业电话", ("物业值班电话", "物业联系电话"), _phone),
    Heading(
        "control_room_phone", "消防控制室电话", ("消控室电话", "控制室电话", "消控室"), _phone
    ),
    Heading("community_phone", "社区电话", ("网格员电话", "社区值班电话"), _phone),
    Heading("head_phone", "楼栋长办公电话", ("楼栋长电话", "楼长办公电话"), _office_phone),
    Heading("fire_station", "微型消防站", ("微站", "所属微型消防站"), partial(_text, 100)),
    Heading(
        "maintenance_unit", "维保单位", ("消防维保单位", "维保公司", "维护保养单位"),
        partial(_text, 100),
    ),
    Heading("last_inspected", "最近检查日期", ("检查日期", "最近检测日期", "检测日期"), _date),
    Heading("latitude", "纬度", ("lat", "latitude"), partial(_number, 3, 54, "°|度")),
    Heading("longitude", "经度", ("lng", "lon", "longitude"), partial(_number, 73, 136, "°|度")),
)  # fmt: skip

HEADING_OF = MappingProxyType({heading.field: heading for heading in HEADINGS})


def heading_for(text: str) -> Heading | None:
    """Return the column that a heading names, whatever its punctuation, stars and units."""
    return _BY_KEY.get(_heading_key(text))


def _heading_key(text: str) -> str:
    unified = re.sub(r"[（(【\[]?(?:必填|选填)[）)】\]]?", "", text)
    return "".join(sign for sign in unified if sign.isalnum()).casefold()


_BY_KEY = MappingProxyType(
    {
        _heading_key(name): heading
        for heading in HEADINGS
        for name in (heading.name, *heading.aliases)
    }
)
