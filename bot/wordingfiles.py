"""Reading the files under ``bot/wording/``, so that a fault is named by file and line."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import yaml

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

Place = tuple[str | int, ...]

# Folders beside the Chinese files, each with the same files in another language.
TRANSLATIONS = ("en",)


class WordingError(Exception):
    """A wording file cannot be used as it stands.

    ``problem`` and ``mend`` are Chinese, for whoever edits the file; ``file`` is its name
    from the root of the repository.
    """

    permanent = True

    def __init__(self, name: str, line: int, problem: str, mend: str) -> None:
        self.name = name
        self.file = f"bot/wording/{name}.yaml"
        self.line = line
        self.problem = problem
        self.mend = mend
        super().__init__(f"{self.file}:{line}: {problem}: {mend}")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at one place of a wording file: the keys and numbers that lead there."""

    name: str
    place: Place
    problem: str
    mend: str

    def error(self, folder: Traversable) -> WordingError:
        """Return the fault with its line, as an error."""
        line = _line(read_text(folder, self.name), self.place)
        return WordingError(_named(folder, self.name), line, self.problem, self.mend)


def _named(folder: Traversable, name: str) -> str:
    """Return the file's name with the language's folder before it."""
    return f"{folder.name}/{name}" if folder.name in TRANSLATIONS else name


def read_text(folder: Traversable, name: str) -> str:
    """Return the text of ``name``.yaml.

    Raises:
        WordingError: when it cannot be read, or is not UTF-8.
    """
    try:
        content = (folder / f"{name}.yaml").read_bytes()
    except OSError as error:
        raise WordingError(
            _named(folder, name), 1, f"读不到这个文件（{error.strerror}）", "放回来"
        ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise WordingError(
            _named(folder, name), line, "文件不是UTF-8编码", "用编辑器另存为UTF-8"
        ) from error


def read_wording_file(folder: Traversable, name: str) -> object:
    """Return what ``name``.yaml holds.

    Raises:
        WordingError: when it cannot be read, is not UTF-8 or no YAML.
    """
    text = read_text(folder, name)
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        # What is never closed is noticed after the last line.
        line = min(mark.line + 1, len(text.splitlines())) if mark else 1
        mend = "看这一行和上一行的缩进、冒号和引号；含“: ”或“#”的句子加引号"
        raise WordingError(_named(folder, name), line, "格式读不懂", mend) from error


def _line(text: str, place: Sequence[str | int]) -> int:
    """Return the line of ``place`` in a sound YAML text, or of the nearest part above it."""
    node = yaml.compose(text, Loader=_LOADER)
    if node is None:
        return 1
    line = int(node.start_mark.line)
    for step in place:
        found = _within(node, step)
        if found is None:
            break
        line, node = found
    return line + 1


def _within(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    """Return where a key, or an item of a list, stands, and its value."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return int(item.start_mark.line), item
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return int(key.start_mark.line), value
    return None
