"""``lifeline index train``: train the shipped model from entries and corpora. Needs torch."""

from pathlib import Path
from typing import Annotated

import typer

from bot.preparing import open_library, topics_of
from bot.settings import Settings
from index.corpus import SHIPPED_CORPUS, SHIPPED_HELD_BACK
from index.model import SHIPPED_MODEL
from index.training import Sources, TrainingOptions, train

DEFAULTS = TrainingOptions()

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command("train")
def train_model(
    out: Annotated[Path, typer.Option(help="放模型的文件夹 | the model's folder")] = SHIPPED_MODEL,
    seed: Annotated[int, typer.Option(help="随机种子 | seed")] = DEFAULTS.seed,
) -> None:
    """重新训练自带的模型，同一种子结果相同。 | Train the shipped model; the same seed, the same."""
    library = open_library(Settings().data_dir)
    if library is None:
        typer.echo("没有知识库，先改好条目：lifeline check", err=True)
        raise typer.Exit(1)
    sources = Sources(SHIPPED_CORPUS, SHIPPED_HELD_BACK)
    model = train(topics_of(library), sources, out, TrainingOptions(seed=seed))
    for name, figure in model.training.figures.items():
        typer.echo(f"{name}\t{figure:.3f}")
