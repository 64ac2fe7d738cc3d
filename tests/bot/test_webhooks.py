"""Sending to a real server: signed, noted, tried again, never to where nothing may be sent."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.outbound import read_networks
from bot.webhooks import WebhookSender
from hazards.webhook_message_store import Message, find_message, messages_of, retry
from hazards.webhook_store import Wish, add_webhook, stop_webhook
from hazards.webhooks import EVENTS, ID_HEADER, is_signed
from storage import Database, Jobs
from storage.work_runs import InlineWork
from tests.bot.receiving_system import Receiver, receiving
from tests.hazards import casefile
from tests.hazards.casefile import DAY, HOUR, NOON
from tests.hazards.taken import KEY
from tests.hazards.test_webhooks import Hooked

ROOT = Path(__file__).parents[2]
LOOPBACK = read_networks(["127.0.0.0/8"])
DEMO = frozenset({"demo"})


async def here(host: str, port: int) -> Sequence[str]:
    """Say that every name is this machine."""
    return ["127.0.0.1"]


@dataclass
class Desk:
    """A department with a webhook, and a case that was assigned to it."""

    database: Database
    hook_id: int
    secret: str

    def send(self, now: datetime = NOON, sender: WebhookSender | None = None) -> Message:
        """Send what is due and return the message as it is then."""
        jobs = Jobs()
        (sender or WebhookSender(KEY, LOOPBACK)).register(jobs)
        InlineWork(self.database, jobs, lambda: now).run_due(now)
        return self.message

    @property
    def message(self) -> Message:
        [found] = self.database.read(lambda db: messages_of(db, DEMO))
        return found


@pytest.fixture
def store() -> str:
    """What is in SQL is tested on both stores beside it."""
    return "sqlite"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def desk_at(database: Database) -> Callable[[str], Desk]:
    def open_desk(url: str) -> Desk:
        office = database.write(casefile.open_office)
        hooked = Hooked(office.street_id, office.staff)
        wish = Wish("demo", "", url, EVENTS)
        hook_id, secret = database.write(
            lambda db: add_webhook(db, wish, KEY, NOON, actor="staff:1")
        )
        database.write(lambda db: casefile.case_at(db, hooked, "assign"))
        return Desk(database, hook_id, secret)

    return open_desk


@pytest.fixture
def desk(desk_at: Callable[[str], Desk], receiver: Receiver) -> Desk:
    return desk_at(receiver.url)


def test_a_message_arrives_signed(desk: Desk, receiver: Receiver) -> None:
    sent = desk.send()

    [came] = receiver.received
    assert (sent.state, sent.status, sent.tries, sent.tried_at) == ("sent", 200, 1, NOON)
    assert (came.path, came.headers["X-Lifeline-Event"]) == ("/in?from=us", "case.assigned")
    assert came.headers[ID_HEADER] == sent.uid
    assert is_signed(desk.secret, came.headers, came.body, NOON)
    assert json.loads(came.body)["case"]["state"] == "assigned"
    assert came.headers["Content-Type"] == "application/json; charset=utf-8"


def test_it_is_sent_once(desk: Desk, receiver: Receiver) -> None:
    for hours in range(30):
        desk.send(NOON + HOUR * hours)

    assert len(receiver.received) == 1


def test_failures_are_tried_again_until_it_arrives(desk: Desk, receiver: Receiver) -> None:
    receiver.answers = [500, 503]

    assert desk.send().status == 500
    assert desk.send(NOON + timedelta(seconds=59)).tries == 1
    assert desk.send(NOON + timedelta(minutes=1)).status == 503
    sent = desk.send(NOON + timedelta(minutes=11))

    assert (sent.state, sent.tries) == ("sent", 3)
    assert len({came.headers[ID_HEADER] for came in receiver.received}) == 1
    assert len({came.headers["X-Lifeline-Timestamp"] for came in receiver.received}) == 3


def test_after_six_it_is_a_dead_letter_that_can_be_sent_again(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.answers = [500] * 6
    now = NOON
    while desk.send(now).state == "waiting":
        now += HOUR
    assert len(receiver.received) == 6
    assert now - NOON < timedelta(hours=30)

    desk.send(now + DAY)
    message_id = desk.message.id
    desk.database.write(lambda db: retry(db, message_id, DEMO, now, actor="staff:1"))

    assert desk.send(now + DAY).state == "sent"
    assert len({came.headers[ID_HEADER] for came in receiver.received}) == 1


def test_no_redirect_is_followed(desk: Desk, receiver: Receiver) -> None:
    receiver.answers, receiver.location = [307], receiver.url

    sent = desk.send()

    assert (sent.state, sent.status) == ("waiting", 307)
    assert len(receiver.received) == 1


def test_a_long_answer_is_not_read(desk: Desk, receiver: Receiver) -> None:
    receiver.body_bytes = 64 * 1024 * 1024

    assert desk.send().state == "sent"


def test_whoever_does_not_answer_in_time(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.webhooks.MOST_SECONDS", 0.3)
    receiver.holds.set()

    sent = desk.send()

    assert (sent.state, sent.status, sent.error) == ("waiting", None, "timeout")


def test_whoever_is_not_there(desk_at: Callable[[str], Desk]) -> None:
    with receiving() as gone:
        url = gone.url

    assert desk_at(url).send().error == "connect"


@pytest.mark.parametrize("networks", [(), read_networks(["10.0.0.0/8"])])
def test_nothing_goes_inside(desk: Desk, receiver: Receiver, networks: tuple[object, ...]) -> None:
    sent = desk.send(sender=WebhookSender(KEY, networks))  # type: ignore[arg-type]

    assert sent.error == ("address_network" if networks else "address_scheme")
    assert receiver.received == []


def test_a_name_that_leads_inside_is_found_out(
    desk_at: Callable[[str], Desk], receiver: Receiver
) -> None:
    desk = desk_at("https://hooks.example/in")

    sent = desk.send(sender=WebhookSender(KEY, resolve=here))

    assert (sent.state, sent.error) == ("waiting", "address_network")
    assert receiver.received == []


def test_a_stopped_webhook_gets_nothing(desk: Desk, receiver: Receiver) -> None:
    desk.database.write(lambda db: stop_webhook(db, desk.hook_id, DEMO, NOON, actor="staff:1"))

    assert desk.send().state == "dropped"
    assert receiver.received == []


def test_another_key_sends_nothing(desk: Desk, receiver: Receiver) -> None:
    assert desk.send(sender=WebhookSender(b"x" * 32, LOOPBACK)).error == "secret"
    assert receiver.received == []


def test_killed_between_sending_and_noting_it_is_sent_again_under_its_id(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.holds.set()
    url = desk.database.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bot.webhook_process", url, NOON.isoformat()],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        assert receiver.came.wait(60)
    finally:
        process.kill()
        process.wait()
    receiver.released.set()
    assert desk.message.state == "waiting"
    receiver.holds.clear()

    sent = desk.send()

    first, second = receiver.received
    assert (sent.state, sent.tries) == ("sent", 1)
    assert first.headers[ID_HEADER] == second.headers[ID_HEADER] == sent.uid
    assert first.body == second.body


@dataclass
class Certificate:
    """A certificate for one name, with its key, in one file."""

    file: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.now(UTC)
    names = [x509.DNSName("hooks.example"), x509.IPAddress(ip_address("127.0.0.2"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return Certificate(file)


@pytest.mark.parametrize(
    ("name", "is_trusted", "error"),
    [
        ("hooks.example", True, ""),
        ("hooks.example", False, "certificate"),
        ("other.example", True, "certificate"),
    ],
    ids=["theirs", "unknown authority", "of another name"],
)
def test_a_certificate_must_be_for_the_name_not_the_address(
    desk_at: Callable[[str], Desk],
    certificate: Certificate,
    name: str,
    is_trusted: bool,
    error: str,
) -> None:
    tls = certificate.trusting() if is_trusted else None
    with receiving(certificate.server()) as receiver:
        desk = desk_at(receiver.url.replace("127.0.0.1", name))

        sent = desk.send(sender=WebhookSender(KEY, LOOPBACK, here, tls))

    assert sent.error == error
    if not error:
        assert receiver.received[0].headers["Host"].startswith("hooks.example:")
    assert len(receiver.received) == (not error)


def test_a_message_that_is_gone_is_nothing(desk: Desk, receiver: Receiver) -> None:
    assert desk.database.read(lambda db: find_message(db, 99)) is None
