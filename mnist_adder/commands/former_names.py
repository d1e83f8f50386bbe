"""Names from earlier versions, which still work on the command line but are not in the help."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

OPTIONS = {"--distort": "--augment=1", "--no-distort": "--augment=0", "--no-augment": "--augment=0"}
RECIPES = {"seed": "baseline"}


class CommandWithFormerOptions(click.Command):
    """A command that also takes the options of `OPTIONS`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Replace former options by those of today, and read the arguments."""
        return super().parse_args(ctx, [OPTIONS.get(argument, argument) for argument in args])


class ChoiceWithFormerNames(click.Choice):
    """A choice that also takes names it had before."""

    def __init__(self, choices: Sequence[str], former: Mapping[str, str]) -> None:
        """Make the choice.

        Args:
            choices: the names of today.
            former: the name of today, by a former name.
        """
        super().__init__(choices)
        self.former = former

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Replace a former name by that of today, and check it."""
        return super().convert(self.former.get(value, value), param, ctx)
