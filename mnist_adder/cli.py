"""The command line: its commands put together; every error is one line."""

import os
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout

import click

from excel_export.shared.errors import UserError
from excel_export.shared.terminal import run
from mnist_adder.commands.evaluate import evaluate
from mnist_adder.commands.export_onnx import export_onnx
from mnist_adder.commands.predict import predict
from mnist_adder.commands.report import report
from mnist_adder.commands.train import train
from mnist_adder.commands.workbook import workbook


@click.group(
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: mnist-adder predict slice-regression --image digit.png --number 7",
)
@click.version_option(package_name="mnist-adder")
def cli() -> None:
    """Train a network that reads a handwritten digit and adds a number to it, and use it."""


for command in (train, evaluate, predict, workbook, report, export_onnx):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code.

    That is 0, or 1 for a failure, 2 for wrong usage, 130 for Ctrl-C, 143 for SIGTERM.
    """
    if os.environ.get("RANK", "0") == "0":
        return run(cli, "mnist-adder", arguments, UserError)
    # Of the processes that torchrun starts, the first one speaks for all.
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        return run(cli, "mnist-adder", arguments, UserError)
