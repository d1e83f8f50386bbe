"""The options of every command that writes a page: the source, the workbook and the preview that the page names."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

import click

PACKAGE = "excel-backprop"
SOURCE = "Source"
"""The label in the package's metadata of the source's address."""


def source_in_metadata() -> str:
    """Return the address of the source code, 'https://…', from the package's metadata; '' if it names none."""
    try:
        urls: list[str] = metadata(PACKAGE).get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    named: dict[str, str] = dict(url.split(", ", 1) for url in urls if ", " in url)
    return named.get(SOURCE, "")


def page_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options --source, --workbook and --preview to a function that becomes a click command; a decorator."""
    options = [
        click.option("--source", default=source_in_metadata, help="Where the source is: the page links there."
                     "  [default: what the package's metadata say]"),
        click.option("--workbook", default="", help="Where the same network is as a workbook: an address, or a file "
                     "beside the page."),
        click.option("--preview", default="", help="A picture that messengers show of the page: its whole "
                     "address, https://…"),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command
