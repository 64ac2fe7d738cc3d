"""What comes along with a message: photos, recordings, files, places."""

from collections.abc import Callable

from telegram import Message

from bot.messages import Media, MediaKind, Place


def place_of(message: Message) -> Place | None:
    """Return the place that was sent, with its words when it is a venue."""
    if venue := message.venue:
        words = f"{venue.title} {venue.address}".strip()
        return Place(venue.location.latitude, venue.location.longitude, words)
    if found := message.location:
        return Place(found.latitude, found.longitude)
    return None


def media_of(message: Message) -> Media | None:
    """Return what was sent along; Telegram puts one such thing into a message."""
    return next((media for read in _READERS if (media := read(message))), None)


def _photo(message: Message) -> Media | None:
    """Return the largest of the sizes in which Telegram offers every photo."""
    if not message.photo:
        return None
    largest = max(message.photo, key=lambda size: size.width * size.height)
    return Media("photo", largest.file_id)


def _document(message: Message) -> Media | None:
    """Return a file; a picture sent as a file, for its quality, is a photo to us."""
    document = message.document
    if not document:
        return None
    kind: MediaKind = "photo" if (document.mime_type or "").startswith("image/") else "file"
    return Media(kind, document.file_id, document.file_name or "")


def _sticker(message: Message) -> Media | None:
    sticker = message.sticker
    return Media("sticker", sticker.file_id, sticker.emoji or "") if sticker else None


def _recording(message: Message) -> Media | None:
    if message.voice:
        return Media("voice", message.voice.file_id)
    moving = message.video or message.video_note or message.animation
    return Media("video", moving.file_id) if moving else None


def _audio(message: Message) -> Media | None:
    audio = message.audio
    return Media("file", audio.file_id, audio.file_name or "") if audio else None


# An animation carries a document as well, so recordings are looked for first.
_READERS: tuple[Callable[[Message], Media | None], ...] = (
    _photo,
    _recording,
    _document,
    _sticker,
    _audio,
)
