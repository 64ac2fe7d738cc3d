"""Training: the only place, with ``hub``, that needs torch and sentence-transformers.

One call of ``train`` makes a whole model directory, the same for the same seed and texts:
the static encoder (contrastive, features dropped at random), the topic classifier, the gate
on out-of-fold scores, the detectors, and the thresholds on the held-back set alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import StaticEmbedding
from torch.nn import functional

from index.classifier import OUT_OF_SCOPE, TopicClassifier, quantise_columns, weighted
from index.corpus import read_corpus, read_held_back
from index.embedding import Encoder, StaticEncoder, Vocabulary, quantise
from index.evaluation import evaluate
from index.examples import DetectorExamples, detector_examples
from index.fitting import fit_detector_thresholds
from index.fusion import Fusion
from index.judging import fit_gate
from index.model import Model, Training, save_model, utterance_hashes, write_tokenizer
from index.retrieval import build_retrieval
from index.samples import OUTSIDE, Material, folds, gather
from index.search import Scorer, Searcher
from index.start import starting_rows
from index.values import FloatArray, IdArray, Topic
