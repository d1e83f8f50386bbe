"""A formula as formulas of single cells: ranges and arrays taken apart, names of LET replaced."""

from collections.abc import Callable
from functools import lru_cache

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.language.syntax import (
    Binary,
    Call,
    Matrix,
    Name,
    Node,
    Range,
    children,
    mapped,
    with_children,
)

Rows = list[list[Node]]
OF_RANGES: set[str] = set()
"""The functions that take ranges as a whole; `range_functions` has them."""
_OF_ARRAYS = {"MMULT", "TRANSPOSE"}


def without_let(node: Node) -> Node:
    """The formula with what LET names written where it is used."""
    if isinstance(node, Call) and node.name == "LET":
        names: dict[str, Node] = {}

        def named(piece: Node) -> Node:
            return names.get(piece.text.lower(), piece) if isinstance(piece, Name) else piece

        for key, given in zip(node.arguments[:-1:2], node.arguments[1::2], strict=False):
            if isinstance(key, Name):
                names[key.text.lower()] = mapped(without_let(given), named)
        return mapped(without_let(node.arguments[-1]), named)
    pieces = children(node)
    return with_children(node, tuple(map(without_let, pieces))) if pieces else node


def rows_of(node: Node) -> Rows:
    """What an array is made of: a formula for each element; a number is an array of one."""
    if isinstance(node, Range):
        first, (rows, cols) = node.first, node.shape
        return [[first.moved(i, j) for j in range(cols)] for i in range(rows)]
    if isinstance(node, Matrix):
        return [list(row) for row in node.rows]
    if isinstance(node, Call) and node.name == "TRANSPOSE" and len(node.arguments) == 1:
        return [list(column) for column in zip(*rows_of(node.arguments[0]), strict=True)]
    if isinstance(node, Call) and node.name == "MMULT" and len(node.arguments) == 2:
        left, right = map(rows_of, node.arguments)
        return [[_product(row, [line[j] for line in right]) for j in range(len(right[0]))] for row in left]
    if isinstance(node, Call) and node.name == "VSTACK":
        return [row for argument in node.arguments for row in rows_of(argument)]
    if isinstance(node, Call) and node.name == "HSTACK":
        sides = [rows_of(argument) for argument in node.arguments]
        return [[item for side in row for item in side] for row in zip(*sides, strict=True)]
    if isinstance(node, Call) and node.name == "LINEST" and len(node.arguments) == 2:
        return [[Call("SLOPE", node.arguments), Call("INTERCEPT", node.arguments)]]
    if isinstance(node, Call) and node.name in OF_RANGES:
        return [[node]]
    pieces = [rows_of(piece) for piece in children(node)]
    if not pieces:
        return [[node]]
    height, width = max(len(piece) for piece in pieces), max(len(piece[0]) for piece in pieces)

    def element(i: int, j: int) -> Node:
        return with_children(node, tuple(element_at(piece, i, j) for piece in pieces))

    return [[element(i, j) for j in range(width)] for i in range(height)]


def element_of(node: Node, row: int, col: int) -> Node:
    """The formula of an element of an array formula."""
    return element_at(_rows_of(node), row, col)


_rows_of = lru_cache(16)(rows_of)  # as one element after the other is asked for


def items_of(*arguments: Node) -> list[Node]:
    """The numbers of some arguments, a formula each."""
    return [item for argument in arguments for row in rows_of(argument) for item in row]


def element_at(rows: Rows, i: int, j: int) -> Node:
    """An element of an array; one row, or one column, stands for all."""
    row = rows[0] if len(rows) == 1 else rows[i]
    return row[0] if len(row) == 1 else row[j]


def _product(left: list[Node], right: list[Node]) -> Node:
    return Call("SUM", tuple(Binary("*", a, b) for a, b in zip(left, right, strict=True)))


def in_own_line(node: Node, at: Place) -> Node:
    """Outside of array formulas, a range where one number belongs means the cell in the formula's row or column."""
    return _scalar(node, lambda piece: piece.beside(at) or piece if isinstance(piece, Range) else piece)


def reads_own_line(node: Node) -> bool:
    """Whether there is such a range: which cell it means depends on where the formula stands."""
    found: list[Node] = []

    def one(piece: Node) -> Node:
        found.extend([piece] if isinstance(piece, Range) else [])
        return piece

    _scalar(node, one)
    return bool(found)


def _scalar(node: Node, one: Callable[[Node], Node]) -> Node:
    if isinstance(node, Call) and (node.name in OF_RANGES or node.name in _OF_ARRAYS):
        return node
    pieces = children(node)
    return with_children(node, tuple(_scalar(one(piece), one) for piece in pieces)) if pieces else node
