"""Replaces calls of LAMBDA, and MAP, REDUCE, SCAN, BYROW and BYCOL with a LAMBDA, by ordinary formulas."""

from collections.abc import Callable

from spreadsheet_autograd.functions.range_functions import RANGE
from spreadsheet_autograd.language.parser import NotAFormula
from spreadsheet_autograd.language.single_cells import rows_of
from spreadsheet_autograd.language.syntax import (
    Binary,
    Call,
    Matrix,
    Name,
    Node,
    Number,
    Range,
    mapped,
    pieces,
    size_of,
)

LARGEST = 2_000
"""The most pieces of a formula after its LAMBDAs were written out."""
_BEYOND = {"MAX": ">", "MIN": "<"}


def without_lambda(node: Call, meaning: Callable[[str], Node | None]) -> Node:
    """Return a call without LAMBDA, REDUCE(0,A1:A2,LAMBDA(a,b,a+b)) as 0+A1+A2; other calls as they are.

    Args:
        node: the call; its arguments are without LAMBDA already.
        meaning: returns the formula for which a defined name stands; None if there is none.

    Raises:
        NotAFormula: the LAMBDA gets a wrong number of arguments, or the formula becomes longer than 2,000 pieces.
    """
    *arguments, last = node.arguments or (node,)
    if node.name == "MAP" and _is_lambda(last):
        return _called(last, arguments, by_element=True)
    if node.name in ("REDUCE", "SCAN") and len(arguments) == 2 and _is_lambda(last):
        return _folded(node.name, arguments[0], arguments[1], last)
    if node.name in ("BYROW", "BYCOL") and len(arguments) == 1:
        return _of_lines(node, arguments[0], last)
    defined = meaning(node.name.lower())
    return _called(defined, [*node.arguments]) if defined is not None and _is_lambda(defined) else node


def _is_lambda(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "LAMBDA" and bool(node.arguments)


def _called(function: Node, arguments: list[Node], *, by_element: bool = False) -> Node:
    assert isinstance(function, Call)
    *names, body = function.arguments
    if len(names) != len(arguments):
        raise NotAFormula(f"a LAMBDA takes {len(names)} arguments, not {len(arguments)}")
    values = {
        name.text.lower(): argument for name, argument in zip(names, arguments, strict=True) if isinstance(name, Name)
    }
    if by_element:
        body = mapped(body, _of_two)
        if any(isinstance(piece, Call) and piece.name in RANGE for piece in pieces(body)):
            return Call("MAP", (*arguments, function))
    found = mapped(body, lambda piece: values.get(piece.text.lower(), piece) if isinstance(piece, Name) else piece)
    if size_of(found) > LARGEST:
        raise NotAFormula("too long once its LAMBDAs are written out")
    return found


def _folded(name: str, begin: Node, area: Node, function: Node) -> Node:
    rows, found = rows_of(area), list[list[Node]]()
    for row in rows:
        found.append([])
        for item in row:
            begin = _called(function, [begin, item])
            found[-1].append(begin)
    if name == "REDUCE":
        return begin
    return Call("VSTACK", tuple(row[0] if len(row) == 1 else Call("HSTACK", tuple(row)) for row in found))


def _of_two(piece: Node) -> Node:
    if isinstance(piece, Call) and piece.name in _BEYOND and len(piece.arguments) == 2:
        return Call("IF", (Binary(_BEYOND[piece.name], *piece.arguments), *piece.arguments))
    return piece


def _of_lines(node: Call, area: Node, function: Node) -> Node:
    """Return BYROW or BYCOL: for SUM and AVERAGE a product with ones, else a stack of one call for each line."""
    if not (isinstance(function, Call) and function.name == "LAMBDA" and len(function.arguments) == 2):
        return node
    name, body = function.arguments
    is_down = node.name == "BYCOL"
    if not (isinstance(body, Call) and body.name in ("SUM", "AVERAGE") and body.arguments == (name,)):
        if not isinstance(area, Range):
            return node
        height, width = area.shape
        lines = (
            Range(area.first.moved(0, k), area.first.moved(height - 1, k)) if is_down
            else Range(area.first.moved(k, 0), area.first.moved(k, width - 1))
            for k in range(width if is_down else height)
        )  # fmt: skip
        return Call("HSTACK" if is_down else "VSTACK", tuple(_called(function, [line]) for line in lines))
    rows = rows_of(area)
    count = len(rows) if is_down else len(rows[0])
    ones = ((Number(1.0),) * count,) if is_down else ((Number(1.0),),) * count
    total = Call("MMULT", (Matrix(ones), area) if is_down else (area, Matrix(ones)))
    return total if body.name == "SUM" else Binary("/", total, Number(float(count)))
