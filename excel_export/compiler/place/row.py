"""Give each tensor of a small graph its cells in a single row, as for a step of training."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, get_args

from excel_export.compiler.place.gradient_accumulation import CONTRIBUTIONS, contributions_of
from excel_export.compiler.place.inlining import inlinable
from excel_export.compiler.place.panels import What
from excel_export.compiler.place.placement import Placement, Sheet, tensors_at
from excel_export.formulas import Grid, PlacedTensor
from excel_export.formulas.grid import Unplaced
from excel_export.graph.graph import Graph, Kind, Value
from excel_export.shared.cells import LAST_COLUMN
from excel_export.shared.errors import ExportError


@dataclass(frozen=True)
class Row:
    """A graph with all cells in one row, as for a step of training: `at(5)` places it, with x in B5:M5, in row 5."""

    graph: Graph
    """The computation of one step."""
    sheet: str
    """The name of the sheet."""
    first_col: int
    """The column of the first cell, from 1 on."""
    inlined: Collection[What] = ()
    """The tensors without cells, whose formulas are part of others: {(relu, 'grad')}."""

    @classmethod
    def compact(
        cls, graph: Graph, sheet: str, row: int, first_col: int, wanted: Collection[Value], *, remembers: bool = False
    ) -> Self:
        """Return a row without cells for tensors whose formulas can be part of the one formula that reads them.

        Args:
            graph: the computation.
            sheet: the name of the sheet.
            row: any row of the sheet, from 1 on; it only has to be a possible one.
            first_col: the column of the first cell, from 1 on.
            wanted: values that something outside of the graph reads as well; they keep their cells.
            remembers: True if the learning rule reads the gradients of parameters.
        """
        whole = cls(graph, sheet, first_col).at(row)
        return cls(graph, sheet, first_col, inlinable(graph, whole, wanted, remembers=remembers))

    def at(self, row: int, given: Mapping[Value, PlacedTensor] | None = None, states: Sequence[str] = ()) -> Placement:
        """Return the placement of the graph in one row: x in B5:M5, fc.weight in N5:S5, and so on.

        Args:
            row: from 1 on.
            given: tensors that have cells elsewhere; None for none.
            states: the names of what the learning rule stores for each parameter; they stand behind its gradient.

        Raises:
            ExportError: the row would need more than Excel's 16,384 columns.
        """
        graph, given = self.graph, given or {}
        placed: dict[What, Grid] = {}
        col = self.first_col

        def take(value: Value, what: str, shape: tuple[int, ...], across: tuple[int, ...] = ()) -> None:
            nonlocal col
            if (value, what) in self.inlined:
                placed[value, what] = Unplaced.of(shape)
                return
            across = across or tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
            placed[value, what] = Grid(self.sheet, row, col, shape, (0,) * len(shape), across)
            col += math.prod(shape)
            if col > LAST_COLUMN:
                raise ExportError(f"a step of sheet '{self.sheet}' does not fit into one row")

        own = {kind: [value for value in graph.of_kind(kind) if value not in given] for kind in get_args(Kind)}
        for kind in ("input", "constant", "parameter", "intermediate"):
            for value in own[kind]:
                take(value, "value", value.shape)
        for call in graph.calls:
            for name, helper in call.helpers.items():
                take(call.outputs[0], name, helper.shape)
        contributions = contributions_of(graph)
        for value in [*reversed(own["intermediate"]), *own["parameter"]]:
            if value in contributions:
                count = contributions[value]
                across = (1, *(count * math.prod(value.shape[axis + 1 :]) for axis in range(len(value.shape))))
                take(value, CONTRIBUTIONS, (count, *value.shape), across)
            if value.has_grad:
                take(value, "grad", value.shape)
            for state in states if value.has_grad and value.kind == "parameter" else ():
                take(value, state, value.shape)
        sheet = Sheet(self.sheet, [], last_column=col - 1)
        return Placement([sheet], {**given, **tensors_at(placed)}, given)
