"""`mnist-adder workbook`."""

import time
from pathlib import Path

import click
from click.core import ParameterSource

from excel_export.shared.errors import UserError
from excel_export.shared.stages import STAGES, START
from excel_export.shared.terminal import stages
from mnist_adder.commands.options import FILE, checkpoint_argument


@click.command("workbook", epilog="Example: mnist-adder workbook slice-onehot --digit 7 --number 5 -o seven.xlsx")
@checkpoint_argument(default="slice-regression")
@click.option("--full", is_flag=True, help="Take the bundled full network, full-regression.")
@click.option("--digit", type=click.IntRange(0, 9), help="The digit to show.  [default: 3]")
@click.option("--clear", is_flag=True, help="Show a clearly drawn digit, not a messy one.")
@click.option("--image", type=FILE, help="Show this picture of a digit instead of a bundled one; --digit says which.")
@click.option("--number", type=click.IntRange(0, 9), default=5, show_default=True, help="The number to add.")
@click.option(
    "--from", "start", metavar="LAYER", help="Begin with this layer, such as conv6; what comes before it is pasted."
)
@click.option(
    "--to", "stop", metavar="LAYER", help="End with this layer; the gradient that arrives behind it is pasted."
)
@click.option(
    "--training/--no-training",
    default=None,
    help="With or without the sheets that unroll training.  [default: with them, for a whole small network]",
)
@click.option(
    "--all-rules", is_flag=True, help="Let the training learn by momentum, Adam and so on, too: a larger file."
)
@click.option("-o", "--output", type=FILE, default=Path("backpropagation.xlsx"), show_default=True, help="The file.")
def command(
    checkpoint: str,
    full: bool,
    digit: int | None,
    clear: bool,
    image: Path | None,
    number: int,
    start: str | None,
    stop: str | None,
    training: bool | None,
    all_rules: bool,
    output: Path,
) -> None:
    """Write a network's forward and backward pass as a workbook in which every number is a live formula.

    Without CHECKPOINT, it is slice-regression.
    """
    started = time.perf_counter()
    given = click.get_current_context().get_parameter_source
    if full and given("checkpoint") is not ParameterSource.DEFAULT:
        raise click.UsageError(f"--full is the network full-regression: name {checkpoint}, or --full, not both.")
    if clear and image:
        raise click.UsageError("--clear chooses one of the bundled digits: leave it out with --image.")
    if (start or stop or full) and (training or all_rules):
        raise click.UsageError(
            "Training is unrolled for a whole small network only: leave out --training, --all-rules."
        )
    if image and digit is None:
        raise UserError("with --image, say by --digit which digit the picture shows")
    with stages({START: 4, **STAGES}) as progress:
        progress(START, 0)
        from mnist_adder.data.bundled import Digit, bundled_digits
        from mnist_adder.data.picture import read_digit
        from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
        from mnist_adder.workbook.teaching_workbook import write_workbook

        label = 3 if digit is None else digit
        shown = Digit(read_digit(image), label) if image else bundled_digits()[2 * label + (not clear)]
        network, _ = load_checkpoint(find_checkpoint("full-regression" if full else checkpoint))
        report = write_workbook(
            network,
            shown,
            number,
            output,
            training=training is not False,
            all_rules=all_rules,
            start=start,
            stop=stop,
            progress=progress,
        )
    if not report.ok:
        raise UserError(f"{output} differs from PyTorch by {report.max_error:.1e}; please report this")
    click.echo(f"{report.formulas:,} live formulas, {len(report.table)} tensors")
    click.echo(f"largest difference from PyTorch's float64 autograd: {report.largest_difference}")
    click.echo(f"wrote {output} in {time.perf_counter() - started:.1f} s")
    click.echo(report.how_to_begin)
