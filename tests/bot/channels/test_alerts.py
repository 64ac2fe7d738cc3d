"""``/alerts`` as a sensing system calls it: over HTTP, signed, in both forms."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Thread
from time import sleep

import httpx
import pytest
import uvicorn
from sqlalchemy import update
from starlette.applications import Starlette

from bot.channels import alerts
from bot.channels.alert_reading import CAP
from community.alert_source_store import end_source
from community.alert_store import find_alert
from community.bindings import binding
from hazards.webhooks import signature
from storage import Database
from tests.bot.alarmed import KEY, TELLING, Tower, a_tower
from tests.community.registered import NOON

JSON = "application/json"
XML = "application/cap+xml"


@dataclass
class Desk:
    """A tower, what serves it, and a client that signs."""

    tower: Tower
    client: httpx.Client
    now: datetime = NOON
    woken: list[list[str]] = field(default_factory=list)

    def send(self, body: object, media: str = JSON, **changed: object) -> httpx.Response:
        """Send a body; ``at``, ``secret``, ``source``, ``signed`` and ``header`` may be wrong."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        at = int((changed.get("at") or self.now).timestamp())
        signed = changed.get("signed", raw)
        made = signature(changed.get("secret", self.tower.secret), at, signed)
        header = f"t={at},v1={made.removeprefix('sha256=')}"
        headers = {
            "Content-Type": media,
            alerts.SOURCE_HEADER: changed.get("source", self.tower.source.code),
            "X-Lifeline-Signature": changed.get("header", header),
        }
        return self.client.post(alerts.PATH, content=raw, headers=headers)

    def refused(self, body: object, media: str = JSON, **changed: object) -> tuple[int, str]:
        answer = self.send(body, media, **changed)
        assert answer.json()["message"]
        assert self.tower.broadcasts() == {}
        return answer.status_code, answer.json()["error"]


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    made = Desk(a_tower(database), httpx.Client())
    around = alerts.Around(
        database, KEY, TELLING, lambda: made.now, lambda channels: made.woken.append([*channels])
    )
    config = uvicorn.Config(
        Starlette(routes=alerts.routes(around)), port=0, ws="none", log_level="critical"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as made.client:
            yield made
    finally:
        server.should_exit = True
        thread.join()


def said(identifier: str = "m1", **changed: object) -> dict[str, object]:
    return {
        "identifier": identifier,
        "sent": "2026-11-22T12:00:00+08:00",
        "status": "Actual",
        "msgType": "Alert",
        "detector": "s1201",
    } | changed


def cap(identifier: str = "m1", head: str = "", **changed: str) -> bytes:
    told = {"status": "Actual", "msgType": "Alert", "references": "", "detector": "s1201"} | changed
    return f"""<?xml version="1.0" encoding="UTF-8"?>{head}
<alert xmlns="{CAP}">
  <identifier>{identifier}</identifier><sender>smoke@tower</sender>
  <sent>2026-11-22T12:00:00+08:00</sent><status>{told["status"]}</status>
  <msgType>{told["msgType"]}</msgType><scope>Private</scope>
  <references>{told["references"]}</references>
  <info><category>Fire</category><event>烟雾</event>
    <parameter><valueName>detector</valueName><value>{told["detector"]}</value></parameter>
  </info>
</alert>""".encode()


def test_the_same_message_gets_the_same_answer_and_is_told_once(desk: Desk) -> None:
    first = desk.send(said())
    desk.now += timedelta(minutes=1)
    again = desk.send(said())

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["outcome"] == "raised"
    assert len(desk.tower.broadcasts()) == 1
    # The second one brought nothing to send.
    assert desk.woken == [["telegram"]]


def test_cap_and_json_are_the_same_message(desk: Desk) -> None:
    assert desk.send(cap(), XML).json() == desk.send(said()).json()
    assert desk.send(cap("m2"), "text/xml; charset=utf-8").json()["outcome"] == "joined"


def test_a_cap_cancel_stands_down(desk: Desk) -> None:
    desk.send(cap(), XML)
    references = "smoke@tower,m1,2026-11-22T12:00:00+08:00"

    answer = desk.send(cap("c1", msgType="Cancel", references=references, detector=""), XML)

    assert answer.json()["outcome"] == "stood_down"
    assert "cancelled" in desk.tower.broadcasts().values()


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_exercises_reach_nobody_at_home(desk: Desk, status: str) -> None:
    assert desk.send(cap(status=status), XML).json()["outcome"] == "raised"
    assert desk.tower.broadcasts() == {}


def test_whoever_does_not_prove_to_be_the_source_is_refused(desk: Desk) -> None:
    assert desk.refused(said(), secret="w" * 43) == (401, "signature")
    assert desk.refused(said(), signed=b"another body") == (401, "signature")
    assert desk.refused(said(), source="NOBODY00") == (401, "signature")
    assert desk.refused(said(), header="") == (401, "signature")
    assert desk.refused(said(), header="t=1,v1=" + "0" * 63) == (401, "signature")
    for minutes in (-6, 6):
        late = NOON + timedelta(minutes=minutes)
        assert desk.refused(said(), at=late) == (401, "stale")
    code = desk.tower.source.code
    desk.tower.database.write(lambda db: end_source(db, code, NOON, actor="operator"))
    assert desk.refused(said()) == (401, "signature")


def test_either_of_two_signatures_will_do(desk: Desk) -> None:
    raw, at = json.dumps(said()).encode(), int(NOON.timestamp())
    right = signature(desk.tower.secret, at, raw).removeprefix("sha256=")
    answer = desk.send(said(), header=f"t={at},v1={'0' * 64},v1={right}")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "media", "refusal"),
    [
        (said(), "text/plain", (415, "content_type")),
        (b"{", JSON, (400, "json")),
        (b"[" * 60_000, JSON, (400, "json")),
        ([], JSON, (422, "field")),
        (said(status="System"), JSON, (422, "field")),
        (said(identifier=""), JSON, (422, "field")),
        (said(identifier="a\x00b"), JSON, (422, "field")),
        (said(sent="2026-11-22T12:00:00"), JSON, (422, "field")),
        (said(sent="2026-11-22T10:59:00+08:00"), JSON, (422, "sent")),
        (said(sent="0001-01-01T00:00:00+14:00"), JSON, (422, "sent")),
        (said(detector=""), JSON, (422, "detector")),
        (said(detector="nothing"), JSON, (422, "detector")),
        (said(msgType="Cancel"), JSON, (422, "references")),
        (said(references=["m"] * 21), JSON, (422, "field")),
        (b"x" * (64 * 1024 + 1), JSON, (413, "size")),
        (b"<alert/>", XML, (400, "cap")),
        (b"<alert", XML, (400, "cap")),
        (b"<?xml version='1.0' encoding='none-such'?><alert/>", XML, (400, "cap")),
        (b"<a>" * 20_000, XML, (400, "cap")),
        (cap(references="m1"), XML, (422, "references")),
        (cap(status="Draft"), XML, (422, "field")),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(
    desk: Desk, body: object, media: str, refusal: tuple[int, str]
) -> None:
    assert desk.refused(body, media) == refusal


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_whatever_it_declares(desk: Desk, encoding: str) -> None:
    bomb = '<!DOCTYPE alert [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    body = cap("&b;", bomb).decode().replace("UTF-8", encoding).encode(encoding)
    assert desk.refused(body, XML) == (400, "cap")


def test_a_source_that_sends_too_fast_is_told_to_wait(desk: Desk) -> None:
    answers = [desk.send(said()) for _ in range(alerts.SOURCE_BURST + 60)]

    late = [one for one in answers if one.status_code == 429]
    assert late
    assert late[0].json()["error"] == "rate"
    assert late[0].headers["Retry-After"] == str(alerts.WAIT_SECONDS)
    assert {one.json()["outcome"] for one in answers if one.status_code == 200} == {"raised"}


def test_only_posting_is_there(desk: Desk) -> None:
    assert desk.client.get(alerts.PATH).status_code == 405


def test_nobody_at_home_is_no_error(desk: Desk) -> None:
    database = desk.tower.database
    database.write(lambda db: db.execute(update(binding).values(unit="")))
    code = desk.send(said()).json()["alert"]
    assert database.read(lambda db: find_alert(db, 1)).code == code
    assert desk.tower.broadcasts() == {}
