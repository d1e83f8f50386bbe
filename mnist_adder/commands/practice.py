"""`mnist-adder practice`: the small network as a workbook with blanks."""

from typing import Any

import click

from excel_classroom.commands.practice import practice_options, write_practice

NETWORKS = ("slice-regression", "slice-onehot")


@click.command("practice", epilog="Example: mnist-adder practice -o practice.xlsx --backward --blanks 8")
@click.argument("network", metavar="[NETWORK]", type=click.Choice(NETWORKS), default=NETWORKS[0])
@practice_options
def command(network: str, **given: Any) -> None:
    """Write the small network as a workbook in which cells are left empty, for a learner to fill in.

    NETWORK is slice-regression, or slice-onehot, whose sum is one of 19 classes. The options are those of
    `excel-export practice`: -o names the file, --backward asks for gradients, --blanks 8 leaves 8 cells empty.
    """
    from mnist_adder.workbook.practice import source_of

    write_practice(source_of(network), **given)
