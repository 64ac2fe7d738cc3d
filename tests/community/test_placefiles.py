"""Reading a file about places: what it takes, and how a fault is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from community.placefiles import BrokenPlaceFile, Part, read_place_file


def read(path: Path, text: str) -> Part:
    file = path / "some.yaml"
    file.write_text(text, encoding="utf-8")
    return read_place_file(file)


def test_parts_are_read_as_they_are_written(tmp_path: Path) -> None:
    fields = read(tmp_path, "id: 119\nlist: [no, 1.0]\nnone:\n").fields(("id", "list"), ("none",))
    assert fields["id"].text() == "119"
    assert [item.text() for item in fields["list"].items()] == ["no", "1.0"]
    assert fields["none"].items() == []


@pytest.mark.parametrize(
    ("text", "take", "line", "problem"),
    [
        ("", lambda part: part, 1, "文件是空的"),
        ("a: [", lambda part: part, 1, "格式读不懂"),
        ("a: 1\n b: 2", lambda part: part, 2, "格式读不懂"),
        ("a: \x07", lambda part: part, 1, "格式读不懂"),
        ("- a", lambda part: part.fields(("a",)), 1, "名字: 值"),
        ("a: 1\nb: 2", lambda part: part.fields(("a",)), 2, "不认识“b”"),
        ("a: 1\na: 2", lambda part: part.fields(("a",)), 2, "“a”写了两次"),
        ("a: 1", lambda part: part.fields(("a", "b")), 1, "缺“b”"),
        ("\na: 1", lambda part: part.items(), 2, "要写成列表"),
        ("- [a]", lambda part: part.items()[0].text(), 1, "要写文字"),
        ("- a\n-", lambda part: part.items()[1].text(), 2, "要写文字"),
        ("- a\n- ' '", lambda part: part.items()[1].text(), 2, "是空的"),
        ("? [a]\n: b", lambda part: part.fields(("a",)), 1, "要写文字"),
    ],
    ids=lambda value: repr(value) if isinstance(value, str) else "",
)
def test_a_fault_is_named_by_line_problem_and_mend(
    tmp_path: Path, text: str, take: Callable[[Part], object], line: int, problem: str
) -> None:
    with pytest.raises(BrokenPlaceFile) as broken:
        take(read(tmp_path, text))
    assert broken.value.file == tmp_path / "some.yaml"
    assert broken.value.line == line
    assert problem in broken.value.problem
    assert broken.value.mend
    assert broken.value.permanent
    assert str(broken.value).startswith(f"{tmp_path / 'some.yaml'}:{line}: ")


def test_a_file_that_is_no_utf8_is_named_by_line(tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_bytes(b"id: x\nname: " + "试验区".encode("gbk"))
    with pytest.raises(BrokenPlaceFile, match="UTF-8") as broken:
        read_place_file(file)
    assert broken.value.line == 2
