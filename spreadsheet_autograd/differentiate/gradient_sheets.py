"""For each sheet a gradient sheet: at the same address stands the derivative of the loss by that cell, as a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.differentiate.products import Product, added, total
from spreadsheet_autograd.differentiate.terms_received import TermsReceived
from spreadsheet_autograd.functions.derivatives import NoDerivative, SlopeTerm, terms_of_gradient
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.elements import in_own_line, reads_own_line, rows_of, without_let
from spreadsheet_autograd.language.syntax import Call, Cell, Node, Part, Range, address, written

LONGEST_NAME, LONGEST_FORMULA, MOST_TERMS = 31, 7_500, 200
GAP = 2
"""Empty columns before the helpers."""


@dataclass
class GradientSheet:
    """What stands on the gradient sheet of a sheet."""

    sheet: str
    name: str
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    helpers: dict[tuple[int, int], str] = field(default_factory=dict)
    """Parts of sums that are longer than a formula may be."""
    senders: dict[tuple[int, int], int] = field(default_factory=dict)
    """By how many cells a cell is read on its way to the loss."""


def gradient_sheets(graph: SpreadsheetGraph, loss: Place) -> list[GradientSheet]:
    """Make the gradient sheets of the sheets that lead to a loss.

    Raises:
        ExportError: the loss is no number, or a cell that leads to it can't be computed or differentiated.
    """
    leading = refuse_left_out(graph, loss)
    if not isinstance(graph.numbers.get(loss), float) or not graph.is_formula(loss):
        raise ExportError(f"{address(loss)} can't be the loss: it holds no formula that gives a number")
    names = _names(graph, leading)
    numbers = graph.numbers
    known = {at for at in leading if at[1] > 0 and isinstance(numbers.get(at), (float, bool))}
    arrays: dict[Place, list[list[Node]]] = {}

    def terms_of(at: Place) -> list[SlopeTerm]:
        try:
            return [*terms_of_gradient(_scalar(graph, at, arrays), Cell(*at), Cell(names[at[0]], *at[1:]))]
        except NoDerivative as error:
            raise ExportError(f"{address(at)}: {error} can't be differentiated here") from None

    received = TermsReceived(known, _firsts(graph), terms_of, names)
    for at in sorted(at for at in known if at in graph.formulas):
        received.send(at)
    found = {name: GradientSheet(name, names[name]) for name in names}
    right = {name: max(col for sheet, _, col in graph.contents.cells if sheet == name) for name in names}
    for at in sorted(known):
        gradient_sheet = found[at[0]]
        if at == loss:
            gradient_sheet.formulas[at[1:]] = "1"
        else:
            _put(gradient_sheet, at, received, right[at[0]] + GAP + 1)
        gradient_sheet.senders[at[1:]] = received.senders[at]
    return [*found.values()]


def refuse_left_out(graph: SpreadsheetGraph, loss: Place) -> set[Place]:
    """Return the cells that lead to a loss. What can't be computed and reads nothing, as RAND(), is a number, too.

    Raises:
        ExportError: one of them can't be computed, and reads other cells.
    """
    leading = {at for at in graph.ancestors(loss) if at not in graph.ranges}
    for at in sorted(leading & graph.left_out.keys()):
        if at == loss or graph.reads_left_out(at) or not isinstance(graph.numbers.get(at), float):
            raise ExportError(f"{address(at)}: {graph.left_out[at]}")
    return leading


def _firsts(graph: SpreadsheetGraph) -> Callable[[Place], Place]:
    """What gives the first formula of which that of a cell is a copy, wherever both stand."""
    moves: dict[Place, bool] = {}

    def first_of(at: Place) -> Place:
        first = graph.first_of(at)
        if first is None or at in graph.arrays or first not in graph.formulas:
            return at
        if first not in moves:
            moves[first] = first not in graph.arrays and not reads_own_line(without_let(graph.formulas[first]))
        return first if moves[first] else at

    return first_of


def _names(graph: SpreadsheetGraph, leading: set[Place]) -> dict[str, str]:
    used = {at[0] for at in leading if at[1] > 0}
    taken = {sheet.casefold() for sheet in graph.contents.sheets}
    names = {}
    for sheet in graph.contents.sheets:
        if sheet not in used:
            continue
        name, serial = f"∂ {sheet}"[:LONGEST_NAME], 1
        while name.casefold() in taken:
            serial += 1
            name = f"∂ {sheet}"[: LONGEST_NAME - 4] + f" {serial}"
        taken.add(name.casefold())
        names[sheet] = name
    return names


def _scalar(graph: SpreadsheetGraph, at: Place, arrays: dict[Place, list[list[Node]]]) -> Node:
    """The formula of one cell; of an array formula, that of its element."""
    node = graph.formulas[at]
    if isinstance(node, Part):
        if node.array not in arrays:
            arrays[node.array] = rows_of(without_let(graph.formulas[node.array]))
        rows = arrays[node.array]
        row = rows[0] if len(rows) == 1 else rows[node.row]
        return row[0] if len(row) == 1 else row[node.col]
    node = without_let(node)
    if at in graph.arrays or (isinstance(node, Call) and node.name in ("MMULT", "TRANSPOSE")):
        return rows_of(node)[0][0]
    return in_own_line(node, at)


def _put(gradient_sheet: GradientSheet, at: Place, received: TermsReceived, column: int) -> None:
    copied = received.kept(at)
    if copied is not None:
        gradient_sheet.formulas[at[1:]] = copied
        return
    parts = added(received.products(at), gradient_sheet.name)
    if len(parts) <= MOST_TERMS:
        whole = total(parts)
        if len(whole) <= LONGEST_FORMULA or len(parts) == 1:
            gradient_sheet.formulas[at[1:]] = whole
            received.keep(at, whole)
            return
    cells = []
    for piece in _pieces(parts):
        row = len(gradient_sheet.helpers) + 2
        gradient_sheet.helpers[row, column] = total(piece)
        cells.append(Cell(gradient_sheet.name, row, column))
    gradient_sheet.formulas[at[1:]] = written(Call("SUM", (Range(cells[0], cells[-1]),)), gradient_sheet.name)


def _pieces(parts: list[Product]) -> Iterator[list[Product]]:
    piece: list[Product] = []
    length = 0
    for part in parts:
        size = len(part.text) + 1
        if piece and (length + size > LONGEST_FORMULA or len(piece) == MOST_TERMS):
            yield piece
            piece, length = [], 0
        piece.append(part)
        length += size
    if piece:
        yield piece
