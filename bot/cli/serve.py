"""``lifeline serve``: the service with the web chat, until Ctrl-C."""

import errno
import signal
import socket

import typer
import uvicorn

from bot.app import build_app
from bot.cli.collecting import settle_garbage
from bot.cli.logs import set_up_logging
from bot.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


class _Server(uvicorn.Server):
    """Tells the address once requests are taken, and ends quietly on Ctrl-C."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            typer.echo(f"网页聊天已打开（web chat）：{_address(self)}　按 Ctrl-C 停止")

    def stop(self, *_: object) -> None:
        """End at the next turn of the loop, whether or not it runs already."""
        self.should_exit = True


def _address(server: uvicorn.Server) -> str:
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


@app.command()
def serve() -> None:
    """启动服务和网页聊天。 | Start the service and the web chat."""
    settings = Settings()
    set_up_logging(settings.log_level)
    with _listening(settings) as listener:
        _run(settings, listener)


def _listening(settings: Settings) -> socket.socket:
    """Return a socket on the address set; taken first, so that a taken port is told at once."""
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        # A name such as localhost may have both; IPv4 is what people type.
        family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        typer.echo(_unusable_address(settings, error), err=True)
        raise typer.Exit(1) from error


def _unusable_address(settings: Settings, error: OSError | UnicodeError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        other = settings.port + 1 if settings.port < 65535 else 8000
        return f"端口{settings.port}已被占用：设 LIFELINE_PORT={other} 再启动"
    if number == errno.EACCES:
        return f"没有权限用端口{settings.port}：设 LIFELINE_PORT=8000 再启动"
    return (
        f"LIFELINE_HOST={settings.host} 不是这台机器的地址：只给本机用填 127.0.0.1，"
        "给别的机器用填 0.0.0.0"
    )


def _run(settings: Settings, listener: socket.socket) -> None:
    built = build_app(settings)
    settle_garbage()
    config = uvicorn.Config(
        built,
        log_level="warning",
        timeout_graceful_shutdown=5,
        # Staff see who wrote from the dialogue; addresses of residents are not logged.
        access_log=False,
    )
    server = _Server(config)
    # uvicorn raises the signal again once it has stopped; being stopped is no failure.
    signal.signal(signal.SIGINT, server.stop)
    signal.signal(signal.SIGTERM, server.stop)
    server.run([listener])
    if not server.started:
        raise typer.Exit(1)
    typer.echo("已停止。")
