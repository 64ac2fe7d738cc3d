"""The one place where all is joined: settings in, a running service out."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels import web
from bot.dialogue.conversation import Conversation
from bot.preparing import prepare_brain
from bot.settings import Settings
from community.districts import load_district
from community.keys import derived_key, installation_key
from storage import Database, bring_up_to_date, open_database

_logger = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 3600

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def open_main_database(settings: Settings) -> Database:
    """Open the main database; an embedded one is brought up to date.

    Raises:
        StorageError: when it cannot be opened, or a server's was not migrated.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database)
    try:
        bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return database


def open_conversation(
    settings: Settings, database: Database, clock: Clock = utc_now
) -> Conversation:
    """Return the conversation over ``database``, with knowledge and index made ready."""
    district = load_district(settings.districts[0])
    return Conversation(database, prepare_brain(settings), clock, ZoneInfo(district.timezone))


def build_app(settings: Settings, clock: Clock = utc_now) -> Starlette:
    """Wire the service: the one function that knows every package.

    Raises:
        StorageError: when the main database cannot be used.
        community.keys.KeyProblem: when the key is missing or not the database's.
    """
    database = open_main_database(settings)
    try:
        secret = settings.secret_key.get_secret_value() if settings.secret_key else None
        key = installation_key(database, secret, settings.data_dir, now=clock())
        conversation = open_conversation(settings, database, clock)
    except BaseException:
        database.close()
        raise
    app = Starlette(
        routes=[
            Route("/healthz", healthz),
            *web.routes(
                conversation,
                cookie_key=derived_key(key, "web visitor"),
                public_url=settings.public_url or None,
            ),
        ],
        middleware=web.middleware(),
        lifespan=_lifespan,
    )
    app.state.conversation = conversation
    app.state.database = database
    return app


async def healthz(request: Request) -> Response:
    """Answer 200 once questions can be answered, 503 while only emergencies can."""
    ready = request.app.state.conversation.is_ready
    return JSONResponse({"ready": ready}, status_code=200 if ready else 503)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    housekeeping = asyncio.create_task(_keep_house(app.state.conversation))
    try:
        yield
    finally:
        housekeeping.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await housekeeping
        finally:
            await run_in_threadpool(app.state.database.close)


async def _keep_house(conversation: Conversation) -> None:
    while True:
        try:
            await run_in_threadpool(conversation.forget_old)
        except Exception:  # whatever failed, the service goes on and the next round tries again
            _logger.exception("old turns were not deleted; the next round tries again")
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
