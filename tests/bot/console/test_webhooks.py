"""Webhooks in the console: added with a secret shown once, stopped, dead letters sent again."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from bot.console import webhooks
from community.audit import entries
from hazards.webhook_booking import Outgoing
from hazards.webhook_message_store import Outcome, messages_of, settle
from hazards.webhook_store import list_webhooks, secret_of
from tests.bot.console.conftest import SignedIn
from tests.bot.console.console_service import KEY, NOON, Town, Visit, listening, post
from tests.hazards import casefile
from tests.hazards.test_webhooks import Hooked

PATH = "/console/webhooks"
URL = "https://hooks.example/in"
OWN = frozenset({"qianjiang"})


@pytest.fixture
def url(town: Town) -> Iterator[str]:
    with listening(town, webhooks) as address:
        yield address


@pytest.fixture
def lin(town: Town, signed_in: SignedIn) -> Visit:
    """An administrator of one district."""
    town.hire("lin", post("administrator"))
    return signed_in("lin")


def add(visit: Visit, **changed: str) -> object:
    form = {"place": "qianjiang/fire_rescue", "url": URL, "event": "case.assigned", **changed}
    return visit.post(f"{PATH}/add", **form)


def dead_letter(town: Town) -> int:
    """Have a case assigned, and its message given up; return the message's id."""

    def work(db: Connection) -> int:
        office = casefile.open_office(db, "qianjiang")
        hooked = Hooked(office.street_id, office.staff)
        assert isinstance(hooked.rules.listening.__self__, Outgoing)  # type: ignore[attr-defined]
        case = casefile.new_case(db, hooked, district_id="qianjiang")
        casefile.walk(db, hooked, case, "screen", "assign")
        for _ in range(6):
            [message] = messages_of(db, OWN)
            settle(db, message, Outcome(502), NOON)
        return message.id

    return town.database.write(work)


def test_a_secret_is_shown_once(town: Town, lin: Visit) -> None:
    added = add(lin)

    found = re.search(r'class="secret">([^<]+)<', added.text)
    assert found is not None
    [hook] = town.database.read(lambda db: list_webhooks(db, OWN))
    assert secret_of(hook, KEY) == found[1]
    assert (hook.department, hook.url, hook.events) == ("fire_rescue", URL, ("case.assigned",))
    assert "no-store" in added.headers["cache-control"]
    assert found[1] not in lin.get(PATH).text
    assert URL in lin.get(PATH).text


def test_a_page_sent_twice_adds_once(town: Town, lin: Visit) -> None:
    add(lin)
    twice = add(lin)
    other = add(lin, place="qianjiang")

    assert (twice.status_code, other.status_code) == (409, 200)
    assert webhooks.ALREADY in twice.text
    assert len(town.database.read(lambda db: list_webhooks(db, OWN))) == 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"place": "jiangjin"}, webhooks.NO_PLACE),
        ({"place": "qianjiang/nobody"}, webhooks.NO_PLACE),
        ({"place": ""}, webhooks.NO_PLACE),
        ({"event": "case.eaten"}, webhooks.NO_EVENTS),
        ({"url": "hooks.example"}, webhooks.BAD_ADDRESSES["form"]),
        ({"url": "https://me:word@hooks.example/"}, webhooks.BAD_ADDRESSES["login"]),
        ({"url": "ftp://hooks.example/"}, webhooks.BAD_ADDRESSES["scheme"]),
        ({"url": "https://x/" + "y" * 500}, "最多500个字"),
    ],
)
def test_what_is_wrong_is_said(town: Town, lin: Visit, changed: dict[str, str], words: str) -> None:
    response = add(lin, **changed)

    assert response.status_code == 422
    assert words in response.text
    assert town.database.read(lambda db: list_webhooks(db, OWN)) == []


def test_a_webhook_is_stopped_once(town: Town, lin: Visit) -> None:
    add(lin)
    [hook] = town.database.read(lambda db: list_webhooks(db, OWN))

    first = lin.follow(lin.post(f"{PATH}/stop", id=str(hook.id))).text
    second = lin.follow(lin.post(f"{PATH}/stop", id=str(hook.id))).text

    assert webhooks.STOPPED in first
    assert "已停" in first
    assert webhooks.NO_WEBHOOK in second


@pytest.mark.parametrize("is_single", [True, False])
def test_a_dead_letter_is_shown_and_sent_again(town: Town, lin: Visit, is_single: bool) -> None:
    add(lin)
    message_id = dead_letter(town)
    assert "推送没送到" in lin.get("/console").text
    assert "对方回了502，试了6次" in lin.get(PATH).text

    fields = {"id": str(message_id)} if is_single else {}
    again = lin.follow(lin.post(f"{PATH}/retry", **fields)).text
    twice = lin.follow(lin.post(f"{PATH}/retry", **fields)).text

    assert webhooks.RETRIED in again
    assert "对方一时收不到" in again
    assert webhooks.NO_MESSAGE in twice
    noted = town.database.read(lambda db: entries(db, OWN))
    assert sum(one.action == "webhook.retried" for one in noted) == 1


def test_another_district_sees_and_sends_nothing(
    town: Town, lin: Visit, signed_in: SignedIn
) -> None:
    add(lin)
    message_id = dead_letter(town)
    town.hire("far", post("administrator", "jiangjin"))
    far = signed_in("far")

    assert URL not in far.get(PATH).text
    assert "推送没送到" not in far.get("/console").text
    assert webhooks.NO_MESSAGE in far.follow(far.post(f"{PATH}/retry", id=str(message_id))).text
    assert webhooks.NO_WEBHOOK in far.follow(far.post(f"{PATH}/stop", id="1")).text


def test_only_administrators_of_a_whole_district(town: Town, signed_in: SignedIn) -> None:
    town.hire("he", post("reviewer"))

    assert signed_in("he").get(PATH).status_code == 403


def test_every_error_has_words() -> None:
    named = {f"address_{problem}" for problem in ("form", "scheme", "login", "network", "unknown")}

    assert webhooks.ERRORS.keys() == named | {
        "timeout",
        "connect",
        "certificate",
        "broken",
        "secret",
    }
