"""What an account keeps for good: material, drafts, and the templates of its notices.

Sources: 新增永久素材 (addMaterial), 新建草稿 (draft_add), 订阅通知 (getWxaPubNewTemplate:
gettemplate, addtemplate, deltemplate).
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from tests.platforms.loopback import Call, Upload
from tests.platforms.wechat_errors import Refused, done
from tests.platforms.wechat_media import checked_upload
from tests.platforms.wechat_sending import read_object
from tests.platforms.wechat_state import VERIFIED, VERIFIED_SERVICE, Route, State, Template

FOR_GOOD = datetime.max.replace(tzinfo=UTC)
MOST_ARTICLES = 8
TITLE_CHARACTERS = 64
DIGEST_CHARACTERS = 120
CONTENT_CHARACTERS = 20_000
MOST_TEMPLATES = 25
SCENE_CHARACTERS = 15


def _add_material(state: State, call: Call) -> dict[str, Any]:
    kind = call.query.get("type", "")
    media_id = state.keep(kind, checked_upload(call), FOR_GOOD)
    address = f"{state.url}/mmbiz_pic/{media_id}"
    return {"media_id": media_id, **({"url": address} if kind == "image" else {})}


def _add_draft(state: State, call: Call) -> dict[str, Any]:
    articles = read_object(call).get("articles")
    if not isinstance(articles, list) or not articles:
        raise Refused(44003)
    if len(articles) > MOST_ARTICLES:
        raise Refused(45008)
    for article in articles:
        _check_article(state, article)
    content = json.dumps(articles, ensure_ascii=False).encode()
    draft = Upload("draft.json", content, "application/json")
    return {"media_id": state.keep("mpnews", draft, FOR_GOOD)}


def _check_article(state: State, article: dict[str, Any]) -> None:
    """A cover has to be material kept for good; a file that goes in three days is refused."""
    if not article.get("title") or len(article["title"]) > TITLE_CHARACTERS:
        raise Refused(45003)
    if len(str(article.get("digest") or "")) > DIGEST_CHARACTERS:
        raise Refused(45004)
    if not article.get("content"):
        raise Refused(44004)
    if len(article["content"]) > CONTENT_CHARACTERS:
        raise Refused(45002)
    if state.find_media(article.get("thumb_media_id")).until != FOR_GOOD:
        raise Refused(40007)


def _get_templates(state: State, _call: Call) -> dict[str, Any]:
    listed = [
        {
            "priTmplId": template_id,
            "title": template.title,
            "content": "".join(f"{name}:{{{{{name}.DATA}}}}\n" for name in template.fields),
            "example": "".join(f"{name}:……\n" for name in template.fields),
            "type": 3 if template.is_long_term else 2,
        }
        for template_id, template in state.notice_templates.items()
    ]
    return done(data=listed)


def _add_template(state: State, call: Call) -> dict[str, Any]:
    asked = read_object(call)
    keywords = asked.get("kidList")
    if not str(asked.get("tid") or "").isdecimal():
        raise Refused(200014)
    if not isinstance(keywords, list) or not 2 <= len(keywords) <= 5:
        raise Refused(200020)
    if len(str(asked.get("sceneDesc") or "")) > SCENE_CHARACTERS:
        raise Refused(200021)
    if len(state.notice_templates) >= MOST_TEMPLATES:
        raise Refused(200012)
    template_id = secrets.token_urlsafe(32)
    fields = tuple(f"thing{keyword}" for keyword in keywords)
    state.notice_templates[template_id] = Template(fields, title=f"模板{asked['tid']}")
    return done(priTmplId=template_id)


def _delete_template(state: State, call: Call) -> dict[str, Any]:
    if state.notice_templates.pop(read_object(call).get("priTmplId", ""), None) is None:
        raise Refused(20002)
    return done()


ROUTES = {
    "/cgi-bin/material/add_material": Route("POST", _add_material, VERIFIED),
    "/cgi-bin/draft/add": Route("POST", _add_draft, VERIFIED),
    "/wxaapi/newtmpl/gettemplate": Route("GET", _get_templates, VERIFIED_SERVICE),
    "/wxaapi/newtmpl/addtemplate": Route("POST", _add_template, VERIFIED_SERVICE),
    "/wxaapi/newtmpl/deltemplate": Route("POST", _delete_template, VERIFIED_SERVICE),
}
