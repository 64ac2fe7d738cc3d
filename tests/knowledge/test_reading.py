"""YAML by nodes: lines are counted in the file, also when the YAML starts further down."""

from pathlib import Path

import yaml

from knowledge.reading import Reader, Text


def test_lines_are_counted_from_the_top_of_the_file() -> None:
    reader = Reader(Path("some.md"), before=4)
    node = reader.compose("a: 1\nb:\n- 2\n- 3\n")
    assert node is not None
    fields = reader.mapping(node, "file")
    assert reader.text(fields["a"], "a") == Text("1", 5)
    assert reader.texts(fields["b"], "b") == [Text("2", 7), Text("3", 8)]
    assert reader.problems == []


def test_a_problem_says_file_line_and_facts() -> None:
    reader = Reader(Path("some.yaml"))
    reader.report("unknown_key", 3, name="x", allowed="y")
    assert str(reader.problems[0]) == "some.yaml:3: unknown_key (name=x, allowed=y)"


def test_reading_goes_on_after_a_problem() -> None:
    reader = Reader(Path("some.yaml"))
    node = reader.compose("- a\n- [b]\n- c\n")
    assert isinstance(node, yaml.SequenceNode)
    assert [text.value for text in reader.texts(node, "list")] == ["a", "c"]
    assert [problem.kind for problem in reader.problems] == ["not_text", "blank"]
