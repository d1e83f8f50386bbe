"""Cells as a user names them on the command line: M7, P7:W7, 'Step 2'!B3."""

from __future__ import annotations

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.graph.names import resolver
from spreadsheet_autograd.graph.read import Contents
from spreadsheet_autograd.language.parser import NotAFormula, parse
from spreadsheet_autograd.language.syntax import Cell, Range, sheet_name

MOST = 100_000


def cells_of(contents: Contents, text: str) -> list[Place]:
    """The cells that a text names, by their address or a defined name; without a sheet, on the first one.

    Raises:
        ExportError: it names none, or a sheet that isn't there.
    """
    if not contents.sheets:
        raise ExportError(f"{contents.path}: has no sheet with cells")
    try:
        home = contents.sheets[0], 1, 1
        sheet, _, cells = text.strip().removeprefix("=").rpartition("!")
        if sheet in contents.sheets:  # as we write it ourselves, without quotes
            cells = f"{sheet_name(sheet)}!{cells}"
        elif sheet:
            cells = f"{sheet}!{cells}"
        node = parse(cells, home[0], resolver(contents, home))
    except NotAFormula:
        node = None
    if not isinstance(node, (Cell, Range)):
        raise ExportError(f"{text[:40]!r} names no cells: write M7, P7:W7 or 'Sheet 2'!M7")
    found = (
        [node.place] if isinstance(node, Cell) else [*node.places()] if node.shape[0] * node.shape[1] <= MOST else []
    )
    if not found:
        raise ExportError(f"{text[:40]!r} names too many cells")
    if found[0][0] not in contents.sheets:
        raise ExportError(f"there is no sheet {found[0][0][:40]!r}; there are: {', '.join(contents.sheets[:20])}")
    return found
