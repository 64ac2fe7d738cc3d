"""Words that may leave the house: doors made coarse, and what points at a person found.

Places of units are kept, and so are street numbers, buildings and floors; the door of a home,
a phone number, an identity card, a plate or somebody's name are not. Patterns find the usual
ways of writing; whoever releases a text has read it, too.
"""

import re
from collections.abc import Callable
from typing import Literal

Trace = Literal["phone", "identity", "plate", "account", "door", "person"]

# As people read what was found.
TRACE_NAMES: dict[Trace, str] = {
    "phone": "电话号码",
    "identity": "身份证号",
    "plate": "车牌号",
    "account": "微信号或QQ号",
    "door": "门牌（房号）",
    "person": "个人称呼或姓名",
}
HIDDEN = "（已隐去）"
SOMEBODY = "住户"

# The hundred commonest surnames cover 85 of 100 people; 位于, 由于 and such name nobody.
_SURNAME = (
    "(?:(?<![位对关由属等处鉴])于|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程"
    "苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚"
    "邵万钱严覃武戴莫孔向汤冉])"
)
_TITLE = (
    "(?:先生|女士|小姐|太太|老师|师傅|大爷|大妈|大娘|阿姨|嬢嬢|婆婆|爷爷|奶奶|叔叔|老板|医生|"
    "经理|主任|某某|某)"
)
_BEHIND = "栋幢楼座层元梯"
_DASH = "[-－—–]"

_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}[ -]?\d{7,8}|[68]\d{7})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z]"
    r"[·•. ]?[A-Za-z0-9]{5,6}(?![A-Za-z0-9])"
)
_ACCOUNT = re.compile(r"(?:微信|[Qq]{2}|扣扣)号?[是为:： ]*[A-Za-z0-9_-]{5,20}")
_PERSON = re.compile(f"{_SURNAME}[一-鿿]{{0,2}}?{_TITLE}")
# 王小明家 is somebody's; 李家沱 and 张家湾 are places, so a given name has to stand between.
_HOME = re.compile(f"{_SURNAME}(?!家)[一-鿿]{{1,2}}家(?![具电园居乐政长庭族])")

# 3-2-501, 3栋5-2 (the floor, then the door), 3栋501, 1203室, 2单元3号, 五零二室.
_THREE_PARTS = re.compile(
    rf"(?<![\d-])(\d{{1,3}}){_DASH}(\d{{1,2}}){_DASH}\d{{1,4}}(?:室|号|房|户)?"
)
_FLOOR_DOOR = re.compile(
    rf"(?<=[{_BEHIND}])\s*(\d{{1,2}}){_DASH}\d{{1,2}}(?!\d)(?:室|号房?|房|户)?"
)
_BEHIND_UNIT = re.compile(rf"(?<=[{_BEHIND}])\s*(\d{{1,2}})\d{{2}}(?!\d)(?:室|号房?|房|户)?")
_ROOM = re.compile(r"(?<![\d-])(\d{1,2})\d{2}(?:室|号房|房(?![东屋子地管])|户(?!型))")
_ROOM_BARE = re.compile(rf"(?<=[{_BEHIND}])\s*\d{{1,2}}(?:室|号房?|房|户)")
_ROOM_WRITTEN = re.compile("[一二三四五六七八九十百零〇两]{2,5}(?:室|号房|户(?!型))")
_SPACES = re.compile(r"\s{2,}")

# Letters and digits alone: 「，」 and 「（」 stay as they were written.
_NARROW = {
    wide: wide - 0xFEE0
    for first, last in (("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ"))
    for wide in range(ord(first), ord(last) + 1)
}

_Mend = Callable[[re.Match[str]], str]


def _floor(found: re.Match[str]) -> str:
    return f"{int(found[1])}楼"


_DOORS: tuple[tuple[re.Pattern[str], _Mend], ...] = (
    (_THREE_PARTS, lambda found: f"{found[1]}-{found[2]}"),
    (_FLOOR_DOOR, _floor),
    (_BEHIND_UNIT, _floor),
    (_ROOM, _floor),
    (_ROOM_BARE, lambda _: ""),
    (_ROOM_WRITTEN, lambda _: ""),
)
_PERSONAL: tuple[tuple[Trace, re.Pattern[str], str], ...] = (
    ("identity", _IDENTITY, HIDDEN),
    ("phone", _PHONE, HIDDEN),
    ("plate", _PLATE, HIDDEN),
    ("account", _ACCOUNT, HIDDEN),
    ("person", _PERSON, SOMEBODY),
    ("person", _HOME, f"{SOMEBODY}家"),
)


def without_doors(text: str) -> str:
    """Return a place without doors of homes: 3栋501室 → 3栋5楼; streets keep their numbers."""
    plain = _plain(text)
    for pattern, mend in _DOORS:
        plain = pattern.sub(mend, plain)
    return _SPACES.sub(" ", plain).strip()


def coarse_floor(text: str) -> str:
    """Return a floor as it was written, 5楼; where a door was written, 502, its floor alone."""
    plain = _plain(text).strip()
    is_door = plain.isascii() and plain.isdigit() and len(plain) in {3, 4}
    return f"{int(plain) // 100}楼" if is_door else veiled(plain)


def veiled(text: str) -> str:
    """Return a text without anything that ``traces`` finds, so that it may be exported."""
    plain = _plain(text)
    for _, pattern, instead in _PERSONAL:
        plain = pattern.sub(instead, plain)
    return without_doors(plain)


def traces(text: str) -> tuple[Trace, ...]:
    """Return what in a text points at a person; empty when nothing was found."""
    plain = _plain(text)
    found: list[Trace] = [name for name, pattern, _ in _PERSONAL if pattern.search(plain)]
    if any(pattern.search(plain) for pattern, _ in _DOORS):
        found.append("door")
    return tuple(dict.fromkeys(found))


def _plain(text: str) -> str:
    """Return a text whose digits and letters are of one width."""
    return text.translate(_NARROW)
