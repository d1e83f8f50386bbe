"""`mnist-adder train`."""

import time
from collections.abc import Mapping
from pathlib import Path

import click

from mnist_adder.commands.options import DIRECTORY, data_options, with_options
from mnist_adder.recipe import ADDER_SPEED, DISTORT, EPOCHS, LEARNING_RATE, Recipe


def by_preset(values: Mapping[str, float]) -> str:
    """Write values that depend on the preset as one phrase."""
    words = {True: "yes", False: "no"}
    return ", ".join(
        f"{preset} {words[value] if isinstance(value, bool) else value}" for preset, value in values.items()
    )


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
@click.option("--epochs", type=click.IntRange(min=1), help=f"Walks through the data.  [default: {by_preset(EPOCHS)}]")
@click.option("--batch-size", type=click.IntRange(min=1), default=128, show_default=True, help="Images a step.")
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    help=f"The peak of the one-cycle schedule.  [default: {by_preset(LEARNING_RATE)}]",
)
@click.option(
    "--distort/--no-distort",
    default=None,
    help=f"Rotate, stretch and shift training images a little.  [default: {by_preset(DISTORT)}]",
)
@with_options(data_options)
@click.option("--out", type=DIRECTORY, help="Where the results go.  [default: runs/PRESET-HEAD]")
def train(
    preset: str,
    head: str,
    epochs: int | None,
    batch_size: int,
    learning_rate: float | None,
    distort: bool | None,
    data: str,
    data_dir: Path,
    seed: int,
    device: str,
    out: Path | None,
) -> None:
    """Train a network; write its checkpoint and its history.

    Each epoch prints the loss and both accuracies. On the training data they are taken while the network
    learns, on distorted images if so chosen; on the test data after the epoch.
    """
    from mnist_adder.data import load_digits
    from mnist_adder.device import pick_device
    from mnist_adder.train import train as run

    recipe = Recipe(
        preset=preset,
        head=head,
        data=data,
        epochs=epochs or EPOCHS[preset],
        batch_size=batch_size,
        learning_rate=learning_rate or LEARNING_RATE[preset],
        adder_speed=ADDER_SPEED[head],
        distort=DISTORT[preset] if distort is None else distort,
        seed=seed,
    )
    out = out or Path("runs") / f"{preset}-{head}"
    started = time.perf_counter()
    train_set, test_set = load_digits(data, data_dir, pick_device(device))
    model = run(recipe, train_set, test_set, out, click.echo)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    click.echo(f"trained {parameters:,} parameters in {time.perf_counter() - started:.1f} s on {train_set.device}")
    click.echo(f"wrote {out / 'checkpoint.safetensors'} and {out / 'history.csv'}")
