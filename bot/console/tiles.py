"""The map's background: an address of tiles that the operator sets, and in which datum they are."""

import re
from dataclasses import dataclass
from typing import Literal

Datum = Literal["wgs84", "gcj02"]

# The host goes into a header, so nothing but a host may pass.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>(?:\{s\}\.)?[a-z0-9.-]+(?::[0-9]{1,5})?)/[^\s\"'<>;,\\]*",
    re.IGNORECASE,
)


class BadTileSetting(ValueError):
    """The tile address is none that a map could ask."""

    permanent = True

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(
            f"{url!r} is no tile address: write https://host/path with {{z}}, {{x}} and {{y}}, "
            "or leave it empty for maps without a background"
        )


@dataclass(frozen=True, slots=True)
class TileSetting:
    """Where map tiles come from; without an address maps have a plain ground.

    Attributes:
        url: an address with ``{z}``, ``{x}``, ``{y}`` and perhaps ``{s}``, or empty.
        datum: of the tiles; ``gcj02`` for those of Chinese map services.
        attribution: whom the map has to name.

    Raises:
        BadTileSetting: when the address is none.
    """

    url: str = ""
    datum: Datum = "wgs84"
    attribution: str = ""

    def __post_init__(self) -> None:
        is_whole = all(part in self.url for part in ("{z}", "{x}", "{y}"))
        if self.url and not (is_whole and _ADDRESS.fullmatch(self.url)):
            raise BadTileSetting(self.url)

    @property
    def origin(self) -> str:
        """The tiles' origin as a source of a Content-Security-Policy; empty without tiles."""
        found = _ADDRESS.fullmatch(self.url)
        return f"{found['scheme']}://{found['host'].replace('{s}', '*')}" if found else ""
