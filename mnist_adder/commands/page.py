"""`mnist-adder page`."""

import time
from pathlib import Path

import click
from click.core import ParameterSource

from excel_export.shared.errors import UserError
from excel_export.shared.stages import STAGES_OF_A_PAGE, START
from excel_export.shared.terminal import stages
from mnist_adder.commands.options import FILE, checkpoint_argument


@click.command("page", epilog="Example: mnist-adder page slice-onehot --digit 7 --number 5 -o seven.html")
@checkpoint_argument(default="slice-regression")
@click.option("--full", is_flag=True, help="Take the bundled full network, full-regression.")
@click.option("--digit", type=click.IntRange(0, 9), help="The digit to show.  [default: 3]")
@click.option("--clear", is_flag=True, help="Show a clearly drawn digit, not a messy one.")
@click.option("--image", type=FILE, help="Show this picture of a digit instead of a bundled one; --digit says which.")
@click.option("--number", type=click.IntRange(0, 9), default=5, show_default=True, help="The number to add.")
@click.option("-o", "--output", type=FILE, default=Path("backpropagation.html"), show_default=True, help="The file.")
def command(
    checkpoint: str, full: bool, digit: int | None, clear: bool, image: Path | None, number: int, output: Path
) -> None:
    """Write a network as one page for a browser, which computes it anew while a digit is painted.

    Without CHECKPOINT, it is slice-regression.
    """
    started = time.perf_counter()
    if full and click.get_current_context().get_parameter_source("checkpoint") is not ParameterSource.DEFAULT:
        raise click.UsageError(f"--full is the network full-regression: name {checkpoint}, or --full, not both.")
    if clear and image:
        raise click.UsageError("--clear chooses one of the bundled digits: leave it out with --image.")
    if image and digit is None:
        raise UserError("with --image, say by --digit which digit the picture shows")
    with stages({START: 4, **STAGES_OF_A_PAGE}) as progress:
        progress(START, 0)
        from mnist_adder.data.bundled import Digit, bundled_digits
        from mnist_adder.data.picture import read_digit
        from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
        from mnist_adder.workbook.teaching_page import write_page

        label = 3 if digit is None else digit
        shown = Digit(read_digit(image), label) if image else bundled_digits()[2 * label + (not clear)]
        network, _ = load_checkpoint(find_checkpoint("full-regression" if full else checkpoint))
        report = write_page(network, shown, number, output, progress)
    click.echo(f"{len(report.table)} tensors, {output.stat().st_size / 1000:,.0f} kB")
    click.echo(f"largest difference from PyTorch's float64 autograd: {report.largest_difference}")
    click.echo(f"wrote {output} in {time.perf_counter() - started:.1f} s")
    click.echo(report.how_to_begin)
