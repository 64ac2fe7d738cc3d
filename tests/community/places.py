"""Files about places, written to a real folder."""

from collections.abc import Mapping
from pathlib import Path

SETTINGS = """\
- name: gas_hotline
  description: 燃气抢修电话
  unset: 燃气表上的电话
- name: lift_rescue
  description: 电梯救援电话
  unset: 电梯里贴的电话
"""

DISTRICT = """\
id: test_area
name: 试验区
city: 重庆市
timezone: Asia/Shanghai
settings:
  gas_hotline: 023-00000000
"""

PLACES = """\
cues:
  before: [在, 住]
  after: [这边]
  never: [路]
places:
- {name: 江津区, names: [江津]}
- {name: 长寿区, names: [长寿区], doubtful: [长寿]}
"""


def write_places(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """Write a sound set of files about places, some replaced by ``files``."""
    texts = {
        "settings.yaml": SETTINGS,
        "places.yaml": PLACES,
        "districts/test_area.yaml": DISTRICT,
        **(files or {}),
    }
    (root / "districts").mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8")
    return root
