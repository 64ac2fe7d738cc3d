"""Tables to take away from a page: CSV as it is read, XLSX once it is whole."""

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response, StreamingResponse

from bot.console.shell import Refused
from community.tables import Column, TableRow, TooManyRows, write_csv, write_xlsx

Form = Literal["csv", "xlsx"]

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOO_MANY = "超过一百万行，XLSX装不下。请缩小范围，或者改用CSV。"


@dataclass(frozen=True, slots=True)
class Table:
    """What is taken away.

    Attributes:
        name: of the file, without its ending; ASCII.
        columns: in their order.
        rows: made anew when the file is; read once.
        zone: by whose clocks moments are written.
    """

    name: str
    columns: Sequence[Column]
    rows: Callable[[], Iterable[TableRow]]
    zone: ZoneInfo


def form_in(path_form: str) -> Form:
    """Return the form that an address ends in.

    Raises:
        Refused: when it is neither.
    """
    if path_form == "csv":
        return "csv"
    if path_form == "xlsx":
        return "xlsx"
    raise Refused("只有CSV和XLSX两种表格。", 404)


async def download(table: Table, form: Form) -> Response:
    """Answer with a table as a file; only a few rows are in memory at a time.

    Raises:
        Refused: when an XLSX sheet cannot hold it.
    """
    named = {"Content-Disposition": f'attachment; filename="{table.name}.{form}"'}
    if form == "csv":
        pieces = write_csv(table.rows(), table.columns, table.zone)
        return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=named)
    path = await run_in_threadpool(_written, table)
    gone = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type=XLSX_TYPE, headers=named, background=gone)


def _written(table: Table) -> Path:
    handle, name = tempfile.mkstemp(prefix="lifeline-", suffix=".xlsx")
    os.close(handle)
    path = Path(name)
    try:
        write_xlsx(table.rows(), table.columns, path, table.zone)
    except TooManyRows:
        path.unlink(missing_ok=True)
        raise Refused(TOO_MANY) from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
