"""A formula with its numbers in the place of its cells: '0.31 · 1.20 + … = 0.85'."""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import LONGEST_LITERAL, Expression, Index, Name, OperandLike, Reference, Token, joined
from excel_export.formulas.analysis.pretty import Slot, pretty_printed, said
from excel_export.formulas.functions import IF, ROUND, TEXT, signed_text
from excel_export.shared.infinity import NEVER

MOST_VALUES = 6
MOST_PIECES = 60
"""A longer formula is broken off: nobody reads more."""


def substituted(formulas: Expression, index: Index, decimals: int, number_format: Reference) -> Expression:
    """Spell out the formula of one element, without what comes out; a cell holds the format of its numbers."""
    line = _LineOfNumbers(decimals, number_format)
    pieces = pretty_printed(formulas, index)
    slots = [piece for piece in pieces if isinstance(piece, Slot)]
    if len(slots) == 1 and isinstance(slots[0].content, Expression):
        # All of it is one value, which as good as is the result: what that is made of is told instead.
        line.add_parts(formulas.tokens(index))
    else:
        for piece in pieces[:MOST_PIECES]:
            if isinstance(piece, str):
                line.add(piece)
            elif isinstance(piece.content, Expression) and (pairs := _products(piece.content.tokens())):
                line.add_products(pairs)
            else:
                line.add_number(piece.content, bare=piece.bare)
        if len(pieces) > MOST_PIECES:
            line.add(" …")
    if line.products > MOST_VALUES:
        line.add(f"   ({line.products} products)")
    return joined(*line.pieces)


def _products(tokens: list[Token]) -> list[tuple[Reference, Reference]]:
    """The products of a sum of products, and of nothing else."""
    if not all(isinstance(token, tuple) or token == "+" for token in tokens):
        return []
    ranges = [token for token in tokens if isinstance(token, tuple)]
    return [pair for left, right in ranges for pair in zip(left.each(), right.each(), strict=True)]


class _LineOfNumbers:
    """The pieces of the text, from left to right."""

    def __init__(self, decimals: int, number_format: Reference) -> None:
        self.pieces: list[OperandLike] = []
        self.products = 0
        self._decimals, self._format = decimals, number_format

    def add(self, piece: OperandLike) -> None:
        last = self.pieces[-1] if self.pieces else None
        # One engine cannot read a formula of 256 parts, so texts that follow one another are one.
        if isinstance(last, str) and isinstance(piece, str) and len(last + piece) <= LONGEST_LITERAL:
            self.pieces[-1] = last + piece
        else:
            self.pieces.append(piece)

    def add_number(self, value: Reference | Expression, *, bare: bool) -> None:
        """Add a number; a negative one has brackets, unless it is bare."""
        # Rounded first: TEXT alone rounds 0.3149 twice in ironcalc, to 0.32.
        rounded, in_brackets = ROUND(value, self._decimals), joined(self._format, ";(-", self._format, ")")
        text = signed_text(rounded, self._format) if bare else TEXT(rounded, in_brackets)
        self.add(IF(value <= NEVER, "−∞" if bare else "(−∞)", text))

    def add_parts(self, tokens: list[Token]) -> None:
        """Add the products and the cells of a formula, as many as there is room for."""
        if products := _products(tokens):
            self.add_products(products)
            return
        for token in tokens:
            if len(self.pieces) > MOST_PIECES:
                self.add(" …")
                return
            if isinstance(token, tuple):
                self.add_products(_products([token]))
            elif isinstance(token, Reference):
                cells = token.each()
                for k, cell in enumerate(cells[:MOST_VALUES]):
                    self.add(", " if k else "")
                    self.add_number(cell, bare=True)
                if len(cells) > MOST_VALUES:
                    self.add(", …")
            elif isinstance(token, Name):
                self.add(signed_text(token, "0"))
            else:
                self.add(said(token))

    def add_products(self, products: Sequence[tuple[Reference, Reference]]) -> None:
        self.products += len(products)
        for k, (one, other) in enumerate(products[:MOST_VALUES]):
            self.add(" + " if k else "")
            self.add_number(one, bare=False)
            self.add(" · ")
            self.add_number(other, bare=False)
        if len(products) > MOST_VALUES:
            self.add(" + …")
