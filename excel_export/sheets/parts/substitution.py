"""A formula with its numbers in the place of its cells: '0.31·1.20 + … = 0.85'."""

from __future__ import annotations

from collections.abc import Mapping

from excel_export.formulas.expression import Expression, OperandLike, as_expression, joined
from excel_export.formulas.functions import IF, MID, ROUND, TEXT
from excel_export.formulas.grid import Grid
from excel_export.formulas.numbers import number
from excel_export.formulas.reference import Name, Reference
from excel_export.formulas.texts import LONGEST_LITERAL
from excel_export.formulas.writing import Index
from excel_export.shared.infinity import NEVER

MOST_VALUES = 6
MOST_PIECES = 60
"""A longer formula is broken off: nobody reads more."""
LONGEST_CONSTANT = 6
"""In digits: a longer constant is rounded."""
FORMATS = (2, 4)
"""The numbers of decimals that can be asked for."""


def number_format(decimals: int) -> Expression:
    """A number format for TEXT, with the decimal sign of the reader's language.

    TEXT reads its format in that language: to a German, the point in "0.00" parts thousands.
    """
    return joined("0", MID(as_expression(1) / 2, 2, 1), "0" * decimals)


def substituted(
    formulas: Expression,
    grid: Grid,
    index: Index,
    decimals: int,
    formats: Mapping[int, Reference],
    *,
    result: bool = True,
    masked: bool = False,
) -> Expression:
    """Return a formula that spells out the formula of one element.

    Args:
        formulas: what stands in the grid.
        grid: where the element lies.
        index: which it is.
        decimals: how many each number has.
        formats: the cells that hold the number formats, by their decimals.
        result: whether it ends in what comes out.
        masked: whether some numbers stand for −∞, which then says so.
    """
    line = _Line(decimals, formats[decimals], masked)
    for token in formulas.tokens(index):
        if len(line.pieces) > MOST_PIECES:
            line.add(" …")
            break
        if isinstance(token, tuple):
            line.add_products(*token)
        elif isinstance(token, Reference):
            line.add_cells(token)
        elif isinstance(token, Name):
            line.add(TEXT(token, "0"))
        elif isinstance(token, float):
            line.add(_constant(token))
        else:
            line.add_text(token)
    if result:
        line.add(" = ")
        line.add_cells(grid.at(*index))
    if line.products > MOST_VALUES:
        line.add(f"   ({line.products} products)")
    return joined(*line.pieces)


class _Line:
    """The pieces of the text, from left to right."""

    def __init__(self, decimals: int, as_written: Reference, masked: bool) -> None:
        self.pieces: list[OperandLike] = []
        self.products = 0
        self._decimals, self._as_written, self._masked = decimals, as_written, masked
        self._plus = False

    def add(self, piece: OperandLike) -> None:
        if self._plus:
            self._plus = False
            self.add(" + ")
        last = self.pieces[-1] if self.pieces else None
        # One engine cannot read a formula of 256 parts, so texts that follow one another are one.
        if isinstance(last, str) and isinstance(piece, str) and len(last + piece) <= LONGEST_LITERAL:
            self.pieces[-1] = last + piece
        else:
            self.pieces.append(piece)

    def add_text(self, text: str) -> None:
        # A plus waits for what it adds, which may be more than there is room for.
        if text == "+":
            self._plus = True
        elif text:
            self.add(text.replace("*", " · "))

    def add_products(self, left: Reference, right: Reference) -> None:
        """Add the products of two ranges, as many as there is room for."""
        pairs = list(zip(left.each(), right.each(), strict=True))
        room = max(0, MOST_VALUES - self.products)
        for k, (one, two) in enumerate(pairs[:room]):
            self._plus = self._plus or k > 0
            self.add(self._value(one))
            self.add(" · ")
            self.add(self._value(two))
        if len(pairs) > room > 0:
            self.add(" + …")
        elif not room:
            self._plus = False
        self.products += len(pairs)

    def add_cells(self, cells: Reference) -> None:
        """Add the numbers of some cells, as many as there is room for."""
        for k, cell in enumerate(cells.each()[:MOST_VALUES]):
            if k:
                self.add(", ")
            self.add(self._value(cell))
        if cells.size > MOST_VALUES:
            self.add(", …")

    def _value(self, cell: Reference) -> Expression:
        # Rounded first: TEXT alone rounds 0.3149 twice in ironcalc, to 0.32.
        text = TEXT(ROUND(cell, self._decimals), self._as_written)
        return IF(cell <= NEVER, "(−∞)", text) if self._masked else text


def _constant(value: float) -> str:
    if abs(value) >= -NEVER:
        return "∞" if value > 0 else "−∞"
    return number(value) if len(repr(value)) <= LONGEST_CONSTANT else f"{value:.{LONGEST_CONSTANT}g}"
