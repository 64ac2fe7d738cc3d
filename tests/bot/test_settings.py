"""Settings: defaults, what is refused, and what is kept out of sight."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Settings


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LIFELINE_{name.upper()}", raising=False)


def test_nothing_needs_to_be_set() -> None:
    settings = Settings()
    assert settings.database == "sqlite:///var/lifeline.db"
    assert settings.is_embedded
    assert settings.districts == ("demo",)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFELINE_PORT", "")
    assert Settings().port == 8000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_an_env_file_is_read(tmp_path: Path, encoding: str) -> None:
    text = "LIFELINE_PORT=8001\n# 区县\nLIFELINE_DISTRICTS=demo, other\n"
    (tmp_path / ".env").write_text(text, encoding=encoding)
    settings = Settings()
    assert (settings.port, settings.districts) == (8001, ("demo", "other"))


@pytest.mark.parametrize(("given", "level"), [("debug", "DEBUG"), (" Warning ", "WARNING")])
def test_a_log_level_is_taken_in_any_case(
    monkeypatch: pytest.MonkeyPatch, given: str, level: str
) -> None:
    monkeypatch.setenv("LIFELINE_LOG_LEVEL", given)
    assert Settings().log_level == level


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "99999"),
        ("PORT", "-1"),
        ("DISTRICTS", ","),
        ("LOG_LEVEL", "loud"),
        ("LOG_LEVEL", "10"),
        ("DATABASE_URL", "postgresql://u:p@h:port/x"),
        ("DATABASE_URL", "postgresql://[::1]:port/x"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"LIFELINE_{name}", value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    assert raised.value.errors()[0]["loc"] == (name.lower(),)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///C:/data/lifeline.db",
        "postgresql://u:p#x@h/x",
        "postgresql://u:p/w:o@h/x",
        "postgresql://u:p@w@h:5432/x",
        "postgresql://[::1]:5432/x",
        "postgresql+psycopg://u@h/x?sslmode=require",
        "postgresql:///x?host=/var/run/postgresql",
    ],
)
def test_an_address_that_may_be_meant_is_left_to_storage(url: str) -> None:
    assert Settings(_env_file=None, database_url=url).database == url  # type: ignore[call-arg]


def test_secrets_are_not_shown() -> None:
    secrets = {"secret_key": "geheim", "database_url": "postgresql://u:geheim@h/x"}
    assert "geheim" not in repr(Settings.model_validate(secrets))


def test_networks_are_read_from_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFELINE_WEBHOOK_NETWORKS", "10.20.0.0/16, 127.0.0.0/8")
    assert Settings().webhook_networks == ("10.20.0.0/16", "127.0.0.0/8")
