"""How an expression is written down: all its formulas at once, or one as its pieces.

Operators bind as ECMA-376 part 1, 18.17.2.2 orders them. There a minus sign binds more tightly than a power: -2^2 is 4.
But people read it the other way, and Gnumeric reads a^b^c from right to left: so what we write has brackets around the
base of a power unless it is a single operand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from excel_export.formulas.expression import Expression, Leaf
    from excel_export.formulas.reference import Name, Reference

Index = tuple[int, ...]
Token: TypeAlias = "str | float | Name | Reference | tuple[Reference, Reference]"
"""A piece of one formula: text, a constant, a name, a reference, or two ranges of which the SUMPRODUCT is taken."""

COMPARISON, JOIN, SUM, PRODUCT, POWER, PERCENT, NEGATED, ATOM = range(1, 9)
"""How tightly operators bind."""
OPERATORS = {
    **dict.fromkeys(("=", "<>", "<", ">", "<=", ">="), COMPARISON),
    "&": JOIN, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER,
}  # fmt: skip
"""The precedence of operators between two operands."""
ANYTHING = 0
"""How tightly an argument of a function must bind."""


class Writer:
    """What an expression is written to."""

    def say(self, text: str) -> None:
        """Take text that is the same in all formulas."""
        raise NotImplementedError

    def take(self, leaf: Leaf, needed: int) -> None:
        """Take what differs from formula to formula, in brackets where it binds more loosely than is needed."""
        raise NotImplementedError

    def call(self, function: str, arguments: Sequence[Expression]) -> None:
        """Take a function of some arguments."""
        before = f"{function}("
        for argument in arguments:
            self.say(before)
            argument.write_operand(self, ANYTHING)
            before = ","
        self.say(")" if arguments else f"{before})")


class TemplateWriter(Writer):
    """Writes all formulas at once: what they share is a template, what differs is filled in."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._pieces: list[str | int] = []
        """Texts, and the numbers of columns."""
        self._columns: list[np.ndarray] = []
        self._known: dict[tuple[int, int], int] = {}
        self._leaves: list[Leaf] = []  # kept alive, so that no other gets the same id
        self.say = self._pieces.append  # type: ignore[assignment, method-assign]  # nothing is called more often

    def take(self, leaf: Leaf, needed: int) -> None:
        if not leaf.shape:
            text = leaf.single(self._home)
            tight = leaf.precedence >= needed or leaf.precedences >= needed
            self._pieces.append(text if tight else f"({text})")
            return
        key = id(leaf), needed
        if key not in self._known:
            column = leaf.column(self._home)
            if leaf.precedence < needed:
                column = _bracketed(column, leaf.precedences, needed)
            self._known[key] = len(self._columns)
            self._columns.append(column)
            self._leaves.append(leaf)
        self._pieces.append(self._known[key])

    def single(self) -> str:
        """Return the formula, of which there is one."""
        return "".join(self._pieces)  # type: ignore[arg-type]

    def filled(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the formulas."""
        texts: np.ndarray
        if not self._columns:
            texts = np.empty(shape, dtype=object)
            texts[...] = self.single()
            return texts
        if self._pieces == [0]:
            return np.broadcast_to(self._columns[0], shape)
        template = "".join(_template_of(piece) for piece in self._pieces)
        texts = np.empty(shape, dtype=object)
        columns = (np.broadcast_to(column, shape).ravel().tolist() for column in self._columns)
        texts.reshape(-1)[:] = list(map(template.format, *columns))
        return texts


def _template_of(piece: str | int) -> str:
    if isinstance(piece, int):
        return f"{{{piece}}}"
    return piece.replace("{", "{{").replace("}", "}}") if "{" in piece or "}" in piece else piece


Piece: TypeAlias = "tuple[Leaf | None, Any]"
"""A token that is the same in all formulas, without a leaf; or a leaf, and how tightly it must bind."""


class ElementWriter(Writer):
    """Writes the pieces of formulas that are asked for one by one."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []

    def say(self, text: str) -> None:
        if text:
            self.pieces.append((None, text))

    def take(self, leaf: Leaf, needed: int) -> None:
        self.pieces += [(leaf, needed)] if leaf.shape else [(None, token) for token in leaf.tokens_in((), needed)]


def own_index(index: Index, shape: tuple[int, ...]) -> Index:
    """The index of the element that broadcasting puts at `index`, in a tensor of a shape."""
    if not shape:
        return ()
    own = index[len(index) - len(shape) :]
    if 1 not in shape:
        return own
    return tuple(0 if size == 1 else k for k, size in zip(own, shape, strict=True))


def unravelled(number: int, shape: tuple[int, ...]) -> Index:
    """The index of an element by its number in reading order; NumPy's own takes longer for a single one."""
    index = []
    for size in reversed(shape):
        number, k = divmod(number, size)
        index.append(k)
    return tuple(reversed(index))


def _bracketed(texts: np.ndarray, precedences: int | np.ndarray, needed: int) -> np.ndarray:
    loose = np.broadcast_to(precedences < needed, texts.shape)
    texts = texts.copy()
    texts[loose] = np.frompyfunc("({})".format, 1, 1)(texts[loose])
    return texts
