"""Sending messages to webhooks: signed, to a checked address, within a time, and noted.

A process that dies between sending and noting sends again, under the same id. No redirect is
followed, and of an answer nothing counts but its status.
"""

import asyncio
import ssl
from collections.abc import Sequence
from functools import partial

import httpx
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from bot.outbound import Network, Resolve, Target, resolved, target_of
from community.sealing import VaultError
from hazards.webhook_message_store import (
    SEND_JOB,
    Message,
    Outcome,
    drop,
    find_message,
    settle,
)
from hazards.webhook_store import find_webhook, secret_of
from hazards.webhooks import (
    EVENT_HEADER,
    ID_HEADER,
    SIGNATURE_HEADER,
    TIME_HEADER,
    BadAddress,
    Webhook,
    signature,
)
from storage import Jobs, Run

# For one try as a whole, whatever the other side does.
MOST_SECONDS = 15.0
MOST_ANSWER_BYTES = 16 * 1024
AGENT = "Lifeline-Webhook/1"


class WebhookSender:
    """Sends what was booked; its job runs on the event loop."""

    def __init__(
        self,
        key: bytes,
        networks: Sequence[Network] = (),
        resolve: Resolve = resolved,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Make it of the installation's key.

        ``networks`` may be sent to though they are not public; ``tls`` decides which
        certificates are good, those of the system's authorities when it is left out.
        """
        self._key = key
        self._networks = tuple(networks)
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()

    def register(self, jobs: Jobs) -> None:
        """Register the later work that sends."""
        jobs.job(SEND_JOB, lane="bulk")(self.send)

    async def send(self, run: Run, message_id: int, series: int, tries: int) -> None:
        """Send one message once, and note what became of it."""
        found = await run_in_threadpool(run.database.read, partial(_found, message_id=message_id))
        if found is None:
            return
        message, hook = found
        if message.state != "waiting" or (message.series, message.tries) != (series, tries):
            return
        if hook.stopped_at is not None:
            await run_in_threadpool(run.database.write, partial(_dropped, run=run, message=message))
            return
        outcome = await self._tried(hook, message, int(run.now.timestamp()))
        noting = partial(_noted, run=run, message=message, outcome=outcome)
        await run_in_threadpool(run.database.write, noting)

    async def _tried(self, hook: Webhook, message: Message, timestamp: int) -> Outcome:
        try:
            secret = secret_of(hook, self._key)
            async with asyncio.timeout(MOST_SECONDS):
                target = await target_of(hook.url, self._networks, self._resolve)
                return Outcome(
                    await self._post(target, _headers(message, secret, timestamp), message)
                )
        except VaultError:
            return Outcome(None, "secret")
        except BadAddress as error:
            return Outcome(None, f"address_{error.problem}")
        except (TimeoutError, httpx.TimeoutException):
            return Outcome(None, "timeout")
        except httpx.ConnectError as error:
            is_tls = "certificate" in str(error).lower() or "ssl" in str(error).lower()
            return Outcome(None, "certificate" if is_tls else "connect")
        except httpx.HTTPError:
            return Outcome(None, "broken")

    async def _post(self, target: Target, headers: dict[str, str], message: Message) -> int:
        """Send a message and return the HTTP status."""
        async with (
            httpx.AsyncClient(
                verify=self._tls, trust_env=False, follow_redirects=False, timeout=MOST_SECONDS
            ) as client,
            client.stream(
                "POST",
                target.url,
                content=message.body.encode(),
                headers={"Host": target.host, **headers},
                extensions={"sni_hostname": target.name},
            ) as response,
        ):
            await _read_some(response)
            return response.status_code


async def _read_some(response: httpx.Response) -> None:
    """Read an answer up to a limit, so that whoever sends it is not cut off in a short one."""
    left = MOST_ANSWER_BYTES
    async for chunk in response.aiter_raw():
        left -= len(chunk)
        if left < 0:
            return


def _headers(message: Message, secret: str, timestamp: int) -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": AGENT,
        ID_HEADER: message.uid,
        EVENT_HEADER: message.event,
        TIME_HEADER: str(timestamp),
        SIGNATURE_HEADER: signature(secret, timestamp, message.body.encode()),
    }


def _found(db: Connection, message_id: int) -> tuple[Message, Webhook] | None:
    message = find_message(db, message_id)
    hook = find_webhook(db, message.webhook_id) if message else None
    return (message, hook) if message and hook else None


def _noted(db: Connection, run: Run, message: Message, outcome: Outcome) -> None:
    if run.finish(db):
        settle(db, message, outcome, run.now)


def _dropped(db: Connection, run: Run, message: Message) -> None:
    if run.finish(db):
        drop(db, message, run.now)
