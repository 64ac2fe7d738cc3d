"""Reading YAML with line numbers: what does not fit becomes a problem, not an exception.

Scalars are taken as they are written (``no``, ``119`` and ``2026-11-22`` stay text), so that
nobody who edits a file by hand has to know YAML's types.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from knowledge.errors import Problem

_Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar and the line it stands in."""

    value: str
    line: int


@dataclass(slots=True)
class Reader:
    """Reads one file's nodes and collects its problems.

    Attributes:
        file: named in every problem.
        before: how many lines of the file stand above the YAML.
        problems: found so far, in order.
    """

    file: Path
    before: int = 0
    problems: list[Problem] = field(default_factory=list)

    def report(self, kind: str, line: int, **facts: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(kind, self.file, line, facts))

    def content(self) -> str | None:
        """Return the file's text, or None with a problem when it is no UTF-8 text.

        Raises:
            OSError: when the file cannot be read.
        """
        try:
            return self.file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.file.read_bytes()[: error.start].count(b"\n") + 1
            self.report("not_utf8", line)
            return None

    def compose(self, text: str) -> yaml.Node | None:
        """Return the YAML document, or None with a problem; an empty one is a problem too."""
        try:
            node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = min(mark.line, text.count("\n")) + 1 if mark else 1
            self.report("bad_yaml", self.before + line, reason=error.problem or str(error.context))
            return None
        except yaml.reader.ReaderError as error:
            # libyaml counts in bytes, the pure loader in characters; up to the fault both
            # are good enough to name a line.
            line = text[: error.position].count("\n") + 1
            self.report("bad_yaml", self.before + line, reason=str(error.reason))
            return None
        if node is None:
            self.report("empty", self.before + 1)
        return node

    def line(self, node: yaml.Node) -> int:
        """Return the node's line in the file."""
        return self.before + int(node.start_mark.line) + 1

    def mapping(self, node: yaml.Node, name: str) -> dict[str, yaml.Node]:
        """Return a mapping's values by key; ``name`` says in problems what it is."""
        if not isinstance(node, yaml.MappingNode):
            self.report("not_a_mapping", self.line(node), name=name)
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.report("not_text", self.line(key), name=name)
            elif key.value in found:
                self.report("twice", self.line(key), name=str(key.value))
            else:
                found[str(key.value)] = value
        return found

    def items(self, node: yaml.Node, name: str) -> Iterator[yaml.Node]:
        """Yield the nodes of a list; nothing at all (``name:``) counts as an empty one."""
        if isinstance(node, yaml.SequenceNode):
            yield from node.value
        elif node.tag != _NULL:
            self.report("not_a_list", self.line(node), name=name)

    def text(self, node: yaml.Node, name: str) -> Text:
        """Return a scalar, stripped; anything else becomes "" and a problem."""
        if not isinstance(node, yaml.ScalarNode):
            self.report("not_text", self.line(node), name=name)
            return Text("", self.line(node))
        value = "" if node.tag == _NULL else str(node.value).strip()
        return Text(value, self.line(node))

    def texts(self, node: yaml.Node, name: str) -> list[Text]:
        """Return a list of scalars; empty ones are problems and left out."""
        found = [self.text(item, name) for item in self.items(node, name)]
        for text in found:
            if not text.value:
                self.report("blank", text.line, name=name)
        return [text for text in found if text.value]

    def only(self, fields: dict[str, yaml.Node], known: frozenset[str]) -> None:
        """Report keys that are not ``known``."""
        for name, node in fields.items():
            if name not in known:
                allowed = "、".join(sorted(known))
                self.report("unknown_key", self.line(node), name=name, allowed=allowed)
