"""The servers that ``benchmarks.wechat_webhook`` compares, each a process on one core.

``python -m benchmarks.webhook_contestants NAME PORT FOLDER`` runs one of them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from wechatpy import parse_message
from wechatpy.replies import create_reply
from wechatpy.utils import check_signature

from bot.app import build_app
from bot.cli.collecting import settle_garbage
from bot.settings import Settings

TOKEN = "benchmark"  # noqa: S105 - of a server that lives for a minute on the loopback
APP_ID = "wx0123456789abcdef"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
WEROBOT_PINS = ("WeRoBot==1.13.1", "waitress==3.0.2")
STARTING_SECONDS = 60

# The example of WeRoBot's documentation, on a port of ours: Waitress, and a session in SQLite
# that is read and written for each message.
_WEROBOT = f"""
import sys
import werobot
robot = werobot.WeRoBot(token="{TOKEN}")
@robot.handler
def hello(message):
    return "Hello World!"
robot.config["HOST"] = "127.0.0.1"
robot.config["PORT"] = int(sys.argv[1])
robot.config["SERVER"] = "waitress"
robot.run()
"""


@dataclass(frozen=True, slots=True)
class Server:
    """One contestant while it runs: its process id and the address that takes messages."""

    pid: int
    url: str

    @property
    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far; resolution 0.01 s."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @property
    def resident_mib(self) -> float:
        """Its resident memory now."""
        pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def running(name: str, folder: Path, port: int, core: int) -> Iterator[Server]:
    """Run a contestant, pinned to a core, with its data in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["taskset", "-c", str(core), *_command(name, folder, port)]
    where = folder if name == "werobot" else Path.cwd()
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=where, stdout=log, stderr=log) as process,
    ):
        try:
            _wait_for(port, process, folder / "log")
            yield Server(process.pid, f"http://127.0.0.1:{port}{PATHS.get(name, '/')}")
        finally:
            process.terminate()
            process.wait(20)


def _command(name: str, folder: Path, port: int) -> list[str]:
    if name != "werobot":
        return [sys.executable, "-m", __spec__.name, name, str(port), str(folder)]
    script = folder / "hello.py"
    script.write_text(_WEROBOT, encoding="utf-8")
    return [str(_werobot_python()), str(script), str(port)]


def _werobot_python() -> Path:
    """Return the Python of an environment with WeRoBot, made beside this one when missing."""
    home = Path(sys.prefix).with_name(".venv-werobot")
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *WEROBOT_PINS], check=True)
        (home / "ready").touch()
    return python


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"a server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def ours(folder: Path) -> Starlette:
    """Return the whole service, as ``lifeline serve`` runs it, with WeChat in the clear."""
    token = SecretStr(TOKEN)
    return build_app(
        Settings(data_dir=folder, wechat_token=token, wechat_app_id=APP_ID, wechat_mode="plain")
    )


def ours_safe(folder: Path) -> Starlette:
    """Return the whole service with WeChat encrypted."""
    return build_app(
        Settings(
            data_dir=folder,
            wechat_token=SecretStr(TOKEN),
            wechat_app_id=APP_ID,
            wechat_mode="safe",
            wechat_aes_key=SecretStr(AES_KEY),
        )
    )


def echo(_folder: Path) -> Starlette:
    """Return what checks the signature, parses, and answers with the same text."""

    async def answer(request: Request) -> Response:
        query = request.query_params
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        message = parse_message(await request.body())
        return Response(
            create_reply(message.content, message).render(), media_type="application/xml"
        )

    return Starlette(routes=[Route("/", answer, methods=["POST"])])


def constant(_folder: Path) -> Starlette:
    """Return what answers every message with ``success``."""

    async def answer(_request: Request) -> Response:
        return PlainTextResponse("success")

    return Starlette(routes=[Route("/", answer, methods=["POST"])])


APPS = {"ours": ours, "ours_safe": ours_safe, "echo": echo, "constant": constant}
PATHS = {"ours": "/wechat", "ours_safe": "/wechat"}


def main() -> None:
    """Serve one application until terminated, set up as ``lifeline serve`` does."""
    name, port, folder = sys.argv[1:]
    app = APPS[name](Path(folder))
    settle_garbage()
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
