"""How the Bot API says no: HTTP and body carry the same code (Bot API, "Making requests")."""

from __future__ import annotations

import json

from starlette.responses import Response


class BotError(Exception):
    """The Bot API refuses a call."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        self.code = code
        self.description = description
        self.parameters = parameters  # ResponseParameters: retry_after, migrate_to_chat_id
        super().__init__(f"{code} {description}")


def bad_request(what: str, **parameters: int) -> BotError:
    """Return a 400 in the words of the Bot API."""
    return BotError(400, f"Bad Request: {what}", **parameters)


def forbidden(why: str) -> BotError:
    """Return a 403 in the words of the Bot API."""
    return BotError(403, f"Forbidden: {why}")


def too_many(seconds: int) -> BotError:
    """Return a 429 that says when to come again."""
    return BotError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def refusal(error: BotError) -> Response:
    """Return the answer to a refused call."""
    body: dict[str, object] = {
        "ok": False,
        "error_code": error.code,
        "description": error.description,
    }
    if error.parameters:
        body["parameters"] = error.parameters
    return _json(body, error.code)


def result(value: object) -> Response:
    """Return the answer to a call that went well."""
    return _json({"ok": True, "result": value}, 200)


def _json(body: object, status: int) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status_code=status, media_type="application/json")
