"""`excel-export practice`: a workbook with blanks to fill in, or one for each student of a class."""

from __future__ import annotations

from typing import Any

import click

from excel_export.practice.command_line import Asked, practice_options, write_practice


@click.command(
    "practice",
    epilog="Example: excel-export practice net.py:tiny -o week3 --class names.csv --exam --solutions",
)
@click.argument("source", metavar="SOURCE")
@practice_options
def command(source: str, **given: Any) -> None:
    """Write a workbook in which cells of a network are left empty, for a learner to fill in.

    SOURCE is FILE.py:FACTORY, as for `excel-export export`, or the name of a lesson, as `excel-export lesson --list`
    shows them.

    Each blank is marked at once: right, wrong, or right from your numbers. With --class, each student gets a
    file with other numbers; the key, which the students must not see, is what `excel-export grade` needs.
    """
    write_practice(source, Asked(**given))
