"""Derivatives at sample points: of a loss by cells with PyTorch, and of all cells by one cell with differences."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TypeVar

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.values import Scalar, as_float
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Over, Point
from spreadsheet_autograd.language.syntax import Node

SMALLEST = 1e-2
"""The least value of `Slopes.largest`."""
STEP = 1e-5
"""The step of central differences for a number of size 1; they are right to some ten digits then."""
Key = TypeVar("Key")


class Slopes:
    """The derivatives of losses by cells at points, each computed once.

    First announce the cells, slopes.want(loss, [b3, b4]); then slopes(loss, b3, point) is the derivative by b3, 0.5.
    """

    def __init__(self, graph: SpreadsheetGraph) -> None:
        self._graph = graph
        self._parameters: dict[Place, set[Place]] = {}
        self._gradients: dict[tuple[Place, int], dict[Place, float] | None] = {}
        self._largest: dict[tuple[Place, int], float] = {}
        self._kinks: dict[tuple[Place, Place, int], bool] = {}

    def want(self, loss: Place, by: Collection[Place]) -> None:
        """Announce cells by which a loss will be differentiated: all, before the first derivative of that loss."""
        self._parameters.setdefault(loss, set()).update(by)

    def __call__(self, loss: Place, by: Place, point: Point) -> float | None:
        """Return the derivative of a loss by an announced cell at a point; None if the loss is no number there."""
        at = loss, point.seed
        if at not in self._gradients:
            self._gradients[at] = point.gradients(loss, self._parameters[loss])
        found = self._gradients[at]
        return None if found is None else found[by]

    def largest(self, loss: Place, point: Point) -> float:
        """Return the largest |∂loss/∂cell| at a point, of the cells that `want` announced, at least 0.01."""
        at = loss, point.seed
        if at not in self._largest:
            self(loss, next(iter(self._parameters[loss])), point)
            found = (self._gradients[at] or {}).values()
            # If all units are saturated, the slopes are mere rounding.
            self._largest[at] = max(SMALLEST, max(map(abs, found), default=1.0))
        return self._largest[at]

    def has_kink(self, loss: Place, by: Place, point: Point) -> bool:
        """Return whether the slopes of a loss left and right of the number in `by` differ: True for abs(x) at 0."""
        at = loss, by, point.seed
        if at not in self._kinks:
            self._kinks[at] = _is_kink(point, loss, by)
        return self._kinks[at]


def _is_kink(point: Point, loss: Place, by: Place) -> bool:
    """Return whether the slopes differ by as much nearer to the number: at a smooth minimum they differ by less."""
    far = _jump(point, loss, by, 1e-6)
    return far > 0 and _jump(point, loss, by, 1e-7) > far / 2


def _jump(point: Point, loss: Place, by: Place, step: float) -> float:
    x = point.number(by)
    step *= max(1.0, abs(x or 0.0))
    low, here, high = (each.number(loss) for each in (point.shifted(by, -step), point, point.shifted(by, step)))
    if x is None or low is None or here is None or high is None:
        return 0.0
    left, right = (here - low) / step, (high - here) / step
    rounding = 1e-14 * max(abs(low), abs(here), abs(high)) / step
    return max(0.0, abs(left - right) - 1e-4 * max(abs(left), abs(right)) - rounding)


def central_differences(values: Callable[[float], Mapping[Key, object]], x: float) -> dict[Key, float]:
    """Return the derivatives of several values by a number, by differences.

    Values that are no number on one side are left out.

    Args:
        values: returns the values by any keys, {'square': 9.0}, for a number near `x`.
        x: the number at which they are differentiated.

    Example:
        >>> slopes = central_differences(lambda x: {"square": x**2, "text": "a"}, 3.0)
        >>> {key: round(slope, 6) for key, slope in slopes.items()}
        {'square': 6.0}
    """
    step = STEP * max(1.0, abs(x))
    low, high = values(x - step), values(x + step)
    pairs = ((key, as_float(low[key]), as_float(above)) for key, above in high.items())
    return {key: (above - below) / (2 * step) for key, below, above in pairs if below is not None and above is not None}


def central_difference(value: Callable[[float], object], x: float) -> float | None:
    """Return the derivative of value(x) by x, by differences: 6.0 of x² at 3; None if it is no number on one side."""
    return central_differences(lambda number: {"": value(number)}, x).get("")


class Sweeps:
    """The derivatives of all cells by one parameter: sweeps.derivatives(b3, point) is {b4: 0.5, b5: 2.0}.

    `cut` are cells, such as other parameters, through which no dependence is followed.
    """

    def __init__(self, graph: SpreadsheetGraph, cut: Collection[Place]) -> None:
        self._graph, self._cut = graph, {*cut}
        self._behind: dict[Place, list[Place]] = {}

    @cached_property
    def _order(self) -> dict[Place, int]:
        return {at: k for k, at in enumerate(self._graph.numbers)}

    def behind(self, by: Place) -> list[Place]:
        """Return the formulas that depend on a cell, in the order of computation: [('S', 4, 2), ('S', 9, 2)]."""
        if by not in self._behind:
            order, formulas = self._order, self._graph.formulas
            found = self._graph.descendants(by, self._cut) - {by}
            cells = [at for at in found if at in formulas and at in order and at not in self._cut]
            self._behind[by] = sorted(cells, key=order.__getitem__)
        return self._behind[by]

    def derivatives(self, by: Place, point: Point) -> dict[Place, float]:
        """Return the derivatives by the cell `by` of all numbers that depend on it, at a point: {('S', 4, 2): 0.5}."""
        x, cells = point.number(by), self.behind(by)
        if x is None or not cells:
            return {}
        self._graph.compute(cells, point.values, point.leaf, cut=point.states)
        return central_differences(lambda number: self._moved(by, number, cells, point), x)

    def slope_of(self, node: Node, at: Place, by: Place, point: Point) -> float:
        """Return the derivative of a formula by one cell that it reads: 2.0 of A1*2 by A1; 0.0 for any other cell.

        The formula is computed as if in the cell `at`.
        """
        x0 = point.number(by)
        if x0 is None or by not in self._graph.cells_read(node):
            return 0.0
        for other in self._graph.reads(node):
            point.number(other)
        return central_difference(lambda x: self._graph.value(node, Over({by: x}, point.values), at), x0) or 0.0

    def _moved(self, by: Place, value: float, cells: list[Place], point: Point) -> dict[Place, Scalar]:
        moved: dict[Place, Scalar] = {by: value}
        values = Over(moved, point.values)
        for at in cells:
            moved[at] = self._graph.value(self._graph.formulas[at], values, at)
        return {at: moved[at] for at in cells if at[1] > 0}
