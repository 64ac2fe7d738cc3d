"""The registers of places as values: streets, communities and buildings (户籍化).

Values in, values out; the tables stand in ``community.register_store``. Only phones of offices
are kept here, never a person's own.
"""

import re
import unicodedata
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Generic, Literal, TypeVar, get_args

T = TypeVar("T")

# The platforms' menus and a thumb both end at about this many choices.
PAGE_SIZE = 8

Use = Literal["住宅", "公共", "商住", "工业", "其他"]
USES: tuple[Use, ...] = get_args(Use)

# 建筑设计防火规范 GB 50016 2.1.1: a dwelling above 27 m, any other building above 24 m.
HIGH_RISE_DWELLING_METRES = 27
HIGH_RISE_OTHER_METRES = 24

_MOBILE = r"1[3-9][0-9]{9}"
_LANDLINE = r"(?:0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(?:-[0-9]{1,6})?"
_FREE = r"[48]00-?[0-9]{3}-?[0-9]{4}"
_SHORT = r"1[0-9]{2}|1[0-9]{4}|9[56][0-9]{3,4}"
_PHONE = re.compile(f"{_MOBILE}|{_LANDLINE}|{_FREE}|{_SHORT}")


@dataclass(frozen=True, slots=True)
class Street:
    """A street, town or platform (镇街) of a district."""

    id: int
    district_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Community:
    """A community or village (社区、村); its name is used once in a district."""

    id: int
    street_id: int
    name: str


@dataclass(frozen=True, slots=True)
class BuildingFacts:
    """What an import may say about a building; None and "" mean that nobody has said it.

    Attributes:
        name: as residents call it, the estate (小区) included.
        address: as a taxi finds it.
        aliases: other names people use.
        stairs: how many units (单元) with stairs of their own.
        floors_above: floors above ground.
        floors_below: floors below ground.
        households: how many dwellings.
        height_m: metres.
        use: what it is used for.
        built_year: year of completion.
        is_old: listed as an old high-rise (老旧高层).
        refuge_floors: floor numbers (避难层).
        assembly_points: where people gather after leaving (集合点).
        property_company: who manages it.
        property_phone: the manager's duty phone.
        control_room_phone: of the fire control room, or of the micro fire station.
        community_phone: of the community's office or its grid worker's post.
        head_phone: the building head's office phone (楼栋长), of the post, not the person's.
        fire_station: the micro fire station in charge (微型消防站).
        maintenance_unit: who maintains the fire protection (维保单位).
        last_inspected: when fire protection was last inspected.
        latitude: degrees north.
        longitude: degrees east.
    """

    name: str
    address: str = ""
    aliases: tuple[str, ...] = ()
    stairs: int | None = None
    floors_above: int | None = None
    floors_below: int | None = None
    households: int | None = None
    height_m: float | None = None
    use: Use | Literal[""] = ""
    built_year: int | None = None
    is_old: bool | None = None
    refuge_floors: tuple[int, ...] = ()
    assembly_points: tuple[str, ...] = ()
    property_company: str = ""
    property_phone: str = ""
    control_room_phone: str = ""
    community_phone: str = ""
    head_phone: str = ""
    fire_station: str = ""
    maintenance_unit: str = ""
    last_inspected: date | None = None
    latitude: float | None = None
    longitude: float | None = None

    @property
    def is_high_rise(self) -> bool | None:
        """Whether the law counts it as a high-rise; None without height or use."""
        if self.height_m is None or not self.use:
            return None
        is_dwelling = self.use == "住宅"
        return self.height_m > (
            HIGH_RISE_DWELLING_METRES if is_dwelling else HIGH_RISE_OTHER_METRES
        )


FACT_NAMES = tuple(fact.name for fact in fields(BuildingFacts))


@dataclass(frozen=True, slots=True)
class Building:
    """A registered building; ``code`` stands on its QR code and is what people may type."""

    id: int
    code: str
    district_id: str
    street: str
    community_id: int
    community: str
    facts: BuildingFacts
    archived_at: datetime | None = None

    @property
    def name(self) -> str:
        """The name residents know."""
        return self.facts.name

    @property
    def full_name(self) -> str:
        """Street, community and name, to tell it from another of the same name."""
        return f"{self.street}{self.community}{self.facts.name}"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """At most ``PAGE_SIZE`` rows to choose from.

    Attributes:
        rows: in order.
        number: which page, from 0.
        has_more: whether another page follows.
    """

    rows: tuple[T, ...] = field(default=())
    number: int = 0
    has_more: bool = False


def is_mobile(phone: str) -> bool:
    """Tell whether a phone is a mobile one, which mostly belongs to one person."""
    return any(re.fullmatch(_MOBILE, part) for part in phone.split("/"))


def read_phone(text: str) -> str | None:
    """Return an office phone, or two parted by a slash, as it is dialled; None for none.

    Takes full width, spaces, brackets around the area code and +86.
    """
    plain = unicodedata.normalize("NFKC", text).replace("‑", "-").replace("—", "-")
    plain = re.sub(r"\s", "", plain.replace("(", "").replace(")", "-")).replace("--", "-")
    phones = [part.removeprefix("+86").removeprefix("-") for part in re.split("[/、,;]", plain)]
    if len(phones) > 2 or not all(_PHONE.fullmatch(phone) for phone in phones):
        return None
    return "/".join(phones)
