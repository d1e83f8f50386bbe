"""How an expression is written down: all its formulas at once, or one as its pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from excel_export.formulas.numbers import number

if TYPE_CHECKING:
    from excel_export.formulas.expression import Expression, Leaf
    from excel_export.formulas.reference import Name, Reference

Index = tuple[int, ...]
Token: TypeAlias = "str | float | Name | Reference | tuple[Reference, Reference]"
"""A piece of one formula: text, a constant, a name, a reference, or two ranges of which the SUMPRODUCT is taken."""

# NumPy's limit to the operands of a function, its result among them, is 64, and was 32 before NumPy 2.
MOST_OPERANDS = 32
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
        """Add a place for each formula's own text, or the text itself where there is one formula."""
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
        if len(self._columns) < MOST_OPERANDS:
            texts = np.frompyfunc(template.format, len(self._columns), 1)(*self._columns)
            return texts if texts.shape == shape else np.broadcast_to(texts, shape)
        texts = np.empty(shape, dtype=object)
        columns = (np.broadcast_to(column, shape).ravel().tolist() for column in self._columns)
        texts.reshape(-1)[:] = list(map(template.format, *columns))
        return texts


def _template_of(piece: str | int) -> str:
    if isinstance(piece, int):
        return f"{{{piece}}}"
    return piece.replace("{", "{{").replace("}", "}}") if "{" in piece or "}" in piece else piece


class ElementWriter(Writer):
    """Writes one formula as its pieces."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.tokens: list[Token] = []

    def say(self, text: str) -> None:
        """Add a piece of text."""
        if text:
            self.tokens.append(text)

    def take(self, leaf: Leaf, needed: int) -> None:
        """Add the pieces of the one formula that is asked for."""
        index = own_index(self._index, leaf.shape)
        tokens = leaf.element(index)
        binds: int | np.ndarray = leaf.precedence
        if binds < needed:  # the loosest of its formulas, which need not be this one
            binds = leaf.precedences
            binds = binds[index] if isinstance(binds, np.ndarray) else binds
        self.tokens += tokens if binds >= needed else ["(", *tokens, ")"]


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


def token_text(token: Token, home: str) -> str:
    """A piece of a formula as formulas on the sheet `home` write it."""
    if isinstance(token, str):
        return token
    if isinstance(token, float):
        return number(token)
    if isinstance(token, tuple):
        return f"SUMPRODUCT({','.join(each.text(home) for each in token)})"
    text = token.text
    return text if isinstance(text, str) else text(home)


def _bracketed(texts: np.ndarray, precedences: int | np.ndarray, needed: int) -> np.ndarray:
    if isinstance(precedences, int):
        return np.asarray(np.frompyfunc("({})".format, 1, 1)(texts), dtype=object)
    loose = precedences < needed
    if loose.any():
        texts = texts.copy()
        texts[loose] = np.frompyfunc("({})".format, 1, 1)(texts[loose])
    return texts
