"""What belongs to whom: every column that names an account or a resident, and how each goes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from bot import store
from bot.desk_store import staff_request
from bot.desk_thread_store import desk_reply, desk_thread
from community.alert_telling_store import alert_bell
from community.assistance_store import assistance_need
from community.audience_store import resident_language
from community.broadcast_optout_store import broadcast_optout
from community.broadcast_store import broadcast_recipient
from community.consents import subscription_consent
from community.data_key_store import data_key
from community.delivery_store import delivery
from community.erasure import OWN, Erasable, joined
from community.ledger_store import carry_over
from community.merging import Belongings
from community.reach import reach
from community.staff_entry_store import staff_account
from drills.code_try_store import drill_code_try
from drills.store import drill_roster
from hazards.commendation_store import commendation
from hazards.report_store import empty_reports
from hazards.reward_store import reward
from hazards.rewards import forget_holder
from hazards.store import hazard_block, hazard_draft, hazard_draft_photo, hazard_report
from hazards.voucher_store import voucher
from knowledge.store import feedback

# A test finds the columns that are left out.
ERASABLE = joined(
    OWN,
    Erasable(
        accounts=(
            store.turn.c.account_id,
            store.session.c.account_id,
            staff_request.c.account_id,
            desk_reply.c.account_id,
            delivery.c.account_id,
            reach.c.account_id,
            subscription_consent.c.account_id,
            staff_account.c.account_id,
        ),
        residents=(feedback.c.resident_id, desk_thread.c.resident_id, data_key.c.resident_id),
    ),
    Erasable(
        accounts=(hazard_draft.c.account_id, hazard_draft_photo.c.account_id),
        residents=(
            hazard_report.c.reporter_id,
            hazard_block.c.resident_id,
            reward.c.resident_id,
            voucher.c.resident_id,
            commendation.c.resident_id,
        ),
        # The case, and what was paid, stay with their place and their sum, and name nobody.
        emptied=(hazard_report.c.reporter_id, reward.c.resident_id, voucher.c.resident_id),
    ),
    Erasable(
        residents=(
            resident_language.c.resident_id,
            alert_bell.c.resident_id,
            broadcast_optout.c.resident_id,
            broadcast_recipient.c.resident_id,
            assistance_need.c.resident_id,
            drill_code_try.c.resident_id,
            drill_roster.c.resident_id,
            drill_roster.c.by_resident_id,
        ),
        # How many were told and how many came stays true, and names nobody.
        emptied=(
            broadcast_recipient.c.resident_id,
            drill_roster.c.resident_id,
            drill_roster.c.by_resident_id,
        ),
    ),
)


def erasable_at(clock: Callable[[], datetime]) -> Erasable:
    """Return ``ERASABLE`` with what is settled before a resident goes."""

    def forget_words(db: Connection, resident_id: int) -> None:
        empty_reports(db, resident_id)

    def forget_purse(db: Connection, resident_id: int) -> None:
        forget_holder(db, resident_id, clock())

    return replace(ERASABLE, farewells=(forget_words, forget_purse))


def belongings_at(clock: Callable[[], datetime]) -> Belongings:
    """Return what moves when two residents turn out to be one: their rows, and their purse."""

    def carry(db: Connection, giver: int, taker: int) -> None:
        carry_over(db, giver, taker, clock())

    return Belongings(ERASABLE.residents, carry)
