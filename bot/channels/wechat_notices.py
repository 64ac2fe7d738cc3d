"""What the platform tells about things that we sent: jobs that ended, consents that changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.channels.wechat_fields import Fields, needed, number_of, parts_of, text_of
from bot.messages import Account

JobKind = Literal["template", "mass"]
ConsentEvent = Literal["popup", "change", "sent"]


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One template in a notice about subscriptions (订阅通知).

    Attributes:
        template_id: which template.
        status: ``accept``, ``reject`` or ``ban`` as the person chose; "" once sent.
        scene: where they were asked (PopupScene), or "".
        message_id: of what was sent, or "".
        error_code: how sending ended, 0 for well; None when nothing was sent.
        error_status: the platform's word for it, or "".
    """

    template_id: str
    status: str = ""
    scene: str = ""
    message_id: str = ""
    error_code: int | None = None
    error_status: str = ""


class PlatformNotices(Protocol):
    """Takes these notices, in worker threads.

    The platform repeats a notice whose answer it missed, so taking one twice must be harmless.
    """

    def job_finished(
        self,
        account: Account | None,
        kind: JobKind,
        message_id: str,
        status: str,
        counts: Mapping[str, int],
    ) -> None:
        """Note how sending a template message or a mass message ended.

        Args:
            account: who got the template message; None for a mass message.
            kind: which of the two.
            message_id: what sending it returned.
            status: the platform's words: ``success``, ``failed:user block``, ``err(10001)``.
            counts: of a mass message: ``total``, ``filtered``, ``sent`` and ``failed``.
        """

    def consents_changed(
        self, account: Account, event: ConsentEvent, items: Sequence[SubscriptionItem]
    ) -> None:
        """Note what somebody consented to or took back, or how notices to them ended.

        Args:
            account: who.
            event: asked in a window (``popup``), changed later (``change``), or ``sent``.
            items: one for each template.
        """


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice, ready to be told.

    Attributes:
        key: the same for a repeat of it.
        tell: tells it to whoever listens.
    """

    key: str
    tell: Callable[[PlatformNotices], None]


# 事件推送群发结果: TotalCount are the followers with the tag, FilterCount those left after
# filters, of whom SentCount got it and ErrorCount did not.
_COUNTS = {
    "total": "TotalCount",
    "filtered": "FilterCount",
    "sent": "SentCount",
    "failed": "ErrorCount",
}

_GROUPS = {
    "popup": "SubscribeMsgPopupEvent",
    "change": "SubscribeMsgChangeEvent",
    "sent": "SubscribeMsgSentEvent",
}


def finished_job(fields: Fields, key: str, account: Account | None, kind: JobKind) -> Notice:
    """Return the notice of TEMPLATESENDJOBFINISH or MASSSENDJOBFINISH.

    Raises:
        Malformed: when it does not say which job.
    """
    # The template's event writes MsgID, as the mass event does; older pages say MsgId.
    message_id = text_of(fields, "MsgID") or needed(fields, "MsgId")
    status = text_of(fields, "Status")
    numbers = {name: number_of(fields, field) for name, field in _COUNTS.items()}
    counts = {name: number for name, number in numbers.items() if number is not None}

    def tell(notices: PlatformNotices) -> None:
        notices.job_finished(account, kind, message_id, status, counts)

    return Notice(f"{key}:{message_id}", tell)


def changed_consents(fields: Fields, key: str, account: Account, event: ConsentEvent) -> Notice:
    """Return the notice of one of the three subscription events.

    XML names a group of its own around ``List``; JSON has ``List`` at the top, and gives a
    single template as an object of its own.
    """
    groups = parts_of(fields, _GROUPS[event]) or [fields]
    items = tuple(_item(part) for group in groups for part in parts_of(group, "List"))
    told = ",".join(f"{item.template_id}{item.status}{item.message_id}" for item in items)

    def tell(notices: PlatformNotices) -> None:
        notices.consents_changed(account, event, items)

    return Notice(f"{key}:{told}", tell)


def _item(part: Fields) -> SubscriptionItem:
    return SubscriptionItem(
        template_id=text_of(part, "TemplateId"),
        status=text_of(part, "SubscribeStatusString"),
        scene=text_of(part, "PopupScene"),
        message_id=text_of(part, "MsgID"),
        error_code=number_of(part, "ErrorCode"),
        error_status=text_of(part, "ErrorStatus"),
    )
