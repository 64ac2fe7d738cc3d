"""Where this machine may send on its own: addresses that staff typed must lead nowhere inside.

Whoever types ``https://…`` may mean a router, a database or a cloud's metadata. So a name is
resolved once, every address it has is looked at, and what is sent goes to an address that was
looked at, whatever the name says a moment later.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx

from hazards.webhooks import BadAddress, checked_url

Network = IPv4Network | IPv6Network
# Returns the addresses of a name at a port; raises OSError when it has none.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# RFC 6052: an IPv4 address behind a translator.
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be sent to.

    Attributes:
        url: with the checked address in place of the name.
        host: what the Host header says: the name, and the port if it is not the usual one.
        name: that a certificate must be for.
    """

    url: httpx.URL
    host: str
    name: str


def read_networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Return networks, as ``10.20.0.0/16``, that may be sent to though they are not public.

    Raises:
        ValueError: for what is none.
    """
    return tuple(ip_network(text.strip()) for text in written if text.strip())


async def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, as the system finds them.

    Raises:
        OSError: when it has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def target_of(url: str, networks: Sequence[Network], resolve: Resolve) -> Target:
    """Return where to send what is for ``url``.

    Args:
        url: as it was typed.
        networks: that may be sent to beside the public ones, and by http.
        resolve: finds addresses.

    Raises:
        BadAddress: when it leads nowhere, or to where nothing may be sent.
    """
    checked_url(url, may_be_plain=bool(networks))
    try:
        typed = httpx.URL(url)
    except httpx.InvalidURL:
        raise BadAddress(url, "form") from None
    name = typed.raw_host.decode("ascii")
    port = typed.port or (443 if typed.scheme == "https" else 80)
    try:
        found = await resolve(name, port)
    except (OSError, UnicodeError) as error:
        raise BadAddress(url, "unknown") from error
    if not found:
        raise BadAddress(url, "unknown")
    is_plain = typed.scheme == "http"
    if not all(may_send(address, networks, is_plain=is_plain) for address in found):
        raise BadAddress(url, "network")
    address = found[0].partition("%")[0]
    return Target(typed.copy_with(host=address), typed.netloc.decode("ascii"), name)


def may_send(address: str, networks: Sequence[Network], *, is_plain: bool) -> bool:
    """Tell whether an address is public or in one of ``networks``; in these alone by http."""
    inner = _unwrapped(ip_address(address.partition("%")[0]))
    if any(inner in network for network in networks if network.version == inner.version):
        return True
    return inner.is_global and not inner.is_multicast and not is_plain


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
