"""A forward pass from the parameters on, written once: each pass with other parameters is a copy of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from excel_export.compiler.place.emit import Contents
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Expression, Grid, PlacedTensor
from excel_export.formulas.copies import Original
from excel_export.graph.graph import Graph, Value

TITLE = "Pass"
"""The sheet's name in the template's formulas; no workbook has such a sheet."""


@dataclass(frozen=True)
class PassTemplate:
    """The formulas of all values that depend on parameters; `contents` copies them for a pass with other parameters.

    They are written for a sheet 'Pass' that is never drawn.
    """

    graph: Graph
    """The calls that depend on parameters."""
    fixed: Mapping[Value, PlacedTensor]
    """The values that depend on no parameter, on the network's own sheets."""
    sheets: list[str]
    """The names of the sheets in the formulas."""
    originals: list[Original | None]
    """The formulas of each tensor and helper, in order; None for parameters and for fixed values: no copies."""

    @classmethod
    def of(
        cls, graph: Graph, given: Mapping[Value, PlacedTensor], placement: Placement, contents: Contents
    ) -> PassTemplate:
        """Return the template of a pass that has been placed.

        Args:
            graph: the calls that depend on parameters.
            given: the tensors that lie on the network's own sheets: {x: PlacedTensor('x', x.data, grid)}.
            placement: the cells of the other tensors.
            contents: the formulas of these tensors: {grid: formulas}.
        """
        originals = [
            Original(item, grid) if isinstance(item := contents.get(grid), Expression) else None
            for grid in _grids(graph, placement)
        ]
        return cls(graph, given, [sheet.name for sheet in placement.sheets], originals)

    def contents(self, placement: Placement, changed: Mapping[str, Expression]) -> Contents:
        """Return what the cells of another pass hold, {grid: formulas}: copies of the formulas, moved to its cells.

        Args:
            placement: the cells of the other pass.
            changed: the formulas for each parameter that is not `fixed`: {'conv1.weight': formulas, in its shape}.
        """
        sheets = dict(zip(self.sheets, (sheet.name for sheet in placement.sheets), strict=True))
        found: Contents = {
            grid: original.copy(0, sheets)
            for grid, original in zip(_grids(self.graph, placement), self.originals, strict=True)
            if original
        }
        for value in self.graph.of_kind("parameter"):
            if value not in self.fixed:
                grid = placement.tensors[value].value
                found[grid] = Original(changed[value.name], grid).copy(0)
        return found


def _grids(graph: Graph, placement: Placement) -> Iterator[Grid]:
    for value in graph.values:
        tensor = placement.tensors[value]
        yield tensor.value
        yield from tensor.helpers.values()
