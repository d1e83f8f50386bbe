"""How an expression becomes text: all its formulas at once, or one formula as tokens.

The precedence of operators is that of ECMA-376 part 1, 18.17.2.2. There a minus sign binds more tightly than a power:
-2^2 is 4. But people read it the other way, and Gnumeric reads a^b^c from right to left: so the base of a power stands
in brackets unless it is a single operand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

Index = tuple[int, ...]
"""An index of a tensor, from 0 on in each dimension: (1, 2); () for a scalar."""

COMPARISON, JOIN, SUM, PRODUCT, POWER, PERCENT, NEGATED, ATOM = range(1, 9)
"""The precedences, from the operators that bind least to operands that need no brackets."""
OPERATORS = {
    **dict.fromkeys(("=", "<>", "<", ">", "<=", ">="), COMPARISON),
    "&": JOIN, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER,
}  # fmt: skip
"""The precedence of each operator that stands between two operands."""
ANYTHING = 0
"""The precedence that an argument of a function needs: none."""


Leaf: TypeAlias = Any
"""A `Leaf` of `expression`, which uses this file."""


class Writer:
    """A taker of formulas' pieces, left to right: say('*') for what B3*2, B4*2 share, take(leaf of B3, B4, 4) else."""

    def say(self, text: str) -> None:
        """Take text that all formulas have in common: '*' of B3*2 and B4*2."""
        raise NotImplementedError

    def take(self, leaf: Leaf, needed: int) -> None:
        """Take a leaf, whose formulas differ, B3 and B4: in brackets if its precedence is below `needed` (0 to 8)."""
        raise NotImplementedError

    def call(self, function: str, arguments: Sequence[Any]) -> None:
        """Take a function and its arguments, each an Expression.

        Of MAX(0,B3): say('MAX('), the pieces of 0, say(','), the pieces of B3, say(')').
        """
        before = f"{function}("
        for argument in arguments:
            self.say(before)
            argument.write_operand(self, ANYTHING)
            before = ","
        self.say(")" if arguments else f"{before})")


class TemplateWriter(Writer):
    """Writes all formulas at once: a template of what they share, '{0}*2', and columns to fill in, ['B3', 'B4'].

    TemplateWriter(home) writes them as the sheet `home` holds them; expression.write(writer) fills it.
    """

    def __init__(self, home: str) -> None:
        self._home = home
        self._pieces: list[str | int] = []
        """Texts, and the numbers of columns in `_columns`."""
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
        """Return the text written so far if it is one formula, of shape (): 'B3*2'."""
        return "".join(self._pieces)  # type: ignore[arg-type]

    def filled(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the text of each formula, ['B3*2', 'B4*2'], an object array of this shape."""
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
"""A text with None, or a leaf with the precedence that it needs."""


class ElementWriter(Writer):
    """A writer that collects pieces in `pieces`: [(leaf of B3 and B4, 4), (None, '*'), (None, 2.0)] for B3*2, B4*2."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        """The pieces so far: (None, text or number), or (leaf, the precedence that it needs)."""

    def say(self, text: str) -> None:
        if text:
            self.pieces.append((None, text))

    def take(self, leaf: Leaf, needed: int) -> None:
        self.pieces += [(leaf, needed)] if leaf.shape else [(None, token) for token in leaf.tokens_in((), needed)]


def own_index(index: Index, shape: tuple[int, ...]) -> Index:
    """Return the index in a tensor of this shape of the element that broadcasting puts at `index`.

    Example:
        >>> own_index((4, 2), (1, 3))
        (0, 2)
    """
    if not shape:
        return ()
    own = index[len(index) - len(shape) :]
    if 1 not in shape:
        return own
    return tuple(0 if size == 1 else k for k, size in zip(own, shape, strict=True))


def unravelled(number: int, shape: tuple[int, ...]) -> Index:
    """Return the index of an element by its number in reading order, from 0 on: (1, 2) for 5 in (2, 3).

    It is `numpy.unravel_index`, which takes longer for a single element.
    """
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
