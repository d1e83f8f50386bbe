"""`mnist-adder page`: a network as a page for a browser."""

import time
from pathlib import Path

import click

from excel_export.shared.output_option import output_option, written
from excel_export.shared.page_options import page_options
from excel_export.shared.terminal import STAGES_OF_A_PAGE, START, stages
from mnist_adder.commands.shown_digit import ShownDigit, shows_a_digit


@click.command("page", epilog="Example: mnist-adder page slice-onehot --digit 7 --number 5 -o seven.html")
@shows_a_digit
@page_options
@output_option(default="backpropagation.html")
def command(shown: ShownDigit, output: Path, **about: str) -> None:
    """Write a network as one page for a browser, which computes it anew while a digit is painted.

    Without CHECKPOINT, it is slice-regression. The page links to --source and --workbook; --preview is its picture.
    """
    started = time.perf_counter()
    with stages({START: 4, **STAGES_OF_A_PAGE}) as progress:
        progress(START, 0)
        from mnist_adder.workbook.teaching_page import write_page

        network, digit = shown.load()
        report = write_page(network, digit, shown.number, output, **about, progress=progress)
    click.echo(f"{len(report.table)} tensors, {output.stat().st_size / 1000:,.0f} kB")
    click.echo(f"largest difference from PyTorch's float64 autograd: {report.largest_difference}")
    click.echo(f"{written(output)} in {time.perf_counter() - started:.1f} s")
    click.echo(report.how_to_begin)
