"""Where a formula takes the slope of another activation: a·(1 − a) is the sigmoid's, 1 − a² is that of tanh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

from excel_export.spreadsheets.syntax import Binary, Cell, Node, Number, replaced, walk

ONE, TWO = Number(1.0), Number(2.0)
Slope = tuple[Node, Node]
"""What stands there, and what is meant."""


def other_slopes(formula: Node) -> Iterator[tuple[Node, Slope]]:
    """Yield the formula with the slope of the other activation in each place where one may stand."""
    for path, piece in walk(formula):
        factors = _factors(piece)
        for k, factor in enumerate(factors):
            others = [*factors[:k], *factors[k + 1 :]]
            squared, plain = _squared(factor), _less(factor)
            if squared is not None:
                sigmoid = _product([squared, Binary("-", ONE, squared)])
                yield replaced(formula, path, _product([*factors[:k], sigmoid, *factors[k + 1 :]])), (factor, sigmoid)
            elif plain is not None and plain in others:
                others.remove(plain)
                tanh = Binary("-", ONE, Binary("^", plain, TWO))
                yield replaced(formula, path, _product([*others, tanh])), (_product([plain, factor]), tanh)


def _factors(node: Node) -> list[Node]:
    """What a product is made of; a formula that is none is its own only factor."""
    if isinstance(node, Binary) and node.operator == "*":
        return [*_factors(node.left), *_factors(node.right)]
    return [node]


def _product(factors: Sequence[Node]) -> Node:
    return reduce(lambda left, right: Binary("*", left, right), factors)


def _less(node: Node) -> Cell | None:
    """The a of 1 − a."""
    if isinstance(node, Binary) and node.operator == "-" and node.left == ONE and isinstance(node.right, Cell):
        return node.right
    return None


def _squared(node: Node) -> Cell | None:
    """The a of 1 − a² or 1 − a·a."""
    if not isinstance(node, Binary) or node.operator != "-" or node.left != ONE:
        return None
    square = node.right
    if not isinstance(square, Binary) or not isinstance(square.left, Cell):
        return None
    is_square = square.operator == "^" and square.right == TWO
    return square.left if is_square or (square.operator == "*" and square.right == square.left) else None
