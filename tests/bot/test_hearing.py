"""Recordings as words, through a real command; whatever it does, the message is answered."""

import logging
import shlex
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired
from time import monotonic

import pytest

from bot.desk_store import open_requests
from bot.dialogue.conversation import Conversation
from bot.dialogue.turns import Turn
from bot.hearing import FILE_PLACE, BadCommand, Hearing, Recogniser
from bot.messages import Account, Media, Utterance, plain_text
from storage import Database
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import LI, LI_ON_TELEGRAM, house, talk

__all__ = ["house", "talk"]

VOICE = (Media("voice", "the-media-id"),)
# What the recogniser writes is what stands in the recording: a sound file that is text.
REPEATS = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"
SLOW = "import time; time.sleep(30)"
FAILS = "import sys; print('着火了'); sys.exit(3)"
SILENT = "print('  ')"
ODD_BYTES = r"import sys; sys.stdout.buffer.write(b'\xff\xfe' + '楼道'.encode() + b'\x00')"


def script(code: str) -> str:
    return shlex.join([sys.executable, "-c", code, FILE_PLACE])


def fetched(said: str) -> Callable[[str], bytes]:
    def fetch(ref: str) -> bytes:
        assert ref == "the-media-id"
        return said.encode()

    return fetch


def refused(ref: str) -> bytes:
    raise ConnectionError(ref)


Hear = Callable[..., Turn]


@pytest.fixture
def hear(talk: Conversation, clock: Clock) -> Hear:
    """Send a voice message through a recogniser made of a script."""
    numbers = count(1)

    def send(
        code: str,
        fetch: Callable[[str], bytes] | None = None,
        account: Account = LI,
        **said: object,
    ) -> Turn:
        recogniser = Recogniser(Recogniser.of(script(code)).command, seconds=2)
        hearing = Hearing(talk, recogniser, {"wechat": fetch or fetched("楼道能停电动车吗")})
        more = {"text": "", "media": VOICE} | said
        made = Utterance(account, f"v{next(numbers)}", sent_at=clock(), **more)  # type: ignore[arg-type]
        return hearing.receive(made)

    return send


def shown(turn: Turn) -> str:
    return "\n".join(plain_text(reply) for reply in turn.replies)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
class TestHearing:
    def test_a_question_is_answered_by_the_words_in_it(self, hear: Hear) -> None:
        turn = hear(REPEATS)
        assert turn.replies[0].kind == "answer"
        assert turn.said == "楼道能停电动车吗"

    def test_an_emergency_said_aloud_is_one(self, hear: Hear) -> None:
        assert hear(REPEATS, fetched("厨房着火了快来人啊")).replies[0].kind == "emergency"

    @pytest.mark.parametrize(
        ("code", "fetch"),
        [(FAILS, None), (SILENT, None), (REPEATS, refused), (REPEATS, fetched(""))],
        ids=["fails", "hears nothing", "cannot be fetched", "is empty"],
    )
    def test_what_is_not_heard_is_a_voice_message(
        self, hear: Hear, code: str, fetch: Callable[[str], bytes] | None
    ) -> None:
        turn = hear(code, fetch)

        assert "听不了语音" in shown(turn)
        assert "119" in shown(turn)

    def test_a_slow_recogniser_is_ended(self, hear: Hear, caplog: pytest.LogCaptureFixture) -> None:
        began = monotonic()
        with caplog.at_level(logging.ERROR):
            assert "听不了语音" in shown(hear(SLOW))

        assert monotonic() - began < 10
        assert "TimeoutExpired" in caplog.text

    def test_bytes_that_are_no_text_are_stored_clean(self, hear: Hear) -> None:
        assert hear(ODD_BYTES).said == "\ufffd\ufffd楼道"

    @pytest.mark.parametrize(
        "said",
        [{"text": "着火了"}, {"media": (Media("photo", "p"),)}, {"account": LI_ON_TELEGRAM}],
        ids=["already words", "a photo", "a channel whose sounds cannot be fetched"],
    )
    def test_all_else_passes_through(self, hear: Hear, said: dict[str, object]) -> None:
        def never(ref: str) -> bytes:
            raise AssertionError(ref)

        assert hear(REPEATS, never, **said).replies

    def test_the_recording_still_reaches_staff(
        self, hear: Hear, talk: Conversation, database: Database, clock: Clock
    ) -> None:
        hear(SILENT)
        talk.receive(Utterance(LI, "four", "4", clock()))

        (request,) = database.read(lambda db: open_requests(db, 5))
        assert request.media_ref == "the-media-id"

    def test_history_ratings_and_turns_are_the_conversations(
        self, hear: Hear, talk: Conversation
    ) -> None:
        turn = hear(REPEATS)
        assert turn.id is not None
        hearing = Hearing(talk, Recogniser.of(script(REPEATS)), {})

        assert [one.id for one in hearing.history(LI)] == [turn.id]
        assert hearing.turn(LI, turn.id) == talk.turn(LI, turn.id)
        assert hearing.rate(LI, turn.id, useful=True)
        assert not hearing.rate(LI_ON_TELEGRAM, turn.id, useful=True)


class TestRecogniser:
    def test_the_recording_is_a_file_that_is_gone_afterwards(self) -> None:
        tells = Recogniser.of(script("import sys; print(sys.argv[1])"))
        assert not Path(tells.words(b"sound")).exists()

    def test_nothing_is_read_by_a_shell(self) -> None:
        command = f"{shlex.quote(sys.executable)} -c 'print(1)' ';' rm -rf {FILE_PLACE}"
        assert Recogniser.of(command).words(b"") == "1"

    @pytest.mark.parametrize(
        ("code", "error"), [(FAILS, CalledProcessError), (SLOW, TimeoutExpired)]
    )
    def test_a_failure_is_an_error(self, code: str, error: type[Exception]) -> None:
        recogniser = Recogniser(Recogniser.of(script(code)).command, seconds=1)
        with pytest.raises(error):
            recogniser.words(b"")

    def test_a_missing_command_is_an_error(self) -> None:
        with pytest.raises(FileNotFoundError):
            Recogniser.of(f"/nowhere/recogniser {FILE_PLACE}").words(b"")

    @pytest.mark.parametrize("command", ["", "recognise", "recognise {datei}", f"'{FILE_PLACE}"])
    def test_a_command_without_a_place_for_the_file_is_refused(self, command: str) -> None:
        with pytest.raises(BadCommand) as refused:
            Recogniser.of(command)

        assert refused.value.permanent
        assert refused.value.command == command
