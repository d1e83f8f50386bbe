"""The derivatives of losses by cells, as PyTorch gives them."""

from __future__ import annotations

from collections.abc import Collection

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point

SMALLEST = 1e-6
"""The largest slope counts as no smaller than that."""


class Slopes:
    """The derivatives of losses by cells, computed once for each loss and each choice of numbers."""

    def __init__(self, graph: SpreadsheetGraph) -> None:
        self._graph = graph
        self._wanted: dict[Place, set[Place]] = {}
        self._found: dict[tuple[Place, int], dict[Place, float] | None] = {}

    def want(self, loss: Place, by: Collection[Place]) -> None:
        """Say which derivatives will be asked for."""
        self._wanted.setdefault(loss, set()).update(by)

    def __call__(self, loss: Place, by: Place, point: Point) -> float | None:
        """The derivative; None where it can't be computed."""
        at = loss, point.seed
        if at not in self._found:
            self._found[at] = point.gradients(loss, self._wanted[loss])
        found = self._found[at]
        return None if found is None else found[by]

    def largest(self, loss: Place, point: Point) -> float:
        """The largest of them, against which rounding is judged."""
        self(loss, next(iter(self._wanted[loss])), point)
        found = (self._found[loss, point.seed] or {}).values()
        # Where all units are far off, what is left of the slopes is rounding itself.
        return max(SMALLEST, max(map(abs, found), default=1.0))
