"""The page's scripts, styles and icons, under an address that changes with their content."""

from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
FOREVER = "public, max-age=31536000, immutable"


class Assets:
    """The files of one folder, read once.

    All share one version, so that a script's import of its neighbour stays within it.
    """

    def __init__(self, folder: Path) -> None:
        files = sorted(file for file in folder.iterdir() if file.suffix in MEDIA_TYPES)
        self._files = {file.name: file.read_bytes() for file in files}
        digest = sha256()
        for name, content in self._files.items():
            digest.update(name.encode() + b"\0" + sha256(content).digest())
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return the address of a file.

        Raises:
            KeyError: when there is no such file, so that a page with a wrong name fails in tests.
        """
        self._files[name]
        return f"/static/{self.version}/{name}"

    async def serve(self, request: Request) -> Response:
        """Answer ``/static/{version}/{name}``; a browser asks again only for an old version."""
        name = request.path_params["name"]
        content = self._files.get(name)
        if content is None:
            return Response("没有这个文件。", 404, media_type="text/plain")
        is_current = request.path_params["version"] == self.version
        headers = {"Cache-Control": FOREVER if is_current else "no-cache"}
        return Response(content, headers=headers, media_type=MEDIA_TYPES[Path(name).suffix])
