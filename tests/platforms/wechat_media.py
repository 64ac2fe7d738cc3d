"""Files on the platform: what may be put there, and for how long.

Sources: 新增临时素材 (uploadTempMedia), 获取临时素材 (getMedia).
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tests.platforms.loopback import Call, Upload
from tests.platforms.wechat_errors import Refused
from tests.platforms.wechat_state import VERIFIED, Media, Route, State

_KIB = 1024
# (largest size, the error above it, extensions)
_LIMITS = {
    "image": (10 * _KIB * _KIB, 40009, ("jpg", "jpeg", "png", "bmp", "gif")),
    "voice": (2 * _KIB * _KIB, 40010, ("amr", "mp3")),
    "video": (10 * _KIB * _KIB, 40011, ("mp4",)),
    "thumb": (64 * _KIB, 40012, ("jpg", "jpeg")),
}
_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "amr": "voice/amr",
    "mp3": "voice/mp3",
}


def extension(name: str) -> str:
    """Return a file name's extension, small, or ""."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def checked_upload(call: Call) -> Upload:
    """Return the file of an upload, or refuse it by kind, extension or size."""
    kind = call.query.get("type", "")
    if kind not in _LIMITS:
        raise Refused(40004)
    _, files = call.fields()
    if "media" not in files:
        raise Refused(41005)
    largest, too_large, extensions = _LIMITS[kind]
    upload = files["media"]
    if not upload.content:
        raise Refused(40006)
    if extension(upload.name) not in extensions:
        raise Refused(40005)
    if len(upload.content) > largest:
        raise Refused(too_large)
    return upload


def _upload(state: State, call: Call) -> dict[str, Any]:
    upload = checked_upload(call)
    kind = call.query["type"]
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    created_at = int(state.clock().timestamp())
    media_id = state.keep(kind, upload)
    return {"type": kind, name: media_id, "created_at": created_at}


def as_file(media: Media, name: str) -> Response:
    """Return a file as a download."""
    suffix = extension(media.name)
    headers = {"content-disposition": f'attachment; filename="{name}.{suffix}"'}
    media_type = _TYPES.get(suffix, "application/octet-stream")
    return Response(media.content, media_type=media_type, headers=headers)


def _get(state: State, call: Call) -> Response | dict[str, Any]:
    media_id = call.query.get("media_id", "")
    media = state.find_media(media_id)
    if media.kind == "video":  # a video comes as an address, not as bytes
        return {"video_url": f"{state.url}/mmbiz_pic/{media_id}"}
    return as_file(media, media_id)


ROUTES = {
    "/cgi-bin/media/upload": Route("POST", _upload, VERIFIED),
    "/cgi-bin/media/get": Route("GET", _get, VERIFIED),
}
