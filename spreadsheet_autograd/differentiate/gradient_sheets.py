"""Gradient sheets: at the same address as each cell, the derivative of the loss by that cell, as a formula."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from excel_export.shared.a1_notation import Place, copies_of
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.differentiate.products import Product, added, product, total
from spreadsheet_autograd.functions.derivatives import NoDerivative, terms_of_gradient
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language import single_cells, syntax
from spreadsheet_autograd.language.algebra import ONE, ZERO
from spreadsheet_autograd.language.places import way
from spreadsheet_autograd.language.syntax import Cell, Node, Range, address

LONGEST_NAME = 31
"""The most characters of a sheet's name, as in Excel."""
LONGEST_FORMULA = 7_500
"""The most characters of a formula; Excel allows 8,192."""
MOST_TERMS = 200
"""The most terms of a sum; the others go into helpers."""
GAP = 2
"""The number of empty columns before the helpers."""


@dataclass
class GradientSheet:
    """A new sheet with the derivatives by one sheet's cells, at the same addresses.

    GradientSheet('Data', '∂ Data', {(3, 2): 'B9*C3'}) has ∂loss/∂B3 in its B3. Cells are (row, column), from 1 on.
    """

    sheet: str
    """The name of the sheet whose cells the derivatives are by."""
    name: str
    """The name of the new sheet."""
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    """The formulas of the derivatives by their cells, without '='."""
    helpers: dict[tuple[int, int], str] = field(default_factory=dict)
    """Formulas of parts of sums that are too long for one formula: {(2, 9): 'B9*C3+…'} for I2; {} for none."""
    senders: dict[tuple[int, int], int] = field(default_factory=dict)
    """For each cell, the number of formulas that read it on the way to the loss: {(3, 2): 2}."""


def gradient_sheets(graph: SpreadsheetGraph, loss: Place) -> list[GradientSheet]:
    """Return a gradient sheet for each sheet with cells from which the loss is computed: [GradientSheet('Data', …)].

    It has, at the address of each such cell, the formula of the loss's derivative by it. The loss is one of the cells:
    its derivative by itself is 1. They come in the order of the sheets' names in the workbook.

    Raises:
        ExportError: the loss is no number, or a cell from which it is computed can't be computed or differentiated.
    """
    leading = refuse_left_out(graph, loss)
    if not isinstance(graph.numbers.get(loss), float) or not graph.is_formula(loss):
        raise ExportError(f"{address(loss)} can't be the loss: it holds no formula that gives a number")
    names = _names(graph, leading)
    received: dict[Place, list[_Sent]] = {
        at: [] for at in sorted(leading) if at[1] > 0 and isinstance(graph.numbers.get(at), (float, bool))
    }
    terms_of = _Terms(graph, names).of
    for at in received:
        for sent in terms_of(at) if at in graph.formulas else ():
            to = sent.term.to.copied(*sent.way).place
            if to in received:
                received[to].append(sent)
    found = {name: GradientSheet(name, names[name]) for name in names}
    right = {name: max(col for sheet, _, col in graph.contents.cells if sheet == name) for name in names}
    known: dict[Hashable, tuple[Place, Callable[[int, int], str]]] = {}
    for at, sents in received.items():
        gradient_sheet = found[at[0]]
        gradient_sheet.senders[at[1:]] = len({sent.by for sent in sents})
        # Copies of a formula get copies of one gradient formula.
        kind = at[0], *[(sent.term, *way(at, sent.by)) for sent in sents]
        if at == loss:
            gradient_sheet.formulas[at[1:]] = "1"
        elif kind in known:
            like, copy = known[kind]
            gradient_sheet.formulas[at[1:]] = copy(*way(like, at))
        else:
            products = [one for sent in sents if (one := sent.term.sent(*sent.way))]
            whole = _sum(gradient_sheet, added(products, gradient_sheet.name), right[at[0]] + GAP + 1)
            gradient_sheet.formulas[at[1:]] = whole
            if ":" not in whole:  # a range made of cells with $ is not copied
                known[kind] = at, copies_of(whole)
    return [*found.values()]


def refuse_left_out(graph: SpreadsheetGraph, loss: Place) -> set[Place]:
    """Return the loss and the cells from which it is computed: {('S', 1, 1), ('S', 2, 1)} for =A1*2 in A2.

    Raises:
        ExportError: one of the cells can't be computed; but a formula that reads no cell, such as RAND(), is allowed.
    """
    leading = {at for at in graph.ancestors(loss) if at not in graph.ranges}
    for at in sorted(leading & graph.left_out.keys()):
        if at == loss or graph.reads_left_out(at) or not isinstance(graph.numbers.get(at), float):
            raise ExportError(f"{address(at)}: {graph.left_out[at]}")
    return leading


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


class _Term:
    def __init__(self, to: Cell, negative: bool, factors: tuple[Node, ...], home: str) -> None:
        self.to, self._negative, self._is_zero = to, negative, ZERO in factors
        text, self._binds = syntax.written_and_binding(product(factors), home)
        self._copy = copies_of(text)
        cells = [factor for factor in factors if isinstance(factor, Cell)]
        self._cells = cells if len(cells) + factors.count(ONE) == len(factors) else []

    def sent(self, rows: int, cols: int) -> Product | None:
        """Return the contribution of a copy, some rows down and columns right; None if it is always 0."""
        if self._is_zero:
            return None
        cells = tuple([cell.copied(rows, cols) for cell in self._cells])
        return Product(self._negative, self._copy(rows, cols), self._binds, cells)


class _Sent(NamedTuple):
    by: Place
    term: _Term
    way: tuple[int, int]
    """The rows and columns from the first formula of which this one is a copy, whose term this is."""


class _Terms:
    def __init__(self, graph: SpreadsheetGraph, homes: Mapping[str, str]) -> None:
        self._graph, self._homes = graph, homes
        self._formula = cache(lambda at: single_cells.without_let(graph.formulas[at]))
        self._rows = cache(lambda array: single_cells.rows_of(self._formula(array)))
        self._moves = cache(lambda at: at not in graph.arrays and not single_cells.reads_own_line(self._formula(at)))
        self._terms = cache(lambda at: [*self._worked_out(at)])

    def of(self, at: Place) -> Iterator[_Sent]:
        first = self._graph.first_of(at)  # it may be a copy of a formula anywhere
        if first not in self._graph.formulas or at in self._graph.arrays or not self._moves(first):
            first = at
        for term in self._terms(first):
            yield _Sent(at, term, way(first, at))

    def _worked_out(self, at: Place) -> Iterator[_Term]:
        try:
            for to, negative, factors in terms_of_gradient(
                self._scalar(at), Cell(*at), Cell(self._homes[at[0]], *at[1:])
            ):
                yield _Term(to, negative, factors, self._homes.get(to.sheet, ""))
        except NoDerivative as error:
            raise ExportError(f"{address(at)}: {error} can't be differentiated here") from None

    def _scalar(self, at: Place) -> Node:
        node = self._formula(at)
        if isinstance(node, syntax.Part):
            return single_cells.element_at(self._rows(node.array), node.row, node.col)
        is_array = isinstance(node, syntax.Call) and node.name in ("MMULT", "TRANSPOSE")
        return self._rows(at)[0][0] if is_array or at in self._graph.arrays else single_cells.in_own_line(node, at)


def _sum(gradient_sheet: GradientSheet, parts: list[Product], column: int) -> str:
    whole = total(parts) if len(parts) <= MOST_TERMS else ""
    if len(parts) == 1 or (len(parts) <= MOST_TERMS and len(whole) <= LONGEST_FORMULA):
        return whole
    cells = []
    for piece in _pieces(parts):
        row = len(gradient_sheet.helpers) + 2
        gradient_sheet.helpers[row, column] = total(piece)
        cells.append(Cell(gradient_sheet.name, row, column))
    return syntax.written(syntax.Call("SUM", (Range(cells[0], cells[-1]),)), gradient_sheet.name)


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
