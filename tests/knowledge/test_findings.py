"""Every kind of problem has its words, and the words name no fact that is not given."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import knowledge
from knowledge.errors import BrokenContent, Problem
from knowledge.findings import WORDS, worded

SOURCES = sorted(Path(knowledge.__path__[0]).glob("*.py"))


def named_kinds() -> Iterator[str]:
    """Every string in the package that is written where a kind of problem is expected."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            place = {"report": 0, "Problem": 0, "_problem": 1, "_in_body": 1}.get(name)
            if place is not None and len(node.args) > place:
                kind = node.args[place]
                if isinstance(kind, ast.Constant):
                    yield kind.value


def test_every_kind_that_is_reported_has_words_and_the_other_way_round() -> None:
    assert set(named_kinds()) == set(WORDS)


def test_words_are_whole_sentences_without_their_stop() -> None:
    for kind, (severity, problem, mend) in WORDS.items():
        assert severity in {"error", "hint"}
        for text in (problem, mend):
            assert text, kind
            assert not text.endswith(("。", ".")), kind


def test_a_problem_is_worded_with_its_facts() -> None:
    for kind, words in WORDS.items():
        names = {field for text in words for _, field, _, _ in Formatter().parse(text) if field}
        facts = {name: f"<{name}>" for name in names}
        found = worded(Problem(kind, Path("entry.md"), 7, facts))
        assert all(fact in found.problem + found.mend for fact in facts.values())
        assert str(found).startswith("entry.md:7: ")


def test_the_error_for_the_log_names_the_first_and_counts_the_rest() -> None:
    problems = [Problem("blank", Path("a.md"), line, {"name": "child"}) for line in range(1, 6)]
    text = str(BrokenContent(problems))
    assert text.startswith("a.md:1: blank (name=child); a.md:2")
    assert "and 2 more" in text
