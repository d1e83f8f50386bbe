"""The command line: all commands together; every error is one line."""

from collections.abc import Sequence

import click

from excel_export.shared.terminal import run
from mnist_adder.commands import (
    evaluate,
    export_onnx,
    import_network,
    page,
    practice,
    predict,
    report,
    train,
    workbook,
)


@click.group(
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: mnist-adder predict slice-regression --image digit.png --number 7",
)
@click.version_option(package_name="excel-backprop")
def cli() -> None:
    """Train a network that reads a handwritten digit and adds a number to it, and use it."""


for module in (train, evaluate, predict, workbook, page, practice, import_network, report, export_onnx):
    cli.add_command(module.command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code.

    Args:
        arguments: what follows the program's name; None for those that this process was started with.

    Returns:
        0, or 1 for a failure, 2 for wrong usage, 130 for Ctrl-C, 143 for SIGTERM.
    """
    return run(cli, "mnist-adder", arguments)
