"""The tables of drills (演练): the drill, its buildings and steps, its roster and what happened."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from community.files import stored_file
from community.register_store import building, community, street
from community.staff_store import staff_member
from community.store import resident
from storage import JsonText, RowId, UtcDateTime, metadata

drill = Table(
    "drill",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId, ForeignKey(street.c.id), nullable=False),
    Column("community_id", RowId, ForeignKey(community.c.id), nullable=False),
    # Of drills/templates.yaml: evacuation, night, gas_leak, school.
    Column("kind", String(20), nullable=False),
    Column("title", String(80), nullable=False),
    Column("scenario", Text, nullable=False),
    Column("assembly_point", String(100), nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    # Rises with each change that a calendar has to show (RFC 5545, SEQUENCE).
    Column("sequence", Integer, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("lasts_minutes", Integer, nullable=False),
    Column("organiser_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("approver_id", RowId, ForeignKey(staff_member.c.id)),
    Column("check_in_code", String(6), nullable=False),
    # What the QR code at the assembly point carries.
    Column("check_in_token", String(32), nullable=False, unique=True),
    Column("alarm_at", UtcDateTime),
    Column("mustering_at", UtcDateTime),
    Column("roll_closed_at", UtcDateTime),
    Column("all_clear_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_drill_street_id_starts_at", "street_id", "starts_at"),
    Index("ix_drill_community_id_starts_at", "community_id", "starts_at"),
    Index("ix_drill_district_id_state_starts_at", "district_id", "state", "starts_at"),
    sqlite_autoincrement=True,
)

# While a drill is open its six digits are its own; later drills may draw them again.
Index(
    "uq_drill_check_in_code_open",
    drill.c.check_in_code,
    unique=True,
    sqlite_where=drill.c.ended_at.is_(None),
    postgresql_where=drill.c.ended_at.is_(None),
)

drill_building = Table(
    "drill_building",
    metadata,
    Column("drill_id", RowId, ForeignKey(drill.c.id), primary_key=True),
    Column("building_id", RowId, ForeignKey(building.c.id), primary_key=True),
    Index("ix_drill_building_building_id", "building_id"),
)

drill_check = Table(
    "drill_check",
    metadata,
    Column("drill_id", RowId, ForeignKey(drill.c.id), primary_key=True),
    # Of drills/checklist.yaml.
    Column("item", String(40), primary_key=True),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("note", Text, nullable=False),
    Column("done_at", UtcDateTime, nullable=False),
)

# What is to happen by itself: each row is one piece of later work under the key "<drill>:<stage>".
drill_step = Table(
    "drill_step",
    metadata,
    Column("drill_id", RowId, ForeignKey(drill.c.id), primary_key=True),
    # notice_week, notice_day, notice_soon, alarm, reminder, roll_close.
    Column("stage", String(20), primary_key=True),
    Column("due_at", UtcDateTime, nullable=False),
    # planned, done, cancelled, missed.
    Column("state", String(12), nullable=False),
    Column("done_at", UtcDateTime),
)

drill_event = Table(
    "drill_event",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("drill_id", RowId, ForeignKey(drill.c.id), nullable=False),
    Column("kind", String(30), nullable=False),
    # staff, resident, system.
    Column("actor_kind", String(10), nullable=False),
    Column("actor_id", RowId),
    # When it happened, by the clock of who tells it; when we heard of it, by ours.
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("detail", JsonText, nullable=False),
    Index("ix_drill_event_drill_id_id", "drill_id", "id"),
    sqlite_autoincrement=True,
)

# The list that is called: frozen when the drill is announced, added to and corrected after.
drill_roster = Table(
    "drill_roster",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("drill_id", RowId, ForeignKey(drill.c.id), nullable=False),
    Column("building_id", RowId, ForeignKey(building.c.id), nullable=False),
    # None for a household from an imported list, and for a guest.
    Column("resident_id", RowId, ForeignKey(resident.c.id)),
    # "2-1203" or ""; unique with the building for households.
    Column("room", String(20), nullable=False),
    Column("floor", Integer),
    # How many people this row stands for, and how many of them have come.
    Column("persons", Integer, nullable=False),
    Column("arrived", Integer, nullable=False),
    # resident, household, guest.
    Column("kind", String(10), nullable=False),
    # unknown, leaving, needs_help, arrived, at_home, away, excused, missing.
    Column("status", String(12), nullable=False),
    # button, qr, code, proxy, list, organiser; "" while unknown.
    Column("source", String(10), nullable=False),
    Column("by_staff_id", RowId, ForeignKey(staff_member.c.id)),
    # The resident who answered for a household.
    Column("by_resident_id", RowId, ForeignKey(resident.c.id)),
    Column("needs_assistance", Boolean, nullable=False),
    Column("left_at", UtcDateTime),
    Column("arrived_at", UtcDateTime),
    Column("helped_at", UtcDateTime),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("drill_id", "building_id", "resident_id"),
    Index("ix_drill_roster_drill_id_status", "drill_id", "status"),
    Index("ix_drill_roster_resident_id", "resident_id"),
    Index("ix_drill_roster_by_resident_id", "by_resident_id"),
    sqlite_autoincrement=True,
)

drill_sweep = Table(
    "drill_sweep",
    metadata,
    Column("drill_id", RowId, ForeignKey(drill.c.id), primary_key=True),
    Column("building_id", RowId, ForeignKey(building.c.id), primary_key=True),
    Column("stair", Integer, primary_key=True),
    Column("floor", Integer, primary_key=True),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id)),
    Column("note", Text, nullable=False),
    Column("cleared_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

# What was found wrong (问题): it has an owner and a day, and comes back at the next drill.
drill_problem = Table(
    "drill_problem",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("drill_id", RowId, ForeignKey(drill.c.id), nullable=False),
    Column("building_id", RowId, ForeignKey(building.c.id)),
    # lighting, door, blocked, alarm, lift, people, other.
    Column("kind", String(20), nullable=False),
    Column("words", Text, nullable=False),
    Column("owner", String(60), nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("photo_id", RowId, ForeignKey(stored_file.c.id)),
    Column("noted_by", RowId, ForeignKey(staff_member.c.id)),
    Column("noted_at", UtcDateTime, nullable=False),
    Column("solved_at", UtcDateTime),
    Column("solved_by", RowId, ForeignKey(staff_member.c.id)),
    Column("solution", Text, nullable=False),
    Index("ix_drill_problem_drill_id", "drill_id"),
    sqlite_autoincrement=True,
)

# A report as it was sealed: correcting it makes another version, never another content.
drill_report = Table(
    "drill_report",
    metadata,
    Column("drill_id", RowId, ForeignKey(drill.c.id), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JsonText, nullable=False),
    # SHA-256 over the body in canonical JSON, with the hash of the version before.
    Column("hash", String(64), nullable=False),
    Column("sealed_by", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
)

# What shows that a duty was done: a sealed report of ours, or a paper that staff enter.
duty_record = Table(
    "duty_record",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("rule", String(60), nullable=False),
    # community, building or street, and its id.
    Column("subject_kind", String(10), nullable=False),
    Column("subject_id", RowId, nullable=False),
    Column("district_id", String(40), nullable=False),
    Column("done_on", String(10), nullable=False),
    Column("drill_id", RowId, ForeignKey(drill.c.id)),
    Column("note", Text, nullable=False),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Tells one occasion from another, so that nothing counts twice; None once withdrawn.
    Column("key", String(120), unique=True),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", RowId, ForeignKey(staff_member.c.id)),
    Column("withdrawn_note", Text, nullable=False, default=""),
    Index("ix_duty_record_subject_kind_subject_id_rule", "subject_kind", "subject_id", "rule"),
    Index("ix_duty_record_district_id_done_on", "district_id", "done_on"),
    Index("ix_duty_record_drill_id", "drill_id"),
    sqlite_autoincrement=True,
)

calendar_feed = Table(
    "calendar_feed",
    metadata,
    Column("id", RowId, primary_key=True),
    # HMAC of the secret in the address; the secret itself is shown once.
    Column("secret_mac", LargeBinary, nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId, ForeignKey(street.c.id)),
    Column("community_id", RowId, ForeignKey(community.c.id)),
    Column("name", String(80), nullable=False),
    Column("staff_id", RowId, ForeignKey(staff_member.c.id), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_calendar_feed_district_id", "district_id"),
    sqlite_autoincrement=True,
)
