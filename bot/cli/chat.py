"""``lifeline chat``: the whole dialogue in the terminal, on the main database."""

import signal
import sys
from collections.abc import Iterator
from contextlib import suppress

import typer

from bot.app import open_conversation, open_main_database, utc_now
from bot.channels.terminal import converse
from bot.phrases import load_wording
from bot.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def chat() -> None:
    """在终端里聊天，Ctrl-D结束。 | Chat in the terminal; Ctrl-D ends."""
    settings = Settings()
    with open_main_database(settings) as database:
        conversation = open_conversation(settings, database)
        # From here on Ctrl-C ends the talk, and the database is closed in order.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if sys.stdin.isatty():
            typer.echo(load_wording().general["welcome"])
        with suppress(KeyboardInterrupt):
            converse(_lines(), conversation, lambda text: typer.echo(f"{text}\n"), utc_now)


def _lines() -> Iterator[str]:
    prompt = "你：" if sys.stdin.isatty() else ""
    while True:
        try:
            yield input(prompt)
        except (EOFError, KeyboardInterrupt):
            return
