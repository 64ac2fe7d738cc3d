"""Addresses that staff type: public ones and named networks, whatever they are wrapped in."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.outbound import Resolve, may_send, read_networks, target_of
from hazards.webhooks import BadAddress


def found(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


async def missing(host: str, port: int) -> Sequence[str]:
    raise OSError("no such name")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.5",
        "2002:7f00:1::",
    ],
)
def test_inside_addresses_are_refused(address: str) -> None:
    assert not may_send(address, (), is_plain=False)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f::1", "64:ff9b::93.184.215.14"])
def test_public_ones_are_taken_but_not_by_http(address: str) -> None:
    assert may_send(address, (), is_plain=False)
    assert not may_send(address, (), is_plain=True)


def test_a_named_network_is_taken_also_by_http() -> None:
    networks = read_networks(["10.20.0.0/16", " fd12::/48 ", ""])

    assert may_send("10.20.1.1", networks, is_plain=True)
    assert may_send("::ffff:10.20.1.1", networks, is_plain=True)
    assert may_send("fd12::9", networks, is_plain=False)
    assert not may_send("10.21.0.1", networks, is_plain=False)
    with pytest.raises(ValueError, match=r"10\.20\.0\.1/16"):
        read_networks(["10.20.0.1/16"])


@pytest.mark.parametrize(
    ("url", "resolve", "problem"),
    [
        ("https://hooks.example/", missing, "unknown"),
        ("https://hooks.example/", found(), "unknown"),
        ("https://hooks.example/", found("93.184.215.14", "10.0.0.1"), "network"),
        ("https://127.1/", found("127.0.0.1"), "network"),
        ("https://[::1]:8443/", found("::1"), "network"),
        ("http://hooks.example/", found("93.184.215.14"), "scheme"),
        ("https://ho\u3002st..example/", found("93.184.215.14"), "form"),
    ],
)
def test_where_nothing_is_sent(url: str, resolve: Resolve, problem: str) -> None:
    with pytest.raises(BadAddress) as refused:
        asyncio.run(target_of(url, (), resolve))

    assert refused.value.problem == problem


@pytest.mark.parametrize(
    ("url", "address", "expected"),
    [
        ("https://hooks.example/in?a=1", "93.184.215.14", "https://93.184.215.14/in?a=1"),
        ("https://hooks.example:8443/", "2606:2800:21f::1", "https://[2606:2800:21f::1]:8443/"),
    ],
)
def test_what_was_looked_at_is_what_is_sent_to(url: str, address: str, expected: str) -> None:
    target = asyncio.run(target_of(url, (), found(address)))

    assert str(target.url) == expected
    assert target.name == "hooks.example"
    assert target.host == ("hooks.example:8443" if "8443" in url else "hooks.example")


def test_a_chinese_name_is_asked_for_in_its_other_spelling() -> None:
    target = asyncio.run(target_of("https://消防.example/", (), found("93.184.215.14")))

    assert target.name.startswith("xn--")
    assert target.host == target.name
