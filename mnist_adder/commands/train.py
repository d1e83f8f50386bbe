"""`mnist-adder train`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from excel_export.shared.errors import UserError
from mnist_adder.commands.options import DIRECTORY, data_options, with_options
from mnist_adder.training.recipe import RECIPES, Recipe, make_recipe

if TYPE_CHECKING:
    from mnist_adder.training.run_folder import Epoch


def by_preset(field: str) -> str:
    """Say what the reference recipe takes for a field, which depends on the preset."""
    words = {True: "yes", False: "no"}
    values = {preset: getattr(make_recipe("reference", preset, "regression"), field) for preset in ("full", "slice")}
    named = (f"{preset} {words[value] if isinstance(value, bool) else value}" for preset, value in values.items())
    return f"[default: {', '.join(named)}]"


@click.command(epilog="Example: mnist-adder train --preset slice --head onehot --epochs 10 --data sample")
@click.option(
    "--preset",
    type=click.Choice(["full", "slice"]),
    default="slice",
    show_default=True,
    help="The whole network (100,461 parameters), or a small one of the same kinds of layers (1,303).",
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
    default="reference",
    show_default=True,
    help="As accurate as can be; as fast; or as plain as the example that the project started from. "
    "The options below change a recipe.",
)
@click.option("--epochs", type=click.IntRange(min=1), help=f"Walks through the data.  {by_preset('epochs')}")
@click.option("--batch-size", type=click.IntRange(min=1), help=f"Images a step.  {by_preset('batch_size')}")
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    help=f"The peak of the schedule.  {by_preset('learning_rate')}",
)
@click.option(
    "--normalise/--no-normalise",
    default=None,
    help="Let batch normalisation help the classifier to learn; it folds into the network at the end.  "
    f"{by_preset('normalise')}",
)
@click.option(
    "--distort/--no-distort",
    default=None,
    help=f"Rotate, stretch, shift and warp training images a little.  {by_preset('distort')}",
)
@click.option(
    "--precision",
    type=click.Choice(["auto", "bf16", "float32"]),
    help=f"How finely the classifier is computed; auto takes bf16 where that is faster.  {by_preset('precision')}",
)
@click.option(
    "--hold-out",
    type=click.IntRange(min=0),
    metavar="N",
    help="Don't learn N of the training images, but judge by them, to choose settings.  [default: 0]",
)
@with_options(data_options)
@click.option("--accumulate", type=click.IntRange(min=1), default=1, help="Compute each batch in this many parts.")
@click.option("--compile", "compiled", is_flag=True, help="Compile the network first, which takes a minute; for GPUs.")
@click.option("--tensorboard", is_flag=True, help="Write logs for TensorBoard too, in OUT/tensorboard.")
@click.option("--resume", is_flag=True, help="Go on where a training that was stopped had come to.")
@click.option("--out", type=DIRECTORY, help="Where the results go.  [default: runs/PRESET-HEAD]")
def train(
    name: str,
    data_dir: Path,
    device: str,
    accumulate: int,
    compiled: bool,
    tensorboard: bool,
    resume: bool,
    out: Path | None,
    **settings: Any,
) -> None:
    """Train a network; write its checkpoint and its history after every epoch.

    Each epoch prints the loss and both accuracies. On the training data they are taken while the network
    learns, on distorted images if so chosen; on the test data after the epoch.

    Stop it whenever you like: with --resume it goes on after the last whole epoch. Several processes train
    together with: torchrun --nproc-per-node 2 -m mnist_adder train …
    """
    from mnist_adder.compute.device import pick_device
    from mnist_adder.compute.workers import join_workers
    from mnist_adder.data.dataset import load_digits
    from mnist_adder.training.loop import Means
    from mnist_adder.training.loop import train as run
    from mnist_adder.training.run_folder import RunFolder
    from mnist_adder.training.tensorboard_log import tensorboard_log

    started = time.perf_counter()
    where = pick_device(device)
    folder = RunFolder(out or Path("runs") / f"{settings['preset']}-{settings['head']}")
    recalled = folder.recall() if resume else None
    if recalled:
        recipe, state = recalled
        _check_same(recipe, name, settings, folder.path)
        click.echo(f"going on after epoch {len(folder.history)} of {recipe.epochs}")
    else:
        recipe, state = make_recipe(name, **settings), None
        if resume:
            click.echo(f"nothing to go on with in {folder.path}; starting anew")

    with join_workers(where) as workers:
        if not workers.leads:
            workers.wait()  # until the first one has downloaded what is missing
        train_set, test_set = load_digits(recipe.data, data_dir, where)
        if workers.leads:
            workers.wait()
        watch = {}
        if tensorboard and workers.leads:
            watch["watch"] = tensorboard_log(folder.path / "tensorboard", len(folder.history) + 1)
        means = Means(workers, accumulate, compiled)
        try:
            model = run(recipe, train_set, test_set, folder, click.echo, means=means, state=state, **watch)
        except KeyboardInterrupt:
            if folder.history:
                click.echo(f"stopped after epoch {len(folder.history)}; go on with the same command and --resume")
            raise
    if not workers.leads:
        return
    parameters = sum(parameter.numel() for parameter in model.parameters())
    _show_table(folder.history)
    click.echo(f"trained {parameters:,} parameters in {time.perf_counter() - started:.1f} s on {where}")
    click.echo(f"wrote {folder.checkpoint}, {folder.best.name} and {folder.table.name}")


def _check_same(recipe: Recipe, name: str, settings: dict[str, Any], folder: Path) -> None:
    """Refuse options that are given, but are others than the training was started with."""

    def is_given(parameter: str) -> bool:
        return click.get_current_context().get_parameter_source(parameter) is not ParameterSource.DEFAULT

    wanted = {field: value for field, value in settings.items() if is_given(field)}
    if is_given("name"):
        wanted = vars(make_recipe(name, **settings))
    for field, value in wanted.items():
        if getattr(recipe, field) != value:
            raise UserError(
                f"the training in {folder} was started with {field.replace('_', '-')} {getattr(recipe, field)}, "
                f"not {value}; leave that option out, or leave out --resume to start anew"
            )


def _show_table(history: "list[Epoch]") -> None:
    best = max(history, key=lambda epoch: epoch.goodness)
    click.echo(f"\n{'':<22}{'loss':>8}{'digit right':>14}{'sum right':>14}{'sum right if digit is':>24}")
    for title, epoch in [("last", history[-1])] + [("best", best)] * (best is not history[-1]):
        for part, score in epoch.scores.items():
            label = f"{title} ({epoch.number}), {part.replace('_', ' ')}"
            shares = (score.digit_accuracy, score.sum_accuracy, score.sum_accuracy_given_digit)
            widths = (14, 14, 24)
            cells = "".join(f"{share:>{width}.2%}" for share, width in zip(shares, widths, strict=True))
            click.echo(f"{label:<22}{score.loss:>8.4f}{cells}")
    click.echo()
