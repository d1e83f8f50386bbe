"""Which network and which digit a workbook or a page shows: the options, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from excel_export.shared.errors import UserError
from mnist_adder.commands.options import FILE

if TYPE_CHECKING:
    from mnist_adder.data.bundled import Digit
    from mnist_adder.network.model import AdderNetwork

FULL = "full-regression"
shown_options = [
    click.option("--full", is_flag=True, help=f"Take the bundled full network, {FULL}."),
    click.option("--digit", type=click.IntRange(0, 9), help="The digit to show.  [default: 3]"),
    click.option("--clear", is_flag=True, help="Show a clearly drawn digit, not a messy one."),
    click.option(
        "--image", type=FILE, help="Show this picture of a digit instead of a bundled one; --digit says which."
    ),
    click.option("--number", type=click.IntRange(0, 9), default=5, show_default=True, help="The number to add."),
]


def check_shown(checkpoint: str, full: bool, digit: int | None, clear: bool, image: Path | None) -> None:
    """Refuse options that contradict each other, before anything large is loaded.

    Raises:
        click.UsageError: two options say different things.
        UserError: nothing says which digit a picture shows.
    """
    given = click.get_current_context().get_parameter_source
    if full and given("checkpoint") is not ParameterSource.DEFAULT:
        raise click.UsageError(f"--full is the network {FULL}: name {checkpoint}, or --full, not both.")
    if clear and image:
        raise click.UsageError("--clear chooses one of the bundled digits: leave it out with --image.")
    if image and digit is None:
        raise UserError("with --image, say by --digit which digit the picture shows")


def load_shown(
    checkpoint: str, full: bool, digit: int | None, clear: bool, image: Path | None
) -> tuple[AdderNetwork, Digit]:
    """Load the network and the digit that the options name.

    Raises:
        UserError: a file cannot be read.
    """
    from mnist_adder.data.bundled import Digit, bundled_digits
    from mnist_adder.data.picture import read_digit
    from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint

    label = 3 if digit is None else digit
    shown = Digit(read_digit(image), label) if image else bundled_digits()[2 * label + (not clear)]
    network, _ = load_checkpoint(find_checkpoint(FULL if full else checkpoint))
    return network, shown
