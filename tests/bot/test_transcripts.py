"""Conversations that were once read through by hand, replayed line by line.

A transcript is Markdown: a line 「> …」 is what the resident said, the lines up to the next one
are what they read. `LIFELINE_WRITE_TRANSCRIPTS=1` writes the answers anew; then read them again.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.dialogue.conversation import Conversation
from bot.dialogue.turns import Turn
from bot.messages import plain_text

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "transcripts").glob("*.md"))
SAID = "> "


def replay(text: str, say: Callable[[str], Turn]) -> str:
    """Return the transcript with what is answered today."""
    title = text.split(f"\n{SAID}", 1)[0].strip()
    parts = [title]
    for line in text.splitlines():
        if line.startswith(SAID):
            turn = say(line.removeprefix(SAID))
            replies = "\n\n".join(plain_text(reply) for reply in turn.replies)
            parts.append(f"{line}\n\n{replies}")
    return "\n\n".join(parts) + "\n"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, say: Callable[[str], Turn], conversation: Conversation) -> None:
    assert conversation.is_ready
    written = path.read_text(encoding="utf-8")
    today = replay(written, say)
    if os.environ.get("LIFELINE_WRITE_TRANSCRIPTS"):
        path.write_text(today, encoding="utf-8")
    assert today == written


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 3
