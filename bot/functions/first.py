"""Fire or gas, look here first; what is said to a voice message; and choosing the language.

Only the chosen language is written, beside the session.
"""

from dataclasses import replace

from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import SAY, Function, Open, Visit
from bot.dialogue.session import Language
from bot.messages import Choice
from community.audience_store import note_language
from community.store import resident_of

_KINDS = ("fire", "smoke", "gas", "unconscious")


def _happening(visit: Visit, label: str, kind: str) -> Choice:
    """Return a choice that is answered as if the emergency had been written out."""
    return visit.choice(label, f"{SAY}/{visit.words[f'say_{kind}']}")


def _open_first(visit: Visit, given: str) -> Outcome:  # noqa: ARG001 - fits Open
    choices = [_happening(visit, f"first_{kind}", kind) for kind in _KINDS]
    return visit.say("first").offering(choices).outcome()


def _open_voice(visit: Visit, given: str) -> Outcome:  # noqa: ARG001 - fits Open
    """Say at once what to do instead; the recording goes to staff only when 4 is chosen."""
    sent = visit.media[0] if visit.media else None
    human = f"human/voice/{sent.ref}" if sent else "human"
    choices = [
        _happening(visit, "voice_fire", "fire"),
        _happening(visit, "voice_gas", "gas"),
        visit.choice("voice_report", "report"),
        visit.choice("voice_human", human),
    ]
    return visit.say("voice").offering(choices).outcome()


def _saying(name: str) -> Open:
    """Return what opens a function that only says one sentence."""
    return lambda visit, _: visit.say(name).outcome()


def _chosen(visit: Visit, language: Language) -> Visit:
    """Speak it from here on; notices to many come in it as well."""
    if not visit.is_group:
        note_language(visit.db, resident_of(visit.db, visit.account_id), language, visit.now)
    return _speaking(visit, language)


def _speaking(visit: Visit, language: Language) -> Visit:
    return replace(visit, session=replace(visit.session, language=language))


def _open_language(visit: Visit, given: str) -> Outcome:
    if given == "en":
        return _chosen(visit, "en").say("language_set_en").booked().outcome()
    if given == "zh":
        return _chosen(visit, "zh").say("language_set").booked().outcome()
    choices = [
        visit.choice("language_zh", "language/zh"),
        visit.choice("language_en", "language/en"),
    ]
    return visit.say("language").offering(choices).outcome()


FIRST = Function(
    "first",
    _open_first,
    frozenset({"着火漏气先看", "先看", "first", "emergency", "urgent"}),
    menu="ask",
    is_private=False,
)
VOICE = Function("voice", _open_voice, is_private=False)
# What the next releases bring is asked for already.
NOT_YET = (
    Function(
        "quiz",
        _saying("quiz_elsewhere"),
        frozenset({
            "每日一题", "答题", "我要答题", "quiz",
        }),
        is_private=False,
    ),
)  # fmt: skip
LANGUAGES = (
    Function(
        "language",
        _open_language,
        frozenset({"language", "lang", "语言", "切换语言", "换语言", "怎么换语言"}),
        is_private=False,
    ),
    Function(
        "chinese",
        lambda visit, _: _open_language(visit, "zh"),
        frozenset({"中文", "说中文", "用中文", "换成中文", "chinese"}),
        is_private=False,
    ),
    Function(
        "english",
        lambda visit, _: _open_language(visit, "en"),
        frozenset(
            {
                "english",
                "英文",
                "英语",
                "说英语",
                "换成英文",
                "怎么换成英文",
                "切换英文",
                "用英文",
                "in english",
            }
        ),
        is_private=False,
    ),
)
