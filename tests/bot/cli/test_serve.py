"""``lifeline serve``: an address that cannot be had is told at once; stopping is no failure."""

import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.service import running

Lifeline = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_taken_port_is_told_before_anything_is_loaded(lifeline: Lifeline, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = lifeline("serve", PORT=str(port))

    assert ended.returncode == 1
    other = port + 1 if port < 65535 else 8000
    assert ended.stderr == f"端口{port}已被占用：设 LIFELINE_PORT={other} 再启动\n"
    assert not (tmp_path / "var").exists()


# 203.0.113.0/24 is kept for documentation: nobody has such an address.
@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid", "a" * 70])
def test_an_address_of_another_machine_is_told(lifeline: Lifeline, host: str) -> None:
    ended = lifeline("serve", HOST=host, PORT="0")
    assert ended.returncode == 1
    assert f"LIFELINE_HOST={host} 不是这台机器的地址" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_stopping_ends_with_0_and_says_so(tmp_path: Path, sent: signal.Signals) -> None:
    with running(tmp_path, LIFELINE_HOST="localhost") as service:
        assert service.url.startswith("http://127.0.0.1:")
        assert service.stop(sent) == 0
        service.close()
        printed = "".join(service.lines)

    assert printed.rstrip().endswith("已停止。")
    assert "alembic" not in printed
    assert "Traceback" not in printed
