"""What may be missing in a formula: a factor, a mask, a term. Found by dividing and subtracting, not by trying."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, islice, permutations
from typing import NamedTuple

import numpy as np

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.algebra import ONE, mask_of, one_less, product_of, square
from excel_export.spreadsheets.draws import Point
from excel_export.spreadsheets.evaluate import evaluate
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.syntax import Binary, Call, Cell, Node, Number, replaced, size_of, walk
from excel_export.spreadsheets.values import as_float

MOST_IN_TERMS, MOST_IN_PAIRS, MOST_IN_DIFFERENCES, MOST_PIECES, NEAR = 30, 250, 60, 24, 1e-7
ROUNDING = 1e-13
COUNTS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 16.0, 20.0, 25.0, 32.0, 50.0, 64.0, 100.0)

ValuesAt = Callable[[Point], Mapping[Place, object]]


class Part(NamedTuple):
    """A formula with what was missing."""

    kind: str
    formula: Node
    added: Node
    instead_of: Node | None = None
    """What was there, where it isn't missing but something else."""


def own_values(point: Point) -> Mapping[Place, object]:
    """All cells at a choice of numbers, as the sheet has them."""
    return point.values


class _Mended(NamedTuple):
    """A choice of numbers, and all cells at these with what was mended."""

    point: Point
    values: Mapping[Place, object]


def missing_parts(
    graph: SpreadsheetGraph,
    formula: Node,
    cell: Place,
    words: Sequence[Node],
    points_drawn: Sequence[Point],
    needed: Sequence[float],
    counts: Sequence[float] = (),
    values_at: ValuesAt = own_values,
    slopes: Sequence[Node] = (),
) -> Iterator[tuple[Part, int]]:
    """Yield what may be missing, with how large a change it is.

    Arguments as of `changes`, and further `counts`, and the `slopes` of the forward pass.
    """
    points = [_Mended(point, values_at(point)) for point in points_drawn]
    pairs = [(word, _values(graph, word, cell, points)) for word in (*slopes, *words)]
    columns = [(word, found) for word, found in pairs if found is not None]
    if not columns:
        return
    columns = [(word, found) for word, found in columns if np.all(np.isfinite(found))]
    words = [word for word, _ in columns]
    numbers = np.stack([found for _, found in columns], axis=1)
    wanted = np.array(needed)
    places = [(path, piece, _values(graph, piece, cell, points), _goal(graph, formula, path, cell, points, wanted))
              for path, piece in _linear(formula)]  # fmt: skip
    linear = [
        (path, piece, value, goal) for path, piece, value, goal in places if value is not None and goal is not None
    ]
    among = [(word, found) for word, found in columns if word in slopes]
    for path, piece, _, goal in sorted(linear, key=lambda place: size_of(place[1])):
        yield from _other_slopes(formula, path, piece, goal, among)
    for path, piece, value, goal in linear:
        yield from _factors(formula, path, piece, value, goal, words, numbers, (*COUNTS, *counts))
        if isinstance(piece, Cell):
            yield from _differences(formula, path, piece, value, goal, words, numbers)
        else:
            yield from _further_terms(formula, path, piece, goal - value, words, numbers)


def _other_slopes(
    formula: Node, path: tuple[int, ...], piece: Node, goal: np.ndarray, slopes: Sequence[tuple[Node, np.ndarray]]
) -> Iterator[tuple[Part, int]]:
    """Yield the slopes that belong where something else stands."""
    if not np.any(goal):
        return
    for slope, found in slopes:
        if slope != piece and _same(found, goal):
            yield (
                Part("reference", replaced(formula, path, slope), slope, piece),
                3 + (size_of(piece) + size_of(slope)) // 8,
            )


def _linear(formula: Node) -> list[tuple[tuple[int, ...], Node]]:
    """The pieces that may lack something: those that are added and multiplied, from the outside."""
    may = ((path, piece) for path, piece in walk(formula) if not path or type(piece) is not Number)
    return [*islice(may, MOST_PIECES)]


def _goal(
    graph: SpreadsheetGraph,
    formula: Node,
    path: tuple[int, ...],
    cell: Place,
    points: Sequence[_Mended],
    wanted: np.ndarray,
) -> np.ndarray | None:
    """What a piece must give for the formula to give what it must; None where that isn't linear."""
    if not path:
        return wanted
    tried = [_values(graph, replaced(formula, path, Number(x)), cell, points) for x in (0.0, 1.0, 2.0)]
    at_0, at_1, at_2 = tried
    if at_0 is None or at_1 is None or at_2 is None:
        return None
    slope = at_1 - at_0
    if not np.all(slope) or not _same(at_2 - at_1, slope):
        return None
    return np.asarray((wanted - at_0) / slope)


def _values(graph: SpreadsheetGraph, node: Node, cell: Place, points: Sequence[_Mended]) -> np.ndarray | None:
    found = []
    for point in points:
        for at in graph.reads(node):
            point.point.number(at)
        value = as_float(evaluate(node, point.values, cell, False))
        if value is None:
            return None
        found.append(value)
    return np.array(found)


def _factors(
    formula: Node,
    path: tuple[int, ...],
    term: Node,
    value: np.ndarray,
    goal: np.ndarray,
    words: Sequence[Node],
    numbers: np.ndarray,
    counts: Sequence[float],
) -> Iterator[tuple[Part, int]]:
    """Yield the factors that make a term what it must be."""

    def part(kind: str, factor: Node, rank: int, operator: str = "*") -> tuple[Part, int]:
        return Part(kind, replaced(formula, path, Binary(operator, term, factor)), factor), rank

    if not np.any(value) or not np.any(goal):
        return
    for count in counts:
        size: Node
        for times, size in ((count, Number(count)), (abs(count) ** 0.5, Call("SQRT", (Number(count),)))):
            if _same(value * times, goal):
                yield part("factor", size, 1)
            if _same(value, goal * times):
                yield part("factor", size, 1, "/")
    forms: tuple[tuple[str, Callable[[np.ndarray], np.ndarray], Callable[[Node], Node], int], ...] = (
        ("mask", lambda x: (x > 0) * 1.0, mask_of, 2),
        ("missing factor", lambda x: x, lambda c: c, 2),
        ("missing factor", lambda x: 1 - x, one_less, 3),
        ("missing factor", lambda x: x * (1 - x), lambda c: Binary("*", c, one_less(c)), 3),
        ("missing factor", lambda x: 1 - x * x, lambda c: one_less(square(c)), 3),
    )
    with np.errstate(all="ignore"):
        for kind, function, node, rank in forms:
            factor = function(numbers)
            if kind == "mask" and not _both(factor):
                continue
            for k in _matching(factor * value[:, None], goal):
                if kind != "mask" and _is_mask(
                    words[k], numbers[:, k]
                ):  # that of a maximum, as the forward pass has it
                    yield part("mask", words[k], rank)
                elif kind != "mask" or (isinstance(words[k], Cell) and _both(factor[:, k])):
                    is_square = term == words[k] and kind != "mask"
                    yield part(kind, node(words[k]), 1 if is_square and node(words[k]) == term else rank)
        for k in _matching(value[:, None] / numbers, goal):
            yield part("surplus factor", words[k], 3, "/")
        cells = [piece for _, piece in walk(formula) if isinstance(piece, Cell)]
        lines = {(0, cell.row) for cell in cells} | {(1, cell.col) for cell in cells}
        close = sorted(range(len(words)), key=lambda k: not _is_on(words[k], lines))[:MOST_IN_DIFFERENCES]
        pairs = np.array([*permutations(close, 2)]).reshape(-1, 2)
        differences = numbers[:, pairs[:, 0]] - numbers[:, pairs[:, 1]]
        for k in _matching(differences * value[:, None], goal)[:3]:
            yield part("missing factor", Binary("-", words[pairs[k][0]], words[pairs[k][1]]), 4)


def _is_on(word: Node, lines: set[tuple[int, int]]) -> bool:
    return isinstance(word, Cell) and ((0, word.row) in lines or (1, word.col) in lines)


def _differences(
    formula: Node,
    path: tuple[int, ...],
    piece: Node,
    value: np.ndarray,
    goal: np.ndarray,
    words: Sequence[Node],
    numbers: np.ndarray,
) -> Iterator[tuple[Part, int]]:
    """Yield the differences of which only one cell stands there."""
    if not np.any(value) or not np.any(goal):
        return
    if _same(1 - value, goal):
        yield Part("missing term", replaced(formula, path, one_less(piece)), ONE), 2
    for rest, sign, is_first in ((value - goal, "-", True), (value + goal, "-", False), (goal - value, "+", True)):
        for k in _matching(numbers, rest)[:3]:
            both = (piece, words[k]) if is_first else (words[k], piece)
            yield Part("missing term", replaced(formula, path, Binary(sign, *both)), words[k]), 2


def _is_mask(word: Node, values: np.ndarray) -> bool:
    return isinstance(word, Call) and word.name == "IF" and {*values.tolist()} <= {0.0, 1.0}


def _both(mask: np.ndarray) -> bool:
    return bool(np.any(mask == 0) and np.any(mask == 1))


def _further_terms(
    formula: Node, path: tuple[int, ...], piece: Node, rest: np.ndarray, words: Sequence[Node], numbers: np.ndarray
) -> Iterator[tuple[Part, int]]:
    """Yield the products of a few cells that are missing in a sum."""
    if not np.any(rest):
        return
    for count in (1, 2, 3):
        few = min(len(words), MOST_IN_TERMS if count > 2 else MOST_IN_PAIRS)
        choices = np.array([*combinations_with_replacement(range(few), count)])
        columns = numbers[:, :few]
        products = np.ones((len(rest), len(choices)))
        for k in range(count):
            products = products * columns[:, choices[:, k]]
        for sign in (1, -1):
            for k in _matching(sign * products, rest)[:3]:
                term = product_of(words[choice] for choice in choices[k])
                whole = Binary("+" if sign > 0 else "-", piece, term)
                yield Part("missing term", replaced(formula, path, whole), term), 2 + count


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.all(np.abs(a - b) <= NEAR * np.maximum(np.abs(a), np.abs(b)) + ROUNDING))


def _matching(columns: np.ndarray, goal: np.ndarray) -> list[int]:
    """The columns that are the goal."""
    with np.errstate(all="ignore"):
        goal = goal[:, None]
        same = np.all(np.abs(columns - goal) <= NEAR * np.maximum(np.abs(columns), np.abs(goal)) + ROUNDING, axis=0)
    return [int(k) for k in np.flatnonzero(same)]
