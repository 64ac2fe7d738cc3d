"""Mass messages by tag (群发): few a month, so each goes out once, whatever is tried again.

wechatpy addresses the ``group_id`` that WeChat has given up; tags are called for directly here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_outcomes import WeChatError, outcome_of
from bot.channels.wechat_sending import Clock
from community.outcomes import Delivered, Outcome
from storage import chunks

SEND_ALL_PATH = "/cgi-bin/message/mass/sendall"
STATUS_PATH = "/cgi-bin/message/mass/get"
TAGS_PATH = "/cgi-bin/tags/get"
CREATE_TAG_PATH = "/cgi-bin/tags/create"
TAG_PEOPLE_PATH = "/cgi-bin/tags/members/batchtagging"
UNTAG_PEOPLE_PATH = "/cgi-bin/tags/members/batchuntagging"
ADD_DRAFT_PATH = "/cgi-bin/draft/add"

# 批量为用户打标签: at most 50 people in one call.
MOST_TAGGED_AT_ONCE = 50
MOST_CLIENT_ID_BYTES = 64

MassKind = Literal["text", "image", "mpnews"]
_CONTENT_KEYS: Mapping[MassKind, str] = {
    "text": "content",
    "image": "media_id",
    "mpnews": "media_id",
}


@dataclass(frozen=True, slots=True)
class MassMessage:
    """What goes to everybody with a tag.

    Attributes:
        kind: a text, a picture that was uploaded, or articles kept as a draft.
        content: the text, or the media id of picture or draft.
        client_id: our id of it, at most 64 bytes; WeChat sends it once only.
    """

    kind: MassKind
    content: str
    client_id: str

    def __post_init__(self) -> None:
        if not 0 < len(self.client_id.encode()) <= MOST_CLIENT_ID_BYTES:
            raise ValueError(f"a client id has 1 to {MOST_CLIENT_ID_BYTES} bytes: {self.client_id}")


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a draft; the cover is a picture kept for good (永久素材)."""

    title: str
    html: str
    cover_media_id: str
    digest: str = ""
    source_url: str = ""


class MassSender:
    """Sends to all people with a tag; synchronous, for worker threads."""

    def __init__(self, api: WeChatApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    def send(self, tag_id: int, message: MassMessage) -> Outcome:
        """Hand one mass message in; ``Delivered`` names the job, whose end comes as an event.

        After ``Uncertain`` the same message may be sent again: with the same ``client_id`` it
        goes out once, and the first job is named.
        """
        data: dict[str, Any] = {
            "filter": {"is_to_all": False, "tag_id": tag_id},
            "msgtype": message.kind,
            message.kind: {_CONTENT_KEYS[message.kind]: message.content},
            "clientmsgid": message.client_id,
        }
        if message.kind == "mpnews":
            data["send_ignore_reprint"] = 0  # an article found elsewhere stops the job
        try:
            answer = self._api.post(SEND_ALL_PATH, data)
        except WeChatError as error:
            return outcome_of(error, self._clock())
        return Delivered(str(answer.get("msg_id", "")))

    def status(self, message_id: str) -> str:
        """Return how a job stands, in WeChat's words (``SEND_SUCCESS``, ``SENDING`` …).

        Raises:
            WeChatError: when WeChat does not say.
        """
        return str(self._api.post(STATUS_PATH, {"msg_id": message_id}).get("msg_status", ""))


def ensure_tag(api: WeChatApi, name: str) -> int:
    """Return the id of the tag ``name``, made if there is none; raises WeChatError."""
    for tag in api.get(TAGS_PATH).get("tags") or []:
        if tag["name"] == name:
            return int(tag["id"])
    return int(api.post(CREATE_TAG_PATH, {"tag": {"name": name}})["tag"]["id"])


def tag_people(api: WeChatApi, tag_id: int, openids: Iterable[str]) -> None:
    """Give people a tag; those who have it keep it. Raises WeChatError."""
    _tagging(api, TAG_PEOPLE_PATH, tag_id, openids)


def untag_people(api: WeChatApi, tag_id: int, openids: Iterable[str]) -> None:
    """Take a tag from people; raises WeChatError."""
    _tagging(api, UNTAG_PEOPLE_PATH, tag_id, openids)


def _tagging(api: WeChatApi, path: str, tag_id: int, openids: Iterable[str]) -> None:
    for group in chunks(openids, MOST_TAGGED_AT_ONCE):
        api.post(path, {"openid_list": group, "tagid": tag_id})


def keep_draft(api: WeChatApi, articles: Sequence[Article]) -> str:
    """Keep articles as a draft and return its media id, for ``mpnews``; raises WeChatError."""
    rows = [
        {
            "title": article.title,
            "content": article.html,
            "thumb_media_id": article.cover_media_id,
            "digest": article.digest,
            "content_source_url": article.source_url,
        }
        for article in articles
    ]
    return str(api.post(ADD_DRAFT_PATH, {"articles": rows})["media_id"])
