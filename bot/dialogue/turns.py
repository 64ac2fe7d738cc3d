"""A turn: one message and its replies, and how they are kept as JSON for the repeats."""

import logging
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, get_args

from bot.dialogue.session import text_in, texts_in
from bot.messages import Card, Choice, CitedArticle, Reply, ReplyKind, Wants

_logger = logging.getLogger(__name__)

_OF_CHOICES, _OF_CITATIONS, _OF_CARDS = (
    tuple(field.name for field in fields(part)) for part in (Choice, CitedArticle, Card)
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person said and what they got back.

    ``id`` grows with time within a store; None when the turn could not be stored, or its
    replies must leave without the outbox. ``is_sealed``: no store may hold the replies.
    """

    id: int | None
    said: str
    replies: tuple[Reply, ...]
    at: datetime
    is_sealed: bool = False


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """Return ``reply`` as plain JSON values."""
    # By hand: asdict copies whatever it finds, at five times the cost.
    card = reply.card
    return {
        "kind": reply.kind,
        "text": reply.text,
        "basis": reply.basis,
        "hint": reply.hint,
        "choices": [_fields(choice, _OF_CHOICES) for choice in reply.choices],
        "citations": [_fields(cited, _OF_CITATIONS) for cited in reply.citations],
        "topics": list(reply.topics),
        "rateable": reply.rateable,
        "picture": reply.picture,
        "card": _fields(card, _OF_CARDS) if card else None,
        "wants": reply.wants,
        "language": reply.language,
    }


def reply_from_json(data: object) -> Reply | None:
    """Return the reply that :func:`reply_to_json` wrote, in this release or another.

    What is missing or of another shape takes its default. None when the kind is unknown or
    there is nothing to read.
    """
    if not isinstance(data, dict):
        return None
    kind = next((known for known in get_args(ReplyKind) if known == data.get("kind")), None)
    if kind is None or not text_in(data, "text"):
        return None
    return Reply(
        kind=kind,
        text=text_in(data, "text"),
        basis=text_in(data, "basis"),
        hint=text_in(data, "hint"),
        choices=tuple(
            Choice(text_in(choice, "label"), text_in(choice, "topic"), text_in(choice, "function"))
            for choice in _objects(data.get("choices"), "label")
        ),
        citations=tuple(
            CitedArticle(text_in(cited, "name"), text_in(cited, "supports"), text_in(cited, "text"))
            for cited in _objects(data.get("citations"), "name")
        ),
        topics=texts_in(data, "topics"),
        rateable=data.get("rateable") is True,
        picture=text_in(data, "picture"),
        card=_card(data.get("card")),
        wants=_wants(data.get("wants")),
        language="en" if data.get("language") == "en" else "zh",
    )


def replies_from_json(data: object) -> tuple[Reply, ...]:
    """Return the replies of a stored turn, less those that cannot be read."""
    read = [reply_from_json(reply) for reply in data] if isinstance(data, list) else [None]
    if None in read:
        _logger.warning("a stored reply cannot be read and is left out")
    return tuple(reply for reply in read if reply is not None)


def _fields(part: Choice | CitedArticle | Card, names: tuple[str, ...]) -> dict[str, str]:
    return {name: getattr(part, name) for name in names}


def _card(value: object) -> Card | None:
    if not isinstance(value, dict) or not text_in(value, "url"):
        return None
    parts = (text_in(value, name) for name in ("title", "summary", "url", "picture"))
    return Card(*parts)


def _wants(value: object) -> Wants:
    return next((known for known in get_args(Wants) if known == value), "")


def _objects(value: object, needed: str) -> list[dict[str, Any]]:
    """Return the objects in a list that hold a text under ``needed``."""
    listed = value if isinstance(value, list) else []
    return [item for item in listed if isinstance(item, dict) and text_in(item, needed)]
