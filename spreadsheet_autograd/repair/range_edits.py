"""The small changes of a formula that are made of rectangles of cells: another range, a matrix that is turned."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.algebra import ONE, mask_of, one_less, square
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Number, Range, mapped, pieces, replaced, walk
from spreadsheet_autograd.repair.edit import REFERENCE, Edit

MOST_SCALARS, MOST_RANGES = 8, 16


def changed_ranges(graph: SpreadsheetGraph, formula: Node) -> Iterator[Edit]:
    """Yield other ranges in the place of those that a formula reads, and other orders of a matrix product."""
    for path, piece in walk(formula):
        if not isinstance(piece, Range):
            continue
        rows, cols = piece.shape
        steps = {(down, right) for down in (-2, -1, 0, 1, 2) for right in (-2, -1, 0, 1, 2)} - {(0, 0)}
        steps |= {(k * rows, 0) for k in (-2, -1, 1, 2)} | {(0, k * cols) for k in (-2, -1, 1, 2)}
        for down, right in sorted(steps, key=lambda step: abs(step[0]) + abs(step[1])):
            if piece.first.row + down >= 1 and piece.first.col + right >= 1:
                new = Range(piece.first.moved(down, right), piece.last.moved(down, right))
                yield Edit(REFERENCE, replaced(formula, path, new), 1, piece, new)
        for top, left, bottom, right in (
            (-1, 0, 0, 0), (1, 0, 0, 0), (0, -1, 0, 0), (0, 1, 0, 0), (0, 0, -1, 0), (0, 0, 1, 0), (0, 0, 0, -1),
            (0, 0, 0, 1),
        ):  # fmt: skip
            row, col = piece.first.row + top, piece.first.col + left
            if row >= 1 and col >= 1 and row <= piece.last.row + bottom and col <= piece.last.col + right:
                new = Range(piece.first.moved(top, left), piece.last.moved(bottom, right))
                yield Edit(REFERENCE, replaced(formula, path, new), 1, piece, new)
                sizes = (piece.shape, top, left, bottom, right)
                yield Edit(REFERENCE, mapped(formula, partial(_resized, *sizes)), 1, piece, new)
        for new in _blocks(graph, piece):
            yield Edit(REFERENCE, replaced(formula, path, new), 2, piece, new)
    for path, piece in walk(formula):
        if isinstance(piece, Call) and piece.name == "MMULT" and len(piece.arguments) == 2:
            a, b = piece.arguments
            for new_a, new_b in ((b, a), (_turned(a), b), (a, _turned(b)), (_turned(a), _turned(b))):
                yield Edit("transposed", replaced(formula, path, Call("MMULT", (new_a, new_b))), 2, piece)


def _resized(shape: tuple[int, int], top: int, left: int, bottom: int, right: int, piece: Node) -> Node:
    """A range of a shape with more rows or columns, as all that go together need them."""
    if not isinstance(piece, Range) or piece.shape != shape or min(piece.first.row + top, piece.first.col + left) < 1:
        return piece
    return Range(piece.first.moved(top, left), piece.last.moved(bottom, right))


def changed_arrays(graph: SpreadsheetGraph, formula: Node, cell: Place) -> Iterator[Edit]:
    """Yield what may be missing in an array formula: a mask, a factor, a count."""
    home = graph.home(cell)
    spill = graph.contents.cells[home[0], abs(home[1]), abs(home[2])].spill
    if not spill:
        return
    sheet, (r0, c0, r1, c1) = cell[0], spill
    own = Range(Cell(sheet, r0, c0), Cell(sheet, r1, c1))
    for shape in {(1, c1 - c0 + 1), (r1 - r0 + 1, 1), own.shape}:  # a bias, say: one row for all rows
        for block in _blocks(graph, Range(Cell(sheet, r0, c0), Cell(sheet, r0 + shape[0] - 1, c0 + shape[1] - 1))):
            for operator in "+-":
                yield Edit("missing term", Binary(operator, formula, block), 2, None, block)
    for path, piece in walk(formula):
        if isinstance(piece, Range):
            yield Edit("missing factor", replaced(formula, path, Binary("*", piece, piece)), 2, None, piece)
        for block in _blocks(graph, piece) if isinstance(piece, Range) and piece.shape == own.shape else ():
            for difference in (Binary("-", block, piece), Binary("-", piece, block), Binary("+", piece, block)):
                yield Edit("missing term", replaced(formula, path, difference), 2, None, block)
    for count in (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, float(r1 - r0 + 1), float(c1 - c0 + 1)):
        for operator in "*/":
            for size in (Number(count), Call("SQRT", (Number(count),))):
                yield Edit("factor", Binary(operator, formula, size), 1, None, size)
    for scalar in _scalars(graph, sheet):
        for operator in "*/":
            yield Edit("missing factor", Binary(operator, formula, scalar), 2, None,
                            scalar if operator == "*" else Binary("/", ONE, scalar))  # fmt: skip
    for product in _products(graph, sheet, own.shape):
        yield Edit("missing term", Binary("+", formula, product), 4, None, product)
    for block in _blocks(graph, own):
        if block != own:
            mask = mask_of(block)
            yield Edit("mask", Binary("*", formula, mask), 2, None, mask)
            slope = Binary("*", block, one_less(block))
            for factor in (block, slope, one_less(block), one_less(square(block))):
                yield Edit("missing factor", Binary("*", formula, factor), 3, None, factor)


def _scalars(graph: SpreadsheetGraph, sheet: str) -> list[Cell]:
    """The cells that array formulas read by themselves, such as a temperature."""
    cells = {piece.place: piece for at in graph.arrays if at[0] == sheet for piece in pieces(graph.formulas[at])
             if isinstance(piece, Cell)}  # fmt: skip
    return [*cells.values()][:MOST_SCALARS]


def _products(graph: SpreadsheetGraph, sheet: str, shape: tuple[int, int]) -> Iterator[Node]:
    """Yield the matrix products of a shape that are made of the ranges which array formulas read."""
    found = {piece: None for at in graph.arrays if at[0] == sheet for piece in pieces(graph.formulas[at])
             if isinstance(piece, Range)}  # fmt: skip
    matrices = [(node, size) for piece in [*found][:MOST_RANGES]
                for node, size in ((piece, piece.shape), (_turned(piece), piece.shape[::-1]))]  # fmt: skip
    for left, (rows, inner) in matrices:
        for right, (other, cols) in matrices:
            if (rows, cols) == shape and inner == other:
                yield Call("MMULT", (left, right))


def _turned(node: Node) -> Node:
    if isinstance(node, Call) and node.name == "TRANSPOSE" and len(node.arguments) == 1:
        return node.arguments[0]
    return Call("TRANSPOSE", (node,))


def _blocks(graph: SpreadsheetGraph, piece: Range) -> Iterator[Range]:
    """Yield the rectangles of the same shape that begin where numbers begin."""
    rows, cols = piece.shape
    numbers, sheet = graph.numbers, piece.first.sheet

    def is_number(row: int, col: int) -> bool:
        return isinstance(numbers.get((sheet, row, col)), float)

    count = 0
    for name, row, col in [*numbers]:
        if name != sheet or row < 1 or not is_number(row, col):
            continue
        begins = not is_number(row, col - 1) and not is_number(row - 1, col)
        if begins and is_number(row + rows - 1, col + cols - 1):
            count += 1
            yield Range(Cell(sheet, row, col), Cell(sheet, row + rows - 1, col + cols - 1))
            if count > 60:
                return
