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
"""The sheet of the template in its formulas; no workbook has it."""


@dataclass(frozen=True)
class PassTemplate:
    """The formulas of all that the parameters touch, on a sheet that is never drawn."""

    graph: Graph
    given: Mapping[Value, PlacedTensor]
    """What stays as it is, on the network's own sheets."""
    sheets: list[str]
    originals: list[Original | None]
    """Of each tensor and helper in its order; None for parameters, which each pass has of its own."""

    @classmethod
    def of(
        cls, graph: Graph, given: Mapping[Value, PlacedTensor], placement: Placement, contents: Contents
    ) -> PassTemplate:
        """Take a pass in its place."""
        originals = [
            Original(item, grid) if isinstance(item := contents.get(grid), Expression) else None
            for grid in _grids(graph, placement)
        ]
        return cls(graph, given, [sheet.name for sheet in placement.sheets], originals)

    def contents(self, placement: Placement, changed: Mapping[str, Expression]) -> Contents:
        """The formulas of a copy in its place, with formulas for each parameter that learns, by its name."""
        sheets = dict(zip(self.sheets, (sheet.name for sheet in placement.sheets), strict=True))
        found: Contents = {
            grid: original.copy(0, sheets)
            for grid, original in zip(_grids(self.graph, placement), self.originals, strict=True)
            if original
        }
        for value in self.graph.of_kind("parameter"):
            if value not in self.given:
                grid = placement.tensors[value].value
                found[grid] = Original(changed[value.name], grid).copy(0)
        return found


def _grids(graph: Graph, placement: Placement) -> Iterator[Grid]:
    for value in graph.values:
        tensor = placement.tensors[value]
        yield tensor.value
        yield from tensor.helpers.values()
