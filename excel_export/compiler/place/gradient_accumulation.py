"""Gradients that so many uses of a value add to that each use has cells of its own.

A formula holds 8,192 characters, and nobody reads a sum of hundreds of products. So the gradient of a weight that each
step of a loop reads is the SUM of a line of cells: the contributions of the steps.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from excel_export.compiler.place.layout import Strides
from excel_export.formulas import ZERO, Expression, Grid, Scattered, rearranged, reduce, total
from excel_export.graph.graph import Graph, Value

CONTRIBUTIONS = "shares"
# Up to so many uses are added in a single formula; and so many, where each is but a cell that something was moved to.
MOST_ADDED, MOST_MOVED = 12, 60


def contributions_of(graph: Graph) -> dict[Value, int]:
    """Return how many contributions a gradient accumulates, for values whose uses are too many for a single formula."""
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
    """Lay out the contributions so that those of one element are a line: what there is more of, downwards."""
    elements = [int(np.prod(shape[axis + 1 :], dtype=int)) for axis in range(len(shape))]
    still = [0] * len(shape)
    if count >= int(np.prod(shape, dtype=int)):
        return (1, *still), (0, *elements)
    return (0, *elements), (1, *still)


def added_up(terms: Sequence[Expression]) -> Expression:
    """The sum of all that a gradient gains; no element adds a 0 for what passes it by."""
    moved, others = _sorted(terms)
    return total([*others, Scattered.together(moved)]) if moved else total(others)


def split(terms: Sequence[Expression], grid: Grid) -> Expression:
    """The contributions that a gradient accumulates, in the shape of their grid: their number, then the tensor's."""
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
    """The gradient whose contributions lie in a grid."""
    return reduce("SUM", grid.shape[1:], lambda *index: grid[(slice(None), *index)])


def _sorted(terms: Sequence[Expression]) -> tuple[list[Scattered], list[Expression]]:
    """What was only moved, each element to one place at most, and all else."""
    moved = [term for term in terms if isinstance(term, Scattered) and term.most <= 1]
    return moved, [term for term in terms if not (isinstance(term, Scattered) and term.most <= 1)]
