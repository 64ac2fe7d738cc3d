"""What the QR code at an assembly point carries in each channel (集合点签到码)."""

import re
from typing import Literal

# WeChat takes any sign in a scene, a Telegram deep link only letters, digits, _ and -.
_SIGNS = {"wechat": ":", "telegram": "_"}
_SCENE = re.compile(r"(?:qrscene_)?drill[:_]([0-9A-Za-z_-]{8,32})")


def drill_scene(token: str, channel: Literal["wechat", "telegram"]) -> str:
    """Return what the code of a drill's ``check_in_token`` carries, at most 38 characters."""
    return f"drill{_SIGNS[channel]}{token}"


def scene_token(scene: str) -> str | None:
    """Return the ``check_in_token`` in a scanned scene or deep link; None for any other."""
    found = _SCENE.fullmatch(scene)
    return found[1] if found else None
