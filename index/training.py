"""Training: the only place, with ``hub``, that needs torch and sentence-transformers.

One call of ``train`` makes a whole model directory, the same for the same seed and texts:
the static encoder (contrastive, features dropped at random), the topic classifier, the gate
on out-of-fold scores, the detectors, and the thresholds on the held-back set alone.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from torch.nn import functional

from index.classifier import OUT_OF_SCOPE, TopicClassifier, quantise_columns, weighted
from index.corpus import HeldBack, read_corpus, read_held_back
from index.detector import Detector, DetectorThresholds
from index.embedding import Encoder, StaticEncoder, Vocabulary, quantise
from index.evaluation import evaluate
from index.examples import (
    NOW,
    Example,
    detector_examples,
    even_weights,
    head_slices,
    without_hidden_emergencies,
)
from index.fitting import fit_detector_thresholds
from index.fusion import Fusion
from index.judging import fit_fusion, fit_gate_thresholds, fit_judges, out_of_fold
from index.model import Model, Training, save_model, utterance_hashes, write_tokenizer
from index.retrieval import build_retrieval
from index.samples import OUTSIDE, Material, folds, gather
from index.search import Scorer, Searcher
from index.text import analyse
from index.values import FloatArray, IdArray, Topic

Bag = tuple[IdArray, FloatArray]
UNSET = DetectorThresholds(0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """What a run may vary; the defaults are what the shipped model was trained with.

    ``steps`` counts batches of one pair a topic for the encoder, ``epochs`` passes of the
    linear classifiers, ``parts`` the folds behind out-of-fold scores.
    """

    seed: int = 119
    steps: int = 1_500
    epochs: int = 6
    parts: int = 3
    variants: int = 6
    dimensions: int = 128


@dataclass(frozen=True, slots=True)
class Sources:
    """Where authored lines lie: the training corpora, and the set that fits thresholds."""

    corpus: Path
    held_back: Path


def train(
    topics: Sequence[Topic],
    sources: Sources,
    out: Path,
    options: TrainingOptions = TrainingOptions(),
    encoder: Encoder | None = None,
) -> Model:
    """Train everything and write the model into ``out``.

    Args:
        topics: at least two, each with at least three utterances.
        sources: where the other lines are read from.
        out: the model directory; made if need be, its files replaced.
        options: seed and sizes.
        encoder: a hub model's; it then stands in for the static rows.

    Raises:
        OSError: when a corpus is missing or ``out`` cannot be written.
        CorpusError: when a corpus line is malformed.
    """
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    corpus, held_back = read_corpus(sources.corpus), read_held_back(sources.held_back)
    material = gather(topics, corpus, options.variants, options.seed)
    learner = partial(learn_scorer, options=options, encoder=encoder)
    unseen = out_of_fold(material, learner, options.parts, options.seed)
    scorer = replace(learner(material), fusion=fit_fusion(unseen))
    gate = fit_gate_thresholds(fit_judges(unseen, scorer.fusion), scorer, held_back)
    examples = detector_examples(topics, corpus, options.variants, options.seed)
    detector, crisis_figures = learn_detector(*examples, held_back, options)
    report = evaluate(Searcher(scorer, gate), detector, held_back)
    model = Model(
        training=Training(
            options.seed,
            utterance_hashes(topics),
            report.figures() | crisis_figures,
            scorer.encoder.name,
        ),
        vocabulary=scorer.vocabulary,
        classifier=scorer.classifier,
        fusion=scorer.fusion,
        gate=gate,
        detector=detector,
        static=scorer.encoder if isinstance(scorer.encoder, StaticEncoder) else None,
    )
    save_model(model, out)
    return model


def learn_scorer(material: Material, options: TrainingOptions, encoder: Encoder | None) -> Scorer:
    """Return a scorer trained on ``material``; a given ``encoder`` is used as it is."""
    vocabulary = material.vocabulary()
    chosen = encoder or learn_static(material, vocabulary, options)
    classifier = learn_classifier(material, vocabulary, options)
    retrieval = build_retrieval(material.documents, chosen)
    return Scorer(retrieval, vocabulary, classifier, chosen, Fusion())


def learn_static(
    material: Material, vocabulary: Vocabulary, options: TrainingOptions
) -> StaticEncoder:
    """Return the static encoder: one positive pair a topic a batch, all others its negatives.

    Half the features are dropped at each sight, and the rate is low: both measured to carry
    over to new words (docs/measurements.md); out-of-scope lines are further negatives.
    """
    rng = np.random.default_rng(options.seed)
    pools = _id_pools(material, vocabulary)
    texts = [vocabulary.ids(document.text.tokens) for document in material.documents]
    bag = torch.nn.EmbeddingBag.from_pretrained(
        _starting_rows(material, vocabulary, options.dimensions), freeze=False, mode="mean"
    )
    optimiser = torch.optim.Adam(bag.parameters(), lr=1e-3)
    for step in range(options.steps):
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * (1 - step / options.steps)
        anchors, positives = _pairs(pools, texts, rng)
        left = functional.normalize(bag(*_flat(anchors)), dim=1)
        right = functional.normalize(bag(*_flat(positives)), dim=1)
        loss = functional.cross_entropy(14 * left @ right.T, torch.arange(len(anchors)))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step()
    return StaticEncoder(vocabulary, *quantise(bag.weight.detach().numpy()))


def learn_classifier(
    material: Material, vocabulary: Vocabulary, options: TrainingOptions
) -> TopicClassifier:
    """Return the softmax over topics and out-of-scope, trained on authored lines and variants."""
    count = len(material.documents)
    rarity = _rarity(material, vocabulary)
    lines = [
        (question, sample.topic if sample.topic != OUTSIDE else count)
        for sample in material.samples
        for question in sample.forms
    ]
    lines += [
        (question, row)
        for row, document in enumerate(material.documents)
        for question in (document.title, document.text) * 3
    ]
    bags = [weighted(vocabulary.ids(question.tokens), rarity) for question, _ in lines]
    labels = np.array([[label] for _, label in lines], np.int64)
    task = _Task(bags, labels, np.ones(len(bags), np.float32), [slice(0, count + 1)], 2e-5)
    weights, bias = _learn_linear(task, len(vocabulary.rows), options)
    classes = (*(document.id for document in material.documents), OUT_OF_SCOPE)
    return TopicClassifier(classes, *quantise_columns(weights), bias, rarity)


def learn_detector(
    vocabulary: dict[str, int],
    examples: Sequence[Example],
    held_back: HeldBack,
    options: TrainingOptions,
) -> tuple[Detector, dict[str, float]]:
    """Return the detectors and the crisis figures out of fold.

    Thresholds are fitted on held-back lines; that of the crisis, which has none, out of fold.
    """
    danger, crisis = _out_of_fold_dangers(vocabulary, examples, options)
    cleaned = without_hidden_emergencies(examples, danger)
    detector = Detector(vocabulary, *_fit_detector(vocabulary, cleaned, options), UNSET)
    found = [detector.probabilities(analyse(line.text)) for line in held_back.emergencies]
    sources = np.array([example.source for example in examples])
    thresholds = fit_detector_thresholds(
        np.array([chances["urgency"][NOW] for chances in found], np.float32),
        np.array([1 - chances["urgency"][0] for chances in found], np.float32),
        crisis[sources == "crisis"],
        crisis[sources != "crisis"],
    )
    found_crises = crisis >= thresholds.crisis
    figures = {
        "crisis_recall_out_of_fold": float(found_crises[sources == "crisis"].mean()),
        "false_crises_out_of_fold": float(found_crises[sources != "crisis"].mean()),
    }
    return replace(detector, thresholds=thresholds), figures


def _out_of_fold_dangers(
    vocabulary: dict[str, int], examples: Sequence[Example], options: TrainingOptions
) -> tuple[FloatArray, FloatArray]:
    """Return each example's P(danger) and P(crisis) under detectors that never saw it."""
    part = folds(len(examples), options.parts, options.seed)
    danger, crisis = np.zeros(len(examples), np.float32), np.zeros(len(examples), np.float32)
    for fold in range(options.parts):
        others = [one for one, mine in zip(examples, part, strict=True) if mine != fold]
        detector = Detector(vocabulary, *_fit_detector(vocabulary, others, options), UNSET)
        for place, example in enumerate(examples):
            if part[place] == fold:
                chances = detector.chances(example.rows)
                danger[place] = 1 - chances["urgency"][0]
                crisis[place] = 1 - chances["crisis"][0]
    return danger, crisis


def export_for_sentence_transformers(encoder: StaticEncoder, folder: Path) -> None:
    """Write the encoder as a directory that ``SentenceTransformer(folder)`` loads.

    It expects text whose features were joined by blanks (``" ".join(featurize(text))``).
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = write_tokenizer(encoder.vocabulary, folder / "tokenizer.json")
    module = StaticEmbedding(tokenizer, embedding_weights=encoder.decoded())
    model = SentenceTransformer(modules=[module], device="cpu")
    model.save(str(folder), create_model_card=False)


@dataclass(frozen=True, slots=True)
class _Task:
    """A linear classification: a bag, labels by head and a weight for each example."""

    bags: Sequence[Bag]
    labels: IdArray
    weights: FloatArray
    heads: Sequence[slice]
    decay: float


def _fit_detector(
    vocabulary: dict[str, int], examples: Sequence[Example], options: TrainingOptions
) -> tuple[NDArray[np.int8], FloatArray, FloatArray]:
    """Return a detector's weights, scales and bias."""
    forms = [(rows, one) for one in examples for rows in (one.rows, *one.variants)]
    bags = [(rows, even_weights(rows)) for rows, _ in forms]
    labels = np.array([one.labels for _, one in forms], np.int64)
    importance = np.array([one.weight for _, one in forms], np.float32)
    task = _Task(bags, labels, importance, head_slices(), 3e-6)
    weights, bias = _learn_linear(task, len(vocabulary), options)
    return *quantise_columns(weights), bias


def _learn_linear(
    task: _Task, features: int, options: TrainingOptions
) -> tuple[FloatArray, FloatArray]:
    """Return weights (features, columns) and bias of softmax heads over bags."""
    columns = task.heads[-1].stop
    weights = torch.zeros(features, columns, requires_grad=True)
    bias = torch.zeros(columns, requires_grad=True)
    optimiser = torch.optim.Adam([weights, bias], lr=2e-2)
    batches = _batches(len(task.bags), options)
    for step, chosen in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = 2e-2 * (1 - step / len(batches))
        logits = _logits([task.bags[place] for place in chosen], weights) + bias
        loss = _heads_loss(logits, task, chosen) + task.decay * (weights**2).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step()
    return weights.detach().numpy(), bias.detach().numpy()


def _batches(count: int, options: TrainingOptions, size: int = 128) -> list[IdArray]:
    """Return the examples of each step: every epoch visits all, in an order of its own."""
    rng = np.random.default_rng(options.seed)
    orders = [rng.permutation(count) for _ in range(options.epochs)]
    return [order[start : start + size] for order in orders for start in range(0, count, size)]


def _logits(bags: Sequence[Bag], weights: torch.Tensor) -> torch.Tensor:
    rows, offsets = _flat([rows for rows, _ in bags])
    values = torch.from_numpy(np.concatenate([values for _, values in bags]))
    return functional.embedding_bag(rows, weights, offsets, mode="sum", per_sample_weights=values)


def _heads_loss(logits: torch.Tensor, task: _Task, chosen: IdArray) -> torch.Tensor:
    labels = torch.from_numpy(task.labels[chosen])
    importance = torch.from_numpy(task.weights[chosen])
    total = torch.zeros(())
    for head, columns in enumerate(task.heads):
        labelled = labels[:, head] >= 0
        if labelled.any():
            losses = functional.cross_entropy(
                logits[labelled][:, columns], labels[labelled, head], reduction="none"
            )
            total = total + (losses * importance[labelled]).sum() / len(chosen)
    return total


def _flat(lists: Sequence[IdArray]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids end to end and where each list begins, as an embedding bag takes them."""
    offsets = np.cumsum([0, *(len(ids) for ids in lists[:-1])])
    return torch.from_numpy(np.concatenate(lists)), torch.from_numpy(offsets)


def _id_pools(material: Material, vocabulary: Vocabulary) -> dict[int, list[list[IdArray]]]:
    """Return topic row → its samples, each with the ids of all its forms."""
    pools: dict[int, list[list[IdArray]]] = defaultdict(list)
    for sample in material.samples:
        forms = [vocabulary.ids(question.tokens) for question in sample.forms if question.tokens]
        if forms:
            pools[sample.topic].append(forms)
    return pools


def _pairs(
    pools: dict[int, list[list[IdArray]]], texts: Sequence[IdArray], rng: np.random.Generator
) -> tuple[list[IdArray], list[IdArray]]:
    """Return an anchor a topic, then a positive a topic followed by out-of-scope negatives."""
    anchors, positives = [], []
    for row, text in enumerate(texts):
        first, second = rng.choice(len(pools[row]), 2, replace=False)
        anchors.append(_sight(pools[row][first], rng))
        if rng.random() < 0.15:
            start = int(rng.integers(max(1, len(text) - 80)))
            positives.append(_thinned(text[start : start + 80], rng))
        else:
            positives.append(_sight(pools[row][second], rng))
    outside = pools.get(OUTSIDE, [])
    places = rng.integers(max(len(outside), 1), size=min(30, len(outside)))
    positives += [_sight(outside[int(place)], rng) for place in places]
    return anchors, positives


def _sight(forms: Sequence[IdArray], rng: np.random.Generator) -> IdArray:
    return _thinned(forms[int(rng.integers(len(forms)))], rng)


def _thinned(ids: IdArray, rng: np.random.Generator) -> IdArray:
    """Return about half of ``ids``, at least one."""
    kept = ids[rng.random(len(ids)) >= 0.5]
    return kept if len(kept) else ids[:1]


def _rarity(material: Material, vocabulary: Vocabulary) -> FloatArray:
    """Return the idf of each feature over all authored texts; zero for the unknown one."""
    bags = _authored_ids(material, vocabulary)
    counts = np.bincount(
        np.concatenate([np.unique(ids) for ids in bags]), minlength=len(vocabulary.rows)
    )
    rarity = (np.log((1 + len(bags)) / (1 + counts)) + 1).astype(np.float32)
    rarity[0] = 0
    return rarity


def _authored_ids(material: Material, vocabulary: Vocabulary) -> list[IdArray]:
    texts = [question for one in material.documents for question in (one.title, one.text)]
    texts += [sample.authored for sample in material.samples]
    return [vocabulary.ids(question.tokens) for question in texts]


def _starting_rows(material: Material, vocabulary: Vocabulary, dimensions: int) -> torch.Tensor:
    """Return the features' places in a singular value decomposition of the authored texts."""
    rarity = _rarity(material, vocabulary)
    bags = [weighted(ids, rarity) for ids in _authored_ids(material, vocabulary)]
    texts = np.repeat(np.arange(len(bags)), [len(rows) for rows, _ in bags])
    places = torch.from_numpy(np.stack([texts, np.concatenate([rows for rows, _ in bags])]))
    values = torch.from_numpy(np.concatenate([values for _, values in bags]))
    size = (len(bags), len(rarity))
    matrix = torch.sparse_coo_tensor(places, values, size, check_invariants=True).coalesce()
    kept = min(dimensions, *size)
    _, _, right = torch.svd_lowrank(matrix, q=kept, niter=4)
    rows = torch.zeros(size[1], dimensions)
    rows[:, :kept] = right * torch.from_numpy(rarity)[:, None]
    return 0.3 * rows / rows.pow(2).sum(1).mean().sqrt()
