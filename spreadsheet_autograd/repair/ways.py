"""Finds the path by which a wrong gradient differs: from the parameter, through a cell, to the loss.

A derivative is a sum over all paths. Those through a cell n contribute ∂n/∂x · ∂L/∂n together: a claim that differs
from the derivative by just that, at all sample points, forgets the paths through n, counts them twice, or with the
wrong sign. A direct path from the parameter into the loss counts as well.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import combinations, islice
from typing import NamedTuple

import numpy as np

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import shown_formula
from spreadsheet_autograd.functions.derivatives import NoDerivative, terms_of_gradient
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.graph.slopes import Sweeps
from spreadsheet_autograd.judge.verdicts import Verdict
from spreadsheet_autograd.language.algebra import product_of
from spreadsheet_autograd.language.single_cells import without_let
from spreadsheet_autograd.language.syntax import Binary, Cell, Node, Part, Unary
from spreadsheet_autograd.repair.edit import Edit, Kind
from spreadsheet_autograd.roles.matches import SAME, number_of_claim

POINTS = 4
"""The number of sample points at which paths are compared."""
FEWEST_POINTS = 2
"""The fewest sample points for a comparison: at a single one paths may agree by chance."""
MOST_CELLS = 2_000
"""The most cells between a parameter and the loss."""
MOST_PAIRS = 5_000
"""The most pairs of these cells that are tried."""
MOST_KEPT = 1_000
"""The most pairs of a cell and a sample point for which contributions are stored: more would fill the memory."""


class Way(NamedTuple):
    """The path that a wrong gradient treats wrongly, and how: Way(Kind.WAY_MISSING, (C4,)): not through C4."""

    kind: Kind
    """Kind.WAY_MISSING, WAY_TWICE (counted twice), WAY_TURNED (wrong sign) or WAY_ALONE (the claim is this
    path alone)."""
    over: tuple[Place, ...]
    """The cell that the paths go through, (C4,), or for WAY_MISSING two cells, (C4, D4): all paths through C4, and all
    through D4, are missing."""


class Ways:
    """Finds the path by which a wrong claim differs from the derivative: ways.way_of(verdict).

    `states` are the parameters, also those that an update computes; no path leads through one.
    """

    def __init__(self, graph: SpreadsheetGraph, states: Collection[Place]) -> None:
        self._graph, self._sweeps = graph, Sweeps(graph, states)
        self._cells = cache(self._cells_between)
        self._contributions = lru_cache(MOST_KEPT)(self._contributions_of)

    def way_of(self, verdict: Verdict) -> Way | None:
        """Return the path by which a wrong claim differs from the derivative: Way(Kind.WAY_MISSING, (C4,)).

        That is for a claim that forgets that w leads to the loss through C4 too. None if no path, or pair, explains it.
        """
        of, loss = self._graph.repeated(verdict.claim.of), verdict.loss
        if loss is None:
            return None
        cells = self._cells(of, loss)
        if not 1 < len(cells) <= MOST_CELLS:
            return None
        samples = [*islice(self._samples(verdict, of, loss), POINTS)]
        if len(samples) < FEWEST_POINTS:
            return None
        ways = np.array([each for each, _, _ in samples])
        said, truth = (np.array([each[k] for each in samples]) for k in (1, 2))

        def is_near(one: np.ndarray, other: np.ndarray) -> np.ndarray:
            small = SAME * np.max(np.abs(truth))
            near = np.abs(one - other) <= SAME * np.maximum(np.maximum(np.abs(one), np.abs(other)), small)
            return np.asarray(near.all(axis=0))

        # Cells on all paths, or on none, tell nothing.
        tell = np.flatnonzero(~is_near(ways, truth[:, None]) & (np.abs(ways) > 0).any(axis=0))
        ways, cells = ways[:, tell], [cells[k] for k in tell]
        lacks = truth - said
        goals = {Kind.WAY_MISSING: lacks, Kind.WAY_TWICE: -lacks, Kind.WAY_TURNED: lacks / 2, Kind.WAY_ALONE: said}
        for kind, goal in goals.items():
            equal = np.flatnonzero(is_near(ways, goal[:, None]))
            if goal.any() and equal.size:
                return Way(kind, (cells[equal[0]],))
        pairs = np.array([*islice(combinations(range(len(cells)), 2), MOST_PAIRS)], dtype=int).reshape(-1, 2)
        both = ways[:, pairs[:, 0]] + ways[:, pairs[:, 1]]
        equal = np.flatnonzero(is_near(both, lacks[:, None]) & ~is_near(both, truth[:, None]))
        return Way(Kind.WAY_MISSING, tuple(cells[k] for k in pairs[equal[0]])) if equal.size else None

    def _samples(self, verdict: Verdict, of: Place, loss: Place) -> Iterator[tuple[list[float], float, float]]:
        """Yield for each sample point the contributions of all cells, the claim's number and the derivative."""
        for point, truth in zip(verdict.points, verdict.truths, strict=True):
            said = number_of_claim(point, verdict.claim)
            contributions = None if said is None else self._contributions(of, loss, point)
            if said is not None and contributions is not None:
                yield contributions, said, truth

    def _cells_between(self, of: Place, loss: Place) -> list[Place]:
        leading = self._graph.ancestors(loss, [])
        return [at for at in self._sweeps.behind(of) if at in leading and at[1] > 0]

    def _contributions_of(self, of: Place, loss: Place, point: Point) -> list[float] | None:
        """Return the contribution of each of these cells to the derivative; None if it can't be computed."""
        cells = self._cells(of, loss)
        to_loss = point.gradients(loss, cells)
        if to_loss is None:
            return None
        ways = {at: slope * to_loss[at] for at, slope in self._sweeps.derivatives(of, point).items() if at in to_loss}
        ways[loss] = self._sweeps.slope_of(self._graph.formulas[loss], loss, of, point)
        return [ways.get(at, 0.0) for at in cells]


def as_edit(
    graph: SpreadsheetGraph, verdict: Verdict, way: Way, gradients: Mapping[Place, Sequence[Place]]
) -> Edit | None:
    """Return the edit that adds a missing path to a claim's formula: Edit(Kind.WAY_MISSING, B6+D4*B1, 1, None, C4).

    D4 is the gradient of C4 `=B1*B3` here. If no cell holds that gradient, or the path is wrong in another way, the
    edit's formula is the claim's, unchanged. None if the claim has no formula of its own.

    Args:
        graph: the workbook.
        verdict: the verdict on the claim.
        way: the path.
        gradients: the cells of right gradients, by the cell that each is the derivative by, {C4: [D4]}.
    """
    claim, formula = verdict.claim, shown_formula(graph, verdict.claim)
    if formula is None or isinstance(formula, Part):
        return None
    first, *others = way.over
    over, new = Cell(*first), formula
    held, node = gradients.get(first, ()), graph.formulas.get(first)
    if way.kind == Kind.WAY_MISSING and not others and held and node is not None and not isinstance(node, Part):
        gradient = Cell(*held[0])
        for term in _terms_to(node, over, gradient, graph.repeated(claim.of)):
            new = Binary(
                "-" if isinstance(term, Unary) else "+", new, term.operand if isinstance(term, Unary) else term
            )
    return Edit(way.kind, new, 1, Cell(*others[0]) if others else None, over)


def _terms_to(node: Node, own: Cell, gradient: Cell, of: Place) -> Iterator[Node]:
    try:
        for term in terms_of_gradient(without_let(node), own, gradient):
            if term.to.place == of:
                product = product_of(term.factors)
                yield Unary("-", product) if term.negative else product
    except (NoDerivative, ValueError, IndexError):
        return
