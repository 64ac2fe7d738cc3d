"""``lifeline worker``: the outbox and later work without pages, beside a service on PostgreSQL."""

import asyncio
import signal

import typer

from bot.app import Service, open_key, open_main_database, utc_now
from bot.cli.collecting import settle_garbage
from bot.cli.logs import set_up_logging
from bot.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def worker() -> None:
    """只做后台的事：送出待发消息、到点的工作；不开网页。 | Outbox and later work, no pages."""
    settings = Settings()
    set_up_logging(settings.log_level)
    with open_main_database(settings) as database:
        key = open_key(settings, database)
        service = Service(settings, database, key, utc_now)
        settle_garbage()
        try:
            asyncio.run(_work(service))
        finally:
            service.pages.close()  # it sets papers for chat, too
    typer.echo("已停止。")


async def _work(service: Service) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sent in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sent, stopping.set)
    service.backstage.start()
    typer.echo("后台已开始（worker started）　按 Ctrl-C 停止")
    try:
        await stopping.wait()
    finally:
        await service.backstage.stop()
