"""The JSON that the page and the service exchange."""

import json
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.requests import Request

from bot.channels import web_errors
from bot.channels.web_errors import Refused
from bot.dialogue.turns import Turn
from bot.messages import Place, Reply, clean_text

MAX_BODY_BYTES = 64 * 1024
LARGEST_ID = 2**63 - 1

Body = TypeVar("Body", bound=BaseModel)


def _cleaned(value: object) -> object:
    return clean_text(value) if isinstance(value, str) else value


class SentPlace(BaseModel):
    """Where the browser says that somebody stands: degrees in WGS-84."""

    model_config = ConfigDict(frozen=True)

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)


class SentMessage(BaseModel):
    """One message from the page; ``id`` stays the same when it is sent again."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    # Cleaned before it is checked: half an emoji must not make a call for help invalid.
    text: Annotated[str, BeforeValidator(_cleaned)]
    place: SentPlace | None = None

    def sent_place(self) -> Place | None:
        """Return the place that came with it."""
        return Place(self.place.latitude, self.place.longitude) if self.place else None


class Rating(BaseModel):
    """有用 or 没用 for the answer in a turn."""

    model_config = ConfigDict(frozen=True)

    turn: int = Field(ge=1, le=LARGEST_ID)
    useful: bool


async def read_json(request: Request, model: type[Body]) -> Body:
    """Return the request's body as ``model``.

    Raises:
        Refused: when it is larger than ``MAX_BODY_BYTES``, is not JSON, or lacks a field.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refused(415, web_errors.WRONG_TYPE)
    body = await _read_capped(request)
    try:
        return model.model_validate(json.loads(body))
    except ValidationError:
        raise Refused(422, web_errors.NOT_JSON) from None
    except (ValueError, RecursionError):
        raise Refused(400, web_errors.NOT_JSON) from None


async def _read_capped(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Refused(413, web_errors.TOO_LARGE)
    return bytes(body)


def read_after(text: str) -> int:
    """Return the turn id after which turns are wanted.

    Raises:
        Refused: when ``text`` is no id.
    """
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= LARGEST_ID):
        raise Refused(400, web_errors.BAD_NUMBER)
    return int(text[:20])


def shown_turn(turn: Turn) -> dict[str, Any]:
    """Return ``turn`` as the page shows it."""
    return {
        "id": turn.id,
        "said": turn.said,
        "at": turn.at.isoformat(),
        "replies": [_shown_reply(reply) for reply in turn.replies],
    }


def _text(reply: Reply) -> str:
    """Return the text with a card's title and address below, which the page makes a link."""
    return f"{reply.text}\n{reply.card.title}\n{reply.card.url}" if reply.card else reply.text


def _shown_reply(reply: Reply) -> dict[str, Any]:
    return {
        "kind": reply.kind,
        "text": _text(reply),
        "basis": reply.basis,
        "choices": [{"label": choice.label, "topic": choice.topic} for choice in reply.choices],
        "citations": [
            {"name": cited.name, "supports": cited.supports, "text": cited.text}
            for cited in reply.citations
        ],
        "rateable": reply.rateable,
        "wants": reply.wants,
    }
