"""What may be missing in a formula: a factor, a mask, a term. Found by dividing and subtracting, not by trying."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, islice
from typing import NamedTuple

import numpy as np

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.evaluate import evaluate
from spreadsheet_autograd.functions.values import as_float
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.graph.tolerance import Closeness
from spreadsheet_autograd.language.algebra import ONE, mask_of, one_less, product_of, square
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Number, Path, replaced, size_of, walk
from spreadsheet_autograd.repair.edit import REFERENCE, Edit

MOST_IN_TERMS, MOST_IN_PAIRS, MOST_PIECES = 30, 250, 24
_nearly_equal = Closeness(1e-7, 1e-13)
COUNTS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 16.0, 20.0, 25.0, 32.0, 50.0, 64.0, 100.0)

ValuesAt = Callable[[Point], Mapping[Place, object]]


def own_values(point: Point) -> Mapping[Place, object]:
    """All cells at a choice of numbers, as the sheet has them."""
    return point.values


class _Piece(NamedTuple):
    """A piece of the formula that may lack something."""

    path: Path
    node: Node
    value: np.ndarray
    """What it gives at each choice of numbers."""
    goal: np.ndarray
    """What it must give for the formula to give what it must."""

    @property
    def is_scaled(self) -> bool:
        """Whether a factor can make the one of the other."""
        return bool(np.any(self.value) and np.any(self.goal))


def missing_parts(
    graph: SpreadsheetGraph,
    formula: Node,
    cell: Place,
    words: Sequence[Node],
    points: Sequence[Point],
    needed: Sequence[float],
    counts: Sequence[float] = (),
    values_at: ValuesAt = own_values,
    slopes: Sequence[Node] = (),
) -> Iterator[Edit]:
    """Yield the formula with what may be missing.

    Arguments as of `edits_of_one`, and further `counts`, and the `slopes` of the forward pass.
    """
    values = [(point, values_at(point)) for point in points]

    def values_of(node: Node) -> np.ndarray | None:
        found = []
        for point, edited in values:
            for at in graph.reads(node):
                point.number(at)
            found.append(as_float(evaluate(node, edited, cell, False)))
        return None if None in found else np.array(found, dtype=float)

    pairs = [(word, values_of(word)) for word in (*slopes, *words)]
    columns = [(word, found) for word, found in pairs if found is not None]
    if not columns:
        return
    columns = [(word, found) for word, found in columns if np.all(np.isfinite(found))]
    numbers = np.stack([found for _, found in columns], axis=1)
    pieces = [*_linear(formula, np.array(needed), values_of)]
    among = [(word, found) for word, found in columns if word in slopes]
    for piece in sorted(pieces, key=lambda piece: size_of(piece.node)):
        yield from _other_slopes(formula, piece, among)
    missing = _Missing(formula, [word for word, _ in columns], numbers)
    for piece in pieces:
        yield from missing.factors(piece, (*COUNTS, *counts))
        yield from missing.differences(piece) if isinstance(piece.node, Cell) else missing.terms(piece)


def _linear(formula: Node, wanted: np.ndarray, values_of: Callable[[Node], np.ndarray | None]) -> Iterator[_Piece]:
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
            rank = 3 + (size_of(piece.node) + size_of(slope)) // 8
            yield Edit(REFERENCE, replaced(formula, piece.path, slope), rank, piece.node, slope)


_FORMS: tuple[tuple[Callable[[np.ndarray], np.ndarray], Callable[[Node], Node], int], ...] = (
    (lambda x: x, lambda c: c, 2),
    (lambda x: 1 - x, one_less, 3),
    (lambda x: x * (1 - x), lambda c: Binary("*", c, one_less(c)), 3),
    (lambda x: 1 - x * x, lambda c: one_less(square(c)), 3),
)
"""Factors that may be missing, as numbers and as formulas, each with how large a change it is."""


class _Missing:
    """What may be missing, made of cells and expressions whose numbers are known: a column for each."""

    def __init__(self, formula: Node, words: Sequence[Node], numbers: np.ndarray) -> None:
        self._formula, self._words, self._numbers = formula, words, numbers

    def factors(self, piece: _Piece, counts: Sequence[float]) -> Iterator[Edit]:
        """Yield the factors that make a piece what it must be."""
        words, numbers, value, goal = self._words, self._numbers, piece.value, piece.goal

        def with_factor(kind: str, factor: Node, rank: int, operator: str = "*") -> Edit:
            new = Binary(operator, piece.node, factor)
            return Edit(kind, replaced(self._formula, piece.path, new), rank, None, factor)

        if not piece.is_scaled:
            return
        for count in counts:
            size: Node
            for times, size in ((count, Number(count)), (abs(count) ** 0.5, Call("SQRT", (Number(count),)))):
                if _same(value * times, goal):
                    yield with_factor("factor", size, 1)
                if _same(value, goal * times):
                    yield with_factor("factor", size, 1, "/")
        with np.errstate(all="ignore"):
            masks = (numbers > 0) * 1.0
            for k in _matching(masks * value[:, None], goal) if _both(masks) else ():
                if isinstance(words[k], Cell) and _both(masks[:, k]):
                    yield with_factor("mask", mask_of(words[k]), 2)
            for function, node, rank in _FORMS:
                for k in _matching(function(numbers) * value[:, None], goal):
                    if _is_mask(words[k], numbers[:, k]):  # that of a maximum, as the forward pass has it
                        yield with_factor("mask", words[k], rank)
                    else:
                        is_square = piece.node == words[k] == node(words[k])
                        yield with_factor("missing factor", node(words[k]), 1 if is_square else rank)
            for k in _matching(value[:, None] / numbers, goal):
                yield with_factor("surplus factor", words[k], 3, "/")

    def differences(self, piece: _Piece) -> Iterator[Edit]:
        """Yield the differences of which only one cell stands there."""
        value, goal = piece.value, piece.goal
        if not piece.is_scaled:
            return
        if _same(1 - value, goal):
            yield self._with_term(piece, one_less(piece.node), ONE, 2)
        for rest, sign, is_first in ((value - goal, "-", True), (value + goal, "-", False), (goal - value, "+", True)):
            for k in _matching(self._numbers, rest)[:3]:
                word = self._words[k]
                both = (piece.node, word) if is_first else (word, piece.node)
                yield self._with_term(piece, Binary(sign, *both), word, 2)

    def terms(self, piece: _Piece) -> Iterator[Edit]:
        """Yield the products of a few cells that are missing in a sum."""
        rest = piece.goal - piece.value
        for count in (1, 2, 3) if np.any(rest) else ():
            few = min(len(self._words), MOST_IN_TERMS if count > 2 else MOST_IN_PAIRS)
            choices = np.array([*combinations_with_replacement(range(few), count)])
            products = np.prod(self._numbers[:, choices], axis=2)
            for operator, signed in (("+", products), ("-", -products)):
                for k in _matching(signed, rest)[:3]:
                    term = product_of(self._words[choice] for choice in choices[k])
                    yield self._with_term(piece, Binary(operator, piece.node, term), term, 2 + count)

    def _with_term(self, piece: _Piece, new: Node, term: Node, rank: int) -> Edit:
        return Edit("missing term", replaced(self._formula, piece.path, new), rank, None, term)


def _is_mask(word: Node, values: np.ndarray) -> bool:
    return isinstance(word, Call) and word.name == "IF" and {*values.tolist()} <= {0.0, 1.0}


def _both(mask: np.ndarray) -> bool:
    return bool(np.any(mask == 0) and np.any(mask == 1))


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.all(_nearly_equal.of_arrays(a, b)))


def _matching(columns: np.ndarray, goal: np.ndarray) -> list[int]:
    """The columns that are the goal."""
    return [int(k) for k in np.flatnonzero(np.all(_nearly_equal.of_arrays(columns, goal[:, None]), axis=0))]
