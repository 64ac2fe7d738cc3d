"""Voice messages as words, where the operator has set a recogniser that works offline.

The recogniser is any command that is given a sound file and writes the words to its standard
output. What it cannot read goes on as a voice message, which is answered as such.
"""

import logging
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.dialogue.conversation import Conversation
from bot.dialogue.turns import Turn
from bot.messages import Account, Media, Utterance

_logger = logging.getLogger(__name__)

FILE_PLACE = "{file}"
RECOGNISING_SECONDS = 20

# Returns the bytes behind a media reference of one channel; any error of its own is logged.
Fetch = Callable[[str], bytes]


class BadCommand(Exception):
    """The recogniser's command has no place for the file."""

    permanent = True

    def __init__(self, command: str) -> None:
        self.command = command
        super().__init__(f"LIFELINE_SPEECH_COMMAND has no {FILE_PLACE}: {command}")


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Runs the operator's command on one recording."""

    command: tuple[str, ...]
    seconds: float = RECOGNISING_SECONDS

    @classmethod
    def of(cls, command: str) -> "Recogniser":
        """Return the recogniser of a command line.

        Raises:
            BadCommand: when it has no place for the file, or its quotes do not match.
        """
        try:
            parts = tuple(shlex.split(command))
        except ValueError as error:
            raise BadCommand(command) from error
        if not any(FILE_PLACE in part for part in parts):
            raise BadCommand(command)
        return cls(parts)

    def words(self, recording: bytes) -> str:
        """Return the words in a recording, "" when there are none.

        Raises:
            OSError: when the command cannot be started.
            subprocess.SubprocessError: when it fails or takes too long.
        """
        with tempfile.TemporaryDirectory(prefix="lifeline-voice-") as folder:
            file = Path(folder) / "recording"
            file.write_bytes(recording)
            command = [part.replace(FILE_PLACE, str(file)) for part in self.command]
            done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
                command, capture_output=True, check=True, timeout=self.seconds
            )
        return done.stdout.decode("utf-8", "replace").strip()


class Hearing:
    """A conversation that reads voice messages; all else is passed on as it is."""

    def __init__(
        self, conversation: Conversation, recogniser: Recogniser, fetch: Mapping[str, Fetch]
    ) -> None:
        self._conversation = conversation
        self._recogniser = recogniser
        self._fetch = fetch

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Answer one message, a recording by the words in it."""
        # Who writes too fast is not listened to: that takes seconds.
        heard = utterance if limited else self._heard(utterance)
        return self._conversation.receive(heard, limited=limited)

    def history(self, account: Account, after: int = 0) -> list[Turn]:
        """Return the account's latest turns."""
        return self._conversation.history(account, after)

    def rate(self, account: Account, turn_id: int, *, useful: bool) -> bool:
        """Note 有用 or 没用."""
        return self._conversation.rate(account, turn_id, useful=useful)

    def turn(self, account: Account, turn_id: int) -> Turn | None:
        """Return one turn of the account's."""
        return self._conversation.turn(account, turn_id)

    def _heard(self, utterance: Utterance) -> Utterance:
        voice = next((sent for sent in utterance.media if sent.kind == "voice"), None)
        fetch = self._fetch.get(utterance.account.channel)
        if voice is None or utterance.text or fetch is None:
            return utterance
        words = self._words(voice, fetch)
        return replace(utterance, text=words, is_aloud=True) if words else utterance

    def _words(self, voice: Media, fetch: Fetch) -> str:
        try:
            return self._recogniser.words(fetch(voice.ref))
        except Exception:  # whatever fails, the voice message is answered as one
            _logger.exception("a recording was not recognised")
            return ""
