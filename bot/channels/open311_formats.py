"""Open311's two formats: XML, which every server has, and JSON; and errors in both.

A reply is a tree of mappings, sequences and single values; ``ITEMS`` names what a list in XML is
made of. GeoReport v2 has no namespace, and says nothing is empty: null in JSON, an empty element.
"""

import json
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import Response

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
)
ITEMS: Mapping[str, str] = MappingProxyType(
    {
        "services": "service",
        "attributes": "attribute",
        "values": "value",
        "service_requests": "request",
        "endpoints": "endpoint",
        "formats": "format",
        "errors": "error",
    }
)
# Open data is for pages of others as well.
_FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
# https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Problem(Exception):
    """A request that is answered with an error.

    Attributes:
        status: the HTTP status, and the code of the error.
        words: what whoever calls reads, in Chinese.
        retry_after: seconds, when trying again later can help.
    """

    def __init__(self, status: int, words: str, retry_after: int | None = None) -> None:
        self.status = status
        self.words = words
        self.retry_after = retry_after
        super().__init__(f"{status}: {words}")


def rendered(format_: str, root: str, content: object, status: int = 200) -> Response:
    """Return a reply in a format.

    Args:
        format_: a key of ``MEDIA_TYPES``.
        root: XML's outermost element.
        content: the tree.
        status: of HTTP.
    """
    body = _json(content) if format_ == "json" else _xml(root, content)
    return Response(body, status, _FOR_ALL, MEDIA_TYPES[format_])


def rendered_problem(format_: str, problem: Problem) -> Response:
    """Return a reply that says what was wrong."""
    errors = [{"code": problem.status, "description": problem.words}]
    response = rendered(format_, "errors", errors, problem.status)
    response.headers["Cache-Control"] = "no-store"
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def format_of(path: str) -> str:
    """Return the format that a path asks for; XML, which everybody reads, for any other."""
    suffix = path.rpartition(".")[2]
    return suffix if suffix in MEDIA_TYPES else "xml"


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _xml(root: str, content: object) -> bytes:
    element = Element(root)
    _fill(element, content)
    return bytes(tostring(element, "utf-8", xml_declaration=True))


def _fill(element: Element, content: Any) -> None:  # noqa: ANN401 - any part of a tree
    if isinstance(content, Mapping):
        for name, value in content.items():
            _fill(SubElement(element, name), value)
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for value in content:
            _fill(SubElement(element, ITEMS[element.tag]), value)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    elif content is not None:
        element.text = _NOT_XML.sub("", str(content))
