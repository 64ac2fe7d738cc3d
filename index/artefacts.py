"""What is built from the topics in the data directory: BM25 arrays and FAISS vectors.

They are keyed by the content of topics and model. Whoever finds them missing, stale or
damaged builds them again, without torch, under a lock; a finished directory is put in place
by one rename, so a reader sees the old one or the new one.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock

from index.bm25 import TopicBm25
from index.embedding import Encoder
from index.model import Model
from index.retrieval import Retrieval, analyse_topics, build_retrieval
from index.search import Scorer, Searcher
from index.values import EncoderMissing, IndexDamaged, Topic
from index.vectors import load_vectors

LAYOUT = 1
LOCK_SECONDS = 120


def open_searcher(
    model: Model,
    topics: Sequence[Topic],
    folder: Path,
    encoder: Encoder | None = None,
    build_apart: Callable[[], None] | None = None,
) -> Searcher:
    """Return a searcher over ``topics``, building what ``folder`` lacks.

    Args:
        model: the trained model; topics unknown to it rank by BM25 and vectors alone.
        topics: at least one, each id once.
        folder: the data directory's place for the index; made if need be.
        encoder: a hub model's encoder; None for the model's static rows.
        build_apart: builds into ``folder`` in another process, whose memory goes with it; what
            it leaves undone is built here.

    Raises:
        EncoderMissing: when the model was fitted for a hub encoder and none is given.
        OSError: when ``folder`` cannot be written.
        filelock.Timeout: when another process builds for over ``LOCK_SECONDS``.
    """
    chosen = encoder or model.static
    if chosen is None:
        raise EncoderMissing(model.training.encoder)
    retrieval = open_retrieval(topics, folder, chosen, model.fingerprint, build_apart)
    scorer = Scorer(retrieval, model.vocabulary, model.classifier, chosen, model.fusion)
    return Searcher(scorer, model.gate)


def open_retrieval(
    topics: Sequence[Topic],
    folder: Path,
    encoder: Encoder,
    fingerprint: str,
    build_apart: Callable[[], None] | None = None,
) -> Retrieval:
    """Return the built index of ``topics``, from ``folder`` when it is whole and current."""
    key = content_key(topics, fingerprint)
    try:
        return _load(folder / key)
    except IndexDamaged:
        folder.mkdir(parents=True, exist_ok=True)
    if build_apart:
        build_apart()
    with FileLock(folder / "build.lock", timeout=LOCK_SECONDS):
        try:  # another process may have built it meanwhile
            return _load(folder / key)
        except IndexDamaged:
            retrieval = build_retrieval(analyse_topics(topics), encoder)
            _replace(retrieval, folder, key)
            return retrieval


def content_key(topics: Sequence[Topic], fingerprint: str) -> str:
    """Return the name under which the index of these topics and this model is kept."""
    content = hashlib.sha256(f"{LAYOUT}\n{fingerprint}\n".encode())
    for topic in sorted(topics, key=lambda topic: topic.id):
        parts = [topic.id, topic.title, topic.text, *(said.text for said in topic.utterances)]
        content.update(json.dumps(parts, ensure_ascii=False).encode())
    return content.hexdigest()[:20]


def _replace(retrieval: Retrieval, folder: Path, key: str) -> None:
    """Write the index beside its place, move it in, and remove every other."""
    fresh = Path(tempfile.mkdtemp(prefix="building-", dir=folder))
    _save(retrieval, fresh)
    if (folder / key).exists():
        (folder / key).rename(fresh.with_name(fresh.name.replace("building", "damaged")))
    fresh.rename(folder / key)
    for other in folder.iterdir():
        if other.is_dir() and other.name != key:
            shutil.rmtree(other, ignore_errors=True)


def _save(retrieval: Retrieval, folder: Path) -> None:
    lexical = retrieval.lexical
    np.savez(
        folder / "bm25.npz", starts=lexical.starts, topics=lexical.topics, weights=lexical.weights
    )
    retrieval.centroids.save(folder / "centroids.faiss")
    retrieval.utterances.save(folder / "utterances.faiss")
    names = {
        "topics": retrieval.topics,
        "labels": retrieval.utterances.labels,
        "features": sorted(lexical.vocabulary, key=lexical.vocabulary.__getitem__),
    }
    (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    sums = {path.name: _sum(path) for path in sorted(folder.iterdir())}
    (folder / "sums.json").write_text(json.dumps(sums), encoding="utf-8")


def _load(folder: Path) -> Retrieval:
    """Read an index back.

    Raises:
        IndexDamaged: when it is missing, or a file differs from what was written.
    """
    try:
        sums = json.loads((folder / "sums.json").read_text(encoding="utf-8"))
        changed = [name for name, expected in sums.items() if _sum(folder / name) != expected]
        if changed:
            raise IndexDamaged(folder, f"changed: {', '.join(changed)}")
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        with np.load(folder / "bm25.npz", allow_pickle=False) as arrays:
            vocabulary = {feature: row for row, feature in enumerate(names["features"])}
            lexical = TopicBm25(vocabulary, **arrays, topic_count=len(names["topics"]))
        return Retrieval(
            topics=tuple(names["topics"]),
            lexical=lexical,
            centroids=load_vectors(folder / "centroids.faiss", names["topics"]),
            utterances=load_vectors(folder / "utterances.faiss", names["labels"]),
        )
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise IndexDamaged(folder, str(error)) from error


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
