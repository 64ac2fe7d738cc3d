"""A turn: one message and its replies, and how they are kept as JSON for the repeats."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.messages import Choice, CitedArticle, Reply


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person said and what they got back.

    ``id`` grows with time within a store; None when the turn could not be stored.
    """

    id: int | None
    said: str
    replies: tuple[Reply, ...]
    at: datetime


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """Return ``reply`` as plain JSON values."""
    return asdict(reply)


def reply_from_json(data: dict[str, Any]) -> Reply:
    """Return the reply that :func:`reply_to_json` wrote."""
    return Reply(
        **{
            **data,
            "choices": tuple(Choice(**choice) for choice in data["choices"]),
            "citations": tuple(CitedArticle(**cited) for cited in data["citations"]),
            "topics": tuple(data["topics"]),
        }
    )
