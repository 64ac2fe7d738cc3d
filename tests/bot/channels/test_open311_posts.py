"""Reports that other systems send through Open311: with a key, once, and nothing personal kept."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from community.audit import entries
from hazards.case_store import case_by_code, photos_of, reports_of
from hazards.cases import Case
from hazards.open_key_store import (
    BadKeyName,
    add_key,
    client_of,
    list_keys,
    open311_key,
    revoke_key,
)
from hazards.store import hazard_case, hazard_event, hazard_photo, hazard_report
from storage import Database
from tests.bot.channels.open311_service import City, listening, open_city
from tests.hazards.casefile import NOON
from tests.hazards.taken import HERE, KEY, count, photo, rows

PLACE = {"lat": str(HERE[0]), "long": str(HERE[1])}


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def city(database: Database, tmp_path: Path) -> City:
    return open_city(database, tmp_path / "files")


@pytest.fixture
def key(city: City) -> str:
    return city.key()


@pytest.fixture
def client(city: City) -> Iterator[httpx.Client]:
    with listening(city) as url, httpx.Client(base_url=url) as opened:
        yield opened


def send(client: httpx.Client, key: str, **changed: str) -> httpx.Response:
    """Post a good report, ``changed``; what is changed to "" is left out."""
    form = {
        "api_key": key,
        "service_code": "lane_blocked",
        "description": "货车停在黄线上",
        **PLACE,
        **changed,
    }
    data = {name: value for name, value in form.items() if value}
    return client.post("/requests.json", data=data)


def said(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    [answer] = response.json()
    return answer


def case_of(city: City, code: str) -> Case:
    [report] = [row for row in rows(city.database, hazard_report) if row["code"] == code]
    [case] = [row for row in rows(city.database, hazard_case) if row["id"] == report["case_id"]]
    found = city.database.read(lambda db: case_by_code(db, str(case["code"])))
    assert found is not None
    return found


def test_a_report_becomes_a_case_and_later_a_number(
    city: City, client: httpx.Client, key: str
) -> None:
    answer = said(send(client, key, **{"attribute[floor]": "B1"}))
    case = case_of(city, answer["token"])
    token = f"/tokens/{answer['token']}"

    assert list(answer) == ["token", "service_notice", "account_id"]
    assert (case.state, case.category, case.district_id, case.floor) == (
        "submitted",
        "lane_blocked",
        "demo",
        "B1",
    )
    [report] = city.database.read(lambda db: reports_of(db, case.id))
    assert (report.source, report.privacy, report.said) == (
        "open311",
        "confidential",
        "货车停在黄线上",
    )
    assert said(client.get(f"{token}.json"))["service_request_id"] is None
    city.published(case)
    assert said(client.get(f"{token}.json")) == {
        "service_request_id": case.code,
        "token": answer["token"],
    }
    xml = client.get(f"{token}.xml").text
    assert f"<service_request_id>{case.code}</service_request_id>" in xml


def test_a_code_of_a_resident_is_no_token(city: City, client: httpx.Client) -> None:
    case = city.case()
    [report] = city.database.read(lambda db: reports_of(db, case.id))

    assert client.get(f"/tokens/{report.code}.json").status_code == 404


def test_nothing_personal_is_kept_and_no_address_is_opened(
    city: City, client: httpx.Client, key: str
) -> None:
    personal = {
        "first_name": "SECRETFIRST",
        "last_name": "SECRETLAST",
        "phone": "13800000000",
        "email": "secret@example.com",
        "device_id": "SECRETDEVICE",
    }

    answer = said(send(client, key, media_url="http://127.0.0.1:9/SECRET.jpg", **personal))

    assert "没有读取" in answer["service_notice"]
    assert "没有保存" in answer["service_notice"]
    tables = (hazard_case, hazard_report, hazard_event, hazard_photo)
    kept = str([rows(city.database, table) for table in tables])
    assert not any(text in kept for text in ("SECRET", "13800000000", "secret@"))


def test_photos_come_as_files(city: City, client: httpx.Client, key: str) -> None:
    files = [
        ("media", ("a.jpg", photo(1), "image/jpeg")),
        ("media", ("b.jpg", b"GIF89a not at all", "image/jpeg")),
        ("media", ("c.png", photo(2, "PNG"), "image/png")),
    ]
    data = {"api_key": key, "service_code": "lane_blocked", "address_string": "双福花园东门"}

    answer = said(client.post("/requests.json", data=data, files=files))

    case = case_of(city, answer["token"])
    assert len(city.database.read(lambda db: photos_of(db, case.id))) == 2
    assert "第2张照片没有收（不是JPEG、PNG或WebP）" in answer["service_notice"]
    assert case.place_words == "双福花园东门"


def test_a_repeat_has_no_second_effect(city: City, client: httpx.Client, key: str) -> None:
    data = {"api_key": key, "service_code": "lane_blocked", **PLACE}
    headers = {"Idempotency-Key": "order-77"}

    first, second = (
        said(client.post("/requests.json", data=data, headers=headers)) for _ in range(2)
    )
    other = said(
        client.post("/requests.json", data=data | {"api_key": city.key("别家")}, headers=headers)
    )

    assert first == second
    assert other["token"] != first["token"]
    assert count(city.database, hazard_case) == 2


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"api_key": ""}, 403),
        ({"api_key": "wrong"}, 403),
        ({"api_key": "\ud7ff密钥"}, 403),
        ({"service_code": ""}, 400),
        ({"service_code": "nothing"}, 404),
        ({"jurisdiction_id": "elsewhere"}, 404),
        ({"long": ""}, 400),
        ({"lat": "", "long": ""}, 400),
        ({"lat": "", "long": "", "address_id": "7"}, 400),
        ({"lat": "north"}, 400),
        ({"lat": "nan"}, 400),
        ({"long": "181"}, 400),
        ({"description": "长" * 4001}, 400),
        ({"service_code": "bottled_gas"}, 400),
        ({"service_code": "bottled_gas", "attribute[emergency_now]": "yes"}, 400),
        ({"description": "长" * 30_000}, 400),
    ],
)
def test_what_is_missing_or_wrong_is_refused(
    city: City, client: httpx.Client, key: str, changed: dict[str, str], status: int
) -> None:
    response = send(client, key, **changed)

    assert (response.status_code, response.json()[0]["code"]) == (status, status)
    assert count(city.database, hazard_report) == 0


def test_danger_now_is_sent_to_119(client: httpx.Client, key: str) -> None:
    gas = {"service_code": "bottled_gas", "attribute[emergency_now]": "yes"}

    assert "119" in send(client, key, **gas).json()[0]["description"]
    assert said(send(client, key, **gas | {"attribute[emergency_now]": "no"}))["token"]


def test_a_format_that_there_is_not_takes_nothing_in(
    city: City, client: httpx.Client, key: str
) -> None:
    data = {"api_key": key, "service_code": "lane_blocked", **PLACE}

    assert client.post("/requests.yaml", data=data).status_code == 404
    assert count(city.database, hazard_report) == 0


def test_errors_and_receipts_in_xml(client: httpx.Client, key: str) -> None:
    data = {"api_key": key, "service_code": "lane_blocked", **PLACE}

    good = client.post("/requests.xml", data=data).text
    bad = client.post("/requests.xml", data=data | {"api_key": "no"}).text

    assert "<service_requests><request><token>" in good
    assert "service_request_id" not in good
    assert "<errors><error><code>403</code><description>" in bad


def test_html_stays_text(city: City, client: httpx.Client, key: str) -> None:
    text = "<script>alert(1)</script>"

    answer = said(send(client, key, description=text))

    case = case_of(city, answer["token"])
    [report] = city.database.read(lambda db: reports_of(db, case.id))
    assert report.said == text


def test_an_enormous_body_is_refused(city: City, client: httpx.Client, key: str) -> None:
    files = [("media", (f"{n}.jpg", bytes(3 * 1024 * 1024), "image/jpeg")) for n in range(8)]

    response = client.post("/requests.json", data={"api_key": key}, files=files)

    assert (response.status_code, response.json()[0]["code"]) == (413, 413)


def test_a_key_has_its_limits(city: City, client: httpx.Client) -> None:
    scarce = city.key(per_day=2)
    for _ in range(2):
        said(send(client, scarce))

    full = send(client, scarce)
    city.now += timedelta(days=1)

    assert (full.status_code, full.headers["retry-after"]) == (429, "3600")
    assert count(city.database, hazard_report) == 2
    assert said(send(client, scarce))["token"]
    hasty = [send(client, scarce, service_code="").status_code for _ in range(40)]
    assert hasty[-1] == 429


def test_a_key_is_given_once_and_taken_back(city: City) -> None:
    key_id, made = city.database.write(lambda db: add_key(db, " 热线 ", KEY, NOON))
    kept = rows(city.database, open311_key)

    [holder] = city.database.read(list_keys)
    assert (holder.id, holder.name, holder.revoked_at) == (key_id, "热线", None)
    assert made not in str(kept)
    assert city.database.read(lambda db: client_of(db, made, KEY)) == holder
    assert city.database.read(lambda db: client_of(db, made, b"x" * 32)) is None
    assert city.database.write(lambda db: revoke_key(db, key_id, NOON))
    assert not city.database.write(lambda db: revoke_key(db, key_id, NOON))
    assert city.database.read(lambda db: client_of(db, made, KEY)) is None
    noted = [one.action for one in city.database.read(lambda db: entries(db, [""]))]
    assert noted == ["api_key.revoked", "api_key.added"]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "长" * 81])
def test_a_key_is_for_somebody(city: City, name: str) -> None:
    with pytest.raises(BadKeyName):
        city.key(name)


def test_a_key_may_send_something(city: City) -> None:
    with pytest.raises(ValueError, match="a day"):
        city.key(per_day=0)
