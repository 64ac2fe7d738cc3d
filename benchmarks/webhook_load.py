"""Signed WeChat messages for ``benchmarks.wechat_webhook``: at full speed by wrk, or paced.

Every message has an OpenID and a MsgId of its own and asks one of the held-back questions.
The signature of a message in the clear covers token, timestamp and nonce, so a few are made
beforehand; encrypted ones are each sealed beforehand.
"""

import asyncio
import itertools
import json
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.webhook_contestants import AES_KEY, APP_ID, TOKEN
from bot.channels.wechat_aes import MessageCipher
from bot.channels.wechat_envelope import signature

CONNECTIONS = 32
NONCE = "benchmark"

# The query of a message's address, and its body.
Signed = tuple[str, bytes]

# wrk calls request() for each message and done() at the end. Numbers go on where the last run
# stopped, so that no message is a repeat.
_SCRIPT = """
local questions = { %(questions)s }
local number = %(first)d
wrk.method = "POST"
wrk.headers["Content-Type"] = "text/xml"
function request()
  number = number + 1
  return wrk.format(nil, "%(path)s", nil, string.format(
    "<xml><ToUserName><![CDATA[gh_benchmark]]></ToUserName>" ..
    "<FromUserName><![CDATA[o%%027d]]></FromUserName><CreateTime>%(now)d</CreateTime>" ..
    "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%%s]]></Content>" ..
    "<MsgId>%%d</MsgId></xml>", number, questions[number %% #questions + 1], number))
end
function done(summary, latency, requests)
  local e = summary.errors
  print(string.format('{"requests": %%d, "seconds": %%f, "errors": %%d}', summary.requests,
    summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What was sent: messages, seconds, and how many were not answered with 200."""

    requests: int
    seconds: float
    errors: int
    latencies: tuple[float, ...] = ()

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.requests / self.seconds

    def latency_ms(self, share: float) -> float:
        """Return the latency that ``share`` of the messages stay below, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


class Sender:
    """Sends to one server from one core; every message differs from all before."""

    def __init__(self, questions: Sequence[str], folder: Path, core: int) -> None:
        self._questions = [re.sub(r'[\\"\[\]\s%]', "", question) for question in questions]
        self._folder = folder
        self._core = core
        self._next = 1

    def saturate(self, url: str, seconds: float, connections: int = CONNECTIONS) -> Load:
        """Send as fast as answers come."""
        script = self._folder / "wrk.lua"
        first, self._next = self._next, self._next + 10_000_000
        path = "/" + url.split("/", 3)[3]
        script.write_text(
            _SCRIPT
            % {
                "questions": ", ".join(f'"{question}"' for question in self._questions),
                "first": first,
                "path": f"{path}?{signed_query()}",
                "now": int(time.time()),
            },
            encoding="utf-8",
        )
        ran = subprocess.run(
            ["taskset", "-c", str(self._core), "wrk", "-t1", f"-c{connections}",
             f"-d{seconds:.0f}s", "-s", str(script), url],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return Load(**json.loads(ran.stdout.splitlines()[-1]))

    def paced(self, url: str, rate: float, seconds: float) -> Load:
        """Send ``rate`` messages a second, whether or not answers come.

        Latency counts from when a message was due, so a server that stalls cannot hide it.
        """
        first, self._next = self._next, self._next + 10_000_000
        return asyncio.run(_paced(url, rate, seconds, self._messages(first)))

    def sealed(self, url: str, rate: float, seconds: float) -> Load:
        """Send encrypted messages at this rate, all sealed before the first leaves."""
        first, self._next = self._next, self._next + 10_000_000
        plain = itertools.islice(self._messages(first), int(rate * seconds))
        cipher = MessageCipher(AES_KEY, APP_ID)
        messages = [_sealed(cipher, body) for _, body in plain]
        return asyncio.run(_paced(url, rate, seconds, iter(messages)))

    def _messages(self, first: int) -> Iterator[Signed]:
        for number in itertools.count(first):
            question = self._questions[number % len(self._questions)]
            yield signed_query(), text_message(number, question)


def text_message(number: int, question: str) -> bytes:
    """Return the XML of a text message."""
    return (
        "<xml><ToUserName><![CDATA[gh_benchmark]]></ToUserName>"
        f"<FromUserName><![CDATA[o{number:027d}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{question}]]></Content><MsgId>{number}</MsgId></xml>"
    ).encode()


def signed_query() -> str:
    """Return the query of an address, signed now; good for five minutes."""
    timestamp = str(int(time.time()))
    signed = signature(TOKEN, timestamp, NONCE)
    return f"signature={signed}&timestamp={timestamp}&nonce={NONCE}"


def _sealed(cipher: MessageCipher, message: bytes) -> Signed:
    encrypted = cipher.close(message, b"benchmarkbenchma")
    timestamp = str(int(time.time()))
    signed = signature(TOKEN, timestamp, NONCE, encrypted)
    query = f"msg_signature={signed}&timestamp={timestamp}&nonce={NONCE}"
    return query, f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()


async def _paced(url: str, rate: float, seconds: float, messages: Iterator[Signed]) -> Load:
    _, _, address, path = url.split("/", 3)
    host, port = address.split(":")
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS * 2):
        free.put_nowait(await asyncio.open_connection(host, int(port)))
    latencies: list[float] = []
    errors = 0

    async def send(signed: Signed, due: float) -> None:
        nonlocal errors
        reader, writer = await free.get()
        query, message = signed
        head = f"POST /{path}?{query} HTTP/1.1\r\nHost: {host}\r\n"
        writer.write(f"{head}Content-Length: {len(message)}\r\n\r\n".encode() + message)
        status = await _read_answer(reader)
        latencies.append(time.perf_counter() - due)
        errors += status != 200
        free.put_nowait((reader, writer))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for place in range(int(rate * seconds)):
            due = began + place / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(send(next(messages), due))
    while not free.empty():
        free.get_nowait()[1].close()
    return Load(len(latencies), time.perf_counter() - began, errors, tuple(latencies))


async def _read_answer(reader: asyncio.StreamReader) -> int:
    """Read one answer whole and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
    await reader.readexactly(int(length[1]) if length else 0)
    return int(head.split(" ", 2)[1])
