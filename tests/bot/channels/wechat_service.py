"""WeChat's channel really listening in a bare application, and the platform's side of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from threading import Event, Lock, Thread
from time import sleep
from xml.etree import ElementTree

import httpx
import uvicorn
from starlette.applications import Starlette
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from bot.channels import wechat
from bot.dialogue.turns import Turn
from bot.messages import Account, Reply, Utterance

TOKEN = "spamtest"  # noqa: S105 - the published sample's
APP_ID = "wx2c2769f8efd9abc2"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NEXT_AES_KEY = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"
OWNER = "gh_10f6c3c3ac5a"
OPENID = "oyORnuP8q7ou2gfYjqLzSIWZf0rs"
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)

PLAIN = wechat.WeChatConfig(TOKEN, APP_ID, "plain")
COMPATIBLE = wechat.WeChatConfig(TOKEN, APP_ID, "compatible", AES_KEY)
SAFE = wechat.WeChatConfig(TOKEN, APP_ID, "safe", AES_KEY)

# Other tests' servers keep uvicorn's log to themselves; here a test must see a traceback.
LOGS_PROPAGATE = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"uvicorn": {"handlers": [], "level": "INFO", "propagate": True}},
}


class WrittenAnswers:
    """A conversation that answers from a table, and can be told to wait or to fail."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[Reply, ...]] = {}
        self.received: list[Utterance] = []
        self.limited: list[bool] = []
        self.may_answer = Event()
        self.may_answer.set()
        self.urgent: set[str] = set()
        self.failure: Exception | None = None
        self._lock = Lock()

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        with self._lock:
            self.received.append(utterance)
            self.limited.append(limited)
        assert utterance.text in self.urgent or self.may_answer.wait(20)
        if self.failure:
            raise self.failure
        echo = (Reply("chat", f"收到：{utterance.text}"),)
        return Turn(1, utterance.text, self.answers.get(utterance.text, echo), NOW)


@dataclass
class KeptOutlets:
    """Keeps what came too late and what the platform told."""

    late: list[tuple[Utterance, Turn]] = field(default_factory=list)
    jobs: list[tuple[Account | None, str, str, str, Mapping[str, int]]] = field(
        default_factory=list
    )
    consents: list[tuple[Account, str, Sequence[wechat.SubscriptionItem]]] = field(
        default_factory=list
    )
    came: Event = field(default_factory=Event)

    def send_later(self, utterance: Utterance, turn: Turn) -> None:
        self.late.append((utterance, turn))
        self.came.set()

    def job_finished(
        self,
        account: Account | None,
        kind: str,
        message_id: str,
        status: str,
        counts: Mapping[str, int],
    ) -> None:
        self.jobs.append((account, kind, message_id, status, counts))

    def consents_changed(
        self, account: Account, event: str, items: Sequence[wechat.SubscriptionItem]
    ) -> None:
        self.consents.append((account, event, items))


def signature(*parts: str) -> str:
    """Sign with wechatpy's own signer, not with the code under test."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return signer.signature


def xml(**fields: object) -> bytes:
    """Return a message to our account; a text unless ``fields`` say otherwise."""
    told = {
        "ToUserName": OWNER,
        "FromUserName": OPENID,
        "CreateTime": int(NOW.timestamp()),
        "MsgType": "text",
        **fields,
    }
    inner = "".join(f"<{name}>{_value(value)}</{name}>" for name, value in told.items())
    return f"<xml>{inner}</xml>".encode()


def _value(value: object) -> str:
    return str(value) if isinstance(value, int) else f"<![CDATA[{value}]]>"


class Sender:
    """What the platform does: signs, encrypts where it is told to, posts, and opens replies."""

    def __init__(self, url: str, *, aes_key: str = "", app_id: str = APP_ID) -> None:
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=20)
        self.crypto = WeChatCrypto(TOKEN, aes_key, app_id) if aes_key else None
        self.now = NOW
        self._numbers = count(1)

    def query(self, encrypted: str = "") -> dict[str, str]:
        """Return the parameters of one request, signed."""
        timestamp, nonce = str(int(self.now.timestamp())), f"{next(self._numbers):09}"
        signed = {
            "signature": signature(TOKEN, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": OPENID,
        }
        if encrypted:
            made = signature(TOKEN, timestamp, nonce, encrypted)
            signed |= {"encrypt_type": "aes", "msg_signature": made}
        return signed

    def post(self, body: bytes, query: Mapping[str, str] | None = None) -> httpx.Response:
        """Post a body under a signed address."""
        return self.client.post("/wechat", params=query or self.query(), content=body)

    def send(self, **fields: object) -> httpx.Response:
        """Post a message, encrypted if this sender has a key."""
        fields.setdefault("MsgId", 6054768590064713728 + next(self._numbers))
        return self.send_body(xml(**fields))

    def send_body(self, body: bytes, *, beside: bytes = b"") -> httpx.Response:
        """Post a message; ``beside`` are fields in the clear beside an encrypted one."""
        if self.crypto is None:
            return self.post(body)
        encrypted = self.encrypt(body)
        sealed = f"<Encrypt><![CDATA[{encrypted}]]></Encrypt>".encode()
        return self.post(b"<xml>" + beside + sealed + b"</xml>", self.query(encrypted))

    def encrypt(self, body: bytes) -> str:
        """Return the ciphertext that wechatpy makes of ``body``."""
        assert self.crypto
        sealed = self.crypto.encrypt_message(body, "1", "1")
        return ElementTree.fromstring(sealed).findtext("Encrypt") or ""  # noqa: S314

    def read(self, response: httpx.Response) -> dict[str, str]:
        """Return the fields of a reply, opened with wechatpy's own code if it is sealed."""
        outer = fields_of(response.text)
        if "Encrypt" not in outer:
            return outer
        assert self.crypto
        return fields_of(
            self.crypto.decrypt_message(
                response.text, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"]
            )
        )


def fields_of(text: str) -> dict[str, str]:
    """Return the fields of XML of ours, read by another parser."""
    return {child.tag: child.text or "" for child in ElementTree.fromstring(text)}  # noqa: S314


def as_json(body: bytes) -> dict[str, object]:
    """Return a JSON object."""
    read = json.loads(body)
    assert isinstance(read, dict)
    return read


@contextmanager
def listening(
    answers: wechat.Answers,
    config: wechat.WeChatConfig,
    outlets: wechat.Outlets | None = None,
    clock: wechat.Clock = lambda: NOW,
) -> Iterator[str]:
    """Serve the channel alone in a bare Starlette, and yield its address."""
    app = Starlette(
        routes=wechat.routes(answers, config, outlets=outlets or wechat.Outlets(), clock=clock)
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            port=0,
            ws="none",
            log_config=LOGS_PROPAGATE,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Mounted:
    """The channel, listening, with everything around it."""

    answers: WrittenAnswers
    outlets: KeptOutlets
    platform: Sender


@contextmanager
def mounted_channel(config: wechat.WeChatConfig) -> Iterator[Mounted]:
    """Serve the channel with all its outlets until the block ends."""
    answers, kept = WrittenAnswers(), KeptOutlets()
    with listening(answers, config, wechat.Outlets(later=kept, notices=kept)) as url:
        sender = Sender(url, aes_key=config.aes_key)
        with sender.client:
            yield Mounted(answers, kept, sender)
        answers.may_answer.set()
