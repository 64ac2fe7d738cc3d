"""``lifeline index train``: train the shipped model from entries and corpora. Needs torch."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from bot.preparing import open_library, topics_of
from bot.settings import Settings
from index.corpus import SHIPPED_CORPUS, SHIPPED_HELD_BACK
from index.model import SHIPPED_MODEL

# The seed of the shipped model, ``index.training.TrainingOptions.seed``, named again here so
# that help and documents are the same where torch is not installed.
SEED = 119

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command("train")
def train_model(
    out: Annotated[
        Path,
        typer.Option(help="放模型的文件夹 | the model's folder", show_default="index/model"),
    ] = SHIPPED_MODEL,
    seed: Annotated[int, typer.Option(help="随机种子 | seed")] = SEED,
) -> None:
    """重新训练自带的模型，同一种子结果相同。 | Train the shipped model; the same seed, the same."""
    # Loaded by name, and only when it runs: it brings torch.
    training = importlib.import_module("index.training")
    library = open_library(Settings().data_dir)
    if library is None:
        typer.echo("没有知识库，先改好条目：lifeline check", err=True)
        raise typer.Exit(1)
    sources = training.Sources(SHIPPED_CORPUS, SHIPPED_HELD_BACK)
    options = training.TrainingOptions(seed=seed)
    model = training.train(topics_of(library), sources, out, options)
    for name, figure in model.training.figures.items():
        typer.echo(f"{name}\t{figure:.3f}")
