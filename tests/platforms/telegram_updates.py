"""How a bot gets its updates: asking for them, or having them pushed; never both.

Sources: Bot API, "Getting updates", getUpdates, setWebhook, deleteWebhook, getWebhookInfo,
"Making requests when getting updates".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from threading import Thread
from time import monotonic
from urllib.parse import urlsplit

import httpx

from tests.platforms.loopback import http_client
from tests.platforms.telegram_errors import BotError, bad_request
from tests.platforms.telegram_parameters import Parameters
from tests.platforms.telegram_state import State, Webhook

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a name
PORTS = {80, 88, 443, 8443}
MOST_UPDATES = 100
LONGEST_POLL_SECONDS = 50
KINDS = frozenset(
    {
        "message", "edited_message", "callback_query", "poll", "poll_answer", "my_chat_member",
        "chat_member", "message_reaction", "inline_query", "chat_join_request",
    }
)  # fmt: skip
# allowed_updates: "all update types except chat_member, message_reaction, …" unless named.
BY_DEFAULT = KINDS - {"chat_member", "message_reaction"}
PUSH_SECONDS = 60
LONGEST_PAUSE_SECONDS = 60.0


def get_updates(state: State, parameters: Parameters) -> list[dict[str, object]]:
    """Answer getUpdates: long polling; an offset confirms everything below it."""
    if state.webhook.url:
        raise BotError(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    _allow(state, parameters)
    offset = parameters.number("offset")
    if offset < 0:  # "the specified number of updates from the end", the rest is forgotten
        newest = state.pending()[offset:]
        offset = int(str(newest[0]["update_id"])) if newest else 0
    state.confirm(offset)
    state.poller += 1  # whoever still waits ends with a conflict
    _wait_for_updates(state, min(parameters.number("timeout"), LONGEST_POLL_SECONDS))
    limit = min(parameters.number("limit", MOST_UPDATES), MOST_UPDATES)
    return list(state.pending()[:limit])


def _wait_for_updates(state: State, seconds: float) -> None:
    mine = state.poller
    state.changed.notify_all()
    deadline = monotonic() + seconds
    while not state.pending() and not state.is_closing and monotonic() < deadline:
        state.changed.wait(deadline - monotonic())
        if state.poller != mine:
            raise BotError(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )


def _allow(state: State, parameters: Parameters) -> None:
    """Keep the last allowed_updates when there is none, as documented."""
    asked = parameters.data("allowed_updates")
    if isinstance(asked, list):
        state.allowed = frozenset(map(str, asked)) or BY_DEFAULT


def set_webhook(state: State, parameters: Parameters, *, is_strict: bool) -> bool:
    """Answer setWebhook; ``is_strict`` demands https and the documented ports."""
    url = parameters.text("url")
    secret = parameters.text("secret_token")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    if url and is_strict:
        _check_address(url)
    _allow(state, parameters)
    if parameters.truth("drop_pending_updates"):
        state.updates.clear()
    connections = parameters.number("max_connections", 40)
    state.webhook = Webhook(url, secret, max_connections=connections)
    state.changed.notify_all()
    return True


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def delete_webhook(state: State, parameters: Parameters) -> bool:
    """Answer deleteWebhook."""
    if parameters.truth("drop_pending_updates"):
        state.updates.clear()
    state.webhook = Webhook()
    return True


def webhook_info(state: State, _parameters: Parameters) -> dict[str, object]:
    """Answer getWebhookInfo."""
    hook = state.webhook
    info: dict[str, object] = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(state.pending()),
        "max_connections": hook.max_connections,
    }
    if state.allowed:
        info["allowed_updates"] = sorted(state.allowed)
    if hook.error_at:
        info["last_error_date"] = int(hook.error_at.timestamp())
        info["last_error_message"] = hook.error
    return info


class Pushing:
    """Pushes updates to the webhook, one after the other, until each is taken with a 2xx.

    Attributes:
        first_pause_seconds: before the second try; each further pause is twice as long.
        tries: the status of every try, 0 for no answer.
    """

    def __init__(self, state: State, call: Callable[[str, Parameters], object]) -> None:
        self.first_pause_seconds = 0.05
        self.tries: list[int] = []
        self._state = state
        self._call = call
        self._client = http_client(PUSH_SECONDS)
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to look for a webhook and for updates."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; the state has to be closing already."""
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        pause = self.first_pause_seconds
        while not self._state.is_closing:
            with self._state.changed:
                pending = self._state.pending() if self._state.webhook.url else []
                if not pending:
                    self._state.changed.wait(0.2)
                    continue
                hook = self._state.webhook
            if self._pushed(hook, pending[0]):
                pause = self.first_pause_seconds
                continue
            self._rest(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _rest(self, seconds: float) -> None:
        deadline = monotonic() + seconds
        with self._state.changed:
            while not self._state.is_closing and monotonic() < deadline:
                self._state.changed.wait(deadline - monotonic())

    def _pushed(self, hook: Webhook, update: dict[str, object]) -> bool:
        headers = {"content-type": "application/json"}
        if hook.secret:
            headers[SECRET_HEADER] = hook.secret
        body = json.dumps(update, ensure_ascii=False).encode()
        try:
            response = self._client.post(hook.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return self._failed(hook, 0, type(error).__name__)
        if not response.is_success:
            words = f"Wrong response from the webhook: {response.status_code}"
            return self._failed(hook, response.status_code, words)
        self.tries.append(response.status_code)
        with self._state.changed:
            self._state.confirm(int(str(update["update_id"])) + 1)
        self._answer_within(response)
        return True

    def _failed(self, hook: Webhook, status: int, words: str) -> bool:
        self.tries.append(status)
        hook.error, hook.error_at = words, self._state.clock()
        return False

    def _answer_within(self, response: httpx.Response) -> None:
        """Perform the call that an answer may carry; nobody is told how it went."""
        try:
            asked = response.json()
            method = asked.pop("method")
        except (ValueError, AttributeError, KeyError, TypeError):
            return
        self._call(method, Parameters(asked))
