"""The fields of what WeChat sends, read from XML or JSON that anybody may have written.

WeChat's XML is flat: an element holds text or further elements, attributes mean nothing, and
only ``item`` and ``List`` stand more than once. Whatever goes beyond is refused while it is
being read, before it can cost anything: nothing is verified yet in safe mode. So the parser
that xmltodict wraps is held directly: xmltodict builds the whole tree before anybody can judge
its depth. A document type is refused, and with it every entity.
"""

import json
from typing import TypeAlias
from xml.parsers import expat

from bot.channels.wechat_errors import Malformed

Field: TypeAlias = "str | dict[str, Field] | list[Field]"
Fields: TypeAlias = "dict[str, Field]"

MAX_DEPTH = 12
MAX_ELEMENTS = 500
_REPEATED = frozenset({"item", "List"})

# People paste control characters, WeChat passes them on raw, and no XML parser takes them.
_C0 = bytes(code for code in range(0x20) if code not in b"\t\n\r")


def read_fields(body: bytes) -> Fields:
    """Return the fields below ``<xml>``, or of the JSON object.

    Bytes that are not UTF-8 become U+FFFD: half an emoji costs that emoji, not the message.

    Raises:
        Malformed: when it is not well formed, is too deep or too long, declares a document
            type, or names a field twice.
    """
    text = body.translate(None, _C0).decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        return _read_json(text)
    # Not characters at all, says XML; the parser would refuse the message for them.
    return _read_xml(text.replace("\ufffe", "").replace("\uffff", ""))


def is_json(body: bytes) -> bool:
    """Whether the account is set to JSON, and so wants its replies."""
    return body.lstrip()[:1] == b"{"


def text_of(fields: Fields, name: str) -> str:
    """Return the text of a field without blanks around it, "" when it is missing or no text."""
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def needed(fields: Fields, name: str) -> str:
    """Return the text of a field that must be there.

    Raises:
        Malformed: when it is missing or empty.
    """
    if not (text := text_of(fields, name)):
        raise Malformed(f"{name} is missing")
    return text


def number_of(fields: Fields, name: str) -> int | None:
    """Return a field as a whole number, None when it is none (or absurdly long)."""
    text = text_of(fields, name)
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None


def parts_of(fields: Fields, name: str) -> list[Fields]:
    """Return the groups of fields under ``name``: one, several or none."""
    value = fields.get(name, [])
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, dict)]


class _XmlReader:
    """Collects the fields while the parser walks through the document."""

    def __init__(self) -> None:
        self.top: Fields = {}
        self._open: list[tuple[Fields, list[str]]] = [(self.top, [])]
        self._elements = 0

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) > MAX_DEPTH:
            raise Malformed("too many or too deeply nested elements")
        self._open.append(({}, []))

    def text(self, data: str) -> None:
        self._open[-1][1].append(data)

    def end(self, name: str) -> None:
        children, texts = self._open.pop()
        _put(self._open[-1][0], name, children or "".join(texts))

    def doctype(self, *_declared: object) -> None:
        raise Malformed("a document type")


def _put(parent: Fields, name: str, value: Field) -> None:
    if name in _REPEATED:
        listed = parent.setdefault(name, [])
        if isinstance(listed, list):
            listed.append(value)
    elif name in parent:
        raise Malformed(f"{name[:40]!r} stands twice")
    else:
        parent[name] = value


def _read_xml(text: str) -> Fields:
    reader = _XmlReader()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise Malformed(f"XML, {error}") from None
    fields = reader.top.get("xml")
    if not isinstance(fields, dict):
        raise Malformed("no fields below <xml>")
    return fields


def _read_json(text: str) -> Fields:
    try:
        # Numbers stay as they were written: MsgId has more digits than a float keeps.
        read = json.loads(
            text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_once
        )
        fields = _field(read, MAX_DEPTH)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"JSON, {type(error).__name__}") from None
    if not isinstance(fields, dict):
        raise Malformed("no JSON object")
    return fields


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed("a field stands twice")
    return found


def _field(value: object, depth: int) -> Field:
    """Return a JSON value as the XML reader would: nothing but texts, groups and lists."""
    if depth < 0:
        raise Malformed("too deeply nested")
    if isinstance(value, dict):
        return {name: _field(item, depth - 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_field(item, depth - 1) for item in value]
    return "" if value is None else str(value)
