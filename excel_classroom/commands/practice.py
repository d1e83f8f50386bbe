"""`excel-export practice`: a workbook with blanks to fill in, or one for each student of a class."""

from __future__ import annotations

from typing import Any

import click

from excel_classroom.practice.command_line import practice_options, write_practice

EXAMPLES = """\b
Examples:
  excel-export practice one-neuron -o practice.xlsx
  excel-export practice net.py:tiny -o practice.xlsx --backward --blanks 8 --questions 1
  excel-export practice net.py:tiny -o week3 --class list.csv --exam --solutions
"""


@click.command("practice", epilog=EXAMPLES)
@click.argument("source", metavar="SOURCE")
@practice_options
def command(source: str, **given: Any) -> None:
    """Write a workbook in which cells of a network are left empty, for a learner to fill in.

    SOURCE is FILE.py:FACTORY, as for `excel-export export`, or the name of a lesson, as `excel-export lesson --list`
    shows them.

    Each blank is marked at once: right, wrong, or right from your numbers. With --class, each student gets a
    file with the same blanks and other numbers; the key, which the students must not see, is what `excel-export grade`
    needs. What --exam protects, and what it doesn't, stands in docs/teaching.md.
    """
    write_practice(source, **given)
