"""Notices by template: subscription notices (订阅通知) and template messages (模板消息).

Whether a person consented, and to what, is kept elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_outcomes import WeChatError, outcome_of
from bot.channels.wechat_sending import Clock
from community.outcomes import Delivered, Outcome

SUBSCRIBED_PATH = "/cgi-bin/message/subscribe/bizsend"
TEMPLATE_PATH = "/cgi-bin/message/template/send"
TEMPLATES_PATH = "/wxaapi/newtmpl/gettemplate"
ADD_TEMPLATE_PATH = "/wxaapi/newtmpl/addtemplate"
DELETE_TEMPLATE_PATH = "/wxaapi/newtmpl/deltemplate"

# 订阅通知参数值内容限制: characters each kind of field takes; more is refused with 47003.
_MOST_CHARACTERS = {
    "thing": 20,
    "number": 32,
    "letter": 32,
    "symbol": 5,
    "character_string": 32,
    "phone_number": 17,
    "car_number": 8,
    "name": 10,
    "phrase": 5,
}
_FIELD = re.compile(r"([a-z_]+?)[0-9]*(?:\.DATA)?")


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: which template, what stands in its fields, and the page it opens.

    Attributes:
        template_id: WeChat's id of the template in our account.
        values: field of the template (``thing1``) → text.
        url: the page that a tap opens, or "".
        client_id: our id of the notice, at most 32 characters; WeChat sends it once only
            (template messages alone).
    """

    template_id: str
    values: Mapping[str, str] = field(repr=False)
    url: str = ""
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """A template of subscription notices that our account has."""

    id: str
    title: str
    content: str


def fitted(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the fields as WeChat takes them, each cut to what its kind may hold.

    Line ends become blanks, which every kind takes, and … shows where something was cut.
    """
    return {name: {"value": _fitted(name, text)} for name, text in values.items()}


def _fitted(name: str, text: str) -> str:
    text = " ".join(text.split())
    found = _FIELD.fullmatch(name)
    most = _MOST_CHARACTERS.get(found[1] if found else "", len(text))
    return text if len(text) <= most else text[: most - 1] + "…"


class NoticeSender:
    """Sends notices; synchronous, for worker threads."""

    def __init__(self, api: WeChatApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    def send_subscribed(self, openid: str, notice: Notice) -> Outcome:
        """Send a subscription notice; it uses up one consent of a one-time subscription.

        ``NotReachable("no consent")`` when the person has given none, or it is used up.
        """
        return self._send(SUBSCRIBED_PATH, openid, notice, {"page": notice.url})

    def send_template(self, openid: str, notice: Notice) -> Outcome:
        """Send a template message; a ``client_id`` sent before is not sent again."""
        extra = {"url": notice.url, "client_msg_id": notice.client_id}
        return self._send(TEMPLATE_PATH, openid, notice, extra)

    def _send(self, path: str, openid: str, notice: Notice, extra: Mapping[str, str]) -> Outcome:
        data = {
            "touser": openid,
            "template_id": notice.template_id,
            "data": fitted(notice.values),
            **{name: value for name, value in extra.items() if value},
        }
        try:
            answer = self._api.post(path, data)
        except WeChatError as error:
            return outcome_of(error, self._clock())
        return Delivered(str(answer.get("msgid", "")))


def notice_templates(api: WeChatApi) -> list[NoticeTemplate]:
    """Return the subscription templates of our account; raises WeChatError."""
    rows = api.get(TEMPLATES_PATH).get("data") or []
    return [NoticeTemplate(row["priTmplId"], row["title"], row["content"]) for row in rows]


def add_notice_template(api: WeChatApi, title_id: str, fields: list[int], scene: str) -> str:
    """Add a template from WeChat's library and return its id in our account.

    Args:
        api: of our account.
        title_id: WeChat's ``tid`` of the title in the library.
        fields: the numbers (``kid``) of two to five fields, in the order shown.
        scene: what it is for, at most 15 characters.

    Raises:
        WeChatError: when WeChat refuses; 200012 when the account has its 25 already.
    """
    data = {"tid": title_id, "kidList": fields, "sceneDesc": scene}
    return str(api.post(ADD_TEMPLATE_PATH, data)["priTmplId"])


def delete_notice_template(api: WeChatApi, template_id: str) -> None:
    """Take a template out of our account; raises WeChatError."""
    api.post(DELETE_TEMPLATE_PATH, {"priTmplId": template_id})
