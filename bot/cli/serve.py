"""``lifeline serve``: the service with the web chat, until Ctrl-C."""

import logging
import signal
import socket

import typer
import uvicorn

from bot.app import build_app
from bot.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


class _Server(uvicorn.Server):
    """Tells the address once requests are taken, and ends quietly on Ctrl-C."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            typer.echo(f"网页聊天已打开（web chat）：{_address(self)}　按 Ctrl-C 停止")


def _address(server: uvicorn.Server) -> str:
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


@app.command()
def serve() -> None:
    """启动服务和网页聊天。 | Start the service and the web chat."""
    settings = Settings()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    config = uvicorn.Config(
        build_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=5,
        # Staff see who wrote from the dialogue; addresses of residents are not logged.
        access_log=False,
    )
    server = _Server(config)
    # uvicorn raises the signal again once it has stopped; being stopped is no failure.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: None)
    server.run()
    if not server.started:
        raise typer.Exit(1)
    typer.echo("已停止。")
