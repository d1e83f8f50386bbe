"""Which network and which digit a workbook or a page shows: the options, and what they mean."""

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


@dataclass(frozen=True)
class ShownDigit:
    """The options, as they were given."""

    checkpoint: str
    full: bool
    digit: int | None
    clear: bool
    image: Path | None
    number: int

    def load(self) -> tuple[AdderNetwork, Digit]:
        """Load the network and the digit that the options name, or raise a UserError if a file can't be read."""
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
        """The file of the network; a UserError if the name is none that ships."""
        from mnist_adder.network.checkpoint import find_checkpoint

        return find_checkpoint(self.checkpoint)


def shows_a_digit(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument CHECKPOINT and the options to a command, which gets them together as `shown`."""

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
        click.option("--number", type=click.IntRange(0, 9), default=5, show_default=True, help="The number to add."),
    ]
    return add_options(options)(checked)
