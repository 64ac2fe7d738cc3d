from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.embedding import UNKNOWN, StaticEncoder, Vocabulary, quantise, read_vocabulary, unit
from index.model import write_tokenizer
from index.text import analyse
from index.values import ModelDamaged

ROWS = np.array([[0, 0.5], [1, 0], [0, -2], [0.25, 0.25]], np.float32)


@pytest.fixture
def encoder() -> StaticEncoder:
    return StaticEncoder(Vocabulary({UNKNOWN: 0, "火": 1, "烟": 2, "气": 3}), *quantise(ROWS))


def test_rows_survive_eight_bits(encoder: StaticEncoder) -> None:
    assert encoder.decoded() == pytest.approx(ROWS, abs=2 / 127)


def test_the_largest_number_of_a_row_is_kept_exactly(encoder: StaticEncoder) -> None:
    assert np.abs(encoder.decoded()).max(axis=1) == pytest.approx(np.abs(ROWS).max(axis=1))


def test_a_row_of_zeros_stays_zero() -> None:
    rows, scales = quantise(np.zeros((1, 4), np.float32))

    assert not rows.any()
    assert np.isfinite(scales).all()


def test_an_unknown_feature_has_row_zero(encoder: StaticEncoder) -> None:
    assert encoder.vocabulary.ids(["火", "无", "气"]).tolist() == [1, 0, 3]


def test_the_mean_counts_repeats_and_unknowns(encoder: StaticEncoder) -> None:
    mean = encoder.mean(np.array([1, 1, 0]))

    assert mean == pytest.approx((2 * ROWS[1] + ROWS[0]) / 3, abs=0.01)


def test_no_features_give_zeros(encoder: StaticEncoder) -> None:
    assert encoder.encode(analyse("")).tolist() == [0, 0]


def test_a_question_becomes_a_unit_vector(encoder: StaticEncoder) -> None:
    assert np.linalg.norm(encoder.encode(analyse("火烟"))) == pytest.approx(1)


def test_many_questions_are_encoded_like_one(encoder: StaticEncoder) -> None:
    questions = [analyse("火"), analyse("烟气")]

    together = encoder.encode_all(questions)

    assert together.shape == (2, 2)
    assert together[1].tolist() == encoder.encode(questions[1]).tolist()


def test_no_questions_make_an_empty_table(encoder: StaticEncoder) -> None:
    assert encoder.encode_all([]).shape == (0, 2)


def test_our_rows_have_no_hub_name(encoder: StaticEncoder) -> None:
    assert encoder.name == ""


def test_a_zero_vector_stays_zero() -> None:
    assert unit(np.zeros(3, np.float32)).tolist() == [0, 0, 0]


def test_a_tokenizer_file_is_read_back(tmp_path: Path) -> None:
    vocabulary = Vocabulary({UNKNOWN: 0, "火": 1, "mei'qi": 2, "=着火": 3})
    write_tokenizer(vocabulary, tmp_path / "tokenizer.json")

    assert read_vocabulary(tmp_path / "tokenizer.json").rows == vocabulary.rows


def test_the_tokenizer_splits_at_blanks_only(tmp_path: Path) -> None:
    vocabulary = Vocabulary({UNKNOWN: 0, "mei'qi": 1, "=着火": 2, "100%": 3})
    tokenizer = write_tokenizer(vocabulary, tmp_path / "tokenizer.json")

    assert tokenizer.encode("mei'qi =着火 无 100%").ids == [1, 2, 0, 3]


@pytest.mark.parametrize(
    "content", ["", "{}", "not json"], ids=["empty", "no tokenizer", "not JSON"]
)
def test_a_damaged_tokenizer_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ModelDamaged) as raised:
        read_vocabulary(path)

    assert raised.value.path == path


def test_a_tokenizer_without_the_unknown_row_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    write_tokenizer(Vocabulary({"火": 0, UNKNOWN: 1}), path)

    with pytest.raises(ModelDamaged, match="row 0"):
        read_vocabulary(path)
