"""Telling somebody that a photo of theirs could not be taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot import store
from bot.dialogue.house import House, Pushed
from bot.dialogue.session import Language, session_from_json
from bot.functions.report_card import spaced
from bot.messages import Account, Reply
from bot.telling_store import Tale, tale_of
from community.store import address_of
from hazards.photo_store import SentPhoto

# Later nobody remembers which photo that was.
_LASTS = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class RefusedPhotos:
    """Tells whoever sent a refused photo, in a draft or handed in; of an anonymous one nobody.

    ``words`` are what functions say, by language.
    """

    words: Mapping[Language, Mapping[str, str]]
    clock: Callable[[], datetime]

    def __call__(self, db: Connection, photo: SentPhoto) -> None:
        """Queue the sentence to the channel that the photo came from, once."""
        if photo.account_id is not None:
            self._tell_draft(db, photo, photo.account_id)
        elif photo.report_id is not None and photo.case_id is not None:
            self._tell_reporter(db, photo, tale_of(db, photo.report_id, photo.case_id))

    def _tell_draft(self, db: Connection, photo: SentPhoto, account_id: int) -> None:
        stored = store.load_session(db, account_id)
        language = session_from_json(stored.state).language if stored else "zh"
        text = self.words[language]["report_photo_refused"]
        self._push(db, account_id, text, f"photo:{photo.id}")

    def _tell_reporter(self, db: Connection, photo: SentPhoto, tale: Tale | None) -> None:
        """Tell the account in the channel that the photo came from."""
        if tale is None:
            return
        for address in tale.addresses:
            if address.channel == photo.channel:
                words = self.words[address.language]["report_photo_refused_later"]
                text = words.format(code=spaced(tale.code))
                # Rows of drafts and of reports are numbered apart.
                self._push(db, address.account_id, text, f"sentphoto:{photo.id}")

    def _push(self, db: Connection, account_id: int, text: str, key: str) -> None:
        account = Account(*address_of(db, account_id))
        pushed = Pushed(account, (Reply("chat", text),), key, lasts=_LASTS)
        House().push(db, account_id, pushed, self.clock())
