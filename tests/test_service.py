"""The service as an operator and a resident meet it: start, ask, stop, kill, start again."""

import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.service import Service, running

OTHER_KEY = "another key altogether"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that the tests of this module share, as one installation does."""
    return tmp_path_factory.mktemp("installation")


def ask(client: httpx.Client, text: str, message: str | None = None) -> dict[str, object]:
    body = {"id": message or str(uuid.uuid4()), "text": text}
    answer = client.post("/chat/messages", json=body)
    assert answer.status_code == 200, answer.text
    turn: dict[str, object] = answer.json()["turn"]
    return turn


@contextmanager
def client_of(service: Service, cookies: httpx.Cookies | None = None) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=30, cookies=cookies) as client:
        assert client.get("/").status_code == 200
        yield client


def first_reply(turn: dict[str, object]) -> dict[str, object]:
    replies = turn["replies"]
    assert isinstance(replies, list)
    reply: dict[str, object] = replies[0]
    return reply


def test_start_ask_and_stop(data_dir: Path) -> None:
    with running(data_dir) as service:
        with client_of(service) as client:
            assert client.get("/healthz").json() == {"ready": True}
            assert first_reply(ask(client, "电瓶能不能拿回家充"))["kind"] == "answer"
            assert first_reply(ask(client, "我家厨房烧起来了"))["kind"] == "emergency"
            assert first_reply(ask(client, "明天天气怎么样"))["kind"] == "decline"
        assert service.stop() == 0
    assert "已停止" in "".join(service.lines)


def test_what_was_acknowledged_survives_kill_9(data_dir: Path) -> None:
    with running(data_dir) as service, client_of(service) as client:
        cookies = client.cookies
        turns = [ask(client, f"第{n}个问题：湿毛巾有没有用") for n in range(8)]
        service.stop(signal.SIGKILL)

    with running(data_dir) as again, client_of(again, cookies) as client:
        kept = client.get("/chat/history").json()["turns"]
        assert [turn["id"] for turn in kept] == [turn["id"] for turn in turns]
        assert again.stop(signal.SIGTERM) == 0


def test_a_repeat_after_a_restart_has_no_second_effect(data_dir: Path) -> None:
    message = str(uuid.uuid4())
    with running(data_dir) as service, client_of(service) as client:
        cookies = client.cookies
        first = ask(client, "怎么打119报火警", message)
        service.stop(signal.SIGKILL)

    with running(data_dir) as again, client_of(again, cookies) as client:
        assert ask(client, "怎么打119报火警", message) == first


def test_a_damaged_index_is_built_again(data_dir: Path) -> None:
    files = [path for path in (data_dir / "index").rglob("*") if path.is_file()]
    assert files
    for path in files:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (data_dir / "knowledge.db").write_bytes(b"not a database")

    with running(data_dir) as service, client_of(service) as client:
        assert client.get("/healthz").status_code == 200
        assert first_reply(ask(client, "电瓶能不能拿回家充"))["kind"] == "answer"


def test_a_wrong_key_stops_the_start(data_dir: Path) -> None:
    with (
        pytest.raises(AssertionError, match="not the one this database was made with"),
        running(data_dir, LIFELINE_SECRET_KEY=OTHER_KEY),
    ):
        pass
