"""Customer-service messages (客服消息): what we may send a person for a while after they wrote.

Whether the window is open and how many messages are left is kept elsewhere; here a reply becomes
messages and a call's end becomes an outcome.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_outcomes import WeChatError, outcome_of
from bot.messages import Card, Choice, Reply, plain_text
from bot.splitting import split_text
from community.outcomes import Delivered, Outcome

SEND_PATH = "/cgi-bin/message/custom/send"
TYPING_PATH = "/cgi-bin/message/custom/typing"
# Measured by others: 2,048 bytes are taken, more gives 45002.
MOST_TEXT_BYTES = 1900

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class CustomMessage:
    """One customer-service message: WeChat's ``msgtype`` and what belongs to it."""

    kind: str
    content: Mapping[str, Any]


def text_message(text: str) -> CustomMessage:
    """Return a text message; see ``MOST_TEXT_BYTES``."""
    return CustomMessage("text", {"content": text})


def image_message(media_id: str) -> CustomMessage:
    """Return a picture that was uploaded before."""
    return CustomMessage("image", {"media_id": media_id})


def card_message(card: Card) -> CustomMessage:
    """Return one article that opens a page (图文, jumping to the page's address)."""
    article = {
        "title": card.title,
        "description": card.summary,
        "url": card.url,
        "picurl": card.picture,
    }
    return CustomMessage("news", {"articles": [article]})


def published_message(article_id: str) -> CustomMessage:
    """Return an article that our account has published (发布能力的 article_id)."""
    return CustomMessage("mpnewsarticle", {"article_id": article_id})


def menu_message(head: str, choices: Sequence[Choice], tail: str = "") -> CustomMessage:
    """Return choices to tap (菜单消息); a tap comes back as a text with the choice's label.

    Such a tap opens the short window of a menu click, three messages in a minute, not the long
    one of a message, so replies are sent as numbered text by default.
    """
    items = [{"id": str(n), "content": choice.label} for n, choice in enumerate(choices, 1)]
    return CustomMessage("msgmenu", {"head_content": head, "list": items, "tail_content": tail})


def messages_of(replies: Sequence[Reply], media_ids: Mapping[str, str]) -> list[CustomMessage]:
    """Return what to send for ``replies``, in as few messages as they fit into.

    Args:
        replies: in order; texts that follow one another share a message.
        media_ids: a reply's ``picture`` → where it was uploaded; a picture that is not among
            them is left out.
    """
    messages: list[CustomMessage] = []
    texts: list[str] = []
    for reply in replies:
        texts.append(plain_text(replace(reply, card=None)))
        others = _others(reply, media_ids)
        if others:
            messages += _text_messages(texts) + others
            texts = []
    return messages + _text_messages(texts)


def _others(reply: Reply, media_ids: Mapping[str, str]) -> list[CustomMessage]:
    pictures = [media_ids[reply.picture]] if reply.picture in media_ids else []
    cards = [reply.card] if reply.card else []
    return [*map(image_message, pictures), *map(card_message, cards)]


def _text_messages(texts: Sequence[str]) -> list[CustomMessage]:
    whole = "\n\n".join(text for text in texts if text)
    return [text_message(piece) for piece in split_text(whole, MOST_TEXT_BYTES)]


class CustomSender:
    """Sends customer-service messages; synchronous, for worker threads."""

    def __init__(self, api: WeChatApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    def send(self, openid: str, message: CustomMessage) -> Outcome:
        """Send one message and return what became of it."""
        data = {"touser": openid, "msgtype": message.kind, message.kind: message.content}
        try:
            self._api.post(SEND_PATH, data)
        except WeChatError as error:
            return outcome_of(error, self._clock())
        return Delivered()

    def send_all(self, openid: str, messages: Sequence[CustomMessage]) -> tuple[int, Outcome]:
        """Send messages in order until one is not delivered.

        Returns:
            How many were delivered, and the outcome of the last one tried.
        """
        outcome: Outcome = Delivered()
        for sent, message in enumerate(messages):
            outcome = self.send(openid, message)
            if not isinstance(outcome, Delivered):
                return sent, outcome
        return len(messages), outcome

    def show_typing(self, openid: str) -> Outcome:
        """Show 对方正在输入 until the next message, for some seconds at most."""
        try:
            self._api.post(TYPING_PATH, {"touser": openid, "command": "Typing"})
        except WeChatError as error:
            return outcome_of(error, self._clock())
        return Delivered()
