"""The platform's error codes that the stand-in gives, and how they look.

Source: 全局返回码说明 (Global return codes) and the pages of the calls themselves.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from starlette.responses import Response

MESSAGES = {
    -1: "system error",
    0: "ok",
    20002: "argument invalid",
    40001: "invalid credential, access_token is invalid or not latest, could get access_token by"
    " getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid meida size",  # spelled so by the platform
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40010: "invalid voice size",
    40011: "invalid video size",
    40012: "invalid thumb size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40025: "invalid sub button name size",
    40032: "invalid openid list size",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40052: "invalid action name",
    40053: "invalid action info",
    40066: "invalid url",
    40125: "invalid appsecret",
    40164: "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44002: "empty post data",
    44003: "empty news data",
    44004: "empty content",
    45002: "content size out of limit",
    45003: "title size out of limit",
    45004: "description size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45015: "response out of time limit or subscription is canceled",
    45028: "has no masssend quota",
    45047: "out of response count limit",
    45056: "too many tag now, no need to add new",
    45065: "clientmsgid exist",
    45066: "same clientmsgid retry too fast",
    45067: "clientmsgid size out of limit",
    45072: "invalid command value",
    45080: "no recent message, can not send typing",
    45081: "is typing now, no need to send again",
    45157: "invalid tag name",
    45158: "tag name too long",
    45159: "invalid tag",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    49003: "not match openid with appid",
    76021: "cgi_path not found, please check",
    200012: "the number of private templates has reached the limit",
    200014: "invalid tid",
    200020: "invalid kidList",
    200021: "invalid sceneDesc",
}


class Refused(Exception):
    """The platform refuses a call; HTTP says 200, the body says why."""

    def __init__(self, code: int, hint: str = "", **more: object) -> None:
        self.code = code
        self.hint = hint
        self.more = more
        super().__init__(f"{code} {MESSAGES[code]} {hint}")


def as_json(data: dict[str, Any]) -> Response:
    """Return ``data`` as the platform sends JSON: not escaped, and called text in places."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Response(body, media_type="application/json; encoding=utf-8")


def refusal(refused: Refused) -> Response:
    """Return the body of a refusal, with the request id that the platform adds."""
    rid = f"{secrets.token_hex(4)}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    message = " ".join(filter(None, [MESSAGES[refused.code], refused.hint, f"rid: {rid}"]))
    return as_json({"errcode": refused.code, "errmsg": message, **refused.more})


def done(**more: object) -> dict[str, Any]:
    """Return the body of a call that went well."""
    return {"errcode": 0, "errmsg": "ok", **more}
