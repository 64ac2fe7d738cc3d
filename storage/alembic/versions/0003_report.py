"""Staff and the audit log, hazards with their cases, the ledger and rewards, open data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    _add_staff()
    _add_what_hazards_stand_on()
    _add_cases_and_photos()
    _add_rewards()
    _add_desk()
    _add_others()


def _add_staff() -> None:
    op.create_table(
        "audit_entry",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_district_id", ["district_id", "id"], unique=False)
        batch_op.create_index("ix_audit_entry_subject", ["subject", "id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "staff_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_member_login")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_try",
        sa.Column("login_digest", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("login_digest", name=op.f("pk_staff_try")),
    )
    with op.batch_alter_table("staff_try", schema=None) as batch_op:
        batch_op.create_index("ix_staff_try_tried_at", ["tried_at"], unique=False)
    op.create_table(
        "console_operation",
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_console_operation_staff_id")
        ),
        sa.PrimaryKeyConstraint("staff_id", "token", name=op.f("pk_console_operation")),
    )
    with op.batch_alter_table("console_operation", schema=None) as batch_op:
        batch_op.create_index("ix_console_operation_done_at", ["done_at"], unique=False)
    op.create_table(
        "console_view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_console_view_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_view")),
        sa.UniqueConstraint("staff_id", "name", name=op.f("uq_console_view_staff_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "data_key",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_data_key_resident_id")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_data_key")),
    )
    with op.batch_alter_table("data_key", schema=None) as batch_op:
        batch_op.create_index("ix_data_key_resident_id", ["resident_id"], unique=False)
    op.create_table(
        "identity_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("report_ref", sa.String(length=60), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "approved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "approved_by <> asked_by", name=op.f("ck_identity_request_second_person")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["staff_member.id"], name=op.f("fk_identity_request_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["staff_member.id"], name=op.f("fk_identity_request_asked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_request")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("identity_request", schema=None) as batch_op:
        batch_op.create_index("ix_identity_request_approved_by", ["approved_by"], unique=False)
        batch_op.create_index(
            "ix_identity_request_asked_by", ["asked_by", "report_ref"], unique=False
        )
        batch_op.create_index(
            "ix_identity_request_district_id", ["district_id", "expires_at"], unique=False
        )
    op.create_table(
        "staff_chat_code",
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_staff_chat_code_staff_id")
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_chat_code")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_staff_chat_code_code_digest")),
    )
    op.create_table(
        "staff_post",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("street_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_staff_post_staff_id")
        ),
        sa.ForeignKeyConstraint(["street_id"], ["street.id"], name=op.f("fk_staff_post_street_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_post")),
        sa.UniqueConstraint(
            "staff_id",
            "role",
            "district_id",
            "place",
            name=op.f("uq_staff_post_staff_id_role_district_id_place"),
        ),
    )
    with op.batch_alter_table("staff_post", schema=None) as batch_op:
        batch_op.create_index("ix_staff_post_district_id", ["district_id"], unique=False)
        batch_op.create_index("ix_staff_post_street_id", ["street_id"], unique=False)
    op.create_table(
        "staff_session",
        sa.Column("token_mac", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_staff_session_staff_id")
        ),
        sa.PrimaryKeyConstraint("token_mac", name=op.f("pk_staff_session")),
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index("ix_staff_session_opened_at", ["opened_at"], unique=False)
        batch_op.create_index("ix_staff_session_seen_at", ["seen_at"], unique=False)
        batch_op.create_index("ix_staff_session_staff_id", ["staff_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("report_ref", sa.String(length=60), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["data_key.key_id"], name=op.f("fk_identity_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_ref", name=op.f("pk_identity")),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index("ix_identity_key_id", ["key_id"], unique=False)
    op.create_table(
        "identity_opening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["identity_request.id"], name=op.f("fk_identity_opening_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_opening")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("identity_opening", schema=None) as batch_op:
        batch_op.create_index("ix_identity_opening_request_id", ["request_id"], unique=False)
    op.create_table(
        "staff_account",
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_staff_account_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_staff_account_staff_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_staff_account")),
    )
    with op.batch_alter_table("staff_account", schema=None) as batch_op:
        batch_op.create_index("ix_staff_account_staff_id", ["staff_id"], unique=False)


def _add_what_hazards_stand_on() -> None:
    op.create_table(
        "hazard_limit",
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mac", "day", name=op.f("pk_hazard_limit")),
    )
    with op.batch_alter_table("hazard_limit", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_limit_day", ["day"], unique=False)
    op.create_table(
        "hazard_block",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("appeal", sa.Text(), nullable=False),
        sa.Column("appealed_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_hazard_block_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_block")),
    )
    with op.batch_alter_table("hazard_block", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_block_resident_id", ["resident_id"], unique=False)
    op.create_table(
        "hazard_appeal_decision",
        sa.Column(
            "block_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["hazard_block.id"],
            name=op.f("fk_hazard_appeal_decision_block_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("block_id", name=op.f("pk_hazard_appeal_decision")),
    )
    op.create_table(
        "hazard_draft",
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_hazard_draft_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_hazard_draft")),
    )
    with op.batch_alter_table("hazard_draft", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_draft_changed_at", ["changed_at"], unique=False)
    op.create_table(
        "hazard_draft_photo",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("refused", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("phash", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_hazard_draft_photo_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_hazard_draft_photo_file_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_draft_photo")),
        sa.UniqueConstraint(
            "account_id",
            "channel",
            "ref",
            name=op.f("uq_hazard_draft_photo_account_id_channel_ref"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("hazard_draft_photo", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_draft_photo_file_id", ["file_id"], unique=False)
    op.create_table(
        "hazard_case",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("street_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("handler", sa.String(length=40), nullable=False),
        sa.Column("lead", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("is_major", sa.Boolean(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("place_words", sa.String(length=200), nullable=False),
        sa.Column("floor", sa.String(length=20), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.String(length=40), nullable=False),
        sa.Column("soft_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("steps_done", sa.Integer(), nullable=False),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("pause_reason", sa.String(length=200), nullable=False),
        sa.Column(
            "merged_into", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("external_number", sa.String(length=60), nullable=False),
        sa.Column("searched", sa.String(length=600), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("public_text", sa.Text(), nullable=False),
        sa.Column("report_count", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("round_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_hazard_case_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["hazard_case.id"], name=op.f("fk_hazard_case_merged_into")
        ),
        sa.ForeignKeyConstraint(
            ["street_id"], ["street.id"], name=op.f("fk_hazard_case_street_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_case")),
        sa.UniqueConstraint("code", name=op.f("uq_hazard_case_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("hazard_case", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_case_building", ["building_id", "category"], unique=False)
        batch_op.create_index(
            "ix_hazard_case_changed",
            ["district_id", "changed_at", "id", "state", "handler", "lead", "searched"],
            unique=False,
        )
        batch_op.create_index("ix_hazard_case_external", ["external_number"], unique=False)
        batch_op.create_index(
            "ix_hazard_case_figures",
            [
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
            ],
            unique=False,
        )
        batch_op.create_index("ix_hazard_case_merged", ["merged_into"], unique=False)
        batch_op.create_index(
            "ix_hazard_case_near", ["category", "latitude", "longitude", "closed_at"], unique=False
        )
        batch_op.create_index(
            "ix_hazard_case_open",
            ["district_id", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_hazard_case_open_handler",
            ["district_id", "handler", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_hazard_case_open_lead",
            ["district_id", "lead", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_hazard_case_open_street",
            ["street_id", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index("ix_hazard_case_opened", ["district_id", "opened_at"], unique=False)
        batch_op.create_index(
            "ix_hazard_case_public", ["district_id", "is_public", "opened_at"], unique=False
        )
        batch_op.create_index(
            "ix_hazard_case_queue", ["district_id", "state", "due_at"], unique=False
        )
        batch_op.create_index("ix_hazard_case_street", ["street_id", "changed_at"], unique=False)
    op.create_table(
        "hazard_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=False),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("photo_ids", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["hazard_case.id"], name=op.f("fk_hazard_event_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("hazard_event", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_event_at", ["at"], unique=False)
        batch_op.create_index("ix_hazard_event_case_id", ["case_id", "id"], unique=False)
    op.create_table(
        "hazard_exposure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "live_case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("photo_ids", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "released_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "taken_down_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("taken_down_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["hazard_case.id"], name=op.f("fk_hazard_exposure_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_exposure")),
        sa.UniqueConstraint("live_case_id", name=op.f("uq_hazard_exposure_live_case_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("hazard_exposure", schema=None) as batch_op:
        batch_op.create_index(
            "ix_hazard_exposure_board", ["district_id", "released_at"], unique=False
        )
        batch_op.create_index("ix_hazard_exposure_case_id", ["case_id"], unique=False)
    op.create_table(
        "hazard_merge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "merged_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("merged_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["kept_id"], ["hazard_case.id"], name=op.f("fk_hazard_merge_kept_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_id"], ["hazard_case.id"], name=op.f("fk_hazard_merge_merged_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_merge")),
    )


def _add_cases_and_photos() -> None:
    with op.batch_alter_table("hazard_merge", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_merge_kept_id", ["kept_id"], unique=False)
        batch_op.create_index("ix_hazard_merge_merged_id", ["merged_id"], unique=False)
    op.create_table(
        "hazard_report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("privacy", sa.String(length=12), nullable=False),
        sa.Column(
            "reporter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("secret_mac", sa.String(length=64), nullable=True),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("home_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("place_words", sa.String(length=200), nullable=False),
        sa.Column("floor", sa.String(length=20), nullable=False),
        sa.Column("sent_latitude", sa.Float(), nullable=True),
        sa.Column("sent_longitude", sa.Float(), nullable=True),
        sa.Column("datum", sa.String(length=8), nullable=False),
        sa.Column("is_outside", sa.Boolean(), nullable=False),
        sa.Column("wants_notices", sa.Boolean(), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=True),
        sa.Column(
            "api_client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("is_false", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_hazard_report_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["hazard_case.id"], name=op.f("fk_hazard_report_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["home_id"], ["hazard_case.id"], name=op.f("fk_hazard_report_home_id")
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["resident.id"], name=op.f("fk_hazard_report_reporter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_report")),
        sa.UniqueConstraint("code", name=op.f("uq_hazard_report_code")),
        sa.UniqueConstraint("operation", name=op.f("uq_hazard_report_operation")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("hazard_report", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_report_case_id", ["case_id"], unique=False)
        batch_op.create_index(
            "ix_hazard_report_district", ["district_id", "created_at"], unique=False
        )
        batch_op.create_index("ix_hazard_report_home_id", ["home_id"], unique=False)
        batch_op.create_index(
            "ix_hazard_report_reporter_id", ["reporter_id", "created_at"], unique=False
        )
    op.create_table(
        "hazard_notice",
        sa.Column(
            "report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("moment", sa.String(length=10), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(length=3), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["hazard_report.id"], name=op.f("fk_hazard_notice_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "moment", "round", name=op.f("pk_hazard_notice")),
    )
    op.create_table(
        "hazard_photo",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("refused", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("phash", sa.String(length=16), nullable=False),
        sa.Column("masks", sa.Text(), nullable=False),
        sa.Column(
            "masked_file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "looked_at_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["hazard_case.id"], name=op.f("fk_hazard_photo_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_hazard_photo_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["masked_file_id"], ["stored_file.id"], name=op.f("fk_hazard_photo_masked_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["hazard_report.id"], name=op.f("fk_hazard_photo_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_photo")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("hazard_photo", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_photo_case_id", ["case_id"], unique=False)
        batch_op.create_index("ix_hazard_photo_file_id", ["file_id"], unique=False)
        batch_op.create_index("ix_hazard_photo_masked_file_id", ["masked_file_id"], unique=False)
        batch_op.create_index("ix_hazard_photo_phash", ["phash"], unique=False)
        batch_op.create_index("ix_hazard_photo_report_id", ["report_id"], unique=False)


def _add_rewards() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint(
            "district_id",
            "kind",
            "owner",
            "unit",
            name=op.f("uq_ledger_account_district_id_kind_owner_unit"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_account_owner", ["kind", "owner"], unique=False)
    op.create_table(
        "ledger_transfer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("reverses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["reverses"], ["ledger_transfer.id"], name=op.f("fk_ledger_transfer_reverses")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transfer")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_transfer_key")),
        sa.UniqueConstraint("reverses", name=op.f("uq_ledger_transfer_reverses")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ledger_balance",
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "amount >= 0 OR NOT is_held", name=op.f("ck_ledger_balance_not_overdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_balance_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_ledger_balance")),
    )
    op.create_table(
        "ledger_posting",
        sa.Column(
            "transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_posting_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["ledger_transfer.id"], name=op.f("fk_ledger_posting_transfer_id")
        ),
        sa.PrimaryKeyConstraint("transfer_id", "account_id", name=op.f("pk_ledger_posting")),
    )
    with op.batch_alter_table("ledger_posting", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_posting_account_id", ["account_id", "transfer_id"], unique=False
        )
    op.create_table(
        "reward_voucher",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("offer_id", sa.String(length=40), nullable=False),
        sa.Column("offer_name", sa.String(length=80), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_reward_voucher_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["ledger_transfer.id"], name=op.f("fk_reward_voucher_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward_voucher")),
        sa.UniqueConstraint("code", name=op.f("uq_reward_voucher_code")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_reward_voucher_transfer_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("reward_voucher", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reward_voucher_queue", ["district_id", "state", "id"], unique=False
        )
        batch_op.create_index("ix_reward_voucher_resident_id", ["resident_id"], unique=False)
    op.create_table(
        "commendation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("shown_as", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=400), nullable=False),
        sa.Column("issued_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("is_on_honour_roll", sa.Boolean(), nullable=False),
        sa.Column("consented_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["hazard_report.id"], name=op.f("fk_commendation_report_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_commendation_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commendation")),
        sa.UniqueConstraint("code", name=op.f("uq_commendation_code")),
        sa.UniqueConstraint("report_id", "text", name=op.f("uq_commendation_report_id_text")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("commendation", schema=None) as batch_op:
        batch_op.create_index("ix_commendation_resident_id", ["resident_id"], unique=False)
        batch_op.create_index(
            "ix_commendation_roll", ["district_id", "is_on_honour_roll", "issued_at"], unique=False
        )
    op.create_table(
        "reward",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column(
            "live_case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "live_report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("is_anonymous", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("full_amount", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.String(length=40), nullable=False),
        sa.Column("claim_days", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column(
            "proposed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("paid_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("payout_id", sa.String(length=60), nullable=False),
        sa.Column(
            "reversed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("reversed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state = 'refused' OR proposed_by IS NULL OR proposed_by <> decided_by",
            name=op.f("ck_reward_two_people"),
        ),
        sa.CheckConstraint("amount >= 0 AND amount <= full_amount", name=op.f("ck_reward_amount")),
        sa.ForeignKeyConstraint(["case_id"], ["hazard_case.id"], name=op.f("fk_reward_case_id")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["hazard_report.id"], name=op.f("fk_reward_report_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_reward_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward")),
        sa.UniqueConstraint("code", name=op.f("uq_reward_code")),
        sa.UniqueConstraint("live_case_id", name=op.f("uq_reward_live_case_id")),
        sa.UniqueConstraint("live_report_id", name=op.f("uq_reward_live_report_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("reward", schema=None) as batch_op:
        batch_op.create_index("ix_reward_case_id", ["case_id"], unique=False)
        batch_op.create_index("ix_reward_claimed_at", ["district_id", "claimed_at"], unique=False)
        batch_op.create_index("ix_reward_expires_at", ["state", "expires_at"], unique=False)
        batch_op.create_index("ix_reward_queue", ["district_id", "state", "id"], unique=False)
        batch_op.create_index("ix_reward_report_id", ["report_id"], unique=False)
        batch_op.create_index("ix_reward_resident_id", ["resident_id", "month"], unique=False)


def _add_desk() -> None:
    op.create_table(
        "desk_handover",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("street_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_person", sa.String(length=40), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_desk_handover_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_handover")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_handover", schema=None) as batch_op:
        batch_op.create_index(
            "ix_desk_handover_district_id", ["district_id", "ended_at"], unique=False
        )
    op.create_table(
        "desk_ready_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "changed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["staff_member.id"], name=op.f("fk_desk_ready_answer_changed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_ready_answer")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_ready_answer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_desk_ready_answer_district_id", ["district_id", "title"], unique=False
        )
    op.create_table(
        "desk_thread",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("holder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("held_since", sa.BigInteger(), nullable=True),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["staff_member.id"], name=op.f("fk_desk_thread_holder_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_desk_thread_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_thread")),
        sa.UniqueConstraint("code", name=op.f("uq_desk_thread_code")),
        sa.UniqueConstraint("resident_id", name=op.f("uq_desk_thread_resident_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_thread", schema=None) as batch_op:
        batch_op.create_index("ix_desk_thread_holder_id", ["holder_id"], unique=False)
    op.create_table(
        "desk_reply",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("street_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_desk_reply_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_desk_reply_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_reply")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("desk_reply", schema=None) as batch_op:
        batch_op.create_index("ix_desk_reply_account_id", ["account_id", "at"], unique=False)
        batch_op.create_index("ix_desk_reply_at", ["at"], unique=False)
    op.create_table(
        "staff_request_file",
        sa.Column(
            "request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_staff_request_file_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["staff_request.id"],
            name=op.f("fk_staff_request_file_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_staff_request_file")),
    )
    with op.batch_alter_table("staff_request_file", schema=None) as batch_op:
        batch_op.create_index("ix_staff_request_file_file_id", ["file_id"], unique=False)
    op.create_table(
        "staff_request_place",
        sa.Column(
            "request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("street_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("escalated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["staff_request.id"],
            name=op.f("fk_staff_request_place_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_staff_request_place")),
    )


def _add_others() -> None:
    op.create_table(
        "open311_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_key")),
        sa.UniqueConstraint("mac", name=op.f("uq_open311_key_mac")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_district_id", ["district_id"], unique=False)
    op.create_table(
        "offline_operation",
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_offline_operation_staff_id")
        ),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_offline_operation")),
    )
    with op.batch_alter_table("offline_operation", schema=None) as batch_op:
        batch_op.create_index("ix_offline_operation_received_at", ["received_at"], unique=False)
        batch_op.create_index("ix_offline_operation_staff_id", ["staff_id"], unique=False)
    op.create_table(
        "inspection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("operation", sa.String(length=36), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column(
            "street_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guide", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_inspection_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_inspection_staff_id")
        ),
        sa.ForeignKeyConstraint(["street_id"], ["street.id"], name=op.f("fk_inspection_street_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("operation", name=op.f("uq_inspection_operation")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inspection_building_id", ["building_id", "finished_at"], unique=False
        )
        batch_op.create_index("ix_inspection_staff_id", ["staff_id", "finished_at"], unique=False)
        batch_op.create_index("ix_inspection_street_id", ["street_id"], unique=False)
    op.create_table(
        "inspection_answer",
        sa.Column(
            "inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["hazard_case.id"], name=op.f("fk_inspection_answer_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_answer_inspection_id")
        ),
        sa.PrimaryKeyConstraint("inspection_id", "question", name=op.f("pk_inspection_answer")),
    )
    with op.batch_alter_table("inspection_answer", schema=None) as batch_op:
        batch_op.create_index("ix_inspection_answer_case_id", ["case_id"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column(
            "webhook_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["hazard_case.id"], name=op.f("fk_webhook_delivery_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["hazard_event.id"], name=op.f("fk_webhook_delivery_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("uid", name=op.f("uq_webhook_delivery_uid")),
        sa.UniqueConstraint(
            "webhook_id", "event_id", name=op.f("uq_webhook_delivery_webhook_id_event_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_delivery_created_at", ["created_at"], unique=False)
        batch_op.create_index(
            "ix_webhook_delivery_dead",
            ["webhook_id"],
            unique=False,
            sqlite_where=sa.text("state = 'dead'"),
            postgresql_where=sa.text("state = 'dead'"),
        )
