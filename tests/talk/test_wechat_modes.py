"""The running service in each mode of the account, and while its key is changed."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from secrets import randbits
from typing import get_args

import pytest

from bot.channels.wechat_config import Mode
from tests.platforms.loopback import wait_until
from tests.platforms.wechat import AES_KEY, ServiceUnavailable
from tests.platforms.wechat_pushing import envelope
from tests.talk.conftest import Town
from tests.talk.towns import furnished, standing
from tests.talk.wechat_town import WECHAT_ALONE, newcomer, stored, without_faults

QUESTION, ANSWER = "楼道能不能停电动车", "不能。高层楼"
NEXT_AES_KEY = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"
FOREIGN_AES_KEY = "B" * 43


@pytest.fixture(scope="module", params=get_args(Mode))
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A service that knows the next key and the one before, as in the days of a change."""
    settings = {
        "LIFELINE_WECHAT_MODE": request.param,
        "LIFELINE_WECHAT_AES_KEY": NEXT_AES_KEY,
        "LIFELINE_WECHAT_PREVIOUS_AES_KEY": AES_KEY,
    }
    with standing(furnished(tmp_path_factory, "modes"), **WECHAT_ALONE, **settings) as town:
        town.wechat.account.mode = request.param
        yield town


@pytest.fixture(autouse=True)
def sound(town: Town) -> Iterator[None]:
    with without_faults(town):
        yield


def test_the_address_can_be_entered(town: Town) -> None:
    assert town.wechat.verifies()


def test_a_check_by_somebody_else_is_refused(town: Town) -> None:
    town.wechat.account.token = "another"  # noqa: S105 - of nobody
    try:
        assert not town.wechat.verifies()
    finally:
        town.wechat.account.token = town.settings["LIFELINE_WECHAT_TOKEN"]


def test_the_cloud_hosting_finds_us_and_leaves_nothing(town: Town) -> None:
    before = stored(town.data_dir)

    response = town.wechat.probes()

    assert (response.status_code, response.content) == (200, b"success")
    assert stored(town.data_dir) == before


def test_people_are_answered_while_the_key_changes(town: Town) -> None:
    resident = newcomer(town)
    assert ANSWER in resident.says(QUESTION).text
    assert "现在打119" in resident.says("厨房着火了，快来人").text

    town.wechat.account.aes_key = NEXT_AES_KEY
    try:
        assert ANSWER in newcomer(town).says(QUESTION).text
    finally:
        town.wechat.account.aes_key = AES_KEY


def test_a_key_that_nobody_told_us_is_named_where_messages_are_sealed(town: Town) -> None:
    before, heard = stored(town.data_dir), len(town.log)
    town.wechat.account.aes_key = FOREIGN_AES_KEY
    is_sealed = town.wechat.account.mode != "plain"
    try:
        with pytest.raises(ServiceUnavailable) if is_sealed else nullcontext():
            newcomer(town).says(QUESTION)
    finally:
        town.wechat.account.aes_key = AES_KEY

    assert (stored(town.data_dir) == before) == is_sealed
    assert not is_sealed or wait_until(lambda: "check the AES key" in town.log[heard:])


@pytest.mark.parametrize("theirs", get_args(Mode))
def test_the_account_is_set_to_another_mode(town: Town, theirs: Mode) -> None:
    """Safe takes nothing in the clear; plain opens nothing sealed; the rest gets an answer."""
    ours = town.wechat.account.mode
    state = replace(town.wechat.state, account=replace(town.wechat.account, mode=theirs))
    now = str(int(town.wechat.clock().timestamp()))
    fields = {
        "ToUserName": state.account.original_id,
        "FromUserName": newcomer(town).openid,
        "CreateTime": int(now),
        "MsgType": "text",
        "Content": QUESTION,
        "MsgId": randbits(60),
    }
    query, body = envelope(fields, state, now, "7")

    response = town.wechat.push_raw(body, query)

    is_refused = (ours, theirs) in {("safe", "plain"), ("plain", "safe")}
    assert response.status_code == (403 if is_refused else 200)
    is_sealed = b"<Encrypt>" in response.content
    assert is_sealed == (not is_refused and "plain" not in {ours, theirs})


def test_a_signature_that_covers_no_message_does_not_suffice(town: Town) -> None:
    """Where a message is sealed, the signature in the clear counts for nothing."""
    state = town.wechat.state
    now = str(int(town.wechat.clock().timestamp()))
    fields = {"ToUserName": "gh_1", "FromUserName": "oForger", "CreateTime": int(now)}
    query, body = envelope({**fields, "MsgType": "text", "Content": "1"}, state, now, "7")
    before = stored(town.data_dir)

    without = {name: value for name, value in query.items() if name != "msg_signature"}
    response = town.wechat.push_raw(body, without)

    if town.wechat.account.mode == "plain":
        assert response.status_code == 400  # there it is all there is; MsgId is missing
    else:
        assert response.status_code == 403
    assert stored(town.data_dir) == before
