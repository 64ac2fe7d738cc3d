from collections.abc import Iterator

import httpx
import pytest

from tests.platforms.wechat import WeChatPlatform


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        yield platform


def ask(platform: WeChatPlatform, **changed: object) -> dict[str, object]:
    asked = {
        "grant_type": "client_credential",
        "appid": platform.account.app_id,
        "secret": platform.account.secret,
    }
    address = f"{platform.url}/cgi-bin/stable_token"
    body: dict[str, object] = httpx.post(address, json=asked | changed).json()
    return body


def use(platform: WeChatPlatform, token: object) -> object:
    query = {"access_token": str(token)}
    return httpx.get(f"{platform.url}/cgi-bin/getcallbackip", params=query).json().get("errcode", 0)


def test_stable_token_stays_until_five_minutes_before_its_end(platform: WeChatPlatform) -> None:
    first = ask(platform)
    assert first["expires_in"] == 7200
    platform.clock.advance(seconds=6890)
    assert ask(platform)["access_token"] == first["access_token"]
    platform.clock.advance(seconds=20)
    second = ask(platform)
    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] == 7200
    assert use(platform, first["access_token"]) == use(platform, second["access_token"]) == 0
    platform.clock.advance(seconds=300)
    assert use(platform, first["access_token"]) == 42001


def test_forced_refresh_ends_the_old_token_at_once(platform: WeChatPlatform) -> None:
    first = ask(platform)["access_token"]
    second = ask(platform, force_refresh=True)["access_token"]
    assert use(platform, first) == 40001
    assert use(platform, second) == 0


def test_forced_refreshes_within_thirty_seconds_are_one(platform: WeChatPlatform) -> None:
    first = ask(platform, force_refresh=True)["access_token"]
    assert ask(platform, force_refresh=True)["access_token"] == first


def test_the_twenty_first_forced_refresh_of_a_day_is_refused(platform: WeChatPlatform) -> None:
    platform.clock.advance(seconds=-platform.clock().timestamp() % 86400)  # to the next midnight
    for _ in range(20):
        assert "access_token" in ask(platform, force_refresh=True)
        platform.clock.advance(seconds=31)
    assert ask(platform, force_refresh=True)["errcode"] == 45009
    assert "access_token" in ask(platform)
    platform.clock.advance(days=1)
    assert "access_token" in ask(platform, force_refresh=True)


def test_the_other_call_gives_another_kind_of_token(platform: WeChatPlatform) -> None:
    stable = ask(platform)["access_token"]
    asked = {
        "grant_type": "client_credential",
        "appid": platform.account.app_id,
        "secret": platform.account.secret,
    }
    first, second = (
        httpx.get(f"{platform.url}/cgi-bin/token", params=asked).json()["access_token"]
        for _ in range(2)
    )
    assert len({stable, first, second}) == 3
    assert [use(platform, token) for token in (stable, first, second)] == [0, 0, 0]
    platform.clock.advance(minutes=5)
    assert [use(platform, token) for token in (stable, first, second)] == [0, 42001, 0]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"appid": "wxother"}, 40013),
        ({"secret": "wrong"}, 40125),
    ],
    ids=["grant", "no app id", "no secret", "app id", "secret"],
)
def test_wrong_credentials(platform: WeChatPlatform, changed: dict[str, str], code: int) -> None:
    assert ask(platform, **changed)["errcode"] == code


def test_an_address_outside_the_whitelist(platform: WeChatPlatform) -> None:
    platform.account.knows_our_address = False
    refused = ask(platform)
    assert refused["errcode"] == 40164
    assert "not in whitelist" in str(refused["errmsg"])


def test_stable_token_is_asked_for_by_post(platform: WeChatPlatform) -> None:
    answer = httpx.get(f"{platform.url}/cgi-bin/stable_token")
    assert (answer.status_code, answer.json()["errcode"]) == (200, 43002)


def test_bad_tokens(platform: WeChatPlatform) -> None:
    assert use(platform, "") == 41001
    assert use(platform, "nobody gave this") == 40014
    token = ask(platform)["access_token"]
    platform.state.tokens.revoke()
    assert use(platform, token) == 40001


@pytest.mark.parametrize("how", ["5xx", "html", "busy"])
def test_answers_of_a_platform_in_trouble(platform: WeChatPlatform, how: str) -> None:
    platform.fail_next(1, how, "stable_token")  # type: ignore[arg-type]
    answer = httpx.post(f"{platform.url}/cgi-bin/stable_token", json={})
    seen = {
        "5xx": answer.status_code == 502,
        "html": "<html>" in answer.text,
        "busy": '"errcode":-1' in answer.text,
    }
    assert seen[how]
    assert "access_token" in ask(platform)


def test_a_broken_connection(platform: WeChatPlatform) -> None:
    platform.fail_next(1, "broken")
    with pytest.raises(httpx.RemoteProtocolError):
        ask(platform)
    assert not platform.calls
    assert "access_token" in ask(platform)


def test_an_answer_that_is_lost_has_had_its_effect(platform: WeChatPlatform) -> None:
    platform.fail_next(1, "lost")
    with pytest.raises(httpx.RemoteProtocolError):
        ask(platform)
    assert len(platform.calls_to("stable_token")) == 1


def test_a_slow_platform(platform: WeChatPlatform) -> None:
    platform.fail_next(1, "slow")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{platform.url}/cgi-bin/token", timeout=0.2)


def test_a_platform_that_is_down_for_a_while(platform: WeChatPlatform) -> None:
    address = platform.url
    platform.goes_down()
    with pytest.raises(httpx.ConnectError):
        ask(platform)
    platform.comes_back()
    assert platform.url == address
    assert "access_token" in ask(platform)
