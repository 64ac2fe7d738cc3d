"""Residents of two streets and one of none, who write to staff; for tests of the desk."""

from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from bot import store
from bot.desk import desk_hours
from bot.desk_inbox_store import messages_of, thread_at
from bot.desk_rules import DeskHours
from bot.desk_thread_store import desk_thread
from bot.desk_threads import Booked, Seen, Speaker, book
from bot.dialogue.session import Session, session_to_json
from bot.messages import Media
from bot.phrases import load_translation, load_wording
from community.bindings import bind
from community.register_store import add_street, building, building_facts, building_import, street
from community.register_store import community as community_table
from community.staff import Area, Post, Role, Staff
from community.staff_store import add_staff, find_staff
from community.store import account_of, resident_of
from storage import new_code

# A Monday, ten in the morning in Chongqing.
MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 4, tzinfo=UTC)
DISTRICT = "qianjiang"
SAID = "楼道灯坏了，没得人管"


def hours() -> DeskHours:
    return desk_hours((DISTRICT, "jiangjin"))


def speaker() -> Speaker:
    words = {"zh": load_wording().functions, "en": load_translation("en").functions}
    return Speaker(words)


def street_with_building(db: Connection, name: str, district: str = DISTRICT) -> tuple[int, int]:
    """Return the ids of a new street and of a building in it."""
    add_street(db, district, name)
    street_id = db.scalars(select(street.c.id).where(street.c.name == name)).one()
    place = {"district_id": district, "name_key": name}
    community_id = db.execute(
        insert(community_table)
        .values(street_id=street_id, name=f"{name}社区", **place)
        .returning(community_table.c.id)
    ).scalar_one()
    own = {"code": new_code(), "community_id": community_id, "created_at": SUNDAY}
    building_id = db.execute(
        insert(building).values(**own, **place).returning(building.c.id)
    ).scalar_one()
    made = {"district_id": district, "started_at": SUNDAY, "finished_at": SUNDAY}
    import_id = db.execute(
        insert(building_import).values(added=1, changed=0, **made).returning(building_import.c.id)
    ).scalar_one()
    texts = (
        "address", "use", "property_company", "property_phone", "control_room_phone",
        "community_phone", "head_phone", "fire_station", "maintenance_unit",
    )  # fmt: skip
    db.execute(
        insert(building_facts).values(
            building_id=building_id, import_id=import_id, name="3栋", sort_key="3",
            search_key="3栋", aliases=[], refuge_floors=[], assembly_points=[],
            **dict.fromkeys(texts, ""),
        )
    )  # fmt: skip
    return street_id, building_id


def settle_in(db: Connection, name: str, building_id: int, channel: str = "wechat") -> int:
    """Bind an account's resident to a building; return the account's id."""
    account_id = account_of(db, channel, name, SUNDAY)
    assert bind(db, resident_of(db, account_id), building_id, "scan", SUNDAY) == "bound"
    return account_id


def writes(
    db: Connection,
    name: str,
    said: str = SAID,
    now: datetime = MONDAY,
    *,
    channel: str = "wechat",
    sent: Media | None = None,
) -> Booked:
    """Have a resident leave a message."""
    account_id = account_of(db, channel, name, now)
    store.save_session(db, account_id, session_to_json(Session()), now)
    return book(db, hours(), account_id, (said, sent), now)


def code_of(db: Connection, name: str, channel: str = "wechat") -> str:
    """Return the code of a resident's thread."""
    resident_id = resident_of(db, account_of(db, channel, name, MONDAY))
    code: str = db.scalars(
        select(desk_thread.c.code).where(desk_thread.c.resident_id == resident_id)
    ).one()
    return code


def seen(db: Connection, name: str, area: Area, now: datetime = MONDAY) -> Seen:
    """Return a resident's conversation as somebody of an area sees it now."""
    thread = thread_at(db, area, code_of(db, name), now)
    assert thread is not None
    return Seen(thread, tuple(messages_of(db, area, thread.resident_id)))


def hired(
    db: Connection, login: str, role: Role = "grid_worker", district: str = DISTRICT, **place: int
) -> Staff:
    posts = [Post(role, district, **place)]  # type: ignore[arg-type]
    found = find_staff(db, add_staff(db, login, f"{login}同志", "x", posts, SUNDAY))
    assert found is not None
    return found
