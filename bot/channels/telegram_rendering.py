"""Replies as Telegram messages: plain text with nothing to escape, and keyboards.

The wording is the reply's own. What a button says is left out of the text; numbers stay on
the buttons, so that typing a number works as everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)

from bot.channels.telegram_taps import (
    Basis,
    Cry,
    More,
    Rate,
    Say,
    Tap,
    TapData,
    encode_tap,
)
from bot.channels.telegram_words import words_in
from bot.dialogue.functions import SAY, SEPARATOR, given_to
from bot.messages import Choice, Reply, has_urgent
from bot.splitting import split_text

MOST_TEXT, MOST_CAPTION = 4096, 1024  # UTF-16 units; Bot API, sendMessage and sendPhoto
MORE = "更多"
BASIS = "依据"
SHORT_LABEL = 7

Buttons = InlineKeyboardMarkup | ReplyKeyboardMarkup | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send.

    Attributes:
        text: what it says; the caption when there is a picture.
        bold: how many UTF-16 units at the start are bold.
        buttons: the keyboard, or None.
        picture: path of a picture in the data folder, or "".
    """

    text: str
    bold: int = 0
    buttons: Buttons = None
    picture: str = ""


def units(text: str) -> int:
    """Return the length of ``text`` as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def render(reply: Reply, turn_id: int | None, *, in_group: bool) -> tuple[Outgoing, ...]:
    """Return ``reply`` as messages, in order.

    Args:
        reply: what to say.
        turn_id: the stored turn it belongs to; None leaves out what needs one.
        in_group: others read along, and places cannot be asked for.
    """
    buttons = _buttons(reply, turn_id, in_group=in_group)
    pieces = _pieces(_text(reply, can_rate=reply.rateable and turn_id is not None))
    first = replace(pieces[0], bold=_bold(reply, pieces[0].text))
    messages = _with_picture(reply.picture, (first, *pieces[1:]))
    return (*messages[:-1], replace(messages[-1], buttons=buttons))


def _text(reply: Reply, *, can_rate: bool) -> str:
    lines = [reply.text, reply.basis, "" if can_rate else reply.hint]
    if reply.card:
        lines += [reply.card.title, reply.card.summary]
        lines += [] if _opens(reply.card.url) else [reply.card.url]
    return "\n".join(line for line in lines if line)


def _pieces(text: str) -> tuple[Outgoing, ...]:
    if units(text) <= MOST_TEXT:
        return (Outgoing(text),)
    # A UTF-8 byte count is never below the count of UTF-16 units, so these pieces fit.
    return tuple(Outgoing(piece) for piece in split_text(text, MOST_TEXT))


def _bold(reply: Reply, text: str) -> int:
    return units(text.partition("\n")[0]) if reply.kind == "emergency" else 0


def _with_picture(picture: str, pieces: Sequence[Outgoing]) -> tuple[Outgoing, ...]:
    if not picture:
        return tuple(pieces)
    if units(pieces[0].text) <= MOST_CAPTION:
        return (replace(pieces[0], picture=picture), *pieces[1:])
    return (Outgoing("", picture=picture), *pieces)


def _buttons(reply: Reply, turn_id: int | None, *, in_group: bool) -> Buttons:
    if reply.wants == "place" and not in_group:
        return _place_keyboard(reply)
    choices = _choice_rows(reply, turn_id, in_group=in_group)
    rows = [*choices, *_card_rows(reply), _quiet_row(reply, turn_id)]
    rows = [row for row in rows if row]
    return InlineKeyboardMarkup(rows) if rows else None


def _place_keyboard(reply: Reply) -> ReplyKeyboardMarkup:
    """One tap sends the place; a message has one keyboard only, so choices stand on it, too."""
    send_place = words_in(reply.language).send_place
    rows = [[KeyboardButton(send_place, request_location=True)]]
    rows += [[KeyboardButton(choice.label)] for choice in reply.choices]
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)


def _choice_rows(
    reply: Reply, turn_id: int | None, *, in_group: bool
) -> list[list[InlineKeyboardButton]]:
    is_urgent = has_urgent((reply,))
    is_ones_own = in_group and not is_urgent
    buttons = [
        InlineKeyboardButton(
            f"{number} {choice.label}",
            callback_data=_data(choice, number, turn_id, is_ones_own=is_ones_own),
        )
        for number, choice in enumerate(reply.choices, 1)
    ]
    are_short = all(len(choice.label) <= SHORT_LABEL for choice in reply.choices)
    if is_urgent or not are_short:
        return [[button] for button in buttons]
    pairs = zip_longest(buttons[::2], buttons[1::2])
    return [[button for button in pair if button] for pair in pairs]


def _data(choice: Choice, number: int, turn_id: int | None, *, is_ones_own: bool) -> str:
    """Return what a choice's button sends; a number is the last resort and always fits.

    What leads to a topic or a function is found again through its turn, so that an old button
    still means what it says; so is all that is one person's own in a group. What somebody in
    danger taps says itself what it means: it must work for anybody, and without a store.
    """
    by_number = Say(str(number)) if turn_id is None else Tap(turn_id, number - 1)
    meant: TapData = Say(choice.label)
    if choice.function.startswith(f"{SAY}{SEPARATOR}"):
        meant = Cry(given_to(choice.function))
    elif turn_id is not None and (is_ones_own or choice.topic or choice.function):
        meant = by_number
    elif choice.label == MORE:
        meant = More()
    return encode_tap(meant) or encode_tap(by_number) or ""


def _card_rows(reply: Reply) -> list[list[InlineKeyboardButton]]:
    if not reply.card or not _opens(reply.card.url):
        return []
    return [[InlineKeyboardButton(reply.card.title, url=reply.card.url)]]


def _opens(url: str) -> bool:
    """Whether Telegram takes ``url`` for a button: a local address is refused with 400."""
    return url.startswith("https://")


def _quiet_row(reply: Reply, turn_id: int | None) -> list[InlineKeyboardButton]:
    words = words_in(reply.language)
    row: list[tuple[str, TapData]] = []
    if reply.citations:
        row += [(words.basis, Say(BASIS) if turn_id is None else Basis(turn_id))]
    if reply.rateable and turn_id is not None:
        row += [(words.useful, Rate(turn_id, useful=True))]
        row += [(words.useless, Rate(turn_id, useful=False))]
    return [InlineKeyboardButton(label, callback_data=encode_tap(tap)) for label, tap in row]
