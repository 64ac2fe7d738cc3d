from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from index.corpus import (
    SHIPPED_CORPUS,
    SHIPPED_HELD_BACK,
    Corpus,
    HeldBack,
    read_asked,
    read_corpus,
    read_held_back,
)
from index.detector import CRISIS_KINDS, EMERGENCY_KINDS
from index.values import CorpusError


@pytest.fixture(scope="module")
def shipped() -> Corpus:
    return read_corpus(SHIPPED_CORPUS)


@pytest.fixture(scope="module")
def shipped_held_back() -> HeldBack:
    return read_held_back(SHIPPED_HELD_BACK)


def test_fields_are_read(corpora: tuple[Path, Path]) -> None:
    corpus = read_corpus(corpora[0])

    assert corpus.emergency[0].kind == "fire"
    assert corpus.look_alikes[0].about == "fire"
    assert [line.is_long for line in corpus.out_of_scope[-2:]] == [True, True]


def test_held_back_fields_are_read(corpora: tuple[Path, Path]) -> None:
    asked = read_held_back(corpora[1]).in_scope[0]

    assert asked.topics == ("gas.smell",)
    assert (asked.register, asked.emergency) == ("colloquial", "no")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "no question"),
        ('{"kind": "fire"}', "no question"),
        ('{"q": 7, "ids": ["a"]}', "no question"),
        ('{"q": "煤气"}', "no ids"),
        ('{"q": "煤气", "ids": []}', "no ids"),
    ],
    ids=["cut off", "no object", "no q", "q is a number", "ids missing", "ids empty"],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "in_scope.jsonl"
    path.write_text('{"q": "好的", "ids": ["a.b"]}\n\n' + line, encoding="utf-8")

    with pytest.raises(CorpusError, match=problem) as raised:
        read_asked(path)

    assert (raised.value.path, raised.value.line) == (path, 3)


@pytest.mark.parametrize("name", ["emergency", "perhaps", "crisis"])
def test_an_unknown_kind_is_refused(corpora: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    for path in corpora[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / f"{name}.jsonl").write_text('{"q": "水淹了", "kind": "flood"}', encoding="utf-8")

    with pytest.raises(CorpusError, match="flood"):
        read_corpus(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="out_of_scope"):
        read_corpus(tmp_path)


def test_every_kind_of_emergency_is_taught(shipped: Corpus) -> None:
    kinds = Counter(line.kind for line in shipped.emergency)

    assert set(kinds) == set(EMERGENCY_KINDS)
    assert min(kinds.values()) >= 20
    assert len(shipped.emergency) >= 300


def test_every_kind_of_crisis_is_taught(shipped: Corpus) -> None:
    assert {line.kind for line in shipped.crisis} == set(CRISIS_KINDS)
    assert len(shipped.crisis) >= 60
    assert len(shipped.crisis_look_alikes) >= 60


def test_there_is_enough_to_turn_away(shipped: Corpus) -> None:
    assert len(shipped.out_of_scope) >= 300
    assert sum(line.is_long for line in shipped.out_of_scope) >= 100
    assert sum(line.kind == "near_miss" for line in shipped.out_of_scope) >= 100
    assert len(shipped.look_alikes) >= 450


def test_the_held_back_set_is_large_enough(shipped_held_back: HeldBack) -> None:
    assert len(shipped_held_back.in_scope) >= 250
    assert len(shipped_held_back.out_of_scope) >= 200
    assert len(shipped_held_back.emergencies) >= 80
    assert len(shipped_held_back.look_alikes) >= 120


def test_nothing_held_back_is_trained_on(shipped: Corpus, shipped_held_back: HeldBack) -> None:
    taught = {
        line.text
        for part in (shipped.out_of_scope, shipped.emergency, shipped.look_alikes, shipped.perhaps)
        for line in part
    }
    held = [one.text for one in shipped_held_back.in_scope]
    held += [line.text for line in shipped_held_back.out_of_scope]
    held += [line.text for line in shipped_held_back.emergencies]
    held += [line.text for line in shipped_held_back.look_alikes]

    assert sorted(set(held) & taught) == []
