"""What is missing in a formula, found by dividing and subtracting, not by trying: a factor, a mask, a term, a slope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement, islice
from typing import NamedTuple

import numpy as np

from spreadsheet_autograd.graph.tolerance import Closeness
from spreadsheet_autograd.language.algebra import ONE, factors_of, mask_of, of_one_less, one_less, product_of, square
from spreadsheet_autograd.language.syntax import (
    Binary,
    Call,
    Cell,
    Node,
    Number,
    Path,
    Range,
    pieces,
    replaced,
    size_of,
    walk,
)
from spreadsheet_autograd.repair.edit import Edit, Kind
from spreadsheet_autograd.repair.vocabulary import Vocabulary

MOST_IN_TERMS, MOST_IN_PAIRS, MOST_PIECES, OF_SLOPE = 30, 250, 24, 2
COUNTS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 16.0, 20.0, 25.0, 32.0, 50.0, 64.0, 100.0)
_nearly_equal = Closeness(1e-7, 1e-13)

ValuesOf = Callable[[Node], "np.ndarray | None"]
"""What a formula gives at each sample point; None where it is no number everywhere."""


class _Piece(NamedTuple):
    """A piece of the formula that may lack something."""

    path: Path
    node: Node
    value: np.ndarray
    """What it gives at each sample point."""
    goal: np.ndarray
    """What it must give for the formula to give what it must."""

    @property
    def is_scaled(self) -> bool:
        """Whether a factor can make the one of the other."""
        return bool(np.any(self.value) and np.any(self.goal))


def solved_edits(
    formula: Node, words: Vocabulary, needed: np.ndarray, values_of: ValuesOf, *, is_array: bool
) -> list[Edit]:
    """Return the formula with what it may lack, the smallest changes first.

    Args:
        formula: what is changed.
        words: what may belong into it.
        needed: what it must give at each sample point.
        values_of: what a formula gives there.
        is_array: whether it is an array formula.
    """
    slopes = [] if is_array else words.slopes
    cells = words.arrays if is_array else [words.written(at) for at in words.cells]
    further = [] if is_array else [*words.expressions, *(term for _, term in words.terms)]
    pairs = [(word, values_of(word)) for word in dict.fromkeys([*slopes, *cells, *further])]
    columns = [(word, found) for word, found in pairs if found is not None and np.all(np.isfinite(found))]
    if not columns:
        return []
    numbers = np.stack([found for _, found in columns], axis=1)
    parts = [*_linear(formula, needed, values_of)]
    among = [(word, found) for word, found in columns if word in slopes]
    missing = _Missing(formula, [word for word, _ in columns], numbers, words)
    found: list[Edit] = []
    for piece in parts:
        at = piece.node.place if isinstance(piece.node, Cell) else None
        if at is None or at in words.forward or not words.graph.is_formula(at):  # else that cell must be mended
            found += _other_slopes(formula, piece, among)
        found += missing.factors(piece)
        found += missing.differences(piece) if isinstance(piece.node, (Cell, Range)) else missing.terms(piece)
    return sorted(found, key=lambda edit: edit.rank)


def _linear(formula: Node, wanted: np.ndarray, values_of: ValuesOf) -> Iterator[_Piece]:
    """Yield the pieces that may lack something: those that are added and multiplied, from the outside."""
    may = ((path, node) for path, node in walk(formula) if not path or type(node) is not Number)
    for path, node in islice(may, MOST_PIECES):
        value, goal = values_of(node), wanted
        if path:
            at_0, at_1, at_2 = (values_of(replaced(formula, path, Number(x))) for x in (0.0, 1.0, 2.0))
            if at_0 is None or at_1 is None or at_2 is None:
                continue
            slope = at_1 - at_0
            if not np.all(slope) or not _same(at_2 - at_1, slope):
                continue
            goal = (wanted - at_0) / slope
        if value is not None:
            yield _Piece(path, node, value, goal)


def _other_slopes(formula: Node, piece: _Piece, slopes: Sequence[tuple[Node, np.ndarray]]) -> Iterator[Edit]:
    """Yield the slopes that belong where something else stands."""
    for slope, found in slopes if np.any(piece.goal) else ():
        if slope != piece.node and _same(found, piece.goal):
            rank = OF_SLOPE + 3 + (size_of(piece.node) + size_of(slope)) // 8
            yield Edit(Kind.REFERENCE, replaced(formula, piece.path, slope), rank, piece.node, slope)


def _one_less(x: Node) -> Node:
    """1 − x; of 1 − a, it is a."""
    return of_one_less(x) or one_less(x)


_FORMS: tuple[tuple[Callable[[np.ndarray], np.ndarray], Callable[[Node], Node], int], ...] = (
    (lambda x: x, lambda c: c, 2),
    (lambda x: 1 - x, _one_less, 3),
    (lambda x: x * (1 - x), lambda c: Binary("*", c, _one_less(c)), 3),
    (lambda x: 1 - x * x, lambda c: one_less(square(c)), 3),
)
"""Factors that may be missing, as numbers and as formulas, each with how large a change it is."""


class _Missing:
    """What may be missing, made of words whose numbers are known: a column for each."""

    def __init__(self, formula: Node, nodes: Sequence[Node], numbers: np.ndarray, words: Vocabulary) -> None:
        self._formula, self._nodes, self._numbers, self._words = formula, nodes, numbers, words
        self._counts = (*COUNTS, *words.numbers)

    def _with(self, piece: _Piece, kind: Kind, new: Node, added: Node, rank: int) -> Edit:
        is_slope = not _is_inverse(added) and any(part in self._words.slopes for part in pieces(added))
        # A mask asks what the forward pass is like.
        reads = self._words.graph.reads(added) if kind == Kind.MASK else ()
        is_strange = any(at not in self._words.forward for at in reads)
        changed = replaced(self._formula, piece.path, new)
        return Edit(kind, changed, rank + is_strange + OF_SLOPE * is_slope, None, added)

    def factors(self, piece: _Piece) -> Iterator[Edit]:
        """Yield the factors that make a piece what it must be."""
        nodes, numbers, value, goal = self._nodes, self._numbers, piece.value, piece.goal

        def with_factor(kind: Kind, factor: Node, rank: int, operator: str = "*") -> Edit:
            return self._with(piece, kind, Binary(operator, piece.node, factor), factor, rank)

        if not piece.is_scaled:
            return
        for count in self._counts:
            size: Node
            for times, size in ((count, Number(count)), (abs(count) ** 0.5, Call("SQRT", (Number(count),)))):
                if _same(value * times, goal):
                    yield with_factor(Kind.FACTOR, size, 1)
                if _same(value, goal * times):
                    yield with_factor(Kind.FACTOR, size, 1, "/")
        with np.errstate(all="ignore"):
            masks = (numbers > 0) * 1.0
            for k in _matching(masks * value[:, None], goal) if _both(masks) else ():
                if isinstance(nodes[k], (Cell, Range)) and _both(masks[:, k]):
                    yield with_factor(Kind.MASK, mask_of(nodes[k]), 2)
            for function, node, rank in _FORMS:
                for k in _matching(function(numbers) * value[:, None], goal):
                    if _is_inverse(nodes[k]):
                        continue  # by that cell it is divided
                    if _is_mask(nodes[k], numbers[:, k]):  # that of a maximum, as the forward pass has it
                        yield with_factor(Kind.MASK, nodes[k], rank)
                    else:
                        is_square = piece.node == nodes[k] == node(nodes[k])
                        yield with_factor(Kind.MISSING_FACTOR, node(nodes[k]), 1 if is_square else rank)
            for k in _matching(value[:, None] / numbers, goal):
                if nodes[k] in factors_of(piece.node):
                    yield with_factor(Kind.SURPLUS_FACTOR, nodes[k], 3, "/")
                else:
                    new = Binary("/", piece.node, nodes[k])
                    yield self._with(piece, Kind.MISSING_FACTOR, new, Binary("/", ONE, nodes[k]), 3)

    def differences(self, piece: _Piece) -> Iterator[Edit]:
        """Yield the differences of which only one part stands there."""
        value, goal = piece.value, piece.goal
        if not piece.is_scaled:
            return
        if _same(1 - value, goal):
            yield self._with(piece, Kind.MISSING_TERM, one_less(piece.node), ONE, 2)
        for rest, sign, is_first in ((value - goal, "-", True), (value + goal, "-", False), (goal - value, "+", True)):
            for k in _matching(self._numbers, rest)[:3]:
                word = self._nodes[k]
                both = (piece.node, word) if is_first else (word, piece.node)
                yield self._with(piece, Kind.MISSING_TERM, Binary(sign, *both), word, 2)

    def terms(self, piece: _Piece) -> Iterator[Edit]:
        """Yield the products of a few words that are missing in a sum."""
        rest = piece.goal - piece.value
        for count in (1, 2, 3) if np.any(rest) else ():
            few = min(len(self._nodes), MOST_IN_TERMS if count > 2 else MOST_IN_PAIRS)
            choices = np.array([*combinations_with_replacement(range(few), count)])
            products = np.prod(self._numbers[:, choices], axis=2)
            for operator, signed in (("+", products), ("-", -products)):
                for k in _matching(signed, rest)[:3]:
                    term = product_of(self._nodes[choice] for choice in choices[k])
                    yield self._with(piece, Kind.MISSING_TERM, Binary(operator, piece.node, term), term, 2 + count)


def _is_inverse(word: Node) -> bool:
    """Whether it is 1 / x of a cell."""
    is_quotient = isinstance(word, Binary) and word.operator == "/" and word.left == ONE
    return is_quotient and isinstance(word.right, Cell)  # type: ignore[union-attr]


def _is_mask(word: Node, values: np.ndarray) -> bool:
    return isinstance(word, Call) and word.name == "IF" and {*values.tolist()} <= {0.0, 1.0}


def _both(mask: np.ndarray) -> bool:
    return bool(np.any(mask == 0) and np.any(mask == 1))


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.all(_nearly_equal.of_arrays(a, b)))


def _matching(columns: np.ndarray, goal: np.ndarray) -> list[int]:
    """The columns that are the goal."""
    return [int(k) for k in np.flatnonzero(np.all(_nearly_equal.of_arrays(columns, goal[:, None]), axis=0))]
