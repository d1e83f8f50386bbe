"""Takes formulas of ranges and arrays apart into formulas of single cells, and replaces the names of LET."""

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
"""The elements of an array as formulas, row by row."""
OF_RANGES: set[str] = set()
"""The names of the functions that take whole ranges, such as SUM; `range_functions` fills the set."""
_OF_ARRAYS = {"MMULT", "TRANSPOSE"}


def without_let(node: Node) -> Node:
    """Return the formula without LET: each name is replaced by the formula that LET gives it.

    Example:
        >>> from spreadsheet_autograd.language.parser import parse
        >>> from spreadsheet_autograd.language.syntax import written
        >>> written(without_let(parse("LET(x,A1+1,y,2*B1,x*y)", "Sheet1")), "Sheet1")
        '(A1+1)*(2*B1)'
    """
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
    """Return the elements of an array formula, row by row, each as a formula; a single number is one element.

    Example:
        >>> from spreadsheet_autograd.language.parser import parse
        >>> from spreadsheet_autograd.language.syntax import written
        >>> [[written(item, "Sheet1") for item in row] for row in rows_of(parse("A1:B2*2", "Sheet1"))]
        [['A1*2', 'B1*2'], ['A2*2', 'B2*2']]
    """
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
    """Return the formula of one element of an array formula's result: A2*B2 at row 1, column 0 of A1:A3*B1:B3.

    `row` and `col` count from 0.
    """
    return element_at(_rows_of(node), row, col)


_rows_of = lru_cache(16)(rows_of)  # the elements are asked for one after the other


def items_of(*arguments: Node) -> list[Node]:
    """Return the elements of all arguments in one list, row by row, each as a formula: [A1, A2, B1] of A1:A2 and B1."""
    return [item for argument in arguments for row in rows_of(argument) for item in row]


def element_at(rows: Rows, i: int, j: int) -> Node:
    """Return the element in row i and column j, from 0 on, of an array's rows: B2 for [[A1, B1], [A2, B2]], 1 and 1.

    A single row stands for each row, and a single column for each column: B1 for [[A1, B1]], 7 and 1.

    Raises:
        IndexError: there is no such element.
    """
    row = rows[0] if len(rows) == 1 else rows[i]
    return row[0] if len(row) == 1 else row[j]


def _product(left: list[Node], right: list[Node]) -> Node:
    return Call("SUM", tuple(Binary("*", a, b) for a, b in zip(left, right, strict=True)))


def in_own_line(node: Node, at: Place) -> Node:
    """Return the formula with a cell in place of each range where one number is expected: A2*2 for A1:A3*2 in C2.

    Outside of array formulas a range means its cell in the formula's own row or column. A range in SUM stays, and so
    does one that has no cell there, or several.

    Args:
        node: the formula.
        at: the formula's cell, ('S', 2, 3) for C2.
    """
    return _scalar(node, lambda piece: piece.beside(at) or piece if isinstance(piece, Range) else piece)


def reads_own_line(node: Node) -> bool:
    """Return whether a formula has a range where one number is expected: True for A1:A3*2, False for SUM(A1:A3)."""
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
