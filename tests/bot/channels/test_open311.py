"""Open311 as its readers see it: moderated cases alone, in both formats, and errors in both."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from hazards.merging import merge
from storage import Database
from tests.bot.channels.open311_service import HERE, TEXT, City, listening, open_city
from tests.hazards import casefile
from tests.hazards.casefile import DAY, HOUR, NOON
from tests.hazards.taken import photo


@pytest.fixture
def store() -> str:
    """What is read is tested on both stores beside its queries."""
    return "sqlite"


@pytest.fixture
def city(database: Database, tmp_path: Path) -> City:
    return open_city(database, tmp_path / "files")


@pytest.fixture
def client(city: City) -> Iterator[httpx.Client]:
    with listening(city) as url, httpx.Client(base_url=url) as opened:
        yield opened


def found(client: httpx.Client, query: str = "") -> list[dict[str, Any]]:
    response = client.get(f"/requests.json{query}")
    assert response.status_code == 200, response.text
    return response.json()


def codes(client: httpx.Client, query: str = "") -> list[str]:
    return [one["service_request_id"] for one in found(client, query)]


def parsed(response: httpx.Response) -> ET.Element:
    return ET.fromstring(response.content)  # noqa: S314 - our own


def refused(response: httpx.Response) -> tuple[int, int]:
    """Return the status and the code of an error, which must be in the format asked for."""
    if response.url.path.endswith(".json"):
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        [error] = response.json()
        return response.status_code, error["code"]
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    root = parsed(response)
    assert (root.tag, [child.tag for child in root]) == ("errors", ["error"])
    assert root.findtext("error/description")
    return response.status_code, int(root.findtext("error/code") or 0)


def test_a_public_case_is_shown_without_anything_of_its_reporter(
    city: City, client: httpx.Client
) -> None:
    case = city.case("assign", place_words="3栋2单元502室", floor="5楼")

    [shown] = found(client)

    assert shown == {
        "service_request_id": case.code,
        "status": "open",
        "status_notes": "待签收",
        "service_name": "消防车道被堵",
        "service_code": "lane_blocked",
        "description": TEXT,
        "agency_responsible": "双福街道",
        "service_notice": None,
        "requested_datetime": "2026-11-23T12:00:00+08:00",
        "updated_datetime": "2026-11-23T12:00:00+08:00",
        "expected_datetime": "2026-11-24T12:00:00+08:00",
        "address": "演示区双福街道",
        "address_id": None,
        "zipcode": None,
        "lat": shown["lat"],
        "long": shown["long"],
        "media_url": None,
    }
    assert (shown["lat"], shown["long"]) != (HERE.latitude, HERE.longitude)
    assert abs(shown["lat"] - HERE.latitude) < 0.001


def test_nothing_is_shown_that_was_not_moderated(city: City, client: httpx.Client) -> None:
    hidden = city.case(text="")
    taken_back = city.published(city.case(), "")
    private = city.case(category="gas_modification")

    assert found(client) == []
    for case in (hidden, taken_back, private):
        assert refused(client.get(f"/requests/{case.code}.json")) == (404, 404)


@pytest.mark.parametrize(
    ("moves", "status", "notes"),
    [
        (["screen"], "open", "待派单"),
        (["verify"], "open", "复查合格，待销号"),
        (["close"], "closed", "已销号"),
        (["close", "reopen"], "open", "重新打开"),
        (["screen", "reject"], "closed", "不予受理"),
        (["screen", "refer"], "closed", "已转区外办理"),
    ],
)
def test_states_before_the_end_are_open(
    city: City, client: httpx.Client, moves: list[str], status: str, notes: str
) -> None:
    case = city.case(moves[0])
    for name in moves[1:]:
        city.moved(case, name)

    [shown] = found(client)

    assert (shown["status"], shown["status_notes"]) == (status, notes)
    other = {"open": "closed", "closed": "open"}[status]
    assert (codes(client, f"?status={status}"), codes(client, f"?status={other}")) == (
        [case.code],
        [],
    )


def test_a_duplicate_names_the_case_that_took_it_in_if_that_is_public(
    city: City, client: httpx.Client
) -> None:
    kept, twin = city.case(), city.case()
    act = city.office.act(twin, "reviewer", reason="同一处")
    city.database.write(lambda db: merge(db, kept.id, twin.id, act, city.office.rules, NOON))

    [shown] = found(client, f"?service_request_id={twin.code}")
    assert (shown["status"], shown["status_notes"]) == (
        "closed",
        f"和{kept.code}是同一处隐患，办理情况看{kept.code}",
    )

    city.published(kept, "")
    [shown] = found(client, f"?service_request_id={twin.code}")
    assert shown["status_notes"] == "重复，已合并"


def test_xml_says_the_same(city: City, client: httpx.Client) -> None:
    case = city.case(text="堵了 <b>&</b>\n两天")

    response = client.get(f"/requests/{case.code}.xml")

    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    root = parsed(response)
    assert [root.tag, *(child.tag for child in root)] == ["service_requests", "request"]
    shown = found(client)[0]
    assert [field.tag for field in root[0]] == list(shown)
    assert {field.tag: field.text or None for field in root[0]} == {
        name: None if value is None else str(value) for name, value in shown.items()
    }
    assert root.findtext("request/description") == "堵了 <b>&</b>\n两天"


def test_pages_come_newest_first(city: City, client: httpx.Client) -> None:
    cases = [city.case(now=NOON - DAY * day) for day in range(5)]
    expected = [case.code for case in cases]

    assert codes(client) == expected
    assert codes(client, "?page=1&page_size=2") == expected[:2]
    assert codes(client, "?page=3&page_size=2") == expected[4:]
    assert codes(client, "?page=4&page_size=2") == []
    assert codes(client, "?page_size=1") == expected[:1]


def test_the_filter(city: City, client: httpx.Client) -> None:
    today = city.case()
    old = city.case(now=NOON - DAY * 40)
    other = city.case(category="exit_locked", now=NOON - DAY)
    ancient = city.case(now=NOON - DAY * 120)

    assert codes(client) == [today.code, other.code, old.code]
    assert codes(client, "?service_code=exit_locked") == [other.code]
    assert codes(client, "?service_code=exit_locked,lane_blocked&status=") == [
        today.code,
        other.code,
        old.code,
    ]
    assert codes(client, "?start_date=2026-11-20T00:00:00Z") == [today.code, other.code]
    assert codes(client, "?end_date=2026-11-20T00:00:00%2B08:00") == [old.code]
    assert codes(client, "?start_date=2026-11-22T00:00:00+08:00&end_date=2026-11-22T23:00:00") == [
        other.code
    ]
    assert codes(client, "?start_date=2026-07-01&end_date=2026-08-01") == [ancient.code]
    assert codes(
        client, f"?service_request_id={ancient.code.lower()},{old.code},x&status=closed"
    ) == [
        old.code,
        ancient.code,
    ]
    assert codes(client, "?jurisdiction_id=demo") == [today.code, other.code, old.code]
    assert codes(client, "?jurisdiction_id=east") == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/requests.json?status=done", 400),
        ("/requests.xml?start_date=yesterday", 400),
        ("/requests.json?start_date=0001-01-01", 400),
        ("/requests.json?start_date=2026-01-01&end_date=2026-11-01", 400),
        ("/requests.xml?start_date=2026-11-02&end_date=2026-11-01", 400),
        ("/requests.json?page=0", 400),
        ("/requests.json?page=99999", 400),
        ("/requests.json?page_size=many", 400),
        ("/requests.json?service_code=lane_blocked,nothing", 404),
        ("/requests.xml?jurisdiction_id=elsewhere", 404),
        ("/services.json?jurisdiction_id=elsewhere", 404),
        ("/services/nothing.xml", 404),
        ("/requests/AAAAAAAA.json", 404),
        ("/tokens/AAAAAAAA.xml", 404),
        ("/nothing.json", 404),
        ("/requests", 404),
        ("/requests.yaml", 404),
        ("/media/..%2Fsecret.jpg", 404),
    ],
)
def test_errors_are_in_the_format_asked_for(client: httpx.Client, path: str, status: int) -> None:
    assert refused(client.get(path)) == (status, status)


def test_discovery_names_the_endpoint(city: City, client: httpx.Client) -> None:
    said = client.get("/discovery.json").json()

    assert list(said) == ["changeset", "contact", "key_service", "endpoints"]
    [endpoint] = said["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"] == str(client.base_url).rstrip("/")
    assert (endpoint["type"], endpoint["formats"]) == (
        "production",
        ["text/xml", "application/json"],
    )
    root = parsed(client.get("/discovery.xml"))
    assert root.findtext("endpoints/endpoint/url") == endpoint["url"]
    formats = root.findall("endpoints/endpoint/formats/format")
    assert [one.text for one in formats] == endpoint["formats"]


def test_services_and_their_definitions(client: httpx.Client) -> None:
    services = client.get("/services.json").json()

    assert len(services) == 26
    lane = services[0]
    assert lane["service_code"] == "lane_blocked"
    assert (lane["type"], lane["group"], lane["metadata"]) == ("batch", "通道堵塞", True)
    assert lane["keywords"].startswith("fire lane,")
    assert {one["type"] for one in services} == {"batch", "blackbox"}
    for service in services:
        definition = client.get(f"/services/{service['service_code']}.json").json()
        assert definition["service_code"] == service["service_code"]
        orders = [one["order"] for one in definition["attributes"]]
        assert orders == list(range(1, len(orders) + 1))
    root = parsed(client.get("/services/bottled_gas.xml"))
    assert root.tag == "service_definition"
    first = root.find("attributes/attribute")
    assert first is not None
    assert (first.findtext("code"), first.findtext("required")) == ("emergency_now", "true")
    assert [one.findtext("key") for one in first.findall("values/value")] == ["no", "yes"]


def test_only_released_photos_of_public_cases_are_served(city: City, client: httpx.Client) -> None:
    case, hidden = city.case(), city.case(text="")
    city.photo(case, photo(1), is_looked_at=False)
    shown, second = city.photo(case, photo(2)), city.photo(case, photo(3))
    unseen = city.photo(hidden, photo(4))

    [request] = found(client)
    served = client.get(request["media_url"])

    assert request["media_url"] == f"{str(client.base_url).rstrip('/')}/media/{shown.sha256}.jpg"
    assert (served.status_code, served.headers["content-type"]) == (200, "image/jpeg")
    assert served.content == photo(2)
    assert client.get(f"/media/{second.sha256}.jpg").status_code == 200
    assert client.get(f"/media/{unseen.sha256}.jpg").status_code == 404
    city.published(case, "")
    assert client.get(request["media_url"]).status_code == 404


def test_pages_of_others_may_read(client: httpx.Client) -> None:
    headers = client.get("/services.json").headers

    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"


def test_who_reads_too_fast_is_asked_to_wait(client: httpx.Client) -> None:
    answers = [client.get("/discovery.json") for _ in range(70)]

    last = answers[-1]
    assert refused(last) == (429, 429)
    assert last.headers["retry-after"] == "60"


def test_the_address_people_use_is_named(city: City) -> None:
    city.public_url = "https://fire.example/"
    with listening(city) as url:
        said = json.loads(httpx.get(f"{url}/discovery.json").content)

    assert said["endpoints"][0]["url"] == "https://fire.example/open311/v2"


def test_a_closed_case_was_updated_when_it_was_closed(city: City, client: httpx.Client) -> None:
    case = city.case("verify")
    city.now = NOON + DAY
    city.database.write(lambda db: casefile.make(db, city.office, case, "close", NOON + HOUR))
    city.published(case, "说明改了")

    [shown] = found(client)

    assert shown["updated_datetime"] == "2026-11-23T13:00:00+08:00"
