"""The revisions make exactly the tables that the packages declare, on both stores."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

import bot.console.operation_store
import bot.console.view_store
import bot.desk_answers_store
import bot.desk_handover_store
import bot.desk_store
import bot.desk_thread_store
import bot.platform_store
import bot.store
import community.alert_store
import community.alert_telling_store
import community.assistance_store
import community.audience_store
import community.audit
import community.bindings
import community.broadcast_optout_store
import community.broadcast_store
import community.building_posts
import community.consents
import community.data_key_store
import community.delivery_store
import community.files
import community.ledger_store
import community.link_store
import community.offline_store
import community.reach
import community.register_store
import community.staff_entry_store
import community.staff_store
import community.store
import community.vault
import drills.code_try_store
import drills.store
import hazards.appeal_store
import hazards.commendation_store
import hazards.exposure_store
import hazards.inspection_store
import hazards.open_key_store
import hazards.open_store
import hazards.reward_store
import hazards.store
import hazards.voucher_store
import hazards.webhook_message_store
import hazards.webhook_store
import knowledge.store
import storage.work_rows
from community.store import account_of, channel_account, resident, resident_of
from storage import Database, differences, metadata, pending

TABLES = (
    bot.console.operation_store.console_operation,
    bot.console.view_store.console_view,
    bot.desk_answers_store.desk_ready_answer,
    bot.desk_handover_store.desk_handover,
    bot.desk_store.staff_request,
    bot.desk_thread_store.desk_thread,
    bot.platform_store.access_token,
    bot.store.turn,
    community.audit.audit_entry,
    community.bindings.binding,
    community.consents.subscription_consent,
    community.data_key_store.data_key,
    community.delivery_store.delivery,
    community.files.stored_file,
    community.ledger_store.ledger_account,
    community.link_store.link,
    community.offline_store.offline_operation,
    community.reach.reach,
    community.register_store.street,
    community.staff_entry_store.staff_session,
    community.staff_store.staff_member,
    community.store.resident,
    community.vault.identity,
    community.alert_store.alert,
    community.alert_telling_store.alert_bell,
    community.assistance_store.assistance_need,
    community.audience_store.resident_language,
    community.broadcast_optout_store.broadcast_optout,
    community.broadcast_store.broadcast,
    community.building_posts.staff_building,
    drills.code_try_store.drill_code_try,
    drills.store.drill,
    hazards.appeal_store.appeal_decision,
    hazards.commendation_store.commendation,
    hazards.exposure_store.hazard_exposure,
    hazards.inspection_store.inspection,
    hazards.open_key_store.open311_key,
    hazards.open_store.hazard_case,
    hazards.reward_store.reward,
    hazards.store.hazard_case,
    hazards.voucher_store.voucher,
    hazards.webhook_message_store.webhook_delivery,
    hazards.webhook_store.webhook,
    knowledge.store.unanswered,
    storage.work_rows.due,
)


def test_upgraded_database_is_what_the_code_declares(database: Database) -> None:
    assert pending(database) == []
    assert all(table.metadata is metadata for table in TABLES)
    assert differences(database, metadata) == []


@pytest.mark.parametrize("table", ["resident", "channel_account"])
def test_an_erased_id_is_never_given_again(database: Database, table: str) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)

    def ids(name: str) -> dict[str, int]:
        def work(db: object) -> dict[str, int]:
            account = account_of(db, "web", name, now)  # type: ignore[arg-type]
            return {"channel_account": account, "resident": resident_of(db, account)}  # type: ignore[arg-type]

        return database.write(work)

    before = ids("first")
    database.write(lambda db: db.execute(delete(channel_account)))
    database.write(lambda db: db.execute(delete(resident)))

    assert ids("second")[table] > before[table]
