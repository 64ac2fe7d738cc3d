"""Charts as pictures: the service's side of the matplotlib process."""

import json
from dataclasses import asdict
from types import TracebackType
from typing import Literal, Self

from bot.charts.specs import Chart
from bot.papers.child import Child

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


class Studio:
    """Draws charts in a warm process; threads may share it. Close it at the end."""

    def __init__(self, *, limit_seconds: float = 20.0) -> None:
        self._child = Child("bot.charts.drawing", limit_seconds=limit_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def draw(self, chart: Chart, form: Literal["svg", "png"] = "svg") -> bytes:
        """Return a picture; the same chart makes the same bytes.

        SVG is for pages (as an ``img`` of its own address) and PDFs, PNG for chat. Takes a
        fifth of a second, and blocks: call it in a worker thread.

        Raises:
            ChildError: when the process took too long or died.
        """
        order = {"kind": type(chart).__name__, "format": form, "chart": asdict(chart)}
        return self._child.ask([json.dumps(order, ensure_ascii=False).encode(errors="replace")])[0]

    def close(self) -> None:
        """End the process."""
        self._child.close()
