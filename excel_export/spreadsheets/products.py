"""A term of a gradient as a product: its factors in order, and written as copies of its formula send it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from excel_export.spreadsheets.derivatives import Term
from excel_export.spreadsheets.elements import ONE, ZERO
from excel_export.spreadsheets.movable import Movable
from excel_export.spreadsheets.syntax import Binary, Call, Cell, Node, shifted, written_and_binding


class Product(NamedTuple):
    """A term of a cell's gradient, written."""

    negative: bool
    text: str
    binds: int
    """How tightly its last operator binds."""
    cells: tuple[Cell, ...] = ()
    """Its factors, where all of them are cells."""

    def inside(self, least: int) -> str:
        """It as an operand of what binds as tightly."""
        return self.text if self.binds >= least else f"({self.text})"


class MovableProduct:
    """A term as copies of its formula send it."""

    def __init__(self, term: Term, home: str) -> None:
        factors = [factor for factor in term.factors if factor != ONE]
        self._negative, self._home = term.negative, home
        self._product = product(factors)
        cells = tuple([factor for factor in factors if isinstance(factor, Cell)])
        self._cells = cells if len(cells) == len(factors) else ()
        text, self._binds = written_and_binding(self._product, home)
        self._text = None if ":" in text else Movable(text)

    def moved(self, down: int, right: int) -> Product:
        """The term that such a copy sends."""
        if self._text is None:  # the corners of a range may turn
            text, _ = written_and_binding(shifted(self._product, down, right), self._home)
        else:
            text = self._text.moved(down, right)
        return Product(self._negative, text, self._binds, tuple([cell.copied(down, right) for cell in self._cells]))


def product(factors: Sequence[Node]) -> Node:
    """Factors, multiplied; 1/x is a division, and a sign stands in front."""
    if not factors:
        return ONE
    total: Node | None = None
    # Choices go around the rest, so that what is not chosen may be an error.
    for factor in sorted(factors, key=_is_choice):
        if isinstance(factor, Binary) and factor.operator == "/" and factor.left == ONE and total is not None:
            total = Binary("/", total, factor.right)
        elif _is_choice(factor) and total is not None:
            total = _choice(factor, total)
        else:
            total = factor if total is None else Binary("*", total, factor)
    assert total is not None
    return total


def _is_choice(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "IF" and {*node.arguments[1:]} == {ONE, ZERO}


def _choice(node: Node, value: Node) -> Node:
    assert isinstance(node, Call)
    then, other = (value if branch == ONE else ZERO for branch in node.arguments[1:])
    return Call("IF", (node.arguments[0], then, other))
