"""Drills and duties, notices to many, building posts, help on evacuation, alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    _add_people()
    _add_drills()
    _add_broadcasts()
    _add_alerts()


def _add_people() -> None:
    op.create_table(
        "resident_language",
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_resident_language_resident_id")
        ),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_resident_language")),
    )
    op.create_table(
        "assistance_need",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key_id", sa.String(length=16), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("consent_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("renew_by", sa.BigInteger(), nullable=False),
        sa.Column("reminded_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_assistance_need_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["data_key.key_id"],
            name=op.f("fk_assistance_need_key_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_assistance_need_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistance_need")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("assistance_need", schema=None) as batch_op:
        batch_op.create_index("ix_assistance_need_building_id", ["building_id"], unique=False)
        batch_op.create_index("ix_assistance_need_key_id", ["key_id"], unique=False)
        batch_op.create_index("ix_assistance_need_renew_by", ["renew_by"], unique=False)
        batch_op.create_index(
            "ix_assistance_need_resident_id", ["resident_id", "building_id"], unique=False
        )
    op.create_table(
        "assistance_opening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_assistance_opening_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_assistance_opening_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistance_opening")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("assistance_opening", schema=None) as batch_op:
        batch_op.create_index(
            "ix_assistance_opening_building_id", ["building_id", "opened_at"], unique=False
        )
        batch_op.create_index("ix_assistance_opening_staff_id", ["staff_id"], unique=False)
    op.create_table(
        "staff_building",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("named_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("named_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_staff_building_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["named_by"], ["staff_member.id"], name=op.f("fk_staff_building_named_by")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_staff_building_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_building")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("staff_building", schema=None) as batch_op:
        batch_op.create_index("ix_staff_building_building_id", ["building_id"], unique=False)
        batch_op.create_index("ix_staff_building_named_by", ["named_by"], unique=False)
        batch_op.create_index("ix_staff_building_staff_id", ["staff_id", "role"], unique=False)
        batch_op.create_index(
            "uq_staff_building_running",
            ["staff_id", "building_id", "role"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def _add_drills() -> None:
    op.create_table(
        "drill_code_try",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_drill_code_try_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_code_try")),
    )
    with op.batch_alter_table("drill_code_try", schema=None) as batch_op:
        batch_op.create_index(
            "ix_drill_code_try_resident_id_tried_at", ["resident_id", "tried_at"], unique=False
        )
        batch_op.create_index("ix_drill_code_try_tried_at", ["tried_at"], unique=False)
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret_mac", sa.LargeBinary(), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("street_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_calendar_feed_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_calendar_feed_staff_id")
        ),
        sa.ForeignKeyConstraint(
            ["street_id"], ["street.id"], name=op.f("fk_calendar_feed_street_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("secret_mac", name=op.f("uq_calendar_feed_secret_mac")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_feed_district_id", ["district_id"], unique=False)
    op.create_table(
        "drill",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column(
            "street_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("assembly_point", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("lasts_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "organiser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("check_in_code", sa.String(length=6), nullable=False),
        sa.Column("check_in_token", sa.String(length=32), nullable=False),
        sa.Column("alarm_at", sa.BigInteger(), nullable=True),
        sa.Column("mustering_at", sa.BigInteger(), nullable=True),
        sa.Column("roll_closed_at", sa.BigInteger(), nullable=True),
        sa.Column("all_clear_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["staff_member.id"], name=op.f("fk_drill_approver_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_drill_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["staff_member.id"], name=op.f("fk_drill_organiser_id")
        ),
        sa.ForeignKeyConstraint(["street_id"], ["street.id"], name=op.f("fk_drill_street_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
        sa.UniqueConstraint("check_in_token", name=op.f("uq_drill_check_in_token")),
        sa.UniqueConstraint("code", name=op.f("uq_drill_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("drill", schema=None) as batch_op:
        batch_op.create_index(
            "ix_drill_community_id_starts_at", ["community_id", "starts_at"], unique=False
        )
        batch_op.create_index(
            "ix_drill_district_id_state_starts_at",
            ["district_id", "state", "starts_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_drill_street_id_starts_at", ["street_id", "starts_at"], unique=False
        )
        batch_op.create_index(
            "uq_drill_check_in_code_open",
            ["check_in_code"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.create_table(
        "drill_building",
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_drill_building_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["drill_id"], ["drill.id"], name=op.f("fk_drill_building_drill_id")
        ),
        sa.PrimaryKeyConstraint("drill_id", "building_id", name=op.f("pk_drill_building")),
    )
    with op.batch_alter_table("drill_building", schema=None) as batch_op:
        batch_op.create_index("ix_drill_building_building_id", ["building_id"], unique=False)
    op.create_table(
        "drill_check",
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_check_drill_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_drill_check_staff_id")
        ),
        sa.PrimaryKeyConstraint("drill_id", "item", name=op.f("pk_drill_check")),
    )
    op.create_table(
        "drill_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_event_drill_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("drill_event", schema=None) as batch_op:
        batch_op.create_index("ix_drill_event_drill_id_id", ["drill_id", "id"], unique=False)
    op.create_table(
        "drill_problem",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=False),
        sa.Column("photo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("noted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("solved_at", sa.BigInteger(), nullable=True),
        sa.Column("solved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_drill_problem_building_id")
        ),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_problem_drill_id")),
        sa.ForeignKeyConstraint(
            ["noted_by"], ["staff_member.id"], name=op.f("fk_drill_problem_noted_by")
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["stored_file.id"], name=op.f("fk_drill_problem_photo_id")
        ),
        sa.ForeignKeyConstraint(
            ["solved_by"], ["staff_member.id"], name=op.f("fk_drill_problem_solved_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_problem")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("drill_problem", schema=None) as batch_op:
        batch_op.create_index("ix_drill_problem_drill_id", ["drill_id"], unique=False)
    op.create_table(
        "drill_report",
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column(
            "sealed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_report_drill_id")),
        sa.ForeignKeyConstraint(
            ["sealed_by"], ["staff_member.id"], name=op.f("fk_drill_report_sealed_by")
        ),
        sa.PrimaryKeyConstraint("drill_id", "version", name=op.f("pk_drill_report")),
    )
    op.create_table(
        "drill_roster",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("room", sa.String(length=20), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("arrived", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column(
            "by_staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "by_resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("needs_assistance", sa.Boolean(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("arrived_at", sa.BigInteger(), nullable=True),
        sa.Column("helped_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_drill_roster_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_resident_id"], ["resident.id"], name=op.f("fk_drill_roster_by_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_staff_id"], ["staff_member.id"], name=op.f("fk_drill_roster_by_staff_id")
        ),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_roster_drill_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_drill_roster_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_roster")),
        sa.UniqueConstraint(
            "drill_id",
            "building_id",
            "resident_id",
            name=op.f("uq_drill_roster_drill_id_building_id_resident_id"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("drill_roster", schema=None) as batch_op:
        batch_op.create_index("ix_drill_roster_by_resident_id", ["by_resident_id"], unique=False)
        batch_op.create_index(
            "ix_drill_roster_drill_id_status", ["drill_id", "status"], unique=False
        )
        batch_op.create_index("ix_drill_roster_resident_id", ["resident_id"], unique=False)
    op.create_table(
        "drill_step",
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_step_drill_id")),
        sa.PrimaryKeyConstraint("drill_id", "stage", name=op.f("pk_drill_step")),
    )
    op.create_table(
        "drill_sweep",
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("stair", sa.Integer(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_drill_sweep_building_id")
        ),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_sweep_drill_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_drill_sweep_staff_id")
        ),
        sa.PrimaryKeyConstraint(
            "drill_id", "building_id", "stair", "floor", name=op.f("pk_drill_sweep")
        ),
    )
    op.create_table(
        "duty_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=10), nullable=False),
        sa.Column(
            "subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("done_on", sa.String(length=10), nullable=False),
        sa.Column("drill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("withdrawn_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_duty_record_drill_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_duty_record_staff_id")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["staff_member.id"], name=op.f("fk_duty_record_withdrawn_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_record")),
        sa.UniqueConstraint("key", name=op.f("uq_duty_record_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("duty_record", schema=None) as batch_op:
        batch_op.create_index(
            "ix_duty_record_district_id_done_on", ["district_id", "done_on"], unique=False
        )
        batch_op.create_index("ix_duty_record_drill_id", ["drill_id"], unique=False)
        batch_op.create_index(
            "ix_duty_record_subject_kind_subject_id_rule",
            ["subject_kind", "subject_id", "rule"],
            unique=False,
        )


def _add_broadcasts() -> None:
    op.create_table(
        "broadcast",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("street_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=6), nullable=False),
        sa.Column("lane", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("paused_from", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "expanded_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("slices", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["staff_member.id"], name=op.f("fk_broadcast_approver_id")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["staff_member.id"], name=op.f("fk_broadcast_author_id")
        ),
        sa.ForeignKeyConstraint(["street_id"], ["street.id"], name=op.f("fk_broadcast_street_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
        sa.UniqueConstraint("code", name=op.f("uq_broadcast_code")),
        sa.UniqueConstraint("key", name=op.f("uq_broadcast_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("broadcast", schema=None) as batch_op:
        batch_op.create_index(
            "ix_broadcast_district_id_created_at", ["district_id", "created_at"], unique=False
        )
        batch_op.create_index("ix_broadcast_state_due_at", ["state", "due_at"], unique=False)
    op.create_table(
        "broadcast_optout",
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_broadcast_optout_resident_id")
        ),
        sa.PrimaryKeyConstraint("resident_id", "purpose", name=op.f("pk_broadcast_optout")),
    )
    op.create_table(
        "broadcast_recipient",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("slice", sa.Integer(), nullable=False),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("suppressed", sa.String(length=20), nullable=False),
        sa.Column("ended", sa.String(length=12), nullable=False),
        sa.Column("tapped_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name=op.f("fk_broadcast_recipient_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.id"],
            name=op.f("fk_broadcast_recipient_delivery_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_broadcast_recipient_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast_recipient")),
        sa.UniqueConstraint(
            "broadcast_id",
            "resident_id",
            name=op.f("uq_broadcast_recipient_broadcast_id_resident_id"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("broadcast_recipient", schema=None) as batch_op:
        batch_op.create_index(
            "ix_broadcast_recipient_broadcast_id_slice", ["broadcast_id", "slice"], unique=False
        )
        batch_op.create_index("ix_broadcast_recipient_delivery_id", ["delivery_id"], unique=False)
        batch_op.create_index("ix_broadcast_recipient_resident_id", ["resident_id"], unique=False)


def _add_alerts() -> None:
    op.create_table(
        "alert_source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_source")),
        sa.UniqueConstraint("code", name=op.f("uq_alert_source_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("alert_source", schema=None) as batch_op:
        batch_op.create_index("ix_alert_source_district_id", ["district_id"], unique=False)
    op.create_table(
        "alert_detector",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("room", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_alert_detector_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["alert_source.id"], name=op.f("fk_alert_detector_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_detector")),
        sa.UniqueConstraint(
            "source_id", "external_id", name=op.f("uq_alert_detector_source_id_external_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("alert_detector", schema=None) as batch_op:
        batch_op.create_index("ix_alert_detector_building_id", ["building_id"], unique=False)
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("identifier", sa.String(length=200), nullable=False),
        sa.Column(
            "detector_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column(
            "building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "acknowledged_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "confirmed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("spread_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "stood_down_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["staff_member.id"], name=op.f("fk_alert_acknowledged_by")
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_alert_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["staff_member.id"], name=op.f("fk_alert_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["detector_id"], ["alert_detector.id"], name=op.f("fk_alert_detector_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["alert_source.id"], name=op.f("fk_alert_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["stood_down_by"], ["staff_member.id"], name=op.f("fk_alert_stood_down_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("code", name=op.f("uq_alert_code")),
        sa.UniqueConstraint("source_id", "identifier", name=op.f("uq_alert_source_id_identifier")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index("ix_alert_acknowledged_by", ["acknowledged_by"], unique=False)
        batch_op.create_index("ix_alert_building_id", ["building_id", "state"], unique=False)
        batch_op.create_index("ix_alert_confirmed_by", ["confirmed_by"], unique=False)
        batch_op.create_index("ix_alert_detector_id", ["detector_id", "state"], unique=False)
        batch_op.create_index("ix_alert_district_id", ["district_id", "id"], unique=False)
        batch_op.create_index("ix_alert_state", ["state", "heard_at"], unique=False)
        batch_op.create_index("ix_alert_stood_down_by", ["stood_down_by"], unique=False)
    op.create_table(
        "alert_bell",
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_bell_alert_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_alert_bell_resident_id")
        ),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_alert_bell")),
    )
    with op.batch_alter_table("alert_bell", schema=None) as batch_op:
        batch_op.create_index("ix_alert_bell_alert_id", ["alert_id"], unique=False)
    op.create_table(
        "alert_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("identifier", sa.String(length=200), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_message_alert_id")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["alert_source.id"], name=op.f("fk_alert_message_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_message")),
        sa.UniqueConstraint(
            "source_id", "identifier", name=op.f("uq_alert_message_source_id_identifier")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("alert_message", schema=None) as batch_op:
        batch_op.create_index("ix_alert_message_alert_id", ["alert_id"], unique=False)
    op.create_table(
        "alert_told",
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_told_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "step", "audience", name=op.f("pk_alert_told")),
    )
