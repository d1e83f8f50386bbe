"""The options of a workbook or a page for its network and its digit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from excel_export.shared.errors import UserError
from mnist_adder.commands.options import FILE, add_options, checkpoint_argument

if TYPE_CHECKING:
    from mnist_adder.data.bundled import Digit
    from mnist_adder.network.model import AdderNetwork

FULL = "full-regression"
"""The network that --full shows without CHECKPOINT."""


@dataclass(frozen=True)
class ShownDigit:
    """The options that choose a network and a picture, which `load` returns: --digit 3 --clear gives digit=3,
    clear=True.

    Attributes:
        checkpoint: the file of the network, or the name of one that ships.
        full: True for all of a full network, False for a slice of it.
        digit: the digit to show, 0 to 9, or the digit on `image`; None for 3.
        clear: True for the clear picture of the digit that ships, False for the messy one.
        image: the file of another picture; None for one that ships.
        number: the number to add, 0 to 9.
    """

    checkpoint: str
    full: bool
    digit: int | None
    clear: bool
    image: Path | None
    number: int

    def load(self) -> tuple[AdderNetwork, Digit]:
        """Return the network and the digit that the options name: by default the bundled messy 3.

        Raises:
            UserError: a file can't be read, or --full is given with a network that is no full one.
        """
        from mnist_adder.data.bundled import Digit, bundled_digits
        from mnist_adder.data.picture import read_digit
        from mnist_adder.network.checkpoint import load_checkpoint

        label = 3 if self.digit is None else self.digit
        shown = Digit(read_digit(self.image), label) if self.image else bundled_digits()[2 * label + (not self.clear)]
        network, _ = load_checkpoint(self.path)
        if self.full and network.preset != "full":
            raise UserError(f"{self.checkpoint} is a {network.preset}, whole already: leave out --full")
        return network, shown

    @property
    def path(self) -> Path:
        """The file of the network that `checkpoint` names.

        Raises:
            UserError: there is no such file, and no network of that name ships.
        """
        from mnist_adder.network.checkpoint import find_checkpoint

        return find_checkpoint(self.checkpoint)


def shows_a_digit(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the argument CHECKPOINT and the options of a `ShownDigit`, which it gets as `shown`.

    Raises:
        UsageError: (click's) when the command is called, if --clear and --image are both given.
        UserError: likewise, if --image is given without --digit.
    """

    @wraps(command)
    def checked(**given: Any) -> None:
        shown = ShownDigit(**{field.name: given.pop(field.name) for field in fields(ShownDigit)})
        source = click.get_current_context().get_parameter_source("checkpoint")
        if shown.full and source is ParameterSource.DEFAULT:
            shown = replace(shown, checkpoint=FULL)
        if shown.clear and shown.image:
            raise click.UsageError("--clear chooses one of the bundled digits: leave it out with --image.")
        if shown.image and shown.digit is None:
            raise UserError("with --image, say by --digit which digit the picture shows")
        command(shown=shown, **given)

    options = [
        checkpoint_argument(default="slice-regression"),
        click.option("--full", is_flag=True, help=f"All of a full network; without CHECKPOINT, of {FULL}."),
        click.option("--digit", type=click.IntRange(0, 9), help="The digit to show.  [default: 3]"),
        click.option("--clear", is_flag=True, help="Show a clearly drawn digit, not a messy one."),
        click.option(
            "--image", type=FILE, help="Show this picture of a digit instead of a bundled one; --digit says which."
        ),
        click.option("--number", type=click.IntRange(0, 9), default=6, show_default=True, help="The number to add."),
    ]
    return add_options(options)(checked)
