"""Towns with high-rises for tests of duties: a real import, staff, and drills there."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from community.building_apply import apply_import
from community.register_store import building, building_facts, community, street
from community.staff import Area, Post
from community.staff_store import add_staff
from drills.duties import Duties
from drills.duty_files import load_duties
from drills.store import drill, drill_building
from storage import Database, new_code
from tests.community.registered import planned

ZONE = ZoneInfo("Asia/Shanghai")
_DIGITS = count(100_000)
# A Friday, 12:00 in Chongqing; 41 days before the year ends.
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
TODAY = date(2026, 11, 20)
REGISTERED = datetime(2024, 3, 1, tzinfo=UTC)

HEADINGS = "镇街,社区,小区,楼栋,高度,用途\n"
QIANJIANG = HEADINGS + (
    "城东街道,幸福社区,滨江花园,1栋,80,住宅\n"
    "城东街道,幸福社区,滨江花园,2栋,18,住宅\n"
    "城东街道,幸福社区,,无高度楼,,住宅\n"
    "城东街道,东门社区,,双塔A座,120,公共\n"
    "城西街道,西门社区,,商住楼,110,商住\n"
    "城西街道,西门社区,,老仓库,40,工业\n"
    "城西街道,西门社区,,无用途楼,60,\n"
)
JIANGJIN = HEADINGS + "双福街道,福城社区,,福城1栋,90,住宅\n几江街道,江边社区,,江边小楼,12,住宅\n"


@dataclass(frozen=True)
class DutyTown:
    """A district's register, with somebody on its staff."""

    database: Database
    duties: Duties
    staff_id: int

    def ids(self, db: Connection, name: str) -> tuple[int, int, int]:
        """Return the ids of a building, its community and its street."""
        query = (
            select(building.c.id, building.c.community_id, community.c.street_id)
            .join(building_facts, building_facts.c.building_id == building.c.id)
            .join(community, community.c.id == building.c.community_id)
            .where(building_facts.c.name == name)
        )
        row = db.execute(query).one()
        return row[0], row[1], row[2]

    def drill(self, db: Connection, *names: str, **values: object) -> int:
        """Add a drill of some buildings and return its id."""
        places = [self.ids(db, name) for name in names]
        row = {
            "code": new_code(),
            "district_id": "qianjiang",
            "street_id": places[0][2],
            "community_id": places[0][1],
            "kind": "evacuation",
            "title": "冬季疏散演练",
            "scenario": "三楼电表箱冒烟",
            "assembly_point": "小区北门广场",
            "state": "planned",
            "version": 1,
            "sequence": 0,
            "starts_at": datetime(2026, 12, 5, 2, tzinfo=UTC),
            "lasts_minutes": 40,
            "organiser_id": self.staff_id,
            "check_in_code": f"{next(_DIGITS):06}",
            "check_in_token": new_code(),
            "reason": "",
            "created_at": NOON,
            "changed_at": NOON,
            **values,
        }
        drill_id: int = db.execute(insert(drill).values(row).returning(drill.c.id)).scalar_one()
        rows = [{"drill_id": drill_id, "building_id": place[0]} for place in places]
        db.execute(insert(drill_building), rows)
        return drill_id

    def street_area(self, db: Connection, name: str) -> Area:
        found = db.scalars(select(street.c.id).where(street.c.name == name)).one()
        return Area(streets=frozenset({found}))


def duty_town(database: Database) -> DutyTown:
    """Fill a database with two districts, registered long ago."""
    for district, text in (("qianjiang", QIANJIANG), ("jiangjin", JIANGJIN)):
        register(database, district, text)
    posts = [Post("supervisor", "qianjiang"), Post("supervisor", "jiangjin")]
    staff_id = database.write(lambda db: add_staff(db, "lin", "林同志", "x", posts, NOON))
    return DutyTown(database, load_duties(ZONE), staff_id)


def register(database: Database, district: str, text: str, at: datetime = REGISTERED) -> None:
    apply_import(database, planned(database, text, district=district), at)
    database.write(lambda db: db.execute(update(building).values(created_at=at)))


QIANJIANG_AREA = Area(frozenset({"qianjiang"}))
JIANGJIN_AREA = Area(frozenset({"jiangjin"}))
