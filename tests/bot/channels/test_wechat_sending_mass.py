"""Mass messages: by tag, once whatever is tried again, within the month's quota."""

from collections.abc import Iterator

import pytest

from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_outcomes import CallRefused
from bot.channels.wechat_sending_mass import (
    ADD_DRAFT_PATH,
    TAG_PEOPLE_PATH,
    Article,
    MassMessage,
    MassSender,
    ensure_tag,
    keep_draft,
    tag_people,
    untag_people,
)
from community.outcomes import Delivered, OutOfQuota, Rejected, RetryAfter, Uncertain
from storage import Database
from tests.bot.channels.one_answer import OneAnswer
from tests.bot.channels.wechat_calls import calling, with_new_tables
from tests.platforms.wechat import WeChatPlatform

NOTICE = MassMessage("text", "周六上午十点疏散演练", "drill-1")
SEND_ALL = "/mass/sendall"


@pytest.fixture
def store() -> str:
    """One store will do: the rows are few and tested with both elsewhere."""
    return "sqlite"


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        yield platform


@pytest.fixture
def api(platform: WeChatPlatform, database: Database) -> Iterator[WeChatApi]:
    with calling(platform, with_new_tables(database)) as api:
        yield api


@pytest.fixture
def sender(platform: WeChatPlatform, api: WeChatApi) -> MassSender:
    return MassSender(api, platform.clock)


@pytest.fixture
def tag(platform: WeChatPlatform, api: WeChatApi) -> int:
    """A tag that two people have; a third has not."""
    tag = ensure_tag(api, "3栋")
    for openid in ("oOne", "oTwo", "oThree"):
        platform.user(openid)
    tag_people(api, tag, ["oOne", "oTwo"])
    return tag


def test_only_people_with_the_tag_get_it(
    platform: WeChatPlatform, sender: MassSender, tag: int
) -> None:
    outcome = sender.send(tag, NOTICE)
    assert isinstance(outcome, Delivered)
    got = {name: len(platform.user(name).received) for name in ("oOne", "oTwo", "oThree")}
    assert got == {"oOne": 1, "oTwo": 1, "oThree": 0}
    assert platform.user("oOne").last.text == NOTICE.content
    assert sender.status(outcome.message_id) == "SEND_SUCCESS"


def test_after_an_answer_was_lost_the_same_message_is_not_sent_twice(
    platform: WeChatPlatform, sender: MassSender, tag: int
) -> None:
    platform.fail_next(1, "lost", SEND_ALL)
    assert isinstance(sender.send(tag, NOTICE), Uncertain)
    platform.clock.advance(minutes=2)
    again = sender.send(tag, NOTICE)
    assert isinstance(again, Delivered)
    assert sender.status(again.message_id) == "SEND_SUCCESS"
    assert len(platform.user("oOne").received) == 1


def test_tried_again_too_soon_it_waits(sender: MassSender, tag: int) -> None:
    sender.send(tag, NOTICE)
    assert isinstance(sender.send(tag, NOTICE), RetryAfter)


def test_an_unknown_tag_is_our_fault(sender: MassSender) -> None:
    assert isinstance(sender.send(999, NOTICE), Rejected)


def test_the_quota_of_the_account_ends(
    platform: WeChatPlatform, sender: MassSender, tag: int
) -> None:
    platform.account.kind = "subscription"  # one a day
    sender.send(tag, NOTICE)
    assert isinstance(sender.send(tag, MassMessage("text", "再来", "drill-2")), OutOfQuota)


def test_a_job_that_wechat_does_not_know(sender: MassSender) -> None:
    with pytest.raises(CallRefused):
        sender.status("1")


@pytest.mark.parametrize("client_id", ["", "x" * 65, "演" * 22])
def test_a_client_id_that_wechat_would_refuse(client_id: str) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        MassMessage("text", "a", client_id)


def test_a_tag_is_made_once(api: WeChatApi) -> None:
    assert ensure_tag(api, "5栋") == ensure_tag(api, "5栋")
    assert ensure_tag(api, "6栋") != ensure_tag(api, "5栋")


def test_many_people_are_tagged_fifty_at_a_time(platform: WeChatPlatform, api: WeChatApi) -> None:
    people = [platform.user(f"o{n}") for n in range(120)]
    tag = ensure_tag(api, "全区")
    tag_people(api, tag, (person.openid for person in people))
    assert all(tag in person.tags for person in people)
    assert len(platform.calls_to(TAG_PEOPLE_PATH)) == 3
    untag_people(api, tag, ["o0"])
    assert [tag in person.tags for person in people[:2]] == [False, True]


def test_articles_become_a_draft(platform: WeChatPlatform, api: WeChatApi) -> None:
    api.get("/cgi-bin/getcallbackip")
    with OneAnswer().listening() as server:
        api.session.base = server.url
        server.body = b'{"media_id":"draft-1"}'
        assert keep_draft(api, [Article("标题", "<p>正文</p>", "cover")]) == "draft-1"
    assert server.asked[0].startswith(ADD_DRAFT_PATH)
    assert "<p>正文</p>".encode() in server.bodies[0]
