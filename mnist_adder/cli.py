"""The command line: all commands together; every error is one line."""

import io
import os
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout

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

PATIENCE = 2.0  # seconds


@click.group(
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: mnist-adder predict slice-regression --image digit.png --number 7",
)
@click.version_option(package_name="mnist-adder")
def cli() -> None:
    """Train a network that reads a handwritten digit and adds a number to it, and use it."""


for module in (train, evaluate, predict, workbook, page, practice, import_network, report, export_onnx):
    cli.add_command(module.command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, by default with the arguments that the program was started with.

    Returns:
        The exit code: 0, or 1 for a failure, 2 for wrong usage, 130 for Ctrl-C, 143 for SIGTERM.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] != ["train"] or os.environ.get("WORLD_SIZE", "1") == "1" or os.environ.get("RANK", "0") == "0":
        return run(cli, "mnist-adder", given)
    # Of the processes that torchrun starts, only the first one prints, but for errors that the first one doesn't have.
    kept = io.StringIO()
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(kept):
        code = run(cli, "mnist-adder", given)
    if code in (1, 2):
        time.sleep(PATIENCE)  # if the first one has failed too, torchrun ends this one now
        sys.stderr.write(f"process {os.environ['RANK']}: {kept.getvalue()}")
    return code
