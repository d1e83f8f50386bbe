"""Where a formula has another activation than is meant, or none: σ(x), tanh x, max(0, x) and the like."""

from __future__ import annotations

from collections.abc import Iterator

from excel_export.spreadsheets.derivatives import of_sigmoid
from excel_export.spreadsheets.syntax import Binary, Call, Node, Number, Unary, replaced, walk

ONE, ZERO = Number(1.0), Number(0.0)
Change = tuple[Node, Node, Node]
"""The changed formula, what stood there, and what stands there now."""


def other_activations(formula: Node) -> Iterator[Change]:
    """Yield the formula with another activation in each place where one stands, and with one around all of it."""
    for path, piece in walk(formula):
        x = _inside(piece)
        for new in _activations(x) if x is not None else ():
            if new != piece:
                yield replaced(formula, path, new), piece, new
        if isinstance(piece, Call) and len(piece.arguments) == 1:
            (argument,) = piece.arguments
            if not isinstance(argument, Unary):
                turned = Call(piece.name, (Unary("-", argument),))
                yield replaced(formula, path, turned), piece, turned
    for new in _activations(formula):
        yield new, formula, new


def _inside(node: Node) -> Node | None:
    """The x of an activation."""
    if isinstance(node, Binary):
        return of_sigmoid(node)
    if not isinstance(node, Call):
        return None
    if node.name == "TANH":
        return node.arguments[0]
    if node.name == "MAX" and len(node.arguments) == 2 and ZERO in node.arguments:
        return next((argument for argument in node.arguments if argument != ZERO), None)
    if node.name == "IF" and len(node.arguments) == 3 and isinstance(node.arguments[0], Binary):
        return node.arguments[0].left
    return None


def _activations(x: Node) -> Iterator[Node]:
    sigmoid = Binary("/", ONE, Binary("+", ONE, Call("EXP", (Unary("-", x),))))
    yield sigmoid
    yield Call("TANH", (x,))
    yield Call("IF", (Binary(">", x, ZERO), x, ZERO))
    yield Call("IF", (Binary(">", x, ZERO), x, Binary("*", Number(0.01), x)))
    yield Call("EXP", (x,))
    yield Call("LN", (Binary("+", ONE, Call("EXP", (x,))),))
    yield Binary("*", x, sigmoid)
    yield Binary("^", x, Number(2.0))
