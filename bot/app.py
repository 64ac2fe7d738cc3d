"""The one place where all is joined: settings in, a running service out."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot import telegram_service, wechat_service
from bot.assembly import (
    Premises,
    drills_of,
    house_of,
    parts_of,
    refused_photos,
    reminding_of,
    speaker_of,
    teller_of,
)
from bot.backstage import Backstage, Channels, Parts
from bot.broadcasting import Broadcasting
from bot.certificate_pictures import CertificatePictures
from bot.channels import web
from bot.channels.web_photos import WebPhotos
from bot.desk import Fetch, Recordings, Safe, desk_hours
from bot.desk_overdue import escalating
from bot.desk_rules import DeskHours
from bot.desk_threads import ESCALATE_REQUEST, adopt
from bot.dialogue.conversation import Conversation
from bot.dialogue.house import House
from bot.hearing import Hearing, Recogniser
from bot.outbound import read_networks
from bot.pages import Around, Pages
from bot.preparing import prepare_brain
from bot.settings import Settings
from bot.telegram_service import LoopFetcher
from bot.webhooks import WebhookSender
from bot.wechat_service import open_calls
from community.districts import load_district
from community.files import FILES_FOLDER
from community.keys import installation_key
from hazards.following import FollowJobs
from hazards.photos import Photos
from storage import Database, Jobs, bring_up_to_date, open_database

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
    settings: Settings, database: Database, clock: Clock = utc_now, house: House | None = None
) -> Conversation:
    """Return the conversation over ``database``, with knowledge and index made ready."""
    district = load_district(settings.districts[0])
    zone = ZoneInfo(district.timezone)
    return Conversation(database, prepare_brain(settings), clock, zone, house)


def open_key(settings: Settings, database: Database, clock: Clock = utc_now) -> bytes:
    """Return the installation's key.

    Raises:
        community.keys.KeyProblem: when it is missing or not the database's.
    """
    secret = settings.secret_key.get_secret_value() if settings.secret_key else None
    return installation_key(database, secret, settings.data_dir, now=clock())


def build_app(settings: Settings, clock: Clock = utc_now) -> Starlette:
    """Wire the service: the one function that knows every package.

    Raises:
        BadTileSetting, ValueError: when a setting of maps or webhooks cannot be right.
        StorageError: when the main database cannot be used.
        community.keys.KeyProblem: when the key is missing or not the database's.
        bot.channels.wechat.InvalidWeChatSetting: when a setting of WeChat cannot be right.
        bot.channels.telegram.BadTelegramSetting: when one of Telegram cannot be right.
    """
    wechat_service.wechat_config(settings)  # refused before a minute is spent on the index
    telegram_service.telegram_config(settings)
    database = open_main_database(settings)
    try:
        return _joined(settings, database, clock)
    except BaseException:
        database.close()
        raise


def _joined(settings: Settings, database: Database, clock: Clock) -> Starlette:
    key = open_key(settings, database, clock)
    service = Service(settings, database, key, clock)
    conversation = service.conversation
    app = Starlette(
        routes=[Route("/healthz", healthz), *service.routes(), *service.pages.routes()],
        middleware=web.middleware(),
        lifespan=_lifespan,
    )
    app.state.conversation = conversation
    app.state.database = database
    app.state.service = service
    return app


class Service:
    """The channels and what runs beside requests, joined."""

    def __init__(self, settings: Settings, database: Database, key: bytes, clock: Clock) -> None:
        """Build the conversation, and the channels that are switched on around it."""
        premises = Premises(settings.districts, key, settings.public_url)
        parts, drills = parts_of(premises, clock), drills_of(premises)
        house = house_of(premises, clock, self.wake, parts)
        self.conversation = open_conversation(settings, database, clock, house)
        files = LoopFetcher()
        calls = open_calls(settings, database, key, clock)
        safe = Safe(settings.data_dir / FILES_FOLDER, key)
        web_photos = WebPhotos(safe.folder, key)
        fetch: dict[str, Fetch] = {web.CHANNEL: web_photos.fetch}
        if settings.telegram_token:
            fetch["telegram"] = files.fetch
        if calls:
            fetch["wechat"] = calls.fetch
        answers = self._hearing(settings.speech_command, fetch)
        self.wechat = wechat_service.open_wechat(
            settings,
            wechat_service.Around(
                answers, self.conversation, database, clock, partial(self.wake, "wechat")
            ),
            calls,
        )
        self.telegram = telegram_service.open_telegram(
            settings,
            telegram_service.Around(
                answers, database, clock, partial(self.wake, "telegram"), secrets.token_hex(8)
            ),
        )
        photos = Photos(safe.folder, key, fetch, refused_photos(clock))
        webhooks = WebhookSender(key, read_networks(settings.webhook_networks))
        self.pages = Pages(
            Around(
                settings, database, key, clock, self.conversation, parts, drills, photos,
                web_photos, self.wake,
            )
        )  # fmt: skip
        certificates = CertificatePictures(
            settings.data_dir, self.pages.typesetter, parts.districts, settings.public_url
        )
        recordings = Recordings(database, safe, fetch, teller_of(clock))
        channels = Channels(self.telegram, calls, files, self.wechat)
        reminding = reminding_of(settings.districts)
        broadcasting = Broadcasting(database, channels.senders(), clock)
        jobs = (
            FollowJobs(parts.rules), photos, webhooks, certificates, drills.steps, broadcasting,
        )  # fmt: skip
        self.backstage = Backstage(
            database,
            channels,
            recordings,
            clock,
            Parts(
                [_escalating, *(one.register for one in jobs)],
                [
                    partial(_adopting, desk_hours(settings.districts)),
                    reminding.remind,
                    reminding.end,
                ],
                [broadcasting.drain],
            ),
        )

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the channels that are switched on."""
        on = [channel for channel in (self.wechat, self.telegram) if channel]
        return [route for channel in on for route in channel.routes()]

    def wake(self, channel: str) -> None:
        """Have the outbox look at a channel now; from any thread."""
        self.backstage.outbox.wake(channel)

    def _hearing(self, command: str, fetch: Mapping[str, Fetch]) -> Conversation | Hearing:
        """Return the conversation, with ears where the operator has set a recogniser."""
        if not command:
            return self.conversation
        return Hearing(self.conversation, Recogniser.of(command), fetch)


def _escalating(jobs: Jobs) -> None:
    jobs.job(ESCALATE_REQUEST)(escalating(speaker_of()))


def _adopting(hours: DeskHours, db: Connection, now: datetime) -> int:
    return adopt(db, hours, now)


async def healthz(request: Request) -> Response:
    """Answer 200 once questions can be answered, 503 while only emergencies can."""
    ready = request.app.state.conversation.is_ready
    telegram = request.app.state.service.telegram
    said = {"ready": ready}
    if telegram:
        said["telegram"] = telegram.state.is_connected
    return JSONResponse(said, status_code=200 if ready else 503)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    service: Service = app.state.service
    service.backstage.start()
    try:
        yield
    finally:
        try:
            await service.backstage.stop()
        finally:
            await run_in_threadpool(service.pages.close)
            await run_in_threadpool(app.state.database.close)
