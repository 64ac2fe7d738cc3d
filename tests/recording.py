"""Conversations over a platform, kept as transcripts and played again.

A list of :class:`Step` is performed by somebody on a stand-in platform, and what they see after
each step is written as in ``tests/transcripts``: a line 「> …」 is what the person did, the lines
up to the next one are what they saw. ``LIFELINE_WRITE_TRANSCRIPTS=1`` writes the file anew; then
read it again.

    play(path, "# 微信：二十句", [follows(), says("你好"), taps("常用电话")],
         OnWeChat(platform.user("oResident1")))
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Protocol

from tests.platforms.loopback import wait_until
from tests.platforms.telegram import Query, ShownMessage, TelegramUser
from tests.platforms.wechat import NoSuchButton, Shown, WeChatUser

SECONDS_TO_ANSWER = 10.0
QUIET_SECONDS = 0.3


class Turned(AssertionError):
    """A turn brought more or fewer messages than its step says."""


class Somebody(Protocol):
    """A person on a platform, as a transcript needs one."""

    def seen(self) -> list[str]:
        """Return everything they saw so far, one text a message; it only grows."""

    def says(self, text: str) -> None:
        """Write a text."""

    def taps(self, label: str) -> None:
        """Tap a button, or choose a numbered line."""

    def sends_photo(self, content: bytes) -> None:
        """Send a photo."""

    def sends_place(self, latitude: float, longitude: float, label: str) -> None:
        """Send a place."""

    def scans(self, scene: str) -> None:
        """Scan a code of ours, or open its deep link."""

    def follows(self) -> None:
        """Follow the account, or press START."""


@dataclass(frozen=True)
class Step:
    """One thing that somebody does.

    Attributes:
        words: how the transcript tells it.
        work: what happens.
        replies: how many messages it brings; each has to come, and no more.
    """

    words: str
    work: Callable[[Somebody], None] = field(repr=False)
    replies: int = 1


def says(text: str, *, replies: int = 1) -> Step:
    """Write a text."""
    return Step(text, lambda who: who.says(text), replies)


def taps(label: str, *, replies: int = 1) -> Step:
    """Tap a button, or choose a numbered line."""
    return Step(f"［点“{label}”］", lambda who: who.taps(label), replies)


def sends_photo(content: bytes, *, replies: int = 1) -> Step:
    """Send a photo."""
    return Step("［发来一张照片］", lambda who: who.sends_photo(content), replies)


def sends_place(latitude: float, longitude: float, label: str = "", *, replies: int = 1) -> Step:
    """Send a place."""
    words = f"［发来位置：{label or f'{latitude},{longitude}'}］"
    return Step(words, lambda who: who.sends_place(latitude, longitude, label), replies)


def scans(scene: str, *, replies: int = 1) -> Step:
    """Scan a code of ours, or open its deep link."""
    return Step(f"［扫码：{scene}］", lambda who: who.scans(scene), replies)


def follows(*, replies: int = 1) -> Step:
    """Follow the account, or press START."""
    return Step("［关注］", lambda who: who.follows(), replies)


def happens(words: str, work: Callable[[], object], *, replies: int = 0) -> Step:
    """Let anything happen besides: the service restarts, the clock moves."""

    def done(_who: Somebody) -> None:
        work()

    return Step(f"［{words}］", done, replies)


@dataclass
class OnWeChat:
    """Somebody with WeChat; numbered choices are typed, as there are no buttons below texts."""

    user: WeChatUser

    def seen(self) -> list[str]:
        """Return every message of their chat."""
        return [_wechat_words(shown) for shown in self.user.received]

    def says(self, text: str) -> None:
        """Write a text."""
        self.user.says(text)

    def taps(self, label: str) -> None:
        """Tap the menu or a menu message; else type the number before the label."""
        for tap in (self.user.chooses, self.user.taps):
            try:
                tap(label)
            except NoSuchButton:
                continue
            return
        number = re.search(rf"(\d+) {re.escape(label)}(?=\s|$)", self.user.last.text)
        if number is None:
            raise NoSuchButton(label)
        self.user.says(number[1])

    def sends_photo(self, content: bytes) -> None:
        """Send a photo."""
        self.user.sends_photo(content)

    def sends_place(self, latitude: float, longitude: float, label: str) -> None:
        """Send a place."""
        self.user.sends_place(latitude, longitude, label)

    def scans(self, scene: str) -> None:
        """Scan a code."""
        self.user.scans(scene)

    def follows(self) -> None:
        """Follow the account."""
        self.user.follows()


@dataclass
class OnTelegram:
    """Somebody with Telegram; edits and pop-up answers are seen, too."""

    user: TelegramUser

    def seen(self) -> list[str]:
        """Return every message of the bot as it came, and as it was changed."""
        return [_telegram_words(shown) for shown in self.user.journal]

    def says(self, text: str) -> None:
        """Write a text."""
        self.user.says(text)

    def taps(self, label: str) -> None:
        """Tap a button; the little clock on it has to go away."""
        tapped = self.user.taps(label)
        if isinstance(tapped, Query) and not wait_until(
            lambda: tapped.answer is not None, SECONDS_TO_ANSWER
        ):
            raise Turned(f"the tap on {label!r} was never answered")

    def sends_photo(self, content: bytes) -> None:
        """Send a photo."""
        self.user.sends_photo(content)

    def sends_place(self, latitude: float, longitude: float, label: str) -> None:  # noqa: ARG002
        """Send a place; Telegram's carry no words."""
        self.user.sends_place(latitude, longitude)

    def scans(self, scene: str) -> None:
        """Open the deep link that a code leads to."""
        self.user.starts(scene)

    def follows(self) -> None:
        """Press START."""
        self.user.starts()


def _wechat_words(shown: Shown) -> str:
    if shown.articles:
        articles = [
            "\n".join(filter(None, [f"［图文］{one.title}", one.description, one.url]))
            for one in shown.articles
        ]
        return "\n".join(articles)
    marks = {"image": "［图片］", "voice": "［语音］", "transfer": "［转人工］"}
    via = {"template": "［模板消息］\n", "subscription": "［订阅通知］\n", "mass": "［群发］\n"}
    return via.get(shown.via, "") + (shown.text or marks.get(shown.kind, f"［{shown.kind}］"))


def _telegram_words(shown: ShownMessage) -> str:
    marks = {"photo": "［图片］", "poll": "［投票］", "location": "［位置］"}
    head = "（改了一条）" if shown.versions else ""
    lines = [head + marks.get(shown.kind, "") + shown.text]
    lines += ["".join(f"［{one.label}］" for one in shown.buttons + shown.keyboard)]
    return "\n".join(filter(None, lines))


def transcript(
    title: str,
    steps: Sequence[Step],
    who: Somebody,
    mask: Callable[[str], str] = str,
    patience: float = SECONDS_TO_ANSWER,
) -> str:
    """Perform the steps and return what was done and seen.

    Args:
        title: the transcript's first line, "# …".
        steps: what to do, in order.
        who: who does it.
        mask: replaces what differs from run to run, such as codes and dates.
        patience: how many seconds the messages of a turn may take.

    Raises:
        Turned: when a turn brings more or fewer messages than its step says.
    """
    parts = [title]
    before = len(who.seen())  # carried on: what comes late is told of the turn after
    for number, step in enumerate(steps, 1):
        step.work(who)
        _wait_for(who, before + step.replies, patience)
        if number == len(steps) or step.replies == 0:
            sleep(QUIET_SECONDS)
        brought = who.seen()[before:]
        if len(brought) != step.replies:
            raise Turned(
                f"turn {number} ({step.words}) brought {len(brought)} messages, and its step says "
                f"replies={step.replies}:\n" + "\n---\n".join(brought)
            )
        parts += [f"> {step.words}", *map(mask, brought)]
        before += step.replies
    return "\n\n".join(parts) + "\n"


def _wait_for(who: Somebody, count: int, seconds: float) -> None:
    wait_until(lambda: len(who.seen()) >= count, seconds)


def play(
    path: Path,
    title: str,
    steps: Sequence[Step],
    who: Somebody,
    mask: Callable[[str], str] = str,
) -> None:
    """Perform the steps and compare with the transcript kept in ``path``, or write it anew."""
    today = transcript(title, steps, who, mask)
    if os.environ.get("LIFELINE_WRITE_TRANSCRIPTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(today, encoding="utf-8")
    assert today == path.read_text(encoding="utf-8")
