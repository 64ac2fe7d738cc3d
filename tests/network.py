"""A guard that lets tests talk to this machine alone."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

import pytest

LOCAL_NAMES = {"", "localhost", "0.0.0.0", "::"}


class NetworkUsed(OSError):
    """Something under test tried to leave this machine."""


def is_local(host: object) -> bool:
    """Tell whether ``host`` (a name or an address, as sockets take them) is this machine."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


class NetworkGuard:
    """Refuses calls that leave the machine, and remembers them.

    Remembering matters: code under test may rightly survive an unreachable host.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []

    def check(self, host: object) -> None:
        """Refuse ``host`` unless it is local."""
        if not is_local(host):
            self.refused.append(str(host))
            raise NetworkUsed(f"a test tried to reach {host!r}: use a fake, or loopback")

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the guard before every way out that Python's ``socket`` has."""
        for name in ("connect", "connect_ex", "sendto"):
            monkeypatch.setattr(socket.socket, name, self._on_socket(getattr(socket.socket, name)))
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            monkeypatch.setattr(socket, name, self._on_lookup(getattr(socket, name)))

    def _on_socket(self, real: Callable[..., object]) -> Callable[..., object]:
        def guarded(sock: socket.socket, *arguments: object) -> object:
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                address = arguments[-1]  # sendto has data, and perhaps flags, before it
                self.check(address[0] if isinstance(address, tuple) else address)
            return real(sock, *arguments)

        return guarded

    def _on_lookup(self, real: Callable[..., object]) -> Callable[..., object]:
        def guarded(host: object, *arguments: object, **options: object) -> object:
            self.check(host)
            return real(host, *arguments, **options)

        return guarded
