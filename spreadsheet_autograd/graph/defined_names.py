"""The meaning of defined names and of structured references to tables, and of cells that a user names: P7:W7, rate."""

import re
from collections.abc import Callable

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.graph.read_cells import Contents, Table
from spreadsheet_autograd.language.parser import NotAFormula, parse
from spreadsheet_autograd.language.syntax import Cell, Node, Range, sheet_name

DEEPEST = 10
"""The most defined names that are defined by each other, one after the other, before that counts as a circle."""
MOST = 100_000
"""The most cells that a user may name at once."""
_STRUCTURED = re.compile(r"([^\W\d][\w.]*)?\[(.*)\]", re.S)
_ITEM = re.compile(r"\[([^\[\]]*)\]")


def resolver(contents: Contents, at: Place, depth: int = 0) -> Callable[[str], Node | None]:
    """Return a function that turns a defined name in a formula, 'rate', into the formula that it stands for, $B$1.

    It returns None for an unknown name.

    Args:
        contents: the workbook.
        at: the cell of the formula: ('S', 3, 2).
        depth: the number of names that were followed already: 0 for a cell's formula, 1 for that of a name in it.

    Raises:
        NotAFormula: (that function) a name is defined by itself, or a table or a column of it does not exist.
    """

    def resolve(text: str) -> Node | None:
        structured = _STRUCTURED.fullmatch(text)
        if structured:
            return _structured(contents, at, structured[1] or "", structured[2])
        meaning = contents.names.get(text.rpartition("!")[2].lower())
        if meaning is None:
            table = contents.tables.get(text.lower())
            return _area(table, _body(table), table.cols) if table else None
        if depth >= DEEPEST:
            raise NotAFormula(f"the name {text[:40]!r} is defined by itself")
        return parse(meaning.removeprefix("="), at[0], resolver(contents, at, depth + 1))

    return resolve


def _structured(contents: Contents, at: Place, name: str, inside: str) -> Node:
    table = contents.tables.get(name.lower()) if name else _around(contents, at)
    if table is None:
        raise NotAFormula(f"there is no table {name[:40]!r}")
    this_row = inside.startswith("@")
    inside = inside.removeprefix("@")
    items = [item.strip() for item in _ITEM.findall(inside)] or [inside.strip()]
    marks = [item.lower() for item in items if item.startswith("#")]
    columns = [item for item in items if item and not item.startswith("#")]
    this_row |= "#this row" in marks
    rows = _body(table)
    if this_row:
        if not rows[0] <= at[1] <= rows[1]:
            raise NotAFormula("means a row of a table, and stands in none")
        rows = at[1], at[1]
    elif "#all" in marks:
        rows = table.rows
    elif "#headers" in marks and "#data" not in marks:
        rows = table.rows[0], table.rows[0]
    elif "#totals" in marks and "#data" not in marks:
        rows = table.rows[1], table.rows[1]
    numbers = [_column(table, column) for column in columns] or [*table.cols]
    return _area(table, rows, (min(numbers), max(numbers)), moves=this_row)


def _around(contents: Contents, at: Place) -> Table | None:
    for table in contents.tables.values():
        inside = table.rows[0] <= at[1] <= table.rows[1] and table.cols[0] <= at[2] <= table.cols[1]
        if table.sheet == at[0] and inside:
            return table
    return None


def _body(table: Table) -> tuple[int, int]:
    return table.rows[0] + table.headers, table.rows[1] - table.totals


def _column(table: Table, name: str) -> int:
    wanted = re.sub(r"'(.)", r"\1", name).lower()
    for k, column in enumerate(table.columns):
        if column.lower() == wanted:
            return table.cols[0] + k
    raise NotAFormula(f"the table has no column {name[:40]!r}")


def _area(table: Table, rows: tuple[int, int], cols: tuple[int, int], *, moves: bool = False) -> Node:
    first, last = (Cell(table.sheet, rows[k], cols[k], not moves, not moves) for k in (0, 1))
    return first if first == last else Range(first, last)


def cells_of(contents: Contents, text: str) -> list[Place]:
    """Return the cells that a text names by address or defined name, M7, 'Step 2'!P7:W7 or rate: [('Sheet1', 7, 13)].

    Without a sheet's name the cells are on the first sheet. A range gives its cells row by row.

    Raises:
        ExportError: the text names no cells, more than 100,000 cells, or a sheet that does not exist.
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
