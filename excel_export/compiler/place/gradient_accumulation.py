"""Gradients to which a value's many uses contribute, each in cells of its own.

A formula holds 8,192 characters, and nobody reads a sum of hundreds of products. So the gradient of a weight that each
step of a loop uses is the SUM of a line of cells, one for each step's contribution.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from excel_export.compiler.place.layout import Strides
from excel_export.formulas import ZERO, Expression, Grid, Scattered, rearranged, reduce, total
from excel_export.graph.graph import Graph, Value

CONTRIBUTIONS = "shares"
"""The name of the helper tensor that holds the contributions."""
# Up to so many uses are added in a single formula; and so many, where each is but a cell that something was moved to.
MOST_ADDED, MOST_MOVED = 12, 60


def contributions_of(graph: Graph) -> dict[Value, int]:
    """Return the values whose gradient has more than 12 terms, with their number: {w: 30} if 30 calls read w.

    Each of these terms gets cells of its own. Of terms that only move elements, as of x[:2], 60 for one element share a
    cell: {x: 2} for 100 calls of x[:2], {} for 60.
    """
    uses: dict[Value, int] = defaultdict(int)
    moves: dict[Value, np.ndarray] = {}
    for call in graph.calls:
        if call.has_grad:
            moved = call.operator.moves_once()
            for value in call.inputs:
                if not value.has_grad:
                    continue
                if moved is None or moved.shape != value.shape:
                    uses[value] += 1
                elif value in moves:
                    moves[value] += moved
                else:
                    moves[value] = moved
    found = {}
    for value in {**uses, **moves}:
        most = int(moves[value].max(initial=0)) if value in moves else 0
        if uses[value] > MOST_ADDED or uses[value] + most > MOST_MOVED:
            found[value] = uses[value] + -(-most // MOST_MOVED)
    return found


def strides_of_contributions(shape: Sequence[int], count: int) -> Strides:
    """Return row and column strides of an array (count, *shape), with the terms of each element's gradient in a line.

    Terms go down, and elements right in reading order, if there are as many terms as elements, or more; else the other
    way.

    Example:
        >>> strides_of_contributions((3,), 3), strides_of_contributions((2, 3), 4)
        (((1, 0), (0, 1)), ((0, 3, 1), (1, 0, 0)))
    """
    elements = [int(np.prod(shape[axis + 1 :], dtype=int)) for axis in range(len(shape))]
    still = [0] * len(shape)
    if count >= int(np.prod(shape, dtype=int)):
        return (1, *still), (0, *elements)
    return (0, *elements), (1, *still)


def added_up(terms: Sequence[Expression]) -> Expression:
    """Return the sum of the terms of a gradient, element by element: B3*D3+F3 for the terms B3*D3 and F3.

    A term such as the gradient of x[:2], which has nothing for the other elements of x, adds no '+0' to these.
    """
    moved, others = _sorted(terms)
    return total([*others, Scattered.together(moved)]) if moved else total(others)


def split(terms: Sequence[Expression], grid: Grid) -> Expression:
    """Return the terms of a gradient in the shape of `grid`, (count, *shape): [a, b, c, d] as [a, b+c+d] for count 2.

    With a count of 5, the last place holds 0. Terms that only move elements, as of x[:2], are merged first.
    """
    moved, others = _sorted(terms)
    contributions = [*others, *(Scattered.together(moved).pieces(MOST_MOVED) if moved else [])]
    count, *shape = grid.shape
    contributions = [*contributions[: count - 1], total(contributions[count - 1 :])]
    contributions += [ZERO] * (count - len(contributions))
    return rearranged(
        [each if each.shape == tuple(shape) else each.broadcast_to(shape) for each in contributions],
        lambda *texts: np.stack(texts),
    )


def sum_of(grid: Grid) -> Expression:
    """Return the sums of terms over the first dimension of `grid`, (count, *shape): SUM(B3:B32) for each element."""
    return reduce("SUM", grid.shape[1:], lambda *index: grid[(slice(None), *index)])


def _sorted(terms: Sequence[Expression]) -> tuple[list[Scattered], list[Expression]]:
    moved = [term for term in terms if isinstance(term, Scattered) and term.most <= 1]
    return moved, [term for term in terms if not (isinstance(term, Scattered) and term.most <= 1)]
