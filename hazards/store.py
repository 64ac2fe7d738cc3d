"""The tables of hazards (隐患): reports, the cases they lead to, and what became of both.

Reports and cases are two things: many reports may support one case (one case, several
reporters). SQL over these tables stands in the ``*_store`` modules beside this one.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine.default import DefaultExecutionContext

from community.files import stored_file
from community.register_store import building, street
from community.store import channel_account, resident
from storage import JsonText, RowId, UtcDateTime, metadata

# PostgreSQL takes no index entry above some 2,700 bytes, and a character may have four.
MOST_SEARCHED = 600
_IS_OPEN = text("closed_at IS NULL")


def _open_index(name: str, *columns: str) -> Index:
    """Return an index of open cases alone, so that it stays small whatever is kept."""
    return Index(name, *columns, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)


def searched(place_words: str, external_number: str, summary: str) -> str:
    """Return a case's words as they are searched: lower case, as many as are kept for it."""
    return "\n".join((place_words, external_number, summary)).lower()[:MOST_SEARCHED]


def _searched(context: DefaultExecutionContext) -> str:
    row = context.get_current_parameters()  # type: ignore[no-untyped-call] # as SQLAlchemy has it
    return searched(row["place_words"], row["external_number"], row["summary"])


# The case (隐患): one thing that has to be put right, at one place.
hazard_case = Table(
    "hazard_case",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    Column("street_id", RowId, ForeignKey(street.c.id)),
    Column("building_id", RowId, ForeignKey(building.c.id)),
    Column("category", String(40), nullable=False),
    # One of ``hazards.transitions.State``; changed by ``hazards.casework`` alone.
    Column("state", String(16), nullable=False),
    # Ids of the district's departments: who handles it now, and who leads and supervises.
    Column("handler", String(40), nullable=False),
    Column("lead", String(40), nullable=False),
    # 0 none, 1 reminded (催办), 2 escalated (升级督办), 3 listed (挂牌督办).
    Column("level", Integer, nullable=False),
    Column("is_major", Boolean, nullable=False),
    # How many times it was opened: 1, and one more with each reopening.
    Column("round", Integer, nullable=False),
    # Where: words as staff and the public may read them, and degrees of WGS-84.
    Column("place_words", String(200), nullable=False),
    Column("floor", String(20), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    # What is wrong, in words that staff wrote or looked at; the reporter's own stay with them.
    Column("summary", Text, nullable=False),
    # Counted up with every change: two who press at once cannot both win.
    Column("version", Integer, nullable=False),
    Column("rule_version", String(40), nullable=False),
    Column("soft_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    # All steps of this round's deadline, [level, microseconds since 1970], and how many of them
    # were taken. Only the next one stands in ``due``.
    Column("steps", JsonText, nullable=False, default=list),
    Column("steps_done", Integer, nullable=False, default=0),
    Column("paused_at", UtcDateTime),
    Column("pause_reason", String(200), nullable=False),
    Column("merged_into", RowId, ForeignKey("hazard_case.id")),
    # Numbers of 12345 or a grid platform.
    Column("external_number", String(60), nullable=False),
    # Words of its place, number and summary, for the queue's search; whoever writes one of these
    # writes it too.
    Column("searched", String(MOST_SEARCHED), nullable=False, default=_searched),
    # Whether a reviewer has looked at it for the public (Open311, exports).
    Column("is_public", Boolean, nullable=False),
    Column("public_text", Text, nullable=False),
    Column("report_count", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    # When this round began; NULL in the first, which began with ``opened_at``.
    Column("round_at", UtcDateTime),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("verified_at", UtcDateTime),
    # When it came to an end: closed, rejected, duplicate or referred. NULL while it is open.
    Column("closed_at", UtcDateTime),
    # The queue of a district, a street, a handler, a lead: open cases in the order they are due.
    _open_index("ix_hazard_case_open", "district_id", "due_at", "id"),
    _open_index("ix_hazard_case_open_street", "street_id", "due_at", "id"),
    _open_index("ix_hazard_case_open_handler", "district_id", "handler", "due_at", "id"),
    _open_index("ix_hazard_case_open_lead", "district_id", "lead", "due_at", "id"),
    Index("ix_hazard_case_queue", "district_id", "state", "due_at"),
    Index("ix_hazard_case_street", "street_id", "changed_at"),
    # The queue of ended cases, sifted and searched for words within the index: the rows themselves
    # are many times as large.
    Index(
        "ix_hazard_case_changed",
        "district_id",
        "changed_at",
        "id",
        "state",
        "handler",
        "lead",
        "searched",
    ),
    Index("ix_hazard_case_opened", "district_id", "opened_at"),
    # All that statistics count, in the order they group it by, so that nothing is put into order.
    Index(
        "ix_hazard_case_figures",
        "district_id",
        "category",
        "street_id",
        "handler",
        "lead",
        "state",
        "opened_at",
        "due_at",
        "closed_at",
        "paused_at",
        "report_count",
    ),
    Index("ix_hazard_case_building", "building_id", "category"),
    # Found and sifted within the index: most cases of a kind around here were closed long ago.
    Index("ix_hazard_case_near", "category", "latitude", "longitude", "closed_at"),
    Index("ix_hazard_case_external", "external_number"),
    Index("ix_hazard_case_merged", "merged_into"),
    sqlite_autoincrement=True,
)

# A report (上报): what one person sent once.
hazard_report = Table(
    "hazard_report",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("code", String(8), nullable=False, unique=True),
    Column("district_id", String(40), nullable=False),
    # web, wechat, telegram, form, open311, staff, import
    Column("source", String(20), nullable=False),
    # anonymous, confidential, named
    Column("privacy", String(12), nullable=False),
    # Nobody for anonymous reports, and for reporters who were erased.
    Column("reporter_id", RowId, ForeignKey(resident.c.id)),
    # HMAC of the password of an anonymous report.
    Column("secret_mac", String(64)),
    Column("wrong_tries", Integer, nullable=False),
    Column("case_id", RowId, ForeignKey(hazard_case.c.id)),
    # The case it was put to, when merging has brought it to another one; NULL otherwise.
    Column("home_id", RowId, ForeignKey(hazard_case.c.id)),
    # new, first, me_too, rejected, withdrawn: what it is to its case. ``first`` is the first
    # valid one, whom the reward belongs to.
    Column("standing", String(12), nullable=False),
    Column("category", String(40), nullable=False),
    Column("said", Text, nullable=False),
    Column("building_id", RowId, ForeignKey(building.c.id)),
    Column("place_words", String(200), nullable=False),
    Column("floor", String(20), nullable=False),
    # As sent, with its datum (wgs84 or gcj02); the case has WGS-84.
    Column("sent_latitude", Float),
    Column("sent_longitude", Float),
    Column("datum", String(8), nullable=False),
    Column("is_outside", Boolean, nullable=False),
    # Whether the reporter wants to be told of the four moments.
    Column("wants_notices", Boolean, nullable=False),
    # Given by those who may repeat themselves without a turn: forms, grid workers, Open311.
    Column("operation", String(64), unique=True),
    Column("api_client_id", RowId),
    Column("is_false", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_hazard_report_case_id", "case_id"),
    Index("ix_hazard_report_home_id", "home_id"),
    Index("ix_hazard_report_reporter_id", "reporter_id", "created_at"),
    Index("ix_hazard_report_district", "district_id", "created_at"),
    sqlite_autoincrement=True,
)

# A photo of a report or of a case; the bytes are a stored file, encrypted.
hazard_photo = Table(
    "hazard_photo",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("report_id", RowId, ForeignKey(hazard_report.c.id)),
    Column("case_id", RowId, ForeignKey(hazard_case.c.id)),
    # One of: report, fix, no (it is not fixed), before, after.
    Column("purpose", String(10), nullable=False),
    Column("file_id", RowId, ForeignKey(stored_file.c.id)),
    # Until it is fetched: the channel and how it finds the photo; emptied then.
    Column("channel", String(20), nullable=False),
    Column("ref", Text, nullable=False),
    Column("refused", String(20), nullable=False),
    # Of the photo as we made it anew, before it was encrypted; and its perceptual hash.
    Column("sha256", String(64), nullable=False),
    Column("phash", String(16), nullable=False),
    # Rectangles that staff drew over faces, plates and door numbers, as fractions of the sides.
    Column("masks", JsonText, nullable=False),
    Column("masked_file_id", RowId, ForeignKey(stored_file.c.id)),
    # Whoever looked at the masked copy; nothing is shown to the public without.
    Column("looked_at_by", RowId),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_hazard_photo_report_id", "report_id"),
    Index("ix_hazard_photo_case_id", "case_id"),
    Index("ix_hazard_photo_file_id", "file_id"),
    Index("ix_hazard_photo_masked_file_id", "masked_file_id"),
    Index("ix_hazard_photo_phash", "phash"),
    sqlite_autoincrement=True,
)

# A report in the making; goes with the transaction that makes the receipt.
hazard_draft = Table(
    "hazard_draft",
    metadata,
    Column("account_id", RowId, ForeignKey(channel_account.c.id), primary_key=True),
    Column("state", JsonText, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_hazard_draft_changed_at", "changed_at"),
)

hazard_draft_photo = Table(
    "hazard_draft_photo",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("account_id", RowId, ForeignKey(channel_account.c.id), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("ref", Text, nullable=False),
    Column("file_id", RowId, ForeignKey(stored_file.c.id)),
    Column("refused", String(20), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("phash", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("account_id", "channel", "ref"),
    Index("ix_hazard_draft_photo_file_id", "file_id"),
    sqlite_autoincrement=True,
)

# What happened to a case, in order; only ever added to.
hazard_event = Table(
    "hazard_event",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("case_id", RowId, ForeignKey(hazard_case.c.id), nullable=False),
    # One of: moved, noted, merged, split, reminded, escalated, paused, resumed, asked, answered.
    Column("kind", String(12), nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    # staff role, "system" or "reporter"; never who a reporter is.
    Column("role", String(20), nullable=False),
    Column("staff_id", RowId),
    Column("reason", Text, nullable=False),
    Column("photo_ids", JsonText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_hazard_event_case_id", "case_id", "id"),
    Index("ix_hazard_event_at", "at"),
    sqlite_autoincrement=True,
)

# Which case took in which, with the reports that moved, so that it can be undone.
hazard_merge = Table(
    "hazard_merge",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kept_id", RowId, ForeignKey(hazard_case.c.id), nullable=False),
    Column("merged_id", RowId, ForeignKey(hazard_case.c.id), nullable=False),
    # What stood before: the reports with their standing, and the state of the merged case.
    Column("before", JsonText, nullable=False),
    Column("staff_id", RowId),
    Column("merged_at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Index("ix_hazard_merge_kept_id", "kept_id"),
    Index("ix_hazard_merge_merged_id", "merged_id"),
)

# What a reporter is told and asked: each moment once for each report and round.
hazard_notice = Table(
    "hazard_notice",
    metadata,
    Column("report_id", RowId, ForeignKey(hazard_report.c.id), primary_key=True),
    # One of: accepted 受理, turned 退回或转办, fixed 整改完成请确认, month 一个月后, reward 奖励.
    Column("moment", String(10), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("told_at", UtcDateTime, nullable=False),
    # yes or no, for the two that ask; "" until then.
    Column("answer", String(3), nullable=False),
    Column("answered_at", UtcDateTime),
)

# Counts for limits: under a key that changes daily, so that no row names a sender.
hazard_limit = Table(
    "hazard_limit",
    metadata,
    Column("mac", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("count", Integer, nullable=False),
    Index("ix_hazard_limit_day", "day"),
)

# Who may not report for now, and what they say to it.
hazard_block = Table(
    "hazard_block",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("resident_id", RowId, ForeignKey(resident.c.id), nullable=False),
    Column("district_id", String(40), nullable=False),
    Column("reason", Text, nullable=False),
    Column("staff_id", RowId),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("appeal", Text, nullable=False),
    Column("appealed_at", UtcDateTime),
    Column("lifted_at", UtcDateTime),
    Index("ix_hazard_block_resident_id", "resident_id"),
)
