"""What both stand-ins stand on."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.responses import Response

from tests.platforms.loopback import Call, Faults, SteeredClock, wait_until
from tests.platforms.scripted import answering


def test_a_clock_runs_and_is_moved() -> None:
    clock = SteeredClock()
    assert abs(clock() - datetime.now(UTC)) < timedelta(seconds=1)
    clock.advance(hours=48, seconds=1)
    assert abs(clock() - datetime.now(UTC) - timedelta(hours=48)) < timedelta(seconds=2)
    clock.stop()
    stopped = clock()
    assert clock() == stopped
    clock.advance(seconds=-1)
    assert clock() == stopped - timedelta(seconds=1)
    then = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
    assert abs(SteeredClock(then)() - then) < timedelta(seconds=1)


def test_trouble_comes_once_and_where_it_was_asked_for() -> None:
    faults = Faults()
    faults.next(2, "5xx", "/send")
    faults.next(1, "html")
    assert [faults.take("/get"), faults.take("/send"), faults.take("/send")] == [
        "html",
        "5xx",
        "5xx",
    ]
    faults.next(1, "5xx")
    faults.clear()
    assert faults.take("/send") is None


def test_a_multipart_body_is_read() -> None:
    seen: list[Call] = []

    def keep(call: Call) -> Response:
        seen.append(call)
        return Response("好")

    with answering(keep) as service:
        files = {"media": ("集合点.png", b"\x89PNG\r\n\x00--", "image/png")}
        httpx.post(service.url, files=files, data={"title": "三栋\r\n二单元"})
        httpx.post(service.url, data={"title": "三栋", "empty": ""})
    texts, uploads = seen[0].fields()
    assert texts == {"title": "三栋\r\n二单元"}
    assert uploads["media"].content == b"\x89PNG\r\n\x00--"
    assert uploads["media"].name == "集合点.png"
    assert uploads["media"].content_type == "image/png"
    assert seen[1].fields() == ({"title": "三栋", "empty": ""}, {})


@pytest.mark.parametrize(("body", "data"), [(b'{"a": 1}', {"a": 1}), (b"no", None), (b"", None)])
def test_a_json_body_is_read(body: bytes, data: object) -> None:
    assert Call("POST", "/", {}, body).json() == data


def test_waiting() -> None:
    assert wait_until(lambda: True)
    assert not wait_until(lambda: False, seconds=0.02)
