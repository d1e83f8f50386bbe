"""Reads any workbook into a dictionary of cells; this runs in the process that is locked in."""

from dataclasses import dataclass, field
from pathlib import Path

from excel_export.shared.a1_notation import Place
from excel_export.workbook.contents import Cell as Content
from excel_export.workbook.contents import Table, read_submission

MOST_CELLS = 500_000
"""The most cells of a workbook."""


@dataclass
class Contents:
    """The content of a workbook as saved: cells {('S', 1, 1): Content(3.0), ('S', 1, 2): Content(6.0, 'A1*2')}, …."""

    path: Path
    """The file."""
    cells: dict[Place, Content] = field(default_factory=dict)
    """The nonempty cells, by (sheet, row, column), from 1 on: their values, and formulas without '='."""
    sheets: list[str] = field(default_factory=list)
    """The names of the sheets, in the order of the file."""
    names: dict[str, str] = field(default_factory=dict)
    """The formula for which each defined name stands, by the name in small letters."""
    tables: dict[str, Table] = field(default_factory=dict)
    """The tables by their names in small letters: {'data': Table('S', (1, 5), (1, 2), ('x', 'y'), headers=1, totals=0)}
    for A1:B5."""


def read_contents(path: Path) -> Contents:
    """Read a workbook, and return its contents.

    Raises:
        ExportError: the file is no workbook, is damaged, or has more than 500,000 cells.
    """
    found = read_submission(path, most=MOST_CELLS)
    cells = {(sheet, *at): cell for sheet, content in found.sheets.items() for at, cell in content.items()}
    names = {name.lower(): meaning for name, meaning in found.names.items()}
    return Contents(path, cells, [*found.sheets], names, found.tables)
