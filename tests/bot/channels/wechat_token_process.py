"""A process whose twenty threads want the token at once, for the test that races several.

``python wechat_token_process.py DATABASE BASE APP_ID SECRET`` says ``ready``, waits for a line of
input, and prints the token that each thread got.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

from bot.channels.wechat_api import WeChatAccount
from bot.channels.wechat_api_session import ApiSession
from bot.channels.wechat_tokens import stable_tokens
from storage import open_database
from tests.bot.channels.wechat_calls import KEY

THREADS = 20


def main(url: str, base: str, app_id: str, secret: str) -> None:
    account = WeChatAccount(app_id, secret, base)
    gate = Barrier(THREADS)
    with open_database(url) as database, ApiSession(base) as session:
        tokens = stable_tokens(database, session, account, KEY, lambda: datetime.now(UTC))

        def ask(_: int) -> str:
            gate.wait()
            return tokens.current()

        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        with ThreadPoolExecutor(THREADS) as pool:
            sys.stdout.write("\n".join(pool.map(ask, range(THREADS))) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
