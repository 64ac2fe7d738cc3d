"""Whole reports that were once read through by hand, replayed line by line.

Written as the transcripts beside them; 「> [照片] 楼道堆物」 is a photo with a caption and
「> [位置] 南门」 a place. Codes are drawn anew each time and stand as □□□□-□□□□ there; 「{编号}」
in a message is the last one that was shown. `LIFELINE_WRITE_TRANSCRIPTS=1` writes the answers
anew; then read them again.
"""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.dialogue.turns import Turn
from bot.messages import Place, plain_text
from tests.bot.conftest import Clock
from tests.bot.functions.conftest import Says
from tests.bot.functions.reporting import photo

TRANSCRIPTS = sorted((Path(__file__).parents[2] / "transcripts" / "reports").glob("*.md"))
SAID, PHOTO, PLACE = "> ", "[照片]", "[位置]"
_CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")
_HIDDEN = "□□□□-□□□□"


class Talk:
    """Says the lines of a transcript, some seconds apart."""

    def __init__(self, sends: Says, clock: Clock) -> None:
        self._sends = sends
        self._clock = clock
        self._code = ""

    def said(self, line: str) -> str:
        """Return what is answered, without what is drawn anew each time."""
        self._clock.forward(timedelta(seconds=10))
        turn = self._sent(line.replace("{编号}", self._code))
        text = "\n\n".join(plain_text(reply) for reply in turn.replies) or "（没有回复）"
        self._code = next(iter(_CODE.findall(text)), self._code)
        return _CODE.sub(_HIDDEN, text)

    def _sent(self, line: str) -> Turn:
        if line.startswith(PHOTO):
            return self._sends(line.removeprefix(PHOTO).strip(), media=photo())
        if line.startswith(PLACE):
            label = line.removeprefix(PLACE).strip()
            return self._sends(place=Place(29.53, 108.77, label, "gcj02"))
        return self._sends(line)


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, sends: Says, clock: Clock) -> None:
    written = path.read_text(encoding="utf-8")
    talk = Talk(sends, clock)
    parts = [written.split(f"\n{SAID}", 1)[0].strip()]
    said = [line for line in written.splitlines() if line.startswith(SAID)]
    parts.extend(f"{line}\n\n{talk.said(line.removeprefix(SAID))}" for line in said)
    today = "\n\n".join(parts) + "\n"
    if os.environ.get("LIFELINE_WRITE_TRANSCRIPTS"):
        path.write_text(today, encoding="utf-8")
    assert today == written


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 3
