"""`mnist-adder workbook`."""

import time
from pathlib import Path

import click

from excel_export.shared.errors import UserError
from excel_export.shared.terminal import STAGES, START, stages
from mnist_adder.commands.options import output_option
from mnist_adder.commands.shown_digit import ShownDigit, shows_a_digit


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
@output_option("backpropagation.xlsx")
def command(
    shown: ShownDigit,
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
    if (start or stop or shown.full) and (training or all_rules):
        raise click.UsageError(
            "Training is unrolled for a whole small network only: leave out --training, --all-rules."
        )
    with stages({START: 4, **STAGES}) as progress:
        progress(START, 0)
        from mnist_adder.workbook.teaching_workbook import write_workbook

        report = write_workbook(
            *shown.load(),
            shown.number,
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
    click.echo(f"tried {report.tried_words}")
    click.echo(f"wrote {output} in {time.perf_counter() - started:.1f} s")
    click.echo(report.how_to_begin)
