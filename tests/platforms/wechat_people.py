"""The people who use the account: what they do, and what they see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.platforms.loopback import Upload, wait_until
from tests.platforms.wechat_pushing import OUT_OF_SERVICE, Pusher, ServiceUnavailable
from tests.platforms.wechat_state import Person, Shown, State


class NoSuchButton(LookupError):
    """Nothing with this label or key is there to tap."""


class WeChatUser:
    """One person with WeChat in hand.

    Whatever they do is pushed to the service, and what comes back at once is returned: None
    when the service stays silent. ``received`` holds everything that their chat shows, later
    messages included.

    Raises:
        ServiceUnavailable: by each action, when WeChat tells the person that we are broken.
    """

    def __init__(self, person: Person, state: State, pusher: Pusher) -> None:
        self._person = person
        self._state = state
        self._pusher = pusher

    @property
    def openid(self) -> str:
        """Who this is, to our account."""
        return self._person.openid

    @property
    def received(self) -> list[Shown]:
        """Everything shown in the chat, in order."""
        return self._person.received

    @property
    def last(self) -> Shown:
        """The newest message of the chat."""
        return self._person.received[-1]

    @property
    def is_following(self) -> bool:
        """Whether they follow the account."""
        return self._person.is_following

    @property
    def tags(self) -> set[int]:
        """The tags that the account gave them."""
        return self._person.tags

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Shown]:
        """Wait until ``count`` messages were shown; return them all."""
        if not wait_until(lambda: len(self.received) >= count, seconds):
            raise AssertionError(f"{len(self.received)} messages came, not {count}")
        return self.received

    def says(self, text: str, **more: object) -> Shown | None:
        """Write a text; ``more`` replaces or adds fields, as ``MsgId=7``."""
        return self._writes({"MsgType": "text", "Content": text, **more})

    def sends_photo(self, content: bytes, **more: object) -> Shown | None:
        """Send a photo; the service finds it by MediaId, or at PicUrl."""
        media_id = self._state.keep("image", Upload("photo.jpg", content, "image/jpeg"))
        address = f"{self._state.url}/mmbiz_pic/{media_id}"
        fields = {"MsgType": "image", "PicUrl": address, "MediaId": media_id}
        return self._writes(fields | more)

    def sends_voice(
        self, recognition: str | None = None, content: bytes = b"#!AMR\n"
    ) -> Shown | None:
        """Speak; ``recognition`` is what an account with that right gets to read."""
        media_id = self._state.keep("voice", Upload("voice.amr", content, "voice/amr"))
        fields = {"MsgType": "voice", "Format": "amr", "MediaId": media_id, "MediaId16K": media_id}
        if recognition is not None:
            fields["Recognition"] = recognition
        return self._writes(fields)

    def sends_video(self, content: bytes = b"mp4", *, is_short: bool = False) -> Shown | None:
        """Send a video, or a short one taken within the chat."""
        kept = self._state.keep("video", Upload("video.mp4", content, "video/mp4"))
        thumb = self._state.keep("thumb", Upload("thumb.jpg", b"jpg", "image/jpeg"))
        kind = "shortvideo" if is_short else "video"
        return self._writes({"MsgType": kind, "MediaId": kept, "ThumbMediaId": thumb})

    def sends_place(self, latitude: float, longitude: float, label: str = "") -> Shown | None:
        """Send a place: Location_X is the latitude."""
        fields = {"Location_X": latitude, "Location_Y": longitude, "Scale": 16, "Label": label}
        return self._writes({"MsgType": "location", **fields})

    def sends_link(self, title: str, url: str, description: str = "") -> Shown | None:
        """Send a page."""
        fields = {"Title": title, "Description": description, "Url": url}
        return self._writes({"MsgType": "link", **fields})

    def sends_file(self, title: str) -> Shown | None:
        """Send a file; its bytes are out of the service's reach."""
        return self._writes({"MsgType": "file", "Title": title, "FileTotalLen": 1024})

    def chooses(self, choice: str, **more: object) -> Shown | None:
        """Tap a line of the newest menu message, by id or label: it is sent as a text."""
        menus = [shown for shown in self.received if shown.choices]
        for identity, label in menus[-1].choices if menus else ():
            if choice in {identity, label}:
                self._person.acted(self._state.clock())  # a tap counts as a menu click
                tapped = {"MsgType": "text", "Content": label, "bizmsgmenuid": identity}
                return self._push(tapped | more)
        raise NoSuchButton(choice)

    def follows(self, scene: str | None = None) -> Shown | None:
        """Follow the account, perhaps by scanning a code that carries ``scene``."""
        self._person.is_following = True
        self._person.followed_at = self._state.clock()
        self._person.scene = scene or ""
        self._person.acted(self._state.clock())
        fields = {"Event": "subscribe", "EventKey": f"qrscene_{scene}" if scene else ""}
        if scene:
            fields["Ticket"] = self._ticket(scene)
        return self._does(fields)

    def unfollows(self) -> Shown | None:
        """Leave: nothing can be sent any more, consents are gone."""
        self._person.is_following = False
        self._person.consents.clear()
        self._person.tags.clear()
        return self._does({"Event": "unsubscribe", "EventKey": ""})

    def scans(self, scene: str) -> Shown | None:
        """Scan a code of the account; who doesn't follow yet follows by it."""
        if not self._person.is_following:
            return self.follows(scene)
        self._person.acted(self._state.clock())
        return self._does({"Event": "SCAN", "EventKey": scene, "Ticket": self._ticket(scene)})

    def taps(self, label: str) -> Shown | None:
        """Tap a button of the menu below, by its name, key or address."""
        for button in _buttons(self._state.menu or {}):
            if label in {button.get("name"), button.get("key"), button.get("url")}:
                return self._taps(button)
        raise NoSuchButton(label)

    def clicks(self, key: str) -> Shown | None:
        """Send a menu click with any key, as from a menu of yesterday."""
        return self._taps({"type": "click", "key": key})

    def reports_position(self, latitude: float, longitude: float) -> Shown | None:
        """Let the chat report where they are (LOCATION event), when they allowed it."""
        fields = {"Latitude": latitude, "Longitude": longitude, "Precision": 65.0}
        return self._does({"Event": "LOCATION", **fields})

    def accepts(self, template_ids: list[str]) -> Shown | None:
        """Agree to one notice of each template, in the window that asks."""
        for template_id in template_ids:
            left = self._person.consents.get(template_id, 0)
            self._person.consents[template_id] = left + 1
        return self._answers_window(template_ids, "accept")

    def rejects(self, template_ids: list[str]) -> Shown | None:
        """Say no in the window that asks."""
        return self._answers_window(template_ids, "reject")

    def withdraws(self, template_ids: list[str]) -> Shown | None:
        """Take consents back in WeChat's own settings."""
        for template_id in template_ids:
            self._person.consents.pop(template_id, None)
        items = [{"TemplateId": one, "SubscribeStatusString": "reject"} for one in template_ids]
        listed = {"SubscribeMsgChangeEvent": {"List": items}}
        return self._does({"Event": "subscribe_msg_change_event", **listed})

    def does(self, event: str, **fields: object) -> Shown | None:
        """Let any other event happen."""
        return self._does({"Event": event, **fields})

    def sends(self, kind: str, **fields: object) -> Shown | None:
        """Send a message of any other kind."""
        return self._writes({"MsgType": kind, **fields})

    def _answers_window(self, template_ids: list[str], status: str) -> Shown | None:
        items = [
            {"TemplateId": one, "SubscribeStatusString": status, "PopupScene": 2}
            for one in template_ids
        ]
        listed = {"SubscribeMsgPopupEvent": {"List": items}}
        return self._does({"Event": "subscribe_msg_popup_event", **listed})

    def _taps(self, button: Mapping[str, Any]) -> Shown | None:
        self._person.acted(self._state.clock())
        if button.get("type") == "view":
            return self._does({"Event": "VIEW", "EventKey": button["url"], "MenuId": 429104})
        return self._does({"Event": "CLICK", "EventKey": button["key"]})

    def _ticket(self, scene: str) -> str:
        known = (ticket for ticket, of in self._state.tickets.items() if of == scene)
        return next(known, f"ticket-{scene}")

    def _writes(self, fields: Mapping[str, Any]) -> Shown | None:
        self._person.wrote(self._state.clock())
        return self._push(fields)

    def _does(self, fields: Mapping[str, Any]) -> Shown | None:
        return self._push({"MsgType": "event", **fields})

    def _push(self, fields: Mapping[str, Any]) -> Shown | None:
        try:
            shown = self._pusher.push(self.openid, fields)
        except ServiceUnavailable:
            self.received.append(Shown("text", OUT_OF_SERVICE, "system"))
            raise
        # A passive reply reaches nobody who has just left.
        if shown and self.is_following:
            self.received.append(shown)
        return shown


def _buttons(menu: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tops = menu.get("button", [])
    return [one for top in tops for one in (top.get("sub_button") or [top])]
