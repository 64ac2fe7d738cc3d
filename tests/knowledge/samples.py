"""A small set of content files, written to a real folder."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

TODAY = date(2026, 11, 22)
SETTINGS = ("gas_hotline", "sms_alarm")

SYLLABUS = """\
categories:
- id: escape
  name: 逃生疏散
  finished: true
  topics:
  - {id: escape.no_elevator, title: 火灾时能不能坐电梯, points: [不坐电梯]}
  - {id: escape.smoke, title: 楼道有烟怎么办, points: [退回关门]}
- id: gas
  name: 燃气安全
  topics:
  - {id: gas.hotline, title: 燃气抢修电话是多少, needs: [config], points: [到室外打]}
"""

LAWS = """\
- name: 消防法
  title: 中华人民共和国消防法
  kind: law
  version: 2021年修正
  articles:
    第四十四条: |-
      任何人发现火灾都应当立即报警。
      严禁谎报火警。
    第六十条: |-
      单位违反本法规定，有下列行为之一的，处五千元以上五万元以下罚款：
      （一）消防设施不符合标准的；
      （二）损坏消防设施的。
      个人有前款第二项行为的，处警告或者五百元以下罚款。
- name: 高层规定
  title: 高层民用建筑消防安全管理规定
  kind: law
  version: 2021年
  flat: true
  articles:
    第三十七条: 禁止在楼梯间停放电动自行车。
- name: 公开资料
  title: 通行做法
  shown: 公开资料
  kind: practice
  version: 不是法条
- name: GB 55037-2022
  title: 建筑防火通用规范
  shown: GB 55037-2022
  kind: standard
  version: 2023年
  text: 新建建筑的防火要求。
  articles:
    第7.1.14条: 建筑高度大于100米的建筑应设避难层。
"""

CLAIMS = """\
- claim: 湿毛巾折8层
  pattern: 毛巾.{0,6}\\d+层
  why: 没有核到
  say: 改成“叠几层”
- claim: 软管2米
  pattern: 软管.{0,9}2米
  unless: 一般|通常
  why: 只是一般做法
  say: 前面加“一般”
- claim: 只给96119
  pattern: '96119'
  beside: '12345'
  why: 没有核到是否单独受理
  say: 同时写上12345
"""

BODY = "不要坐电梯，走疏散楼梯。\n\n1. 走楼梯下去。\n2. 到楼外打119。"

REGISTERS = (
    "colloquial", "narrative", "keywords", "voice_typo", "dialect",
    "elderly_polite", "annoyed", "child", "wrong_assumption", "mixed_script",
)  # fmt: skip


def front_matter(**changes: object) -> dict[str, Any]:
    """Return a sound entry's front matter; a change to None leaves the key out."""
    topic = str(changes.get("id", "escape.no_elevator"))
    matter: dict[str, Any] = {
        "id": topic,
        "title": "火灾时能不能坐电梯",
        "utterances": {name: [f"{topic}{name}问{row}" for row in range(2)] for name in REGISTERS},
        "sources": [{"law": "消防法", "article": "第四十四条", "for": "发现火灾立即报警"}],
        "needs": [],
        "related": ["escape.smoke"],
        "reviewed": ["2026-11-20", "2026-11-21"],
    }
    matter.update(changes)
    return {name: value for name, value in matter.items() if value is not None}


def entry_text(body: str = BODY, **changes: object) -> str:
    """Return a whole entry file."""
    matter = yaml.safe_dump(front_matter(**changes), allow_unicode=True, sort_keys=False)
    return f"---\n{matter}---\n{body}\n"


def write_entry(root: Path, body: str = BODY, **changes: object) -> Path:
    """Write an entry to where its id says, and return its path."""
    topic = str(changes.get("id", "escape.no_elevator"))
    path = root / "entries" / f"{topic.replace('.', '/')}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(entry_text(body, **changes), encoding="utf-8")
    return path


def write_content(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """Write a sound set of content files (all topics of escape), some replaced by ``files``."""
    texts = {"syllabus.yaml": SYLLABUS, "laws.yaml": LAWS, "unverified.yaml": CLAIMS}
    for name, text in {**texts, **(files or {})}.items():
        (root / name).write_text(text, encoding="utf-8")
    write_entry(root)
    write_entry(root, id="escape.smoke", title="楼道有烟怎么办", related=["escape.no_elevator"])
    return root
