"""Give every tensor of a small graph its cells in a single row."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from excel_export.compiler.place.gradient_accumulation import CONTRIBUTIONS, contributions_of
from excel_export.compiler.place.inlining import inlinable
from excel_export.compiler.place.panels import What
from excel_export.compiler.place.placement import Placement, Sheet
from excel_export.formulas import Grid, PlacedTensor
from excel_export.formulas.grid import Unplaced
from excel_export.graph.graph import Graph, Value
from excel_export.shared.cells import LAST_COLUMN
from excel_export.shared.errors import ExportError


@dataclass(frozen=True)
class Row:
    """Inputs, parameters, results, gradients from left to right."""

    graph: Graph
    sheet: str
    first_col: int
    inlined: Collection[What] = ()
    """What gets no cells, as its formulas stand inside others."""

    @classmethod
    def compact(
        cls, graph: Graph, sheet: str, row: int, first_col: int, wanted: Collection[Value], *, remembers: bool = False
    ) -> Self:
        """A row in which formulas that only others read stand inside these.

        Args:
            graph: one step.
            sheet: the sheet.
            row: where the formulas are tried.
            first_col: where the row begins.
            wanted: values that somebody else reads, too.
            remembers: whether a learning rule remembers something of the parameters.
        """
        whole = cls(graph, sheet, first_col).at(row)
        return cls(graph, sheet, first_col, inlinable(graph, whole, wanted, remembers=remembers))

    def at(self, row: int, given: Mapping[Value, PlacedTensor] | None = None, states: Sequence[str] = ()) -> Placement:
        """Place the graph in a row.

        Args:
            row: the row.
            given: tensors that lie somewhere else already.
            states: what a learning rule remembers of each parameter; it stands behind the gradient.

        Raises:
            ExportError: a sheet has fewer columns.
        """
        graph, given = self.graph, given or {}
        placement = Placement([Sheet(self.sheet, [])], {**given}, given)
        col = self.first_col

        def take(what: What, shape: tuple[int, ...], across: tuple[int, ...] = ()) -> Grid:
            nonlocal col
            if what in self.inlined:
                return Unplaced.of(shape)
            across = across or tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
            grid = Grid(self.sheet, row, col, shape, (0,) * len(shape), across)
            col += math.prod(shape)
            if col > LAST_COLUMN:
                raise ExportError(f"a step of sheet '{self.sheet}' does not fit into one row")
            return grid

        leaves = [value for kind in ("input", "constant", "parameter") for value in graph.of_kind(kind)]
        made = [value for value in graph.values if value.kind == "intermediate"]
        for value in (value for value in (*leaves, *made) if value not in given):
            placement.tensors[value] = PlacedTensor(value.name, value.data, take((value, "value"), value.shape))
            placement.tensors[value].know(value)
        for call in graph.calls:
            owner = call.outputs[0]
            for name, helper in call.helpers.items():
                placement.tensors[owner].helpers[name] = take((owner, name), helper.shape)
        contributions = contributions_of(graph)
        for value in [*reversed(made), *graph.of_kind("parameter")]:
            if value in contributions:
                count = contributions[value]
                across = (1, *(count * math.prod(value.shape[axis + 1 :]) for axis in range(len(value.shape))))
                placement.tensors[value].helpers[CONTRIBUTIONS] = take(
                    (value, CONTRIBUTIONS), (count, *value.shape), across
                )
            if value.has_grad:
                placement.tensors[value].grad = take((value, "grad"), value.shape)
            for state in states if value.has_grad and value.kind == "parameter" else ():
                placement.tensors[value].helpers[state] = take((value, state), value.shape)
        placement.sheets[0].last_column = col - 1
        return placement
