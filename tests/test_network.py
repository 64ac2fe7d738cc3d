from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from tests.network import NetworkGuard, NetworkUsed, is_local


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "::1%lo", b"::1", "", None]
)
def test_this_machine_is_local(host: object) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["example.com", "192.0.2.1", "10.0.0.1", "2001:db8::1", b"a.org"])
def test_everything_else_is_not(host: object) -> None:
    assert not is_local(host)


def send(*arguments: object) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", *arguments)


def connect_ex() -> None:
    with socket.socket(socket.AF_INET6) as sock:
        sock.connect_ex(("2001:db8::1", 80))


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=0.1),
        lambda: socket.getaddrinfo("example.com", 443),
        lambda: socket.gethostbyname("example.com"),
        lambda: send(("192.0.2.1", 53)),
        lambda: send(0, ("192.0.2.1", 53)),
        connect_ex,
    ],
    ids=["connect", "getaddrinfo", "gethostbyname", "sendto", "sendto with flags", "connect_ex"],
)
def test_calling_out_is_refused_and_remembered(
    network_guard: NetworkGuard, reach: Callable[[], object]
) -> None:
    with pytest.raises(NetworkUsed):
        reach()

    assert len(network_guard.refused) == 1
    network_guard.refused.clear()  # or this test would fail


def test_loopback_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address) as client, server.accept()[0] as other:
            client.sendall(b"hello")
            assert other.recv(5) == b"hello"
