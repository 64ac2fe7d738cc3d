"""The child process that sets papers with typst: one message a paper, until the pipe closes.

Values reach a template as JSON through ``sys.inputs`` and never become source text, so that no
character in them means anything to typst. A paper sees the templates and its own pictures in
a folder made for it, and nothing else of the disk.
"""

import io
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import typst
from PIL import Image

from bot.papers.pipes import serve

TEMPLATES = Path(__file__).parent / "templates"
# Half the width of A4 at 300 dots an inch.
LONGEST_SIDE = 1240
FONTS = Path(__file__).parent.parent / "fonts"


class Compiler:
    """The templates and the fonts, read once."""

    def __init__(self, templates: Path = TEMPLATES, fonts: Path = FONTS) -> None:
        self._templates = templates
        # A character that our font lacks comes from one of the machine's, where it has one.
        self._fonts = typst.Fonts(font_paths=[fonts])

    def answer(self, parts: list[bytes]) -> list[bytes]:
        """Return the PDF, or each page as PNG.

        Args:
            parts: the order as JSON (``template``, ``values``, ``format``, ``ppi`` and the
                ``pictures``' file names), then one part for each picture.

        Raises:
            LookupError: when there is no such template.
            TypstError: when the template and the values do not fit.
        """
        order = json.loads(parts[0])
        with TemporaryDirectory() as name:
            root = Path(name)
            shutil.copytree(self._templates, root, dirs_exist_ok=True)
            for picture, content in zip(order["pictures"], parts[1:], strict=True):
                (root / picture).write_bytes(_fit(content) if picture.endswith(".jpg") else content)
            if not (root / f"{order['template']}.typ").is_file():
                raise LookupError(f"no template {order['template']}")
            return self._pages(root, order)

    def _pages(self, root: Path, order: dict[str, str]) -> list[bytes]:
        made = typst.compile(
            root / f"{order['template']}.typ",
            root=root,
            font_paths=self._fonts,
            format="png" if order["format"] == "png" else "pdf",
            ppi=float(order["ppi"]),
            sys_inputs={"values": json.dumps(order["values"], ensure_ascii=False)},
            # The same values make the same bytes; the day of issue stands in the text.
            timestamp=0,
        )
        return [made] if isinstance(made, bytes) else list(cast("Iterable[bytes]", made))


def _fit(jpeg: bytes) -> bytes:
    """Return a photo at printing size, which makes a sheet of four a tenth as heavy."""
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as photo:
        photo.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        photo.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        photo.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


if __name__ == "__main__":
    serve(Compiler().answer)
