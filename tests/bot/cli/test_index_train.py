"""``lifeline index train`` without loading torch: the seed it shows is the shipped model's."""

import pytest

from bot.cli.index_train import SEED


@pytest.mark.torch
def test_the_seed_shown_is_the_one_of_training() -> None:
    training = pytest.importorskip("index.training")
    assert training.TrainingOptions().seed == SEED
