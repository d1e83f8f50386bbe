"""Finds a missing factor, mask, term or slope by dividing and subtracting numbers, without trying formulas."""

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement, islice
from typing import NamedTuple

import numpy as np

from spreadsheet_autograd.graph.tolerance import Closeness
from spreadsheet_autograd.language import algebra, syntax
from spreadsheet_autograd.language.algebra import ONE, one_less, square, times
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Number, Range, replaced, walk
from spreadsheet_autograd.repair.edit import Edit, Kind
from spreadsheet_autograd.repair.vocabulary import Vocabulary

MOST_IN_TERMS = 30
"""The number of words of which products of three are tried."""
MOST_IN_PAIRS = 250
"""The number of words of which single ones and products of two are tried."""
MOST_PIECES = 24
"""The number of pieces of a formula that are looked at."""
OF_SLOPE = 2
"""The rank that an edit gets in addition if it adds a slope."""
COUNTS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 16.0, 20.0, 25.0, 32.0, 50.0, 64.0, 100.0)
"""Factors that are tried, such as numbers of examples or units."""
_nearly_equal = Closeness(1e-7, 1e-13)

ValuesOf = Callable[[Node], "np.ndarray | None"]
"""A function that returns a formula's result at each sample point; None if one of them is no number."""


class _Piece(NamedTuple):
    """A piece of the formula that may lack something."""

    path: syntax.Path
    node: Node
    value: np.ndarray
    """Its values, one for each sample point."""
    goal: np.ndarray
    """The values that would make the whole formula right, one for each sample point."""


def solved_edits(
    formula: Node, words: Vocabulary, needed: np.ndarray, values_of: ValuesOf, *, is_array: bool
) -> list[Edit]:
    """Return edits that add what makes a formula right: for B4*B1, Edit(Kind.MISSING_FACTOR, B4*B1*C4, 2, None, C4).

    The smallest changes come first; [] if no factor, term or slope in `words` gives the numbers.

    Args:
        formula: the formula.
        words: the cells, numbers and slopes that may belong into it.
        needed: the results that make it right, one for each sample point, shape (points,).
        values_of: returns a formula's results at these points, (points,); None if one is no number.
        is_array: True if it is an array formula: its results are then those of one of its cells.
    """
    cells = words.arrays if is_array else [words.written(at) for at in words.cells]
    further = [] if is_array else [*words.expressions, *(term for _, term in words.terms)]
    slopes = [] if is_array else words.slopes
    nodes = dict.fromkeys([*slopes, *cells, *further])
    columns = {node: found for node in nodes if (found := values_of(node)) is not None and np.isfinite(found).all()}
    if not columns:
        return []
    missing = _Missing(formula, words, columns)
    lacking = (edit for piece in _linear(formula, needed, values_of) for edit in missing.in_piece(piece))
    return sorted(lacking, key=lambda edit: edit.rank)


def _linear(formula: Node, needed: np.ndarray, values_of: ValuesOf) -> Iterator[_Piece]:
    """Yield the pieces on which the result depends linearly, the formula itself first: they may lack something."""
    may = ((path, node) for path, node in walk(formula) if not path or type(node) is not Number)
    for path, node in islice(may, MOST_PIECES):
        value, goal = values_of(node), needed
        if path:
            at_0, at_1, at_2 = (values_of(replaced(formula, path, Number(x))) for x in (0.0, 1.0, 2.0))
            if at_0 is None or at_1 is None or at_2 is None:
                continue
            slope = at_1 - at_0
            if not np.all(slope) or not _same(at_2 - at_1, slope):
                continue
            goal = (needed - at_0) / slope
        if value is not None:
            yield _Piece(path, node, value, goal)


def _one_less(x: Node) -> Node:
    """Return 1 − x, and a for 1 − a."""
    return algebra.of_one_less(x) or one_less(x)


_FORMS: list[tuple[Callable[[np.ndarray], np.ndarray], Callable[[Node], Node], int]] = [
    (lambda x: x, lambda c: c, 2),
    (lambda x: 1 - x, _one_less, 3),
    (lambda x: x * (1 - x), lambda c: Binary("*", c, _one_less(c)), 3),
    (lambda x: 1 - x * x, lambda c: one_less(square(c)), 3),
]
"""Factors made of a word: the function of its numbers, the same as a formula, and the size of the change."""


class _Missing:
    """The edits that add one or several words; `columns` has the numbers of each word."""

    def __init__(self, formula: Node, words: Vocabulary, columns: dict[Node, np.ndarray]) -> None:
        self._formula, self._words = formula, words
        self._nodes, self._numbers = [*columns], np.stack([*columns.values()], axis=1)

    def in_piece(self, piece: _Piece) -> Iterator[Edit]:
        at = piece.node.place if isinstance(piece.node, Cell) else None
        if at is None or at in self._words.forward or not self._words.graph.is_formula(at):  # else correct that cell
            yield from self._other_slopes(piece)
        if np.any(piece.value) and np.any(piece.goal):
            yield from self._factors(piece)
        if not _same(piece.value, piece.goal):
            yield from self._terms(piece)

    def _other_slopes(self, piece: _Piece) -> Iterator[Edit]:
        for k in _matching(self._numbers, piece.goal) if np.any(piece.goal) else ():
            slope = self._nodes[k]
            if slope != piece.node and slope in self._words.slopes:
                rank = OF_SLOPE + 3 + (syntax.size_of(piece.node) + syntax.size_of(slope)) // 8
                yield Edit(Kind.REFERENCE, replaced(self._formula, piece.path, slope), rank, piece.node, slope)

    def _with(self, piece: _Piece, kind: Kind, new: Node, added: Node, rank: int) -> Edit:
        slopes = self._words.slopes
        is_slope = not _is_inverse(added) and any(part in slopes for part in syntax.pieces(added))
        # A mask should read the forward pass.
        reads = self._words.graph.reads(added) if kind == Kind.MASK else ()
        is_strange = any(at not in self._words.forward for at in reads)
        changed = replaced(self._formula, piece.path, new)
        return Edit(kind, changed, rank + is_strange + OF_SLOPE * is_slope, None, added)

    def _factors(self, piece: _Piece) -> Iterator[Edit]:
        nodes, numbers, value, goal = self._nodes, self._numbers, piece.value[:, None], piece.goal

        def with_factor(kind: Kind, factor: Node, rank: int, operator: str = "*") -> Edit:
            return self._with(piece, kind, Binary(operator, piece.node, factor), factor, rank)

        for count in (*COUNTS, *self._words.numbers):
            size: Node
            for number, size in ((count, Number(count)), (abs(count) ** 0.5, Call("SQRT", (Number(count),)))):
                if _same(piece.value * number, goal):
                    yield with_factor(Kind.FACTOR, size, 1)
                if _same(piece.value, goal * number):
                    yield with_factor(Kind.FACTOR, size, 1, "/")
        with np.errstate(all="ignore"):
            masks = (numbers > 0) * 1.0
            for k in _matching(masks * value, goal):
                if isinstance(nodes[k], (Cell, Range)) and {*masks[:, k].tolist()} == {0.0, 1.0}:
                    yield with_factor(Kind.MASK, algebra.mask_of(nodes[k]), 2)
            for of_numbers, of_node, rank in _FORMS:
                for k in _matching(of_numbers(numbers) * value, goal):
                    if _is_inverse(nodes[k]):
                        continue  # better reported as a division by that cell
                    if _is_mask(nodes[k], numbers[:, k]):  # the mask of a maximum in the forward pass
                        yield with_factor(Kind.MASK, nodes[k], rank)
                    else:
                        is_square = piece.node == nodes[k] == of_node(nodes[k])
                        yield with_factor(Kind.MISSING_FACTOR, of_node(nodes[k]), 1 if is_square else rank)
            for k in _matching(value / numbers, goal):
                if nodes[k] in algebra.factors_of(piece.node):
                    yield with_factor(Kind.SURPLUS_FACTOR, nodes[k], 3, "/")
                else:
                    inverse = Binary("/", ONE, nodes[k])
                    yield self._with(piece, Kind.MISSING_FACTOR, times(piece.node, inverse), inverse, 3)

    def _terms(self, piece: _Piece) -> Iterator[Edit]:
        """Yield a word that is missing in a difference, or a product of up to three words in a sum."""
        rest = piece.goal - piece.value
        is_cell = isinstance(piece.node, (Cell, Range))
        if is_cell and _same(1 - piece.value, piece.goal):
            yield self._with(piece, Kind.MISSING_TERM, one_less(piece.node), ONE, 2)
        for k in _matching(self._numbers, piece.value + piece.goal)[:3] if is_cell else ():
            word = self._nodes[k]
            yield self._with(piece, Kind.MISSING_TERM, Binary("-", word, piece.node), word, 2)
        for count in (1,) if is_cell else (1, 2, 3):
            few = min(len(self._nodes), MOST_IN_TERMS if count > 2 else MOST_IN_PAIRS)
            choices = np.array([*combinations_with_replacement(range(few), count)])
            products = np.prod(self._numbers[:, choices], axis=2)
            for operator, signed in (("+", products), ("-", -products)):
                for k in _matching(signed, rest)[:3]:
                    term = algebra.product_of(self._nodes[choice] for choice in choices[k])
                    new = Binary(operator, piece.node, term)
                    yield self._with(piece, Kind.MISSING_TERM, new, term, 2 + count - is_cell)


def _is_inverse(word: Node) -> bool:
    is_quotient = isinstance(word, Binary) and word.operator == "/" and word.left == ONE
    return is_quotient and isinstance(word.right, Cell)  # type: ignore[union-attr]


def _is_mask(word: Node, values: np.ndarray) -> bool:
    return isinstance(word, Call) and word.name == "IF" and {*values.tolist()} <= {0.0, 1.0}


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.all(_nearly_equal.of_arrays(a, b)))


def _matching(columns: np.ndarray, goal: np.ndarray) -> list[int]:
    return [int(k) for k in np.flatnonzero(np.all(_nearly_equal.of_arrays(columns, goal[:, None]), axis=0))]
