"""Two ready clients, written by others: ``georeport`` and ``three``, against a running server."""

import importlib
import io
import itertools
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hazards.store import hazard_case
from storage import Database
from tests.bot.channels.open311_service import City, listening, open_city
from tests.hazards.taken import HERE, count, photo


def ready_client(name: str, install: str) -> ModuleType:
    """Return a client; where there is none the test skips, and fails in CI."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        return importlib.import_module(name)
    found: ModuleType = pytest.importorskip(name, reason=install)
    return found


georeport = ready_client("georeport", "pip install --no-deps georeport==0.3.1")


Three = Any  # it has no types


@pytest.fixture(scope="module")
def three_module() -> ModuleType:
    """``three`` was written for Python 2, and needs one name of it."""
    itertools.ifilter = filter  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ready_client("three", "pip install three==0.8.0")


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def city(database: Database, tmp_path: Path) -> City:
    return open_city(database, tmp_path / "files")


@pytest.fixture
def url(city: City) -> Iterator[str]:
    with listening(city) as address:
        yield address


@pytest.fixture
def three(three_module: ModuleType, city: City, url: str) -> Iterator[Any]:
    client = three_module.Three(url, api_key=city.key())
    yield client
    client.session.close()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_reads_everything(city: City, url: str, form: str) -> None:
    open_, closed = city.case("assign"), city.case("close")
    client = georeport.GeoReport(url, output_format=form)

    services = client.get_service_list()
    definition = client.get_service_definition("bottled_gas")
    both = client.get_service_requests()
    one = client.get_service_request(closed.code)

    assert len(services) == 26
    assert services[0]["service_code"] == "lane_blocked"
    assert definition["service_code"] == "bottled_gas"
    assert [request["service_request_id"] for request in both] == [closed.code, open_.code]
    assert (one["service_request_id"], one["status"]) == (closed.code, "closed")


def test_georeport_filters(city: City, url: str) -> None:
    open_, closed = city.case("assign"), city.case("close")
    client = georeport.GeoReport(url, jurisdiction="demo")

    def found(**asked: str) -> list[str]:
        return [one["service_request_id"] for one in client.get_service_requests(**asked)]

    assert found(status="open") == [open_.code]
    assert found(service_request_id=f"{closed.code},{open_.code}") == [closed.code, open_.code]
    assert found(start_date="2026-01-01T00:00:00Z", end_date="2026-02-01T00:00:00Z") == []


def test_three_reads_everything(city: City, three: Three) -> None:
    case = city.case("assign")

    assert three.discovery()["endpoints"][0]["url"] == three.endpoint.rstrip("/")
    assert len(three.services()) == 26
    assert three.services("bottled_gas")["attributes"][0]["code"] == "emergency_now"
    [shown] = three.request(case.code)
    assert (shown["service_request_id"], shown["lat"] is None) == (case.code, False)
    assert len(three.requests("lane_blocked", count=1)) == 1
    assert three.requests(between=["11-01-2026", "11-30-2026"]) == [shown]
    assert three.requests(between=["01-01-2026", "11-30-2026"])[0]["code"] == 400


def test_three_reports(city: City, three: Three) -> None:
    [answer] = three.post("lane_blocked", lat=HERE[0], long=HERE[1], description="黄线上停车")
    [with_photo] = three.post(
        "bottled_gas",
        address="双福花园东门",
        name="Li Wei",
        media=io.BytesIO(photo()),
        **{"attribute[emergency_now]": "no"},
    )

    assert three.token(answer["token"]) == [{"service_request_id": None, "token": answer["token"]}]
    assert "没有收" not in with_photo["service_notice"]
    assert count(city.database, hazard_case) == 2
    [refused] = three.post("lane_blocked", api_key="wrong", lat=1, long=1)
    assert refused["code"] == 403
