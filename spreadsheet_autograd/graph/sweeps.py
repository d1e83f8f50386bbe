"""The derivative of every cell by one cell: one sweep forward through the sheet's own formulas, by differences."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.values import Scalar, as_float
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.overlay import Over
from spreadsheet_autograd.graph.sample_points import Point

STEP = 1e-5
"""How far a parameter of size 1 is moved: central differences are right to some ten digits then."""


class Sweeps:
    """Sweeps from several parameters, each only through the cells that depend on it."""

    def __init__(self, graph: SpreadsheetGraph, cut: Collection[Place]) -> None:
        """Begin.

        Args:
            graph: the workbook.
            cut: cells beyond which nothing is followed, as the parameters of the next step.
        """
        self._graph, self._cut = graph, {*cut}
        self._behind: dict[Place, list[Place]] = {}

    @cached_property
    def _order(self) -> dict[Place, int]:
        return {at: k for k, at in enumerate(self._graph.numbers)}

    def behind(self, by: Place) -> list[Place]:
        """The formulas that depend on a cell, in the order of computation."""
        if by not in self._behind:
            order, formulas = self._order, self._graph.formulas
            found = self._graph.descendants(by, self._cut) - {by}
            cells = [at for at in found if at in formulas and at in order and at not in self._cut]
            self._behind[by] = sorted(cells, key=order.__getitem__)
        return self._behind[by]

    def derivatives(self, by: Place, point: Point) -> dict[Place, float]:
        """The derivative of each cell behind a parameter at a choice of numbers, where it is a number."""
        own, cells = point.number(by), self.behind(by)
        if own is None or not cells:
            return {}
        self._graph.compute(cells, point.values, point.leaf, cut=point.states)
        step = STEP * max(1.0, abs(own))
        low, high = (self._moved(by, own + way, cells, point) for way in (-step, step))
        found = {}
        for at in cells:
            below, above = as_float(low[at]), as_float(high[at])
            if below is not None and above is not None and at[1] > 0:
                found[at] = (above - below) / (2 * step)
        return found

    def _moved(self, by: Place, value: float, cells: list[Place], point: Point) -> dict[Place, Scalar]:
        moved: dict[Place, Scalar] = {by: value}
        values = Over(moved, point.values)
        for at in cells:
            moved[at] = self._graph.value(self._graph.formulas[at], values, at)
        return moved
