"""What the channel says by itself: on buttons of its own, and as notices over the chat."""

from dataclasses import dataclass

from bot.messages import ReplyLanguage


@dataclass(frozen=True, slots=True)
class TelegramWords:
    """The channel's own words in one language; notices hold at most 200 characters.

    Attributes:
        stale: the notice for a button whose meaning nobody remembers.
        not_yours: the same in a group, where it may also be somebody else's.
        rated: the notice after a rating.
        too_fast: the notice when somebody taps without end.
        basis: the button that shows an answer's sources.
        useful: the button that says it helped.
        useless: the button that says it did not.
        send_place: the key that sends where one is.
        sources: stands above the sources of an answer.
    """

    stale: str
    not_yours: str
    rated: str
    too_fast: str
    basis: str
    useful: str
    useless: str
    send_place: str
    sources: str


_CHINESE = TelegramWords(
    stale="这个按钮已经过时了，请直接打字问我。",
    not_yours=(
        "这个按钮是给别人的，或者已经过时。你也想问，就在群里@我写一句。"
        "真着火、有人被困：先打119（免费）；漏气：先到室外再打。"
    ),
    rated="谢谢，记下了。",
    too_fast="点得太快了，等几秒再点。",
    basis="依据",
    useful="有用",
    useless="没用",
    send_place="📍 发送我的位置",
    sources="这条回答的依据：",
)
_ENGLISH = TelegramWords(
    stale="This button is out of date. Just type your question.",
    not_yours=(
        "This button is somebody else's, or out of date. To ask, mention me (@) in the group. "
        "Fire or people trapped: call 119 (free). Gas leak: go outdoors first."
    ),
    rated="Thank you, noted.",
    too_fast="That was too fast. Wait some seconds.",
    basis="Source",
    useful="Useful",
    useless="Not useful",
    send_place="📍 Send my location",
    sources="Sources of this answer (in Chinese):",
)
_WORDS: dict[ReplyLanguage, TelegramWords] = {"zh": _CHINESE, "en": _ENGLISH}


def words_in(language: ReplyLanguage) -> TelegramWords:
    """Return the words for somebody whose conversation is in ``language``."""
    return _WORDS[language]


def words_for_app(language: str) -> TelegramWords:
    """Return the words for somebody of whom nothing is known but their app's language.

    Args:
        language: BCP 47, or "" when the app does not say.
    """
    is_other = bool(language) and not language.lower().startswith("zh")
    return _ENGLISH if is_other else _CHINESE
