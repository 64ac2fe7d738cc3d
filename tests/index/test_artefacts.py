from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from index.artefacts import content_key, open_retrieval, open_searcher
from index.embedding import StaticEncoder
from index.model import Model
from index.text import analyse
from index.values import EncoderMissing, FloatArray, Question, Topic, Utterance

BUILT = ("bm25.npz", "centroids.faiss", "utterances.faiss", "names.json", "sums.json")


class CountingEncoder:
    """A real encoder that counts how often an index is built with it."""

    name = ""

    def __init__(self, inner: StaticEncoder) -> None:
        self.inner = inner
        self.batches = 0

    def encode(self, question: Question) -> FloatArray:
        return self.inner.encode(question)

    def encode_all(self, questions: list[Question]) -> FloatArray:
        self.batches += 1
        return self.inner.encode_all(questions)


@pytest.fixture
def encoder(model: Model) -> CountingEncoder:
    assert model.static is not None
    return CountingEncoder(model.static)


def built(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()]


def test_the_second_opening_builds_nothing(
    model: Model, topics: list[Topic], encoder: CountingEncoder, tmp_path: Path
) -> None:
    first = open_searcher(model, topics, tmp_path, encoder)
    batches = encoder.batches
    second = open_searcher(model, topics, tmp_path, encoder)

    assert encoder.batches == batches
    question = analyse("软管老化")
    assert first.rank(question) == second.rank(question)


def test_what_is_built_is_read_back_exactly(
    model: Model, topics: list[Topic], encoder: CountingEncoder, tmp_path: Path
) -> None:
    made = open_retrieval(topics, tmp_path, encoder, model.fingerprint)
    again = open_retrieval(topics, tmp_path, encoder, model.fingerprint)
    tokens = analyse("煤气味").tokens

    assert again.topics == made.topics
    assert again.utterances.labels == made.utterances.labels
    assert again.lexical.scores(tokens).tolist() == made.lexical.scores(tokens).tolist()


@pytest.fixture(params=BUILT)
def built_file(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("harm", ["missing", "altered", "emptied"])
def test_damage_is_mended_by_building_again(
    model: Model, topics: list[Topic], tmp_path: Path, built_file: str, harm: str
) -> None:
    whole = open_searcher(model, topics, tmp_path).rank(analyse("软管老化"))
    path = built(tmp_path)[0] / built_file
    if harm == "missing":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(b"" if harm == "emptied" else content[:-1] + bytes([content[-1] ^ 1]))

    assert open_searcher(model, topics, tmp_path).rank(analyse("软管老化")) == whole
    assert len(built(tmp_path)) == 1


def test_sums_that_are_not_an_object_are_damage(
    model: Model, topics: list[Topic], tmp_path: Path
) -> None:
    open_searcher(model, topics, tmp_path)
    (built(tmp_path)[0] / "sums.json").write_text("[]", encoding="utf-8")

    assert open_searcher(model, topics, tmp_path).rank(analyse("软管")).topics


def test_changed_topics_replace_the_index(
    model: Model, topics: list[Topic], tmp_path: Path
) -> None:
    open_searcher(model, topics, tmp_path)
    before = built(tmp_path)
    more = [*topics[:-1], replace(topics[-1], text="别的答案")]
    open_searcher(model, more, tmp_path)

    assert len(built(tmp_path)) == 1
    assert built(tmp_path) != before


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other.id"},
        {"title": "别的题目"},
        {"text": "别的答案"},
        {"utterances": (Utterance("别的话", "keywords"),)},
    ],
    ids=["id", "title", "text", "utterances"],
)
def test_the_key_follows_the_content(topics: list[Topic], change: dict[str, object]) -> None:
    changed = [replace(topics[0], **change), *topics[1:]]  # type: ignore[arg-type]  # test table

    assert content_key(changed, "model") != content_key(topics, "model")


def test_the_key_does_not_follow_order_or_register(topics: list[Topic]) -> None:
    said = tuple(replace(one, register="child") for one in topics[0].utterances)
    shuffled = [*topics[1:], replace(topics[0], utterances=said)]

    assert content_key(shuffled, "model") == content_key(topics, "model")


def test_the_key_follows_the_model(topics: list[Topic]) -> None:
    assert content_key(topics, "one") != content_key(topics, "two")


def test_many_openings_at_once_build_once(
    model: Model, topics: list[Topic], encoder: CountingEncoder, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(6) as pool:
        opened = [pool.submit(open_searcher, model, topics, tmp_path, encoder) for _ in range(6)]
        rankings = [one.result().rank(analyse("软管")) for one in opened]

    assert encoder.batches == 2  # one of passages, one of answers
    assert all(ranking == rankings[0] for ranking in rankings)


def test_the_lock_is_free_afterwards(model: Model, topics: list[Topic], tmp_path: Path) -> None:
    open_searcher(model, topics, tmp_path)

    with FileLock(tmp_path / "build.lock", timeout=0):
        pass


def test_what_a_killed_build_left_is_cleared(
    model: Model, topics: list[Topic], tmp_path: Path
) -> None:
    (tmp_path / "building-old").mkdir()
    open_searcher(model, topics, tmp_path)

    assert not (tmp_path / "building-old").exists()


def test_a_hub_model_without_its_encoder_is_refused(
    model: Model, topics: list[Topic], tmp_path: Path
) -> None:
    fitted = replace(model, static=None, training=replace(model.training, encoder="some/model"))

    with pytest.raises(EncoderMissing, match="encoder"):
        open_searcher(fitted, topics, tmp_path)


def test_the_names_are_plain_json(model: Model, topics: list[Topic], tmp_path: Path) -> None:
    open_searcher(model, topics, tmp_path)
    names = json.loads((built(tmp_path)[0] / "names.json").read_text(encoding="utf-8"))

    assert names["topics"] == sorted(topic.id for topic in topics)
