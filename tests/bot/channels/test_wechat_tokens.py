"""The access token: fetched once for everybody, renewed in time, never seen in the clear."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import select

from bot import platform_store as store
from bot.channels.wechat_api_session import ApiSession
from bot.channels.wechat_outcomes import CallRefused, NotConnected, TokenUnavailable
from bot.channels.wechat_tokens import (
    CLAIM_FOR,
    Fetched,
    StableTokens,
    TokenShelf,
    fetch_stable_token,
    stable_tokens,
)
from storage import Database
from tests.bot.channels.one_answer import OneAnswer
from tests.bot.channels.wechat_calls import KEY, TOKEN_CALL, account_on, with_new_tables
from tests.platforms.wechat import WeChatPlatform

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).with_name("wechat_token_process.py")
THREADS = 20
FORCED = b'"force_refresh": true'
Tokens = Callable[[], StableTokens]


@pytest.fixture(autouse=True)
def tables(database: Database) -> None:
    with_new_tables(database)


@pytest.fixture
def platform() -> Iterator[WeChatPlatform]:
    with WeChatPlatform() as platform:
        yield platform


@pytest.fixture
def another(platform: WeChatPlatform, database: Database) -> Iterator[Tokens]:
    """Make the tokens of one more process."""
    with ExitStack() as stack:

        def make() -> StableTokens:
            session = stack.enter_context(ApiSession(platform.url))
            return stable_tokens(database, session, account_on(platform), KEY, platform.clock)

        yield make


@pytest.fixture
def tokens(another: Tokens) -> StableTokens:
    return another()


def fetches(platform: WeChatPlatform) -> int:
    return len(platform.calls_to(TOKEN_CALL))


def forced(platform: WeChatPlatform) -> int:
    return sum(FORCED in call.body for call in platform.calls_to(TOKEN_CALL))


def at_once(ask: Callable[[], str]) -> set[str]:
    """Return what 20 threads get that ask in the same moment."""
    gate = Barrier(THREADS)

    def one(_: int) -> str:
        gate.wait()
        return ask()

    with ThreadPoolExecutor(THREADS) as pool:
        return set(pool.map(one, range(THREADS)))


def test_three_processes_of_twenty_threads_fetch_one_token(
    platform: WeChatPlatform, database_url: str
) -> None:
    account = account_on(platform)
    command = [sys.executable, PROGRAM, database_url, platform.url, account.app_id, account.secret]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    command, cwd=ROOT, env=environment, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                )
            )
            for _ in range(3)
        ]  # fmt: skip
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        printed = [process.communicate("go\n", timeout=60)[0].split() for process in processes]

    assert [len(lines) for lines in printed] == [THREADS] * 3
    assert len({token for lines in printed for token in lines}) == 1
    assert fetches(platform) == 1


def test_another_process_takes_what_is_kept(tokens: StableTokens, another: Tokens) -> None:
    assert another().current() == tokens.current()


def test_it_is_asked_for_again_only_near_its_end(
    platform: WeChatPlatform, tokens: StableTokens, another: Tokens
) -> None:
    first = tokens.current()
    platform.clock.advance(seconds=7200 - 301)
    assert tokens.current() == first
    assert fetches(platform) == 1

    platform.clock.advance(seconds=62)  # past five minutes before the end, and past any jitter
    second = tokens.current()
    assert second != first
    assert another().current() == second
    assert fetches(platform) == 2


def test_a_platform_that_fails_near_the_end_costs_nothing(
    platform: WeChatPlatform, tokens: StableTokens
) -> None:
    first = tokens.current()
    platform.clock.advance(seconds=7200 - 200)
    platform.fail_next(1, "5xx", TOKEN_CALL)
    assert tokens.current() == first
    assert tokens.current() != first


def test_a_rejected_token_is_replaced_by_what_another_process_has(
    platform: WeChatPlatform, tokens: StableTokens, another: Tokens
) -> None:
    other = another()
    rejected = tokens.current()
    assert other.current() == rejected
    platform.clock.advance(minutes=5)
    platform.state.tokens.revoke()

    fresh = other.after(rejected)

    assert tokens.after(rejected) == fresh
    assert (fetches(platform), forced(platform)) == (2, 0)


def test_a_token_that_wechat_goes_on_giving_is_forced_once(
    platform: WeChatPlatform, tokens: StableTokens
) -> None:
    rejected = tokens.current()
    platform.clock.advance(minutes=5)

    assert len(at_once(lambda: tokens.after(rejected))) == 1
    fresh = tokens.after(rejected)

    assert fresh != rejected
    assert tokens.current() == fresh
    assert (fetches(platform), forced(platform)) == (3, 1)


def test_two_processes_force_once(
    platform: WeChatPlatform, tokens: StableTokens, another: Tokens
) -> None:
    rejected = tokens.current()
    platform.clock.advance(minutes=5)
    others = [another() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        fresh = set(pool.map(lambda one: one.after(rejected), others))
    assert len(fresh) == 1
    assert rejected not in fresh
    assert forced(platform) == 1


def test_a_platform_that_rejects_all_it_gives_is_not_forced_for_ever(
    platform: WeChatPlatform, tokens: StableTokens
) -> None:
    token = tokens.current()
    platform.clock.advance(minutes=5)
    for _ in range(10):
        token = tokens.after(token)
    assert forced(platform) <= 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"secret": "other"}, 40125),
        ({"app_id": "wxother"}, 40013),
        ({"knows_our_address": False}, 40164),
    ],
    ids=["secret", "app id", "address"],
)
def test_what_wechat_refuses_is_said(
    platform: WeChatPlatform, tokens: StableTokens, change: dict[str, object], code: int
) -> None:
    kept = {name: getattr(platform.account, name) for name in change}
    for name, value in change.items():
        setattr(platform.account, name, value)
    with pytest.raises(CallRefused) as caught:
        tokens.current()
    assert caught.value.code == code
    assert caught.value.permanent

    for name, value in kept.items():
        setattr(platform.account, name, value)
    assert tokens.current()  # the claim was given back: nobody waits for its end


def test_an_unreachable_platform_leaves_no_claim_behind(
    platform: WeChatPlatform, database: Database, tokens: StableTokens
) -> None:
    with ApiSession("http://127.0.0.1:9") as nowhere:
        lost = stable_tokens(database, nowhere, account_on(platform), KEY, platform.clock)
        with pytest.raises(TokenUnavailable) as caught:
            lost.current()
    assert isinstance(caught.value.__cause__, NotConnected)
    assert not caught.value.permanent
    assert tokens.current()


def test_the_claim_of_a_dead_process_runs_out(
    platform: WeChatPlatform, database: Database, tokens: StableTokens
) -> None:
    shelf = TokenShelf(database, platform.account.app_id, KEY)
    assert shelf.claim(None, platform.clock())
    assert shelf.claim(None, platform.clock()) is None
    platform.clock.advance(seconds=CLAIM_FOR.total_seconds())
    assert tokens.current()


def test_who_comes_later_waits_for_the_one_who_fetches(
    platform: WeChatPlatform, database: Database, tokens: StableTokens
) -> None:
    shelf = TokenShelf(database, platform.account.app_id, KEY)
    holder = shelf.claim(None, platform.clock())
    assert holder is not None
    got: list[str] = []
    started = Event()

    def wait() -> None:
        started.set()
        got.append(tokens.current())

    waiter = Thread(target=wait)
    waiter.start()
    started.wait(5)
    shelf.keep(holder, Fetched("theirs", timedelta(hours=2)), "", platform.clock())
    waiter.join(5)

    assert got == ["theirs"]
    assert fetches(platform) == 0


def test_near_its_end_nobody_waits_for_the_next(
    platform: WeChatPlatform, database: Database
) -> None:
    asked, may_answer = Event(), Event()
    given = iter(["first", "second"])

    def fetch(force: bool) -> Fetched:
        token = next(given)
        if token == "second":  # noqa: S105 - of nobody
            asked.set()
            may_answer.wait(10)
        return Fetched(token, timedelta(hours=2))

    tokens = StableTokens(TokenShelf(database, "wx1", KEY), fetch, platform.clock)
    assert tokens.current() == "first"
    platform.clock.advance(seconds=7200 - 200)
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(tokens.current)
        assert asked.wait(10)
        assert tokens.current() == "first"
        may_answer.set()
        assert renewing.result(10) == "second"
    assert tokens.current() == "second"


def test_a_claim_that_went_to_somebody_else_keeps_nothing(
    platform: WeChatPlatform, database: Database
) -> None:
    shelf = TokenShelf(database, platform.account.app_id, KEY)
    slow = shelf.claim(None, platform.clock())
    platform.clock.advance(seconds=CLAIM_FOR.total_seconds())
    quick = shelf.claim(None, platform.clock())
    assert slow
    assert quick
    shelf.keep(quick, Fetched("newer", timedelta(hours=2)), "", platform.clock())
    shelf.keep(slow, Fetched("older", timedelta(hours=2)), "", platform.clock())
    kept = shelf.find()
    assert kept is not None
    assert kept.token == "newer"  # noqa: S105 - of nobody


def test_the_token_is_sealed_and_another_key_starts_anew(
    platform: WeChatPlatform, database: Database, tokens: StableTokens
) -> None:
    token = tokens.current()
    row = database.read(lambda db: db.execute(select(store.access_token)).one())
    assert token not in str(row)

    with ApiSession(platform.url) as session:
        other = stable_tokens(database, session, account_on(platform), KEY[::-1], platform.clock)
        assert other.current() == token  # asked for again, and WeChat gives the same one
    assert fetches(platform) == 2


def test_neither_token_nor_secret_is_logged(
    platform: WeChatPlatform, tokens: StableTokens, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        token = tokens.current()
    assert token not in caplog.text
    assert platform.account.secret not in caplog.text
    assert token not in repr(vars(tokens))
    assert platform.account.secret not in repr(account_on(platform))


@pytest.mark.parametrize("body", [b"{}", b'{"access_token":"","expires_in":7200}'])
def test_an_answer_without_a_token_is_no_token(platform: WeChatPlatform, body: bytes) -> None:
    with OneAnswer().listening() as server, ApiSession(server.url) as session:
        server.body = body
        with pytest.raises(TokenUnavailable):
            fetch_stable_token(session, account_on(platform), False)
