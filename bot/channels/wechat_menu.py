"""The menu below the chat (自定义菜单): within WeChat's limits, pushed, and read back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_outcomes import CallRefused, WeChatError

CREATE_PATH = "/cgi-bin/menu/create"
GET_PATH = "/cgi-bin/menu/get"
NO_MENU_CODE = 46003

# 创建接口: three buttons of 16 bytes, five below each of 60 bytes; the chat shows 4 and 8
# Chinese characters of them and cuts the rest.
MOST_BUTTONS = 3
MOST_BELOW = 5
MOST_TITLE_CHARACTERS, MOST_TITLE_BYTES = 4, 16
MOST_ITEM_CHARACTERS, MOST_ITEM_BYTES = 8, 60
MOST_KEY_BYTES = 128
MOST_URL_BYTES = 1024

Limit = Literal["buttons", "below", "characters", "bytes", "key", "url", "action"]


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One button of a list; it opens ``url`` if there is one, and else sends ``key``."""

    title: str
    key: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """One button of the bar, with the list that it opens."""

    title: str
    items: tuple[MenuItem, ...]


@dataclass(frozen=True, slots=True)
class Excess:
    """What goes over one of WeChat's limits.

    Attributes:
        title: of the button; "" for the menu as a whole.
        limit: which limit.
        value: how much there is.
        most: how much there may be.
    """

    title: str
    limit: Limit
    value: int
    most: int


class MenuExceedsLimits(WeChatError):
    """The menu does not fit, so it is not pushed."""

    permanent = True

    def __init__(self, excesses: Sequence[Excess]) -> None:
        self.excesses = tuple(excesses)
        shown = "; ".join(
            f"{one.title!r} has {one.value} in {one.limit}, not {one.most}" for one in excesses
        )
        super().__init__(f"the menu exceeds WeChat's limits: {shown}")


class MenuNotTaken(WeChatError):
    """WeChat took the menu and shows another; ``shown`` is what it gives back."""

    def __init__(self, shown: Sequence[MenuGroup]) -> None:
        self.shown = tuple(shown)
        super().__init__("WeChat gives another menu back than the one pushed: push it again")


def menu_payload(groups: Sequence[MenuGroup]) -> dict[str, Any]:
    """Return the menu as WeChat takes it; groups without items do not appear.

    Raises:
        MenuExceedsLimits: naming every button that does not fit.
    """
    shown = [group for group in groups if group.items]
    if excesses := list(find_excesses(shown)):
        raise MenuExceedsLimits(excesses)
    return {
        "button": [
            {"name": group.title, "sub_button": [_button(item) for item in group.items]}
            for group in shown
        ]
    }


def find_excesses(groups: Sequence[MenuGroup]) -> Iterator[Excess]:
    """Yield what does not fit; a menu needs at least one button."""
    if not 1 <= len(groups) <= MOST_BUTTONS:
        yield Excess("", "buttons", len(groups), MOST_BUTTONS)
    for group in groups:
        yield from _title_excesses(group.title, MOST_TITLE_CHARACTERS, MOST_TITLE_BYTES)
        if len(group.items) > MOST_BELOW:
            yield Excess(group.title, "below", len(group.items), MOST_BELOW)
        for item in group.items:
            yield from _title_excesses(item.title, MOST_ITEM_CHARACTERS, MOST_ITEM_BYTES)
            yield from _action_excesses(item)


def push_menu(api: WeChatApi, groups: Sequence[MenuGroup]) -> None:
    """Put the menu in place and read it back; people see it within a day, new ones at once.

    Raises:
        MenuExceedsLimits: before anything is sent.
        MenuNotTaken: when WeChat shows another one afterwards.
        WeChatError: when a call fails.
    """
    payload = menu_payload(groups)
    api.post(CREATE_PATH, payload)
    shown = read_menu(api)
    if shown != read_groups(payload):
        raise MenuNotTaken(shown)


def read_menu(api: WeChatApi) -> list[MenuGroup]:
    """Return the menu in place, none for none; raises WeChatError."""
    try:
        answer = api.get(GET_PATH)
    except CallRefused as refused:
        if refused.code == NO_MENU_CODE:
            return []
        raise
    return read_groups(answer.get("menu") or {})


def read_groups(menu: Mapping[str, Any]) -> list[MenuGroup]:
    """Return the groups of a menu in WeChat's form; of a button without a list, itself alone."""
    return [_group(top) for top in menu.get("button") or []]


def _group(top: Mapping[str, Any]) -> MenuGroup:
    below = top.get("sub_button") or [top]
    return MenuGroup(str(top.get("name", "")), tuple(map(_item, below)))


def _item(button: Mapping[str, Any]) -> MenuItem:
    name, key, url = (str(button.get(part, "")) for part in ("name", "key", "url"))
    return MenuItem(name, key, url)


def _button(item: MenuItem) -> dict[str, str]:
    if item.url:
        return {"type": "view", "name": item.title, "url": item.url}
    return {"type": "click", "name": item.title, "key": item.key}


def _title_excesses(title: str, characters: int, size: int) -> Iterator[Excess]:
    if not 1 <= len(title) <= characters:
        yield Excess(title, "characters", len(title), characters)
    elif len(title.encode()) > size:
        yield Excess(title, "bytes", len(title.encode()), size)


def _action_excesses(item: MenuItem) -> Iterator[Excess]:
    key, url = len(item.key.encode()), len(item.url.encode())
    if not key and not url:
        yield Excess(item.title, "action", 0, 1)
    if key > MOST_KEY_BYTES:
        yield Excess(item.title, "key", key, MOST_KEY_BYTES)
    if url > MOST_URL_BYTES:
        yield Excess(item.title, "url", url, MOST_URL_BYTES)
