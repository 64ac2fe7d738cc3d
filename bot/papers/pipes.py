"""How a service and its child process talk: messages of several parts over pipes.

A message is the number of its parts, then each part's length and bytes; numbers are four
bytes, the highest first.
"""

import os
import struct
import sys
from collections.abc import Callable, Sequence
from typing import IO

_NUMBER = struct.Struct(">I")
DONE, FAILED = b"done", b"failed"

Answer = Callable[[list[bytes]], list[bytes]]


def send(stream: IO[bytes], parts: Sequence[bytes]) -> None:
    """Write one message and flush it.

    Raises:
        OSError: when the other side has gone (BrokenPipeError).
    """
    stream.write(_NUMBER.pack(len(parts)))
    for part in parts:
        stream.write(_NUMBER.pack(len(part)))
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes]) -> list[bytes]:
    """Return the parts of the next message.

    Raises:
        EOFError: when the other side has gone, also in the middle of a message.
    """
    return [_exactly(stream, _number(stream)) for _ in range(_number(stream))]


def serve(answer: Answer) -> None:
    """Answer messages on the standard streams until the service closes them; runs in the child.

    Whatever ``answer`` raises goes back as one line of text, and the child lives on.
    """
    requests = sys.stdin.buffer
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # A library that prints would otherwise write into the middle of a reply.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while True:
        try:
            parts = receive(requests)
        except EOFError:
            return
        send(replies, _answered(answer, parts))


def _answered(answer: Answer, parts: list[bytes]) -> list[bytes]:
    try:
        return [DONE, *answer(parts)]
    except Exception as error:  # noqa: BLE001 - the service raises it again, with this text
        return [FAILED, f"{type(error).__name__}: {error}".encode(errors="replace")]


def _number(stream: IO[bytes]) -> int:
    number: int = _NUMBER.unpack(_exactly(stream, _NUMBER.size))[0]
    return number


def _exactly(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError(f"{len(content)} of {length} bytes came")
    return content
