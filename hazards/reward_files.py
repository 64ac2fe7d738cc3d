"""Reading the part ``rewards`` of a district's file, so that a fault is named by file and line."""

import re
from collections.abc import Collection
from datetime import date
from typing import get_args
from zoneinfo import ZoneInfo

from community.districts import District
from community.ledger import Unit
from community.placefiles import BrokenPlaceFile, Part
from community.placevalues import day, truth, whole_number
from hazards.reward_rules import (
    CLAIM_DAYS,
    DEFAULT_CATEGORY,
    EXCLUSIONS,
    NEUTRAL,
    Amount,
    Exclusion,
    Offer,
    RewardRules,
    RewardScheme,
)

MOST_CLAIM_DAYS = 366
MOST_REWARD = 10_000_000
MOST_VERSION = 40

_AMOUNT = re.compile(r"(\d{1,8}) (points|fen)")
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_REQUIRED = ("version", "from", "amounts")
_ALLOWED = (
    "confirm",
    "me_too",
    "caps",
    "claim_days",
    "anonymous_cash",
    "anonymous_points",
    "excluded",
    "offers",
)


def scheme_of(district: District, categories: Collection[str] = ()) -> RewardScheme:
    """Return the rules of a district; as ``read_scheme``."""
    return read_scheme(district.id, district.timezone, district.part("rewards"), categories)


def read_scheme(
    district_id: str, timezone: str, part: Part | None, categories: Collection[str] = ()
) -> RewardScheme:
    """Return a district's rules from the part ``rewards`` of its file.

    Args:
        district_id: whose.
        timezone: an IANA name.
        part: a list of versions; None where the district has set none.
        categories: every category there is; empty when they are not to be checked.

    Raises:
        BrokenPlaceFile: naming file, line, problem and mend.
    """
    items = [] if part is None else part.items()
    found: dict[date, RewardRules] = {}
    names: set[str] = set()
    for item in items:
        rules = _rules(item, categories)
        if rules.since in found or rules.version in names:
            raise item.broken("有两版规则的version或from一样", "每版起一个名字，写不同的起始日期")
        found[rules.since] = rules
        names.add(rules.version)
    newest_first = tuple(found[since] for since in sorted(found, reverse=True))
    return RewardScheme(district_id, ZoneInfo(timezone), newest_first)


def _rules(part: Part, categories: Collection[str]) -> RewardRules:
    fields = part.fields(_REQUIRED, _ALLOWED)
    version = fields["version"].text()
    if len(version) > MOST_VERSION or version == NEUTRAL.version:
        raise fields["version"].broken(
            f"“{version}”不能用", f"起一个最多{MOST_VERSION}个字、不叫neutral的名字"
        )
    return RewardRules(
        version=version,
        since=day(fields["from"]),
        amounts=_amounts(fields["amounts"], categories),
        is_to_confirm=truth(fields.get("confirm"), missing=True),
        me_too=_number(fields.get("me_too"), 0),
        caps=_caps(fields.get("caps")),
        claim_days=_claim_days(fields.get("claim_days")),
        anonymous_cash=truth(fields.get("anonymous_cash")),
        anonymous_points=_number(fields.get("anonymous_points"), 0),
        excluded=_excluded(fields.get("excluded")),
        offers=_offers(fields.get("offers")),
    )


def _amounts(part: Part, categories: Collection[str]) -> dict[str, Amount]:
    allowed = (DEFAULT_CATEGORY, *categories) if categories else _keys(part)
    fields = part.fields((), allowed)
    if not fields:
        raise part.broken("没有写金额", f"至少写一行“{DEFAULT_CATEGORY}: 10 points”")
    return {name: _amount(value) for name, value in fields.items()}


def _keys(part: Part) -> list[str]:
    pairs = part.node.value if isinstance(part.node.value, list) else []
    return [Part(part.file, pair[0]).text() for pair in pairs if isinstance(pair, tuple)]


def _amount(part: Part) -> Amount:
    written = _AMOUNT.fullmatch(part.text())
    if written is None or int(written[1]) > MOST_REWARD:
        raise part.broken(
            f"金额“{part.text()}”读不懂", "写成“20 points”（积分）或“5000 fen”（分，等于50元）"
        )
    return Amount(int(written[1]), "fen" if written[2] == "fen" else "points")


def _number(part: Part | None, unset: int) -> int:
    return unset if part is None else whole_number(part, 0, MOST_REWARD)


def _claim_days(part: Part | None) -> int:
    return CLAIM_DAYS if part is None else whole_number(part, 1, MOST_CLAIM_DAYS)


def _caps(part: Part | None) -> dict[Unit, int]:
    if part is None:
        return {}
    units: tuple[Unit, ...] = get_args(Unit)
    fields = part.fields((), units)
    return {unit: _number(fields[unit], 0) for unit in units if unit in fields}


def _excluded(part: Part | None) -> frozenset[Exclusion]:
    if part is None:
        return EXCLUSIONS
    written = {item.text(): item for item in part.items()}
    if unknown := next((name for name in written if name not in EXCLUSIONS), None):
        raise written[unknown].broken(
            f"不认识“{unknown}”", f"只能写：{'、'.join(sorted(EXCLUSIONS))}"
        )
    return frozenset(each for each in EXCLUSIONS if each in written)


def _offers(part: Part | None) -> tuple[Offer, ...]:
    if part is None:
        return ()
    found: dict[str, Offer] = {}
    for item in part.items():
        offer = _offer(item)
        if offer.id in found:
            raise item.broken(f"兑换项目“{offer.id}”写了两次", "删掉一个")
        found[offer.id] = offer
    return tuple(found.values())


def _offer(part: Part) -> Offer:
    fields = part.fields(("id", "name", "price"), ("example",))
    offer_id, name = fields["id"].text(), fields["name"].text()
    if not _ID.fullmatch(offer_id):
        raise _bad_id(fields["id"], offer_id)
    price = _number(fields["price"], 0)
    if price < 1:
        raise fields["price"].broken("价格要大于0", "写要多少积分")
    return Offer(offer_id, name, price, truth(fields.get("example")))


def _bad_id(part: Part, written: str) -> BrokenPlaceFile:
    return part.broken(f"id“{written}”不能用", "用小写字母开头，只用小写字母、数字和下划线")
