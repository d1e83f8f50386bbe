"""The option --sandbox of commands that read strangers' files."""

import click

from excel_export.shared import sandbox


def _require(context: click.Context, parameter: click.Parameter, value: str) -> None:
    if value == "required":
        sandbox.require()


sandbox_option = click.option(
    "--sandbox", type=click.Choice(["auto", "required"]), default="auto", show_default=True, expose_value=False,
    callback=_require, help="Where a file's process cannot be locked in: go on and say so, or refuse the file.",
)  # fmt: skip
