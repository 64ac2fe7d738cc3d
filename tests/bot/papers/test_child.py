"""A child process is asked in turn, killed when it hangs, and replaced when it died."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from bot.papers.child import Child, ChildDied, TookTooLong, WorkRefused

MODULE = "tests.bot.papers.misbehaving"
# Long enough for a start on a busy machine, and the one test that waits for it waits so long.
LIMIT_SECONDS = 4.0


@pytest.fixture
def child() -> Iterator[Child]:
    with Child(MODULE, limit_seconds=LIMIT_SECONDS) as child:
        yield child


def test_parts_come_back_as_they_went(child: Child) -> None:
    parts = [b"", b"\x00\xff" * 300_000, "生命通道".encode()]

    assert child.ask([b"echo", *parts]) == parts


def test_nothing_starts_before_the_first_ask_and_one_process_serves_all(child: Child) -> None:
    assert child.process_id is None

    child.ask([b"echo"])
    first = child.process_id
    child.ask([b"echo"])

    assert first is not None
    assert child.process_id == first


def test_many_threads_get_their_own_answers(child: Child) -> None:
    questions = [str(number).encode() * 1000 for number in range(40)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda one: child.ask([b"echo", one])[0], questions))

    assert answers == questions


def test_a_hung_child_is_killed_and_the_next_ask_is_served(child: Child) -> None:
    child.ask([b"echo"])
    hung = child.process_id

    with pytest.raises(TookTooLong) as caught:
        child.ask([b"hang"])

    assert caught.value.seconds == LIMIT_SECONDS
    assert not caught.value.permanent
    assert not psutil.pid_exists(hung or 0)
    assert child.ask([b"echo", b"again"]) == [b"again"]


def test_a_crash_is_told_and_the_next_ask_is_served(child: Child) -> None:
    with pytest.raises(ChildDied) as caught:
        child.ask([b"die"])

    assert caught.value.code is not None
    assert child.ask([b"echo", b"again"]) == [b"again"]


def test_a_child_killed_while_idle_is_replaced(child: Child) -> None:
    child.ask([b"echo"])
    process = psutil.Process(child.process_id)
    process.kill()
    psutil.wait_procs([process])

    assert child.ask([b"echo", b"again"]) == [b"again"]


def test_an_error_comes_back_with_its_text_and_the_child_lives_on(child: Child) -> None:
    with pytest.raises(WorkRefused) as caught:
        child.ask([b"fail"])

    assert caught.value.detail == "ValueError: 这不行"
    assert caught.value.permanent
    first = child.process_id
    child.ask([b"echo"])
    assert child.process_id == first


def test_what_a_library_prints_is_not_taken_for_an_answer(child: Child) -> None:
    assert child.ask([b"chatter"]) == [b"said"]


def test_the_child_gets_no_secrets(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFELINE_SECRET_KEY", "not for pictures")
    monkeypatch.setenv("HTTPS_PROXY", "http://localhost:1")

    names = child.ask([b"surroundings"])

    assert not [name for name in names if name.startswith(b"LIFELINE") or b"PROXY" in name]


def test_closing_ends_the_process() -> None:
    with Child(MODULE, limit_seconds=LIMIT_SECONDS) as child:
        child.ask([b"echo"])
        running = child.process_id or 0
        assert psutil.pid_exists(running)

    assert not psutil.pid_exists(running)
    assert child.process_id is None
