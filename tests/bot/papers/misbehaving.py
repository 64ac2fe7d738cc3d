"""A child process that does whatever its test asks of it, good or bad."""

import os
from collections.abc import Callable
from threading import Event

from bot.papers.pipes import serve


def hang(_: list[bytes]) -> list[bytes]:
    Event().wait()
    return []


def die(_: list[bytes]) -> list[bytes]:
    os._exit(3)


def fail(_: list[bytes]) -> list[bytes]:
    raise ValueError("这不行")


def chatter(_: list[bytes]) -> list[bytes]:
    print("a library that prints")  # noqa: T201 - what is tested
    return [b"said"]


def surroundings(_: list[bytes]) -> list[bytes]:
    return [name.encode() for name in os.environ]


def echo(parts: list[bytes]) -> list[bytes]:
    return parts


BEHAVIOUR: dict[bytes, Callable[[list[bytes]], list[bytes]]] = {
    b"hang": hang,
    b"die": die,
    b"fail": fail,
    b"chatter": chatter,
    b"surroundings": surroundings,
    b"echo": echo,
}

if __name__ == "__main__":
    serve(lambda parts: BEHAVIOUR[parts[0]](parts[1:]))
