"""Lists the words of a formula: the cells that it may mean to read, and the pieces of the forward pass's formulas."""

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.derivatives import NoDerivative, terms_of_gradient
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language import syntax
from spreadsheet_autograd.language.algebra import factors_of, product_of, terms_of
from spreadsheet_autograd.language.places import nearest
from spreadsheet_autograd.language.single_cells import without_let
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Number, Range, pieces, size_of

MOST_CELLS = 300
"""The most cells that a reference may mean. All limits here bound the number of edits that are tried."""
MOST_FORWARD = 150
"""The most of these cells that belong to the forward pass."""
MOST_OTHERS = 100
"""The most of these cells elsewhere on the sheet."""
MOST_TYPED = 20
"""The most typed numbers in `typed`."""
MOST_BESIDE = 12
"""The number of formulas beside the cell whose products are words."""
MOST_EXPRESSIONS = 60
"""The most products in `expressions`."""
MOST_FORMULAS = 30
"""The number of forward formulas whose terms and numbers are words."""
MOST_TERMS = 30
"""The most terms in `terms`."""
MOST_NUMBERS = 12
"""The most numbers in `numbers`."""
LONGEST_TERM = 12
"""The most pieces of a term in `terms`."""
MOST_DIFFERENTIATED = 20
"""The number of forward formulas whose slopes are words."""
MOST_READ = 8
"""The most references in a formula whose slopes are words."""
LONGEST_SLOPE = 60
"""The most pieces of a slope in `slopes`."""
MOST_SLOPES = 40
"""The most slopes in `slopes`."""
MOST_SCALARS = 8
"""The most single cells for an array formula."""
MOST_RANGES = 16
"""The number of ranges whose matrix products are words."""
MOST_BLOCKS = 60
"""The most rectangles of one shape."""
_USUAL = {0.0, 0.5, 1.0, 2.0, 3.0, 4.0}
"""Numbers that are tried anyway."""


class Vocabulary:
    """The cells, numbers and pieces of formulas that may belong into a cell's formula: `cells`, `terms` and so on.

    For the gradient B6 they are the cells B1 and B3, the term B4-B2 and others. `formula` is that of `cell`, as it is;
    `forward` are the cells from which the loss is computed.
    """

    def __init__(self, graph: SpreadsheetGraph, formula: Node, cell: Place, forward: Collection[Place]) -> None:
        self.graph, self.formula, self.cell, self.forward = graph, formula, cell, forward

    @cached_property
    def cells(self) -> list[Place]:
        """The cells with numbers that a reference may mean, the nearest first: [B5, B7, …] for B6; B6 is left out.

        They are what the formula reads, cells up to three rows or columns from that and from B6, cells of the forward
        pass and other formulas on the sheet; at most 300.
        """
        found = dict.fromkeys(self.graph.reads(self.formula))
        for sheet, row, col in [*found, self.cell]:
            for step in (1, -1, 2, -2, 3, -3):
                found[sheet, row + step, col] = None
                found[sheet, row, col + step] = None
        found.update(dict.fromkeys(nearest(self.forward, self.cell)[:MOST_FORWARD]))
        others = [at for at in self.graph.formulas if at[0] == self.cell[0] and at not in self.forward]
        found.update(dict.fromkeys(nearest(others, self.cell)[:MOST_OTHERS]))
        return nearest((at for at in found if self.is_number(at) and at != self.cell), self.cell)[:MOST_CELLS]

    @cached_property
    def in_line(self) -> list[Place]:
        """The cells of `cells` in the row or the column of the formula's own cell, [B5, C6] for B6; [] for none."""
        sheet, row, col = self.cell
        return [at for at in self.cells if at[0] == sheet and (at[1] == row or at[2] == col)]

    @cached_property
    def texts(self) -> list[Place]:
        """The cells of texts from which the loss is computed, [A3], names that are looked up or compared."""
        return [at for at in self.forward if isinstance(self.graph.numbers.get(at), str)]

    @cached_property
    def typed(self) -> list[Place]:
        """The nearest typed numbers on the sheet, as cells [B2, B9], such as a forgotten target or bias; at most 20."""
        numbers = [at for at in self.graph.numbers if at[0] == self.cell[0] and at not in self.graph.formulas]
        return nearest((at for at in numbers if self.is_number(at)), self.cell)[:MOST_TYPED]

    @cached_property
    def _fixed(self) -> dict[Place, Cell]:
        read = (piece for node in (*self._formulas, self.formula) for piece in pieces(node) if isinstance(piece, Cell))
        return {cell.place: cell for cell in read if cell.fixed_row or cell.fixed_col}

    def written(self, at: Place) -> Cell:
        """Return a reference to a cell with the $ of the formula to repair, else of a forward formula: B$1; else B1."""
        return self._fixed.get(at) or Cell(*at)

    def is_number(self, at: Place) -> bool:
        """Return whether a cell holds a number: True for 0.5, False for a text, TRUE, an error or an empty cell."""
        return at[1] > 0 and isinstance(self.graph.numbers.get(at), float)

    @cached_property
    def _near(self) -> list[Place]:
        return nearest((at for at in self.forward if at in self.graph.formulas and at[1] > 0), self.cell)

    @cached_property
    def _formulas(self) -> list[Node]:
        near = (self.graph.formulas[at] for at in self._near[:MOST_FORMULAS])
        return [node for node in near if not isinstance(node, syntax.Part)]

    @cached_property
    def numbers(self) -> list[float]:
        """Numbers in forward formulas, [0.01] for the slope of a leaky ReLU, without 0, 0.5, 1, 2, 3, 4; at most 12."""
        found = {piece.value: None for node in self._formulas for piece in pieces(node) if isinstance(piece, Number)}
        return [value for value in found if value not in _USUAL][:MOST_NUMBERS]

    @cached_property
    def terms(self) -> list[tuple[int, Node]]:
        """At most 30 terms of sums in forward formulas, each with its sign: [(1, B4), (-1, B2)] for `=(B4-B2)^2`."""
        sums = (piece for node in self._formulas for piece in pieces(node) if isinstance(piece, Binary))
        found: dict[Node, int] = {
            term: sign
            for whole in sums
            if whole.operator in "+-"
            for sign, term in terms_of(whole)
            if not isinstance(term, Number) and size_of(term) <= LONGEST_TERM
        }
        return [(sign, term) for term, sign in found.items()][:MOST_TERMS]

    @cached_property
    def expressions(self) -> list[Node]:
        """The products in the nearest formulas of the sheet from which no loss is computed: [B7*B6] of `=B3-B7*B6`.

        They may be gradients without cells. There are at most 60, from 12 formulas.
        """
        formulas = self.graph.formulas
        beside = [at for at in formulas if at[0] == self.cell[0] and at[1] > 0 and at not in {*self.forward, self.cell}]
        products: dict[Node, None] = {
            piece: None
            for at in nearest(beside, self.cell)[:MOST_BESIDE]
            for _, piece in syntax.walk(formulas[at])
            if isinstance(piece, Binary) and piece.operator == "*"
        }
        return [*products][:MOST_EXPRESSIONS]

    @cached_property
    def slopes(self) -> list[Node]:
        """The slopes of the nearest forward formulas by the cells they read, and the factors of these: at most 40.

        2*(B4-B2) of B5 `=(B4-B2)^2` by B4, and with B4 `=B3*B1` also 2*(B4-B2)*B1 by B3, through one cell between.
        Single cells and numbers are left out.
        """
        by_cell = {at: self._slopes_of(at) for at in self._near[:MOST_DIFFERENTIATED]}
        found: dict[Node, None] = {}
        for slopes in by_cell.values():
            for between, slope in slopes.items():
                found[slope] = None
                for to, inner in by_cell.get(between, {}).items():
                    through = product_of([slope, inner])
                    found[Binary("+", slopes[to], through) if to in slopes else through] = None
        for slope in [*found]:
            found |= dict.fromkeys(factors_of(slope))
        usable: list[Node] = [
            node for node in found if not isinstance(node, (Cell, Number)) and size_of(node) <= LONGEST_SLOPE
        ]
        return usable[:MOST_SLOPES]

    def _slopes_of(self, at: Place) -> dict[Place, Node]:
        node, own = self.graph.formulas[at], Cell(*at)
        found: dict[Place, Node] = {}
        if isinstance(node, syntax.Part) or at in self.graph.arrays or len(self.graph.reads(node)) > MOST_READ:
            return found
        try:
            for term in terms_of_gradient(without_let(node), own, own):
                slope = product_of(term.factors[1:])
                slope = syntax.Unary("-", slope) if term.negative else slope
                before = found.get(term.to.place)
                found[term.to.place] = slope if before is None else Binary("+", before, slope)
        except (NoDerivative, ValueError, IndexError):
            return {}
        return found

    def blocks(self, shape: tuple[int, int], sheet: str) -> Iterator[Range]:
        """Yield rectangles of a shape, (rows, columns), on a sheet, with numbers in the first cell and the last one.

        No number is left of the first cell or above it: A1:B2 for (2, 2) if numbers fill A1:C3.
        """
        rows, cols = shape
        count = 0
        for name, row, col in [*self.graph.numbers]:
            if name != sheet or not self.is_number((sheet, row, col)):
                continue
            begins = not self.is_number((sheet, row, col - 1)) and not self.is_number((sheet, row - 1, col))
            if begins and self.is_number((sheet, row + rows - 1, col + cols - 1)) and count <= MOST_BLOCKS:
                count += 1
                yield Range(Cell(sheet, row, col), Cell(sheet, row + rows - 1, col + cols - 1))

    @cached_property
    def arrays(self) -> list[Node]:
        """What may belong into an array formula: [A1:B2, A1:A2, MMULT(A1:B2,D1:E2), …]; [] for any other formula.

        Rectangles of numbers of its shape, or of one row or column of that; then single cells that array formulas on
        the sheet read, and products of ranges that they read.
        """
        home = self.graph.home(self.cell)
        spill = self.graph.contents.cells[home[0], abs(home[1]), abs(home[2])].spill
        if not spill:
            return []
        sheet, (r0, c0, r1, c1) = self.cell[0], spill
        shape = r1 - r0 + 1, c1 - c0 + 1
        found: dict[Node, None] = {}
        for each in dict.fromkeys([shape, (1, shape[1]), (shape[0], 1)]):
            found |= dict.fromkeys(self.blocks(each, sheet))
        found.pop(Range(Cell(sheet, r0, c0), Cell(sheet, r1, c1)), None)
        read = [piece for at in self.graph.arrays if at[0] == sheet for piece in pieces(self.graph.formulas[at])]
        found |= dict.fromkeys([piece for piece in dict.fromkeys(read) if isinstance(piece, Cell)][:MOST_SCALARS])
        return [*found, *_products([piece for piece in dict.fromkeys(read) if isinstance(piece, Range)], shape)]


def _products(ranges: Sequence[Range], shape: tuple[int, int]) -> Iterator[Node]:
    matrices = [
        (node, size) for each in ranges[:MOST_RANGES]
        for node, size in ((each, each.shape), (transposed(each), each.shape[::-1]))
    ]  # fmt: skip
    for left, (rows, inner) in matrices:
        for right, (other, cols) in matrices:
            if (rows, cols) == shape and inner == other:
                yield Call("MMULT", (left, right))


def transposed(node: Node) -> Node:
    """Return the formula of a matrix transposed: TRANSPOSE(A1:B2) for A1:B2, and A1:B2 for TRANSPOSE(A1:B2)."""
    if isinstance(node, Call) and node.name == "TRANSPOSE" and len(node.arguments) == 1:
        return node.arguments[0]
    return Call("TRANSPOSE", (node,))
