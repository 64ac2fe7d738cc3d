"""What a sensing system sends, as CAP 1.2 or as plain JSON, read as one value.

CAP 1.2 is http://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2-os.html; the detector stands in
a parameter of the name ``detector``. A document type is refused, and with it every entity.
"""

import json
from datetime import datetime
from typing import Annotated, Any, Literal, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from community.alert_source_store import MOST_EXTERNAL_CHARACTERS
from community.alerts import (
    MOST_IDENTIFIER_CHARACTERS,
    MOST_OLD,
    MOST_REFERENCES,
    Act,
    Heard,
    Status,
)

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
JSON_TYPES = frozenset({"application/json"})
XML_TYPES = frozenset({"application/cap+xml", "application/xml", "text/xml"})
_DEPTH = 12
_FIELDS = ("identifier", "sent", "status", "msgType")
_STATUSES: dict[str, Status] = {"Actual": "actual", "Exercise": "exercise", "Test": "test"}
_ACTS: dict[str, Act] = {"Alert": "alert", "Update": "update", "Cancel": "cancel"}


class AlertRefused(Exception):
    """A message that is not taken.

    Attributes:
        status: of HTTP.
        code: for machines.
        words: for whoever looks after the system, in Chinese.
        retry_after: seconds, when trying again later can help.
    """

    def __init__(self, status: int, code: str, words: str, retry_after: int | None = None) -> None:
        self.status = status
        self.code = code
        self.words = words
        self.retry_after = retry_after
        super().__init__(f"{status} {code}: {words}")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters")
    return text


Identifier = Annotated[
    str, Field(min_length=1, max_length=MOST_IDENTIFIER_CHARACTERS), AfterValidator(_printable)
]


class SentAlert(BaseModel):
    """The plain JSON form, with CAP's names; what else a system sends is passed over."""

    model_config = ConfigDict(frozen=True)

    identifier: Identifier
    sent: AwareDatetime
    status: Literal["Actual", "Exercise", "Test"]
    msgType: Literal["Alert", "Update", "Cancel"]  # noqa: N815 - CAP's own name
    detector: Annotated[
        str, Field(max_length=MOST_EXTERNAL_CHARACTERS), AfterValidator(_printable)
    ] = ""
    references: Annotated[list[Identifier], Field(max_length=MOST_REFERENCES)] = []


def read_alert(body: bytes, content_type: str, now: datetime) -> Heard:
    """Return what a body says.

    Args:
        body: as it came, within the cap.
        content_type: the header.
        now: aware; what was sent long before is refused, and what comes from the future.

    Raises:
        AlertRefused: 415, 400 or 422.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media not in JSON_TYPES | XML_TYPES:
        raise AlertRefused(415, "content_type", "请用application/json或application/cap+xml发送")
    given = _json(body) if media in JSON_TYPES else _cap(body)
    try:
        sent = SentAlert.model_validate(given)
    except ValidationError as error:
        at = ".".join(str(one) for one in error.errors()[0]["loc"]) or "正文"
        raise AlertRefused(422, "field", f"{at}缺少或写法不对，请对照接口说明") from None
    _require_sense(sent, now)
    return Heard(
        sent.identifier, sent.detector, _STATUSES[sent.status], _ACTS[sent.msgType],
        tuple(sent.references), sent.sent,
    )  # fmt: skip


def _require_sense(sent: SentAlert, now: datetime) -> None:
    if abs(now - sent.sent) > MOST_OLD:
        raise AlertRefused(422, "sent", "sent和现在差一小时以上，没有收；请核对系统时钟")
    if sent.msgType == "Cancel" and not sent.references:
        raise AlertRefused(422, "references", "Cancel要在references里写明撤销哪几条")
    if sent.msgType != "Cancel" and not sent.detector:
        raise AlertRefused(422, "detector", "缺detector，请写明是哪个探测器")


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise AlertRefused(400, "json", "正文不是JSON") from None


def _cap(body: bytes) -> dict[str, Any]:
    root = _tree(body)
    if root is None or root.tag != _tag("alert"):
        raise AlertRefused(400, "cap", f"不是CAP 1.2的alert，命名空间应为{CAP}")
    given: dict[str, Any] = {name: _text(root, name) for name in _FIELDS}
    given["references"] = [_identifier(one) for one in _text(root, "references").split()]
    for parameter in root.findall(f"{_tag('info')}/{_tag('parameter')}"):
        if _text(parameter, "valueName") == "detector":
            given["detector"] = _text(parameter, "value")
    return given


def _identifier(reference: str) -> str:
    """Return the identifier in ``sender,identifier,sent``."""
    parts = reference.split(",")
    if len(parts) != 3:
        raise AlertRefused(422, "references", "references每条要写成“sender,identifier,sent”")
    return parts[1]


def _text(element: Element, name: str) -> str:
    return (element.findtext(_tag(name)) or "").strip()


def _tag(name: str) -> str:
    return f"{{{CAP}}}{name}"


def _tree(body: bytes) -> Element | None:
    """Return the document's root; None when it is not well formed."""
    reader = _Reader()
    try:
        return reader.read(body)
    except (expat.ExpatError, ValueError, LookupError):
        return None


class _Reader:
    """Builds a tree of limited depth without a document type."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._depth = 0
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._builder.data
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self, body: bytes) -> Element:
        self._parser.Parse(body, True)
        return self._builder.close()

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise ValueError("too deep")
        self._builder.start(_braced(name), {})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._builder.end(_braced(name))

    def _refuse(self, *_declared: object) -> NoReturn:
        raise ValueError("a document type")


def _braced(name: str) -> str:
    """Return a name as ElementTree writes it; expat leaves out the first brace."""
    return f"{{{name}" if "}" in name else name
