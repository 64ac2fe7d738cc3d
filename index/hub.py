"""Any sentence-transformers model in place of the static encoder.

Named by ``LIFELINE_INDEX_MODEL``; the caller hands the name over. The vectors go to FAISS like
ours, and gate, fusion and thresholds are fitted anew, for another model's cosines lie elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from index.corpus import read_corpus
from index.embedding import unit
from index.model import Model, load_model, newer_share
from index.text import analyse
from index.values import EncoderMissing, FloatArray, ModelDamaged, Question, Topic

try:
    from sentence_transformers import SentenceTransformer

    from index.training import Sources, TrainingOptions, train
except ImportError as error:
    raise EncoderMissing("LIFELINE_INDEX_MODEL") from error


@dataclass(frozen=True, slots=True)
class HubEncoder:
    """A loaded model; ``known`` remembers vectors while gate and indexes are fitted."""

    name: str
    model: SentenceTransformer
    known: dict[str, FloatArray] = field(default_factory=dict)

    def encode(self, question: Question) -> FloatArray:
        """Return the unit vector of one question, shape (d,)."""
        found = self.known.get(question.text)
        return self.encode_all([question])[0] if found is None else found

    def encode_all(self, questions: Sequence[Question]) -> FloatArray:
        """Return the unit vectors of many questions, shape (n, d)."""
        missing = [one.text for one in questions if one.text not in self.known]
        made = dict(zip(missing, self._encoded(missing), strict=True)) if missing else {}
        vectors = {**self.known, **made}
        return np.stack([vectors[one.text] for one in questions])

    def remembering(self, questions: Sequence[Question]) -> "HubEncoder":
        """Return an encoder that has the vectors of ``questions`` at hand."""
        vectors = self.encode_all(questions)
        known = {one.text: vector for one, vector in zip(questions, vectors, strict=True)}
        return HubEncoder(self.name, self.model, known)

    def _encoded(self, texts: Sequence[str]) -> FloatArray:
        found = self.model.encode(list(texts), show_progress_bar=False, convert_to_numpy=True)
        return unit(np.asarray(found, np.float32))


def load_encoder(name: str) -> HubEncoder:
    """Return the model of that name or path.

    Raises:
        OSError: when it is neither a directory nor to be had from the hub.
    """
    return HubEncoder(name, SentenceTransformer(name, device="cpu"))


def open_hub_model(
    name: str,
    topics: Sequence[Topic],
    sources: Sources,
    folder: Path,
    options: TrainingOptions | None = None,
) -> tuple[Model, HubEncoder]:
    """Return a model fitted for a hub encoder, and that encoder.

    What was fitted before is read from ``folder`` when it is for the same encoder and has
    seen every utterance; otherwise it is fitted, which takes minutes, and written there.

    Raises:
        OSError: when the encoder cannot be had, or ``folder`` cannot be written.
        CorpusError: when a corpus line is malformed.
    """
    encoder = load_encoder(name)
    try:
        model = load_model(folder)
        if model.training.encoder == name and not newer_share(model.training, topics):
            return model, encoder
    except ModelDamaged:
        pass  # Never fitted, or by an older release: the fit below replaces it.
    remembering = encoder.remembering(_asked_often(topics, sources))
    train(topics, sources, folder, options or TrainingOptions(), remembering)
    return load_model(folder), encoder


def _asked_often(topics: Sequence[Topic], sources: Sources) -> list[Question]:
    """Return what every fold of the fitting encodes again."""
    texts = [line.text for line in read_corpus(sources.corpus).out_of_scope]
    for topic in topics:
        texts += [topic.title, topic.text, *(said.text for said in topic.utterances)]
    return [analyse(text) for text in texts]
