"""`mnist-adder train`: a training with its run folder."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from excel_export.shared.errors import UserError
from mnist_adder.commands.options import DIRECTORY, FILE, add_options, data_options
from mnist_adder.training.recipe import (
    ALLOWED,
    OPTIMIZERS,
    RECIPES,
    SAMPLE_BATCH,
    Recipe,
    make_recipe,
    read_recipe_file,
)

if TYPE_CHECKING:
    from mnist_adder.training.history import Epoch

THREADS_PER_CORE = 4
"""The most threads for each core: more would wait for one another, and thousands of them starve the machine."""

REFERENCE_TAKES = {
    "full": "16 minutes of a processor with bf16, half an hour without",
    "slice": "6 minutes of a processor",
}
"""The time of a training by the recipe `reference`, by preset."""


def recipe_option(field: str, words: str, kind: Any = float, **more: Any) -> Callable[..., Any]:
    """Return the option that changes a field of `Recipe`; its help says the default in the fast recipe for each preset.

    Args:
        field: the name of the field: 'batch_size' gives --batch-size.
        words: the help, to which '  [default: full 0.008, slice 0.04]' or the like is added.
        kind: the type of its value, as of click.option: click.IntRange(1).
        more: further settings of click.option: metavar='N'.
    """
    recipes = [make_recipe("fast", preset, "regression") for preset in ("full", "slice")]
    values = [(recipe.preset, getattr(recipe, field)) for recipe in recipes]
    named = [f"{preset} {'yes' if value is True else value}" for preset, value in values]
    name = "--normalise/--no-normalise" if field == "normalise" else f"--{field.replace('_', '-')}"
    return click.option(name, type=kind, default=None, help=f"{words}  [default: {', '.join(named)}]", **more)


recipe_options = [
    recipe_option("epochs", "How often each image is seen; with --resume it may be raised.", click.IntRange(min=1)),
    recipe_option("batch_size", f"Images a step; with the sample {SAMPLE_BATCH}.", click.IntRange(min=1)),
    recipe_option("learning_rate", "The peak of the schedule.", click.FloatRange(min=0, min_open=True)),
    recipe_option("optimizer", "What moves the weights.", click.Choice(OPTIMIZERS)),
    recipe_option("weight_decay", "How fast weights shrink."),
    recipe_option(
        "normalise", "Use batch normalisation for the classifier; it is folded into the network at the end.", bool
    ),
    recipe_option(
        "augment",
        "How strongly training images are rotated, stretched, shifted and deformed, 0 (not at all) to 1.",
        click.FloatRange(0, 1),
        metavar="STRENGTH",
    ),
    recipe_option(
        "precision",
        "How finely the classifier is computed; auto takes bf16 where that is faster.",
        click.Choice(["auto", "bf16", "float32"]),
    ),
    click.option(
        "--hold-out",
        type=click.IntRange(min=0),
        metavar="N",
        help="Don't learn from N of the training images, but score them, to choose settings by them.  [default: 0]",
    ),
]


@click.command(
    "train",
    epilog="Example: mnist-adder train --preset slice --head onehot --epochs 10 --data sample",
)
@click.option(
    "--preset",
    type=click.Choice(["full", "slice"]),
    default="full",
    show_default=True,
    help="The full network (100,461 parameters), or a small one of the same kinds of layers (1,367).",
)
@click.option(
    "--head",
    type=click.Choice(["regression", "onehot"]),
    default="regression",
    show_default=True,
    help="The sum as one number read through an arg-max, or as 19 classes learned end to end.",
)
@click.option(
    "--recipe",
    "name",
    type=click.Choice(RECIPES),
    default="fast",
    show_default=True,
    help="For the highest accuracy; for the shortest time; or as plain as the example that the project started from. "
    "The options below change a recipe; their defaults are those of fast.",
)
@click.option(
    "--config", type=FILE, help="A recipe as a TOML file, such as recipe.toml of a training; options change it further."
)
@add_options(recipe_options)
@add_options(data_options())
@click.option(
    "--threads",
    type=click.IntRange(1, THREADS_PER_CORE * (os.cpu_count() or 1)),
    metavar="N",
    help="Compute with N threads of the processor.  [default: 1 or all, whichever is faster]",
)
@click.option(
    "--compile",
    "compiled",
    is_flag=True,
    help="Compile the network first, which takes a minute.",
)
@click.option("--resume", is_flag=True, help="Go on after the last epoch of a training that was stopped.")
@click.option("--overwrite", "--force", "overwrite", is_flag=True, help="Replace a training that is in OUT already.")
@click.option("--out", type=DIRECTORY, help="Where the results go.  [default: runs/PRESET-HEAD-RECIPE-SEED]")
def command(
    name: str,
    config: Path | None,
    data_dir: Path,
    device: str,
    threads: int | None,
    compiled: bool,
    resume: bool,
    overwrite: bool,
    out: Path | None,
    **settings: Any,
) -> None:
    """Train a network; write its checkpoint and its history after every epoch.

    Each epoch prints the loss and both accuracies. On the training data they are taken while the network
    learns, on augmented images if so chosen; on the test data after the epoch.

    Stop it at any time: with --resume it goes on after the last whole epoch.
    """
    if resume and overwrite:
        raise click.UsageError("--resume goes on with a training and --overwrite replaces it: choose one")
    asked = _asked_for(name, config, settings)
    from mnist_adder.compute.device import compute_config, pick_device
    from mnist_adder.data.mnist import load_digits
    from mnist_adder.training.loop import train
    from mnist_adder.training.run_folder import RunFolder, run_info
    from mnist_adder.training.threads import set_threads

    started = time.perf_counter()
    where = pick_device(device)
    named = config.stem if config else name
    folder = RunFolder(out or Path("runs") / f"{asked.preset}-{asked.head}-{named}-{asked.seed}")
    with folder.claimed(resume=resume, overwrite=overwrite):
        recipe, state = asked, None
        resumed = folder.resume() if resume else None
        if resumed:
            recipe, state = resumed
            recipe = _same(recipe, asked, is_whole=_is_given("name") or config is not None, folder=folder.path)
        train_set, test_set = load_digits(recipe.data, data_dir, where)
        click.echo(_what_is_trained(recipe, name, config, goes_on=bool(resumed)))
        if resumed:
            click.echo(f"going on after epoch {len(folder.epochs)} of {recipe.epochs}")
        elif resume:
            click.echo(f"nothing to go on with in {folder.path}; starting anew")
        set_threads(threads or folder.threads, recipe, train_set, click.echo)
        first = len(folder.epochs) + 1
        folder.about = run_info(click.get_current_context().find_root().obj or [], where, first)
        try:
            model = train(
                recipe,
                train_set,
                test_set,
                folder,
                click.echo,
                compute=compute_config(where, compiled),
                state=state,
            )
        except KeyboardInterrupt:
            if folder.epochs:
                click.echo(f"stopped after epoch {len(folder.epochs)}; go on with the same command and --resume")
            raise
    parameters = sum(parameter.numel() for parameter in model.parameters())
    _show_table(folder.epochs)
    click.echo(f"trained {parameters:,} parameters in {time.perf_counter() - started:.1f} s on {where}")
    click.echo(f"wrote {folder.checkpoint}, {folder.best.name} and {folder.history.name}")


def _what_is_trained(recipe: Recipe, name: str, config: Path | None, *, goes_on: bool) -> str:
    from mnist_adder.network.model import AdderNetwork

    count = sum(parameter.numel() for parameter in AdderNetwork(recipe.preset, recipe.head).parameters())
    line = f"training the {recipe.preset} network, {count:,} parameters, head {recipe.head}"
    if goes_on:
        return line
    if config:
        return f"{line}, recipe {config.stem}"
    takes = f"with all of MNIST {REFERENCE_TAKES[recipe.preset]}"
    if name == "reference":
        return f"{line}, recipe {name}: {takes}"
    return f"{line}, recipe {name} (--recipe reference is more accurate: {takes})"


def _is_given(parameter: str) -> bool:
    return click.get_current_context().get_parameter_source(parameter) is not ParameterSource.DEFAULT


def _asked_for(name: str, config: Path | None, settings: dict[str, Any]) -> Recipe:
    if config is None:
        return make_recipe(name, **settings)
    fields = read_recipe_file(config)
    base = fields.pop("recipe", "reference")
    given = {field: value for field, value in settings.items() if field not in fields or _is_given(field)}
    return make_recipe(name if _is_given("name") else base, **(fields | given))


def _same(begun: Recipe, asked: Recipe, *, is_whole: bool, folder: Path) -> Recipe:
    """Return the recipe to go on with: the one that a training was begun with, perhaps with more epochs.

    Only options that are given count, unless the whole recipe is asked for.
    """
    for field in ALLOWED:
        former, value = getattr(begun, field), getattr(asked, field)
        is_given = field in click.get_current_context().params and _is_given(field)
        if field == "epochs" and is_given and value > former:
            begun = replace(begun, epochs=value)
        elif value != former and (is_whole or is_given):
            raise UserError(
                f"the training in {folder} was started with {field.replace('_', '-')} {former}, "
                f"not {value}; leave that option out, or start anew with --overwrite instead of --resume"
            )
    return begun


def _show_table(epochs: "list[Epoch]") -> None:
    best = max(epochs, key=lambda epoch: epoch.selection_score)
    click.echo(f"\n{'':<22}{'loss':>8}{'digit right':>14}{'sum right':>14}{'sum right if digit is':>24}")
    for title, epoch in [("last", epochs[-1])] + [("best", best)] * (best is not epochs[-1]):
        for split, score in epoch.scores.items():
            label = f"{title} ({epoch.number}), {split.replace('_', ' ')}"
            accuracies = (score.digit_accuracy, score.sum_accuracy, score.sum_accuracy_given_digit)
            widths = (14, 14, 24)
            cells = "".join(f"{accuracy:>{width}.2%}" for accuracy, width in zip(accuracies, widths, strict=True))
            click.echo(f"{label:<22}{score.loss:>8.4f}{cells}")
    click.echo()
