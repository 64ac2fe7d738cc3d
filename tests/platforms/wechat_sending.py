"""The calls that say something to one person: customer service, templates, notices.

Sources: 客服消息 (sendCustomMessage, setTyping), 模板消息 (sendTemplateMessage),
订阅通知 (sendNewSubscribeMsg).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.platforms.loopback import Call
from tests.platforms.wechat_errors import Refused, done
from tests.platforms.wechat_state import (
    VERIFIED,
    VERIFIED_SERVICE,
    Article,
    Person,
    Route,
    Shown,
    State,
    Template,
)

# Measured, not documented: 45002 comes above this many bytes of UTF-8.
TEXT_BYTES = 2048
TYPING_AFTER = timedelta(seconds=30)
TYPING_LASTS = timedelta(seconds=15)
# 参数值内容限制 of the notice's fields.
THING_CHARACTERS = 20


def _text(_state: State, body: dict[str, Any]) -> Shown:
    content = body.get("content")
    if not isinstance(content, str) or not content:
        raise Refused(44004)
    if len(content.encode()) > TEXT_BYTES:
        raise Refused(45002)
    return Shown("text", content, "customer service")


def _file(kind: str) -> Callable[[State, dict[str, Any]], Shown]:
    def shown(state: State, body: dict[str, Any]) -> Shown:
        media_id = body.get("media_id", "")
        if state.find_media(media_id).kind != kind:
            raise Refused(40007)
        return Shown(kind, "", "customer service", media_id)

    return shown


def _news(_state: State, body: dict[str, Any]) -> Shown:
    articles = body.get("articles")
    if not isinstance(articles, list) or not articles:
        raise Refused(44003)
    if len(articles) > 1:  # one article since 2018-10-12, or 45008
        raise Refused(45008)
    one = articles[0]
    article = Article(
        one.get("title", ""), one.get("description", ""), one.get("url", ""), one.get("picurl", "")
    )
    return Shown("news", article.title, "customer service", articles=(article,))


def _menu(_state: State, body: dict[str, Any]) -> Shown:
    choices = tuple((str(one["id"]), str(one["content"])) for one in body.get("list", ()))
    lines = [body.get("head_content", ""), *(label for _, label in choices)]
    text = "\n".join(filter(None, [*lines, body.get("tail_content", "")]))
    if len(text.encode()) > TEXT_BYTES:
        raise Refused(45002)
    return Shown("msgmenu", text, "customer service", choices=choices)


_KINDS: dict[str, Callable[[State, dict[str, Any]], Shown]] = {
    "text": _text,
    "image": _file("image"),
    "voice": _file("voice"),
    "video": _file("video"),
    "news": _news,
    "msgmenu": _menu,
}


def read_object(call: Call) -> dict[str, Any]:
    """Return the JSON object of a call, or refuse as the platform does."""
    if not call.body:
        raise Refused(44002)
    if b"\\u" in call.body:  # 40033: escaped characters are not taken
        raise Refused(40033)
    data = call.json()
    if not isinstance(data, dict):
        raise Refused(47001)
    return data


def _send(state: State, call: Call) -> dict[str, Any]:
    data = read_object(call)
    person = state.person(data.get("touser"))
    kind = data.get("msgtype")
    if kind not in _KINDS:
        raise Refused(40008)
    if not person.is_following:
        raise Refused(43004)
    body = data.get(kind)
    if not isinstance(body, dict):
        raise Refused(47001)
    shown = _KINDS[kind](state, body)
    person.spend(state.clock())
    person.received.append(shown)
    return done()


def _typing(state: State, call: Call) -> dict[str, Any]:
    data = read_object(call)
    person = state.person(data.get("touser"))
    now = state.clock()
    if data.get("command") not in {"Typing", "CancelTyping"}:
        raise Refused(45072)
    if data["command"] == "CancelTyping":
        person.typing_until = None
        return done()
    if person.active_at is None or now - person.active_at > TYPING_AFTER:
        raise Refused(45080)
    if person.typing_until and now < person.typing_until:
        raise Refused(45081)
    person.typing_until = now + TYPING_LASTS
    return done()


def _check_data(template: Template, data: object) -> dict[str, Any]:
    values = data if isinstance(data, dict) else {}
    for name in template.fields:
        field = values.get(name)
        value = field.get("value") if isinstance(field, dict) else None
        is_long = name.startswith("thing") and len(str(value)) > THING_CHARACTERS
        if value in (None, "") or is_long:
            raise Refused(47003, f"data.{name}.value invalid")
    return values


def _words(values: dict[str, Any]) -> str:
    return "\n".join(f"{name}：{field.get('value', '')}" for name, field in values.items())


def _receiver(state: State, data: dict[str, Any]) -> Person:
    person = state.person(data.get("touser"))
    if not person.is_following:
        raise Refused(43004)
    return person


def _template(state: State, call: Call) -> dict[str, Any]:
    data = read_object(call)
    person = _receiver(state, data)
    template = state.templates.get(data.get("template_id", ""))
    if template is None:
        raise Refused(40037)
    values = _check_data(template, data.get("data"))
    msgid = state.next_id()
    person.received.append(Shown("template", _words(values), "template", data=data))
    state.announce(
        person.openid, {"Event": "TEMPLATESENDJOBFINISH", "MsgID": msgid, "Status": "success"}
    )
    return done(msgid=msgid)


def _notice(state: State, call: Call) -> dict[str, Any]:
    data = read_object(call)
    person = state.person(data.get("touser"))
    template_id = data.get("template_id", "")
    template = state.notice_templates.get(template_id)
    if template is None:
        raise Refused(40037)
    values = _check_data(template, data.get("data"))
    if person.consents.get(template_id, 0) < 1:
        raise Refused(43101)
    if not template.is_long_term:  # one consent, one notice
        person.consents[template_id] -= 1
    person.received.append(Shown("notice", _words(values), "subscription", data=data))
    state.announce(person.openid, _sent_event(template_id, state.next_id()))
    return done()


def _sent_event(template_id: str, msgid: int) -> dict[str, Any]:
    """订阅通知事件推送, "subscribe_msg_sent_event": the List is one, not a sequence."""
    item = {"TemplateId": template_id, "MsgID": msgid, "ErrorCode": 0, "ErrorStatus": "success"}
    return {"Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": item}}


ROUTES = {
    "/cgi-bin/message/custom/send": Route("POST", _send, VERIFIED),
    "/cgi-bin/message/custom/typing": Route("POST", _typing, VERIFIED),
    "/cgi-bin/message/template/send": Route("POST", _template, VERIFIED_SERVICE),
    "/cgi-bin/message/subscribe/bizsend": Route("POST", _notice, VERIFIED_SERVICE),
}
