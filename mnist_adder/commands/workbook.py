"""`mnist-adder workbook`: a network as a workbook of live formulas."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from excel_export.shared.errors import UserError
from excel_export.shared.output_option import output_option, written
from excel_export.shared.terminal import STAGES, START, stages
from mnist_adder.commands.options import add_options, data_dir_option
from mnist_adder.commands.shown_digit import ShownDigit, shows_a_digit

if TYPE_CHECKING:
    from mnist_adder.distillation.taught_slice import TaughtSlice


@click.command("workbook", epilog="Example: mnist-adder workbook slice-onehot --digit 7 --number 5 -o seven.xlsx")
@shows_a_digit
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
@add_options([data_dir_option("The slice of a full network learns from it; nothing is downloaded.")])
@output_option(default="backpropagation.xlsx")
def command(
    shown: ShownDigit,
    start: str | None,
    stop: str | None,
    training: bool | None,
    all_rules: bool,
    data_dir: Path,
    output: Path,
) -> None:
    """Write a network's forward and backward pass as a workbook in which every number is a live formula.

    Without CHECKPOINT, it is slice-regression. Of a full network it is a slice of it, small enough to follow: with
    some of its filters, and taught by its answers, in about three minutes. The slice is kept beside CHECKPOINT, so the
    next workbook takes seconds. --full writes the full network itself, --from and --to a part of it.
    """
    started = time.perf_counter()
    if (start or stop or shown.full) and (training or all_rules):
        raise click.UsageError(
            "Training is unrolled for a whole small network only: leave out --training, --all-rules."
        )
    with stages({START: 1}) as progress:
        progress(START, 0)
        network, digit = shown.load()
    taught = None
    if network.preset == "full" and not (shown.full or start or stop):
        from mnist_adder.distillation.taught_slice import slice_of

        taught = slice_of(network, shown.path, data_dir, click.echo)
        network = taught.network
        _tell(taught)
    with stages({START: 4, **STAGES}) as progress:
        progress(START, 0)
        from mnist_adder.workbook.teaching_workbook import write_workbook

        report = write_workbook(
            network,
            digit,
            shown.number,
            output,
            taught=taught,
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
    click.echo(f"tried {report.tried_words}")
    click.echo(f"{written(output)} in {time.perf_counter() - started:.1f} s")
    click.echo(report.how_to_begin)


def _tell(taught: "TaughtSlice") -> None:
    test, apart = taught.test, taught.trained_apart
    click.echo(
        f"{taught.words}: from its answers for {taught.images:,} images, which are as sure as they are right at a "
        f"temperature of {taught.temperature:.2f}"
    )
    rows = {
        "digit right": (f"{test.digit_accuracy:.2%}", f"{apart.digit_accuracy:.2%}"),
        "the full network's digit": (f"{test.agreement:.2%}", f"{apart.agreement:.2%}"),
        "how far its probabilities are from the full network's": (f"{test.divergence:.4f}", f"{apart.divergence:.4f}"),
        f"the same on the {test.misread} digits that the full one misreads": (
            f"{test.misread_divergence:.3f}",
            f"{apart.misread_divergence:.3f}",
        ),
        "of these, taken for the same wrong digit": (f"{test.misread_alike}", f"{apart.misread_alike}"),
    }
    click.echo(f"{f'on {test.images:,} test images':<60}{'this slice':>12}{'slice-regression':>18}")
    for what, (mine, other) in rows.items():
        click.echo(f"{what:<60}{mine:>12}{other:>18}")
    held = taught.held_out
    click.echo(f"on {held.images:,} training images held out: {held.digit_accuracy:.2%} right")
