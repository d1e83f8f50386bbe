"""The options -o and --overwrite of every command that writes a file, and the one rule for what -o may replace.

A workbook that we wrote and nobody has saved since is replaced, and so is a page: a command can be typed again. In any
other file may be somebody's work: it is replaced with --overwrite only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from excel_export.shared.errors import UserError
from excel_export.shared.saved_by import is_as_we_saved_it

_REPLACED = "excel_export.replaced"
"""The key in click's context of the files that the command replaces."""


def is_nobodys_work(path: Path) -> bool:
    """Return whether a file can be replaced without a loss: a page, which nobody edits, or a workbook as we saved it.

    Example:
        >>> is_nobodys_work(Path("page.html")), is_nobodys_work(Path("thesis.docx"))
        (True, False)
    """
    return path.suffix.lower() == ".html" or is_as_we_saved_it(path)


def refuse_to_replace(path: Path, may_go: Callable[[Path], bool] = is_nobodys_work) -> None:
    """Refuse to write to a file that exists, unless the command got --overwrite or `may_go` is true of the file.

    Raises:
        UserError: the file stays as it is; the message names --overwrite.
    """
    context = click.get_current_context()
    if not path.is_file():
        return
    if not (context.params["overwrite"] or may_go(path)):
        why = "was saved by another program" if path.suffix.lower() == ".xlsx" else "is there already"
        raise UserError(f"{path} {why}: --overwrite replaces it, and -o names another file")
    context.meta.setdefault(_REPLACED, set()).add(path)


def written(path: Path) -> str:
    """Return what a command says of a file that it has written: 'wrote net.xlsx', or 'replaced net.xlsx'."""
    return f"{'replaced' if path in click.get_current_context().meta.get(_REPLACED, ()) else 'wrote'} {path}"


def output_option(
    words: str = "The file.",
    *,
    default: str | None = None,
    folder: bool = False,
    required: bool = True,
    may_go: Callable[[Path], bool] = is_nobodys_work,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds -o and --overwrite to a function that becomes a click command.

    The function gets only `output`, a Path. Before it is called, a file there that must stay is refused.

    Args:
        words: the help of -o, 'The .xlsx file.'
        default: the file without -o, 'backpropagation.xlsx'; None for none.
        folder: True if -o may name a folder.
        required: True if -o must be said where there is no default.
        may_go: returns of an existing file whether it may be replaced without --overwrite.

    Raises:
        UserError: when the command is called, if the file exists and must stay.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def checked(*passed: Any, output: Path | None, overwrite: bool, **given: Any) -> Any:
            if output is not None:
                refuse_to_replace(output, may_go)
            return command(*passed, output=output, **given)

        kind = click.Path(dir_okay=folder, path_type=Path)
        settings = {"default": default, "show_default": True} if default else {"required": required}
        named = click.option("-o", "--output", type=kind, help=words, **settings)
        replace = click.option(
            "--overwrite", "--force", "overwrite", is_flag=True, help="Replace a file that somebody else has saved."
        )
        return named(replace(checked))

    return decorate
