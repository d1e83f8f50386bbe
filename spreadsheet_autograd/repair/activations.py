"""Where a formula has another activation, or the slope of another one, than is meant: a·(1 − a) is the sigmoid's."""

from __future__ import annotations

from collections.abc import Iterator

from spreadsheet_autograd.functions.derivatives import of_sigmoid
from spreadsheet_autograd.language.algebra import ONE, TWO, ZERO, factors_of, of_one_less, one_less, product_of, square
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Number, Unary, replaced, walk

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
    yield square(x)


def other_slopes(formula: Node) -> Iterator[Change]:
    """Yield the formula with a·(1 − a), the sigmoid's slope, for 1 − a², that of tanh, and the other way round."""
    for path, piece in walk(formula):
        factors = factors_of(piece)
        for k, factor in enumerate(factors):
            others = [*factors[:k], *factors[k + 1 :]]
            plain = of_one_less(factor)
            squared = _root(plain)
            if squared is not None:
                sigmoid = product_of([squared, one_less(squared)])
                whole = product_of([*factors[:k], sigmoid, *factors[k + 1 :]])
                yield replaced(formula, path, whole), factor, sigmoid
            elif isinstance(plain, Cell) and plain in others:
                others.remove(plain)
                tanh = one_less(square(plain))
                yield replaced(formula, path, product_of([*others, tanh])), product_of([plain, factor]), tanh


def _root(node: Node | None) -> Cell | None:
    """The a of a² or a·a."""
    if not isinstance(node, Binary) or not isinstance(node.left, Cell):
        return None
    is_square = node.operator == "^" and node.right == TWO
    return node.left if is_square or (node.operator == "*" and node.right == node.left) else None
