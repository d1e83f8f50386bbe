"""The command line `excel-export`: its own commands and those that other packages register."""

from collections.abc import Sequence
from difflib import get_close_matches
from importlib.metadata import entry_points

import click

from excel_export.commands import export, lesson, page
from excel_export.shared.terminal import run

GROUP = "excel_export.commands"
"""The group of entry points by which a package adds its commands; each leads to a `click.Command`."""


class Commands(click.Group):
    """A group in which `export` may be left out: `excel-export net.py:tiny -o tiny.xlsx`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, with 'export' before them if they name no command: ['net.py:tiny'] is an export."""
        own = {name for option in self.get_params(ctx) for name in option.opts}
        if not args:
            raise click.UsageError(f"Say a command ({', '.join(self.commands)}), or FILE.py:FACTORY.", ctx)
        if args[0] not in own | self.commands.keys():
            if not args[0].startswith("-") and not {".", ":", "/"} & set(args[0]):
                near = get_close_matches(args[0], self.commands, n=1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
                raise click.UsageError(f"There is no command '{args[0]}'.{hint}", ctx)
            args = [export.command.name or "", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: excel-export net.py:tiny -o tiny.xlsx  (the word 'export' may be left out)",
)
@click.version_option(package_name="excel-backprop", message="excel-export, of %(package)s %(version)s")
def cli() -> None:
    """Make workbooks of live formulas that show how a PyTorch network learns."""


for module in (export, lesson, page):
    cli.add_command(module.command)
for point in entry_points(group=GROUP):
    cli.add_command(point.load())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, each error as one line on standard error; return 0, or 1 for a failure, 2 for wrong usage.

    Args:
        arguments: what follows the program's name, ['net.py:tiny', '-o', 'tiny.xlsx']; None for those of this process.
    """
    return run(cli, "excel-export", arguments)
