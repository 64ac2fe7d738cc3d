"""Reading the YAML files about places, so that a fault is named by file and line."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import yaml

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_NULL = "tag:yaml.org,2002:null"


class BrokenPlaceFile(Exception):
    """A file under ``community/`` cannot be used as it stands.

    ``problem`` and ``mend`` are Chinese, for whoever edits the file.
    """

    permanent = True

    def __init__(self, file: Path, line: int, problem: str, mend: str) -> None:
        self.file = file
        self.line = line
        self.problem = problem
        self.mend = mend
        super().__init__(f"{file}:{line}: {problem}: {mend}")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a YAML file that knows where it stands; scalars are text as written."""

    file: Path
    node: yaml.Node

    def fields(self, required: Collection[str], allowed: Collection[str] = ()) -> dict[str, "Part"]:
        """Return a mapping's parts by key.

        Args:
            required: the keys that must be there.
            allowed: further keys that may be.

        Raises:
            BrokenPlaceFile: when it is no mapping, or a key is missing, unknown or repeated.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.broken("这里要写成“名字: 值”的样子", "照着别的文件改")
        found: dict[str, Part] = {}
        for key_node, value in self.node.value:
            key = Part(self.file, key_node)
            name = key.text()
            if name not in required and name not in allowed:
                known = "、".join([*required, *allowed])
                raise key.broken(f"不认识“{name}”", f"只能写：{known}")
            if name in found:
                raise key.broken(f"“{name}”写了两次", "删掉一个")
            found[name] = Part(self.file, value)
        for name in required:
            if name not in found:
                raise self.broken(f"缺“{name}”", f"补上一行“{name}: …”")
        return found

    def texts(self, required: Collection[str]) -> dict[str, str]:
        """Return a mapping of texts that has exactly the ``required`` keys, none blank.

        Raises:
            BrokenPlaceFile: when it differs.
        """
        return {name: part.text() for name, part in self.fields(required).items()}

    def items(self) -> list["Part"]:
        """Return a list's parts; nothing at all counts as an empty list.

        Raises:
            BrokenPlaceFile: when it is no list.
        """
        if self.node.tag == _NULL:
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.broken("这里要写成列表", "每项一行，以“- ”开头")
        return [Part(self.file, item) for item in self.node.value]

    def text(self) -> str:
        """Return a scalar, stripped.

        Raises:
            BrokenPlaceFile: when it is no scalar or blank.
        """
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag == _NULL:
            raise self.broken("这里要写文字", "补上文字，特殊符号用引号括起来")
        if not (text := str(self.node.value).strip()):
            raise self.broken("这里是空的", "补上文字，或者删掉这一行")
        return text

    def broken(self, problem: str, mend: str) -> BrokenPlaceFile:
        """Return an error that names this part's line."""
        return BrokenPlaceFile(self.file, int(self.node.start_mark.line) + 1, problem, mend)


def read_place_file(file: Path) -> Part:
    """Return a file's content.

    Raises:
        BrokenPlaceFile: when it is not UTF-8, no YAML, or empty.
        OSError: when it cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise BrokenPlaceFile(file, line, "文件不是UTF-8编码", "另存为UTF-8") from error
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        # What is never closed is noticed after the last line.
        line = min(mark.line + 1, len(text.splitlines())) if mark else 1
        raise BrokenPlaceFile(file, line, "格式读不懂", "看看这一行的缩进、冒号和引号") from error
    if node is None:
        raise BrokenPlaceFile(file, 1, "文件是空的", "照着别的文件写")
    return Part(file, node)
