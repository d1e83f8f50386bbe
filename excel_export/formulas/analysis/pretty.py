"""A formula in people's spelling: 'max(0, 2.42)' instead of MAX(0,B12).

Its numbers are left open: each is a slot, which stands for a cell or for a formula whose value is written there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from excel_export.formulas import Constant, FunctionCall, Infix, Name, Reference, Referred, Total
from excel_export.formulas.arrays import FormulaTable, Scattered, SumOfProducts, SumProduct
from excel_export.formulas.expression import Expression, Leaf, Rearranged
from excel_export.formulas.writing import COMPARISON, SUM, Index, Writer, own_index
from excel_export.shared.infinity import NEVER

MOST_LISTED = 6
"""Cells of a function that are written out within a longer formula; with more, its value is shown."""
MOST_ALONE = 12
"""Likewise for a function that is the whole formula."""
_SIGNS = {"*": " · ", "+": " + ", "-": " − ", "/": " / ", "=": " = ", "<>": " ≠ ", ">=": " ≥ ", "<=": " ≤ ",
          ">": " > ", "<": " < ", ",": ", "}  # fmt: skip
_FUNCTIONS = {
    "MAX": ("max(", ")"), "MIN": ("min(", ")"), "AVERAGE": ("mean of (", ")"), "SUM": ("sum of (", ")"),
    "EXP": ("e^(", ")"), "LN": ("ln(", ")"), "SQRT": ("√(", ")"), "ABS": ("|", "|"), "TANH": ("tanh(", ")"),
    "NORMSDIST": ("Φ(", ")"), "SIGN": ("sign(", ")"), "INT": ("floor(", ")"), "": ("(", ")"),
}  # fmt: skip
_IN_WORDS = {name: words for name, words in _FUNCTIONS.items() if words[1] == ")" and name} | {
    "MATCH": ("place of (", ")"),
    "INDEX": ("entry of (", ")"),
}
PLACES = {"PLACE OF MAX": ("largest", "MAX"), "PLACE OF MIN": ("smallest", "MIN")}
"""The word and the function for each place-of function, which has no formula that a person reads: MATCH, less 1."""


@dataclass(frozen=True)
class NumberSlot:
    """A gap for a number between two texts: MAX(0,B12) is 'max(0, ', a gap with the content B12, and ')'."""

    content: Reference | Expression
    """The cell, or the formula, whose value fills the gap."""
    bare: bool
    """True if a negative number needs no brackets in the gap."""


Piece = str | NumberSlot


def pretty_printed(expression: Expression, index: Index) -> list[Piece]:
    """Return one formula of an expression as texts and `NumberSlot`s, from left to right.

    `index` is that of the formula in the expression's shape, from 0 on; () for a single formula.

    Example:
        >>> from excel_export.formulas.functions import MAX
        >>> pieces = pretty_printed(MAX(0, Reference("Sheet1", 1, 1) * Reference("Sheet1", 1, 2)), ())
        >>> [piece if isinstance(piece, str) else piece.content.text("Sheet1") for piece in pieces]
        ['max(0, ', 'A1', ' · ', 'B1', ')']
    """
    writer = _PrettyPrinter(index)
    writer.write(expression)
    return writer.pieces


class _PrettyPrinter(Writer):
    def __init__(self, index: Index) -> None:
        self._index = index
        self.pieces: list[Piece] = []

    def write(self, expression: Expression) -> None:
        expression.write_operand(self, COMPARISON)

    def say(self, text: str) -> None:
        last = self.pieces[-1] if self.pieces else ""
        if text == "-" and (self._begins or (isinstance(last, str) and last.endswith(" "))):
            self._add("−")
        else:
            self._add(_SIGNS.get(text, text))

    def take(self, leaf: Leaf, needed: int) -> None:
        index = own_index(self._index, leaf.shape)
        one = leaf.element(index)
        bare = needed <= COMPARISON or self._begins
        if isinstance(leaf, Rearranged):
            self._within(*leaf.origin(index), needed)
        elif isinstance(leaf, FormulaTable):
            self._within(leaf.formula(index), (), needed)
        elif isinstance(leaf, (SumOfProducts, SumProduct)):
            self._products(one, needed)
        elif isinstance(leaf, Scattered) and isinstance(one, Total):
            self.pieces.append(NumberSlot(one, bare))
        elif isinstance(one, Referred):
            for k, cell in enumerate(one.reference.plain.each()):
                self._add(", " if k else "")
                self.pieces.append(NumberSlot(cell, bare))
        elif not isinstance(one, Constant):
            self._within(one, (), needed)
        elif isinstance(one.token, Name):
            self.pieces.append(NumberSlot(one, bare))
        else:
            self._add(_number(one.token) if isinstance(one.token, float) else str(one.token))

    def call(self, function: str, arguments: Sequence[Expression]) -> None:
        if function in PLACES:
            self._place(*PLACES[function], arguments[0])
            return
        count = sum(each.reference.size if isinstance(each, Referred) else 1 for each in arguments)
        if function == "IF" and not self.pieces and not any(map(self._is_worked_out, arguments[1:])):
            condition, one, other = arguments
            for text, part in (("if ", condition), (" then ", one), (" else ", other)):
                self._add(text)
                self.write(part)
        elif function not in _FUNCTIONS or count > (MOST_LISTED if self.pieces else MOST_ALONE):
            value = FunctionCall(function, list(arguments)).element(self._index)
            self.pieces.append(NumberSlot(value, bare=self._begins))
        else:
            before, after = _FUNCTIONS[function]
            self._add(before)
            for k, argument in enumerate(arguments):
                self._add(", " if k else "")
                self.write(argument)
            self._add(after)

    def _place(self, which: str, function: str, cells: Expression) -> None:
        assert isinstance(cells, Referred)
        first, *_, last = cells.reference.plain.each()
        self._add(f"the place of the {which} of ")
        for piece in (
            NumberSlot(first, True),
            " … ",
            NumberSlot(FunctionCall(function, [cells]), True),
            " … ",
            NumberSlot(last, True),
        ):
            self.pieces.append(piece)

    def _is_worked_out(self, branch: Expression) -> bool:
        """Return whether a branch needs a formula's value, which may be an error if the branch is not taken."""
        alone = _PrettyPrinter(self._index)
        alone.write(branch)
        return any(isinstance(piece, NumberSlot) and isinstance(piece.content, Expression) for piece in alone.pieces)

    @property
    def _begins(self) -> bool:
        """True if nothing stands before the next piece, in the whole formula or within brackets."""
        last = self.pieces[-1] if self.pieces else "("
        return isinstance(last, str) and last.endswith(("(", "|"))

    def _within(self, part: Expression, place: Index, needed: int) -> None:
        outer, self._index = self._index, place
        part.write_operand(self, needed)
        self._index = outer

    def _products(self, formula: Expression, needed: int) -> None:
        terms = [term for _, term in formula.terms] if isinstance(formula, Total) else [formula]
        pairs = [pair for term in terms for pair in _pairs_of(term)]
        if not pairs:
            self._add("0")
            return
        if len(pairs) > MOST_LISTED:
            self.pieces.append(NumberSlot(formula, bare=needed <= COMPARISON))
            return
        self._add("(" if needed > SUM else "")
        for k, (one, two) in enumerate(pairs):
            self._add(" + " if k else "")
            self.pieces += [NumberSlot(one.plain, bare=False), " · ", NumberSlot(two.plain, bare=False)]
        self._add(")" if needed > SUM else "")

    def _add(self, text: str) -> None:
        if not text:
            return
        if self.pieces and isinstance(self.pieces[-1], str):
            self.pieces[-1] += text
        else:
            self.pieces.append(text)


def _pairs_of(term: Expression) -> Iterable[tuple[Reference, Reference]]:
    if isinstance(term, SumProduct):
        return zip(*(each.each() for each in term.token), strict=True)
    if isinstance(term, Infix) and isinstance(term.left, Referred) and isinstance(term.right, Referred):
        return [(term.left.reference, term.right.reference)]
    return []


def token_text(token: str | float) -> str:
    """Return a piece of a formula that holds no cell, in people's spelling.

    Example:
        >>> [token_text(token) for token in ("*", "<>", 0.5, "INDEX(")]
        [' · ', ' ≠ ', '0.5', 'entry of (']
    """
    if isinstance(token, float):
        return _number(token)
    for function, (before, _) in _IN_WORDS.items():
        token = token.replace(f"{function}(", before)
    return _SIGNS.get(token, token)


def _number(number: float) -> str:
    text = "∞" if abs(number) >= -NEVER else f"{abs(number):.4g}"
    text = format(Decimal(text), "f") if "e-0" in text else text
    return f"−{text}" if number < 0 else text
