"""Anybody's workbook as one dictionary of cells. It is read in the process that is locked in."""

from dataclasses import dataclass, field
from pathlib import Path

from excel_export.shared.a1_notation import Place
from excel_export.workbook.contents import Cell as Content
from excel_export.workbook.contents import Table, read_submission

MOST_CELLS = 500_000


@dataclass
class Contents:
    """A workbook as it was saved."""

    path: Path
    cells: dict[Place, Content] = field(default_factory=dict)
    sheets: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """What each defined name stands for, by its name in small letters."""
    tables: dict[str, Table] = field(default_factory=dict)


def read_contents(path: Path) -> Contents:
    """Read a workbook.

    Raises:
        ExportError: it is no workbook, is damaged, or is too large.
    """
    found = read_submission(path, most=MOST_CELLS)
    cells = {(sheet, *at): cell for sheet, own in found.sheets.items() for at, cell in own.items()}
    names = {name.lower(): meaning for name, meaning in found.names.items()}
    return Contents(path, cells, [*found.sheets], names, found.tables)
