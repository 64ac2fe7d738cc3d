"""A place to report in: a district's rules, a register, and somebody with a photo."""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from PIL import ExifTags, Image
from sqlalchemy import Connection, Table, func, insert, select

from community.coordinates import Bounds
from community.districts import District, load_district
from community.store import account_of, resident_of
from community.workdays import load_workdays
from hazards.case_rules import CaseRules
from hazards.categories import load_categories
from hazards.drafts import Draft, Privacy, Where
from hazards.intake import Intake
from hazards.limits import Limits
from hazards.submissions import Receipt, Submission
from storage import Database

NOON = datetime(2026, 11, 23, 4, 17, 23, 456789, tzinfo=UTC)  # a Monday, noon in Chongqing
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
KEY = b"k" * 32
# Inside the box of ``east``, and in no box.
HERE, FAR_AWAY = (29.25, 106.25), (39.9, 116.4)


def districts() -> dict[str, District]:
    """The neutral one, and one that knows its box."""
    demo = load_district("demo")
    east = replace(demo, id="east", name="东区", bounds=Bounds(29.0, 106.0, 29.5, 106.5))
    return {"demo": demo, "east": east}


def intake(**limits: int) -> Intake:
    served = districts()
    rules = CaseRules(served, load_workdays())
    return Intake(rules, served, load_categories(), KEY, Limits(**limits))


@dataclass(frozen=True)
class Somebody:
    """A channel account and the resident behind it."""

    account_id: int
    resident_id: int


def somebody(
    database: Database, name: str = "oZhangReportsAtNoon", channel: str = "wechat"
) -> Somebody:
    def work(db: Connection) -> Somebody:
        account = account_of(db, channel, name, NOON)
        return Somebody(account, resident_of(db, account))

    return database.write(work)


def drafted(
    category: str = "lane_blocked",
    where: Where | None = None,
    privacy: Privacy = "confidential",
    said: str = "车停在黄线上",
    district_id: str = "demo",
) -> Draft:
    return Draft(
        category=category,
        said=said,
        where=where or Where(words="双福花园东门"),
        privacy=privacy,
        begun_at=NOON - MINUTE,
        district_id=district_id,
    )


def handed_in(who: Somebody, draft: Draft, **other: object) -> Submission:
    return Submission("wechat", draft, who.resident_id, who.account_id, **other)  # type: ignore[arg-type]


def submitted(
    database: Database, submission: Submission, now: datetime = NOON, taker: Intake | None = None
) -> Receipt:
    taking = taker or intake()
    return database.write(lambda db: taking.submit(db, submission, now))


def rows(database: Database, table: Table) -> Sequence[dict[str, object]]:
    def look(db: Connection) -> list[dict[str, object]]:
        return [dict(row._mapping) for row in db.execute(select(table))]

    return database.read(look)


def count(database: Database, table: Table) -> int:
    return database.read(
        lambda db: db.execute(select(func.count()).select_from(table)).scalar_one()
    )


def add(database: Database, table: Table, values: dict[str, object]) -> None:
    database.write(lambda db: db.execute(insert(table).values(values)))


def picture(seed: int = 1, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A scene of its own for each seed: rough shapes, not noise."""
    rough = Image.new("L", (8, 6))
    rough.putdata(random.Random(seed).choices(range(256), k=48))
    return rough.resize(size, Image.Resampling.BICUBIC).convert("RGB")


def photo(seed: int = 1, kind: str = "JPEG") -> bytes:
    """A photo from a phone that tells where it stood."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SECRET-PHONE"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({ExifTags.GPS.GPSLatitude: (31.0, 13.0, 49.0)})
    out = io.BytesIO()
    picture(seed).save(out, kind, exif=exif)
    return out.getvalue()
