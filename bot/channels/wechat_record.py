"""Keeps what the platform tells about things we sent: consents, and how notices ended."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.channels.wechat_inbound import CHANNEL
from bot.channels.wechat_notices import ConsentEvent, JobKind, SubscriptionItem
from bot.messages import Account
from community.consents import Refusal, Template, note_accepted, note_refused
from community.deliveries import Receipt
from community.delivery_store import note_receipt
from community.store import account_of
from storage import Database


class WeChatRecord:
    """Takes the platform's notices; a repeat of one changes nothing that matters."""

    def __init__(
        self, database: Database, purposes: Mapping[str, str], clock: Callable[[], datetime]
    ) -> None:
        """Take ``purposes``: template id → what it is for; others stand for themselves."""
        self._database = database
        self._purposes = purposes
        self._clock = clock

    def job_finished(
        self,
        account: Account | None,
        kind: JobKind,
        message_id: str,
        status: str,
        counts: Mapping[str, int],
    ) -> None:
        """Note how sending a template message ended; see ``PlatformNotices``."""
        del account, kind, counts  # a mass message is no delivery of one account
        self._note(message_id, _receipt(status))

    def consents_changed(
        self, account: Account, event: ConsentEvent, items: Sequence[SubscriptionItem]
    ) -> None:
        """Note what somebody chose, or how a notice ended; see ``PlatformNotices``."""
        if event == "sent":
            for item in items:
                self._note(item.message_id, "failed" if item.error_code else "delivered")
            return

        def work(db: Connection) -> None:
            now = self._clock()
            account_id = account_of(db, account.channel, account.name, now)
            for item in items:
                self._keep(db, account_id, item, now)

        self._database.write(work)

    def _keep(self, db: Connection, account_id: int, item: SubscriptionItem, now: datetime) -> None:
        purpose = self._purposes.get(item.template_id, item.template_id)
        template = Template(item.template_id, purpose)
        if item.status == "accept":
            note_accepted(db, account_id, template, now)
        elif item.status in {"reject", "ban"}:
            refusal: Refusal = "banned" if item.status == "ban" else "rejected"
            note_refused(db, account_id, template, refusal, now)

    def _note(self, message_id: str, receipt: Receipt) -> None:
        if message_id:
            self._database.write(
                lambda db: note_receipt(db, CHANNEL, message_id, receipt, self._clock())
            )


def _receipt(status: str) -> Receipt:
    """Return what the platform's words mean (``failed:user block``)."""
    said = status.lower()
    if said == "success":
        return "delivered"
    return "blocked" if "block" in said else "failed"
