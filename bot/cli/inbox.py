"""``lifeline inbox``: what residents left for staff, and answering it."""

from pathlib import Path
from typing import Annotated

import typer

from bot.app import open_main_database, utc_now
from bot.desk import AlreadyAnswered, Safe, UnknownRequest, answer, find, read_media
from bot.desk_store import StaffRequest, open_requests
from bot.messages import clean_text
from bot.phrases import load_wording
from bot.settings import Settings
from community.files import FILES_FOLDER, FileError
from community.keys import KeyProblem, installation_key
from community.sealing import WrongKey
from storage import Database

app = typer.Typer(
    help="居民的留言 | what residents left for staff",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_SHORT = 60
_KINDS = {"voice": "语音", "photo": "照片", "video": "视频", "file": "文件"}
MOST_ANSWER_CHARACTERS = 1000

Code = Annotated[str, typer.Argument(help="留言编号 | the request's code")]


@app.command("list")
def list_requests(
    most: Annotated[int, typer.Option(min=1, help="最多列几条 | how many")] = 50,
) -> None:
    """列出还没回的留言，先来的在前。 | List the messages without an answer, oldest first."""
    with open_main_database(Settings()) as database:
        found = database.read(lambda db: open_requests(db, most))
    for request in found:
        kind = _KINDS.get(request.media_kind, "")
        said = request.said.replace("\n", " ")[:_SHORT] or f"（只有{kind}）"
        sent = f" [{kind}]" if kind else ""
        typer.echo(f"{request.code}\t{request.created_at:%Y-%m-%d %H:%M}Z\t{said}{sent}")
    if not found:
        typer.echo("没有待回的留言。")


@app.command()
def show(code: Code) -> None:
    """看一条留言的全文，有没有录音、照片。 | Show one message and what came along."""
    with open_main_database(Settings()) as database:
        try:
            request = database.read(lambda db: find(db, code))
        except UnknownRequest as error:
            raise _stopped(f"没有编号是{code}的留言。用 lifeline inbox list 看编号。") from error
    for line in _lines(request):
        typer.echo(line)


@app.command()
def save(
    code: Code, file: Annotated[Path, typer.Argument(help="存到哪个新文件 | a new file")]
) -> None:
    """把留言带来的录音、照片存成文件。 | Save what came with a message to a new file."""
    settings = Settings()
    with open_main_database(settings) as database:
        try:
            data = _media(database, settings, code)
            with file.open("xb") as new:
                new.write(data)
        except UnknownRequest as error:
            raise _stopped(f"没有编号是{code}的留言。用 lifeline inbox list 看编号。") from error
        except (FileError, WrongKey, KeyProblem) as error:
            raise _stopped(f"打不开：{error}") from error
        except FileExistsError as error:
            raise _stopped(f"{file}已经有了，换个名字，没有存。") from error
        except OSError as error:
            raise _stopped(f"{file}写不了：{error.strerror}，换个地方再存。") from error
    typer.echo(f"存好了：{file}。听完、看完请删掉，里面是居民的话。")


def _media(database: Database, settings: Settings, code: str) -> bytes:
    secret = settings.secret_key.get_secret_value() if settings.secret_key else None
    key = installation_key(database, secret, settings.data_dir, now=utc_now())
    safe = Safe(settings.data_dir / FILES_FOLDER, key)
    data = database.read(lambda db: read_media(db, find(db, code), safe))
    if data is None:
        raise _stopped(f"{code}没有录音或照片可以存。")
    return data


@app.command("answer")
def answer_resident(
    code: Code, text: Annotated[str, typer.Argument(help="回给居民的话 | the answer")]
) -> None:
    """回一条留言，居民在原来的渠道收到。 | Answer one; it goes back to the same channel."""
    said = clean_text(text).strip()
    if not said:
        raise _stopped("回复是空的，没有发。")
    if len(said) > MOST_ANSWER_CHARACTERS:
        raise _stopped(f"回复太长，最多{MOST_ANSWER_CHARACTERS}字，没有发。")
    words = load_wording().functions
    with open_main_database(Settings()) as database:
        try:
            database.write(
                lambda db: answer(
                    db,
                    code,
                    words["human_answer"].format(code=find(db, code).code, answer=said),
                    utc_now(),
                )
            )
        except UnknownRequest as error:
            raise _stopped(f"没有编号是{code}的留言。用 lifeline inbox list 看编号。") from error
        except AlreadyAnswered as error:
            raise _stopped(f"{code}已经回过了，没有再发。") from error
    typer.echo("已回，能推送就马上送到，不能就在居民下次发消息时显示。")


def _lines(request: StaffRequest) -> list[str]:
    lines = [f"{request.code}　{request.created_at:%Y-%m-%d %H:%M}Z　渠道：{request.channel}"]
    lines.append(request.said or "（没有文字）")
    if kind := _KINDS.get(request.media_kind):
        kept = request.media_file and f"用 lifeline inbox save {request.code} 文件名 存出来"
        waits = "还在取" if request.media_ref else "打不开，没有留下"
        lines.append(f"{kind}：{kept or waits}")
    if request.answered_at:
        lines.append(f"{request.answered_at:%Y-%m-%d %H:%M}Z 已回：{request.answer}")
    return lines


def _stopped(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(1)
