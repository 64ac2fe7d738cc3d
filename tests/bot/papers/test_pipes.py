"""Messages over pipes: whole, or not at all."""

import io

import pytest

from bot.papers.pipes import receive, send


@pytest.mark.parametrize(
    "parts", [[], [b""], [b"one", b"", "三".encode()]], ids=["none", "an empty one", "three"]
)
def test_a_message_comes_as_it_went(parts: list[bytes]) -> None:
    pipe = io.BytesIO()
    send(pipe, parts)
    send(pipe, [b"the next"])
    pipe.seek(0)

    assert receive(pipe) == parts
    assert receive(pipe) == [b"the next"]


@pytest.mark.parametrize("length", range(14), ids=str)
def test_a_message_that_breaks_off_is_no_message(length: int) -> None:
    pipe = io.BytesIO()
    send(pipe, [b"abc", b"def"])
    broken = io.BytesIO(pipe.getvalue()[:length])

    with pytest.raises(EOFError):
        receive(broken)
