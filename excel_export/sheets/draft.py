"""A workbook in the making: what its sheets are drawn from, and what they add to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from excel_export.compiler.emit import emit
from excel_export.compiler.place import PlacedTensor, Placement, place
from excel_export.formulas.grid import Grid, quoted
from excel_export.graph.graph import Graph, Value
from excel_export.sheets.names import LOSS, input_names
from excel_export.sheets.tensors import GRADIENT, VALUE, Entry
from excel_export.xlsx.canvas import Canvas


@dataclass(frozen=True)
class Control:
    """A cell on the start sheet that a learner sets."""

    label: str
    content: float | str
    name: str
    """The defined name by which formulas read it."""
    choices: str
    """The list to choose from, as a data validation writes it: '"a,b"', or a range."""
    hint: str


@dataclass
class Draft:
    """The graph in its place, and the sheets drawn so far.

    A sheet is drawn by a function of the module in `excel_export/sheets/` that has its name. The function
    takes the draft, adds one canvas or more, and the names and index entries that others may use.
    """

    graph: Graph
    placement: Placement
    contents: dict[Grid, np.ndarray]
    """What stands in the cells of the network's own sheets."""
    learning_rate: float
    canvases: list[Canvas] = field(default_factory=list)
    directory: list[tuple[str, str]] = field(default_factory=list)
    """The sheets, each with what it shows."""
    names: dict[str, str] = field(default_factory=dict)
    """The defined names, each with the absolute reference it stands for."""
    entries: list[Entry] = field(default_factory=list)
    """Where tensors lie, for the index."""
    appendix: list[tuple[Canvas, str]] = field(default_factory=list)
    """What stands at the end of the book, each sheet with what it shows."""
    controls: list[Control] = field(default_factory=list)
    """What a learner sets on the start sheet."""
    after: dict[Value, Grid] = field(default_factory=dict)
    """Where each parameter lies after the step."""

    def add(self, canvas: Canvas, what: str) -> None:
        """Add a sheet after the others, with what it shows."""
        self.canvases.append(canvas)
        self.directory.append((canvas.name, what))

    def add_last(self, canvas: Canvas, what: str) -> None:
        """Add a sheet at the end of the book."""
        self.appendix.append((canvas, what))

    def add_appendix(self) -> None:
        """Add the sheets that stand at the end, once all others are there."""
        for canvas, what in self.appendix:
            self.add(canvas, what)

    def name_cell(self, name: str, grid: Grid) -> None:
        """Let a defined name stand for a single cell."""
        column = grid.area.rstrip("0123456789")
        self.names[name] = f"{quoted(grid.sheet)}!${column}${grid.row}"

    def place_again(
        self, graph: Graph, title: str, given: Mapping[Value, PlacedTensor]
    ) -> tuple[Placement, dict[Grid, np.ndarray]]:
        """Place another pass through the network on sheets of its own, and write its formulas.

        `given` are the tensors that lie somewhere else, as `elsewhere` gives them.
        """
        taken = [*RESERVED, *(canvas.name for canvas in self.canvases)]
        # The room for the panel of the network's own sheet is not needed.
        placement = place(graph, title=title, taken=taken, given=given, first_row=4)
        return placement, emit(graph, placement)


RESERVED = ("Start", "Steps", "Update", "After", "Explain", "Nudge", "Check", "PyTorch", "Tensors", "History")
"""The names of the sheets that every workbook has, and one that Excel keeps for itself."""


def start_draft(graph: Graph, learning_rate: float) -> Draft:
    """Place a graph, write its formulas, and name its inputs and its loss.

    Raises:
        ExportError: the graph does not fit into a workbook.
    """
    named = input_names(graph)
    placement = place(graph, taken=RESERVED, names=named)
    draft = Draft(graph, placement, emit(graph, placement), learning_rate)
    for value, name in named.items():
        draft.name_cell(name, placement.tensors[value].value)
    draft.name_cell(LOSS, placement.tensors[graph.loss].value)
    listed = [(value.name, value) for value in graph.values if value.kind != "constant"]
    for key, value in [*listed, *graph.aliases.items()]:
        placed = placement.tensors[value]
        draft.entries.append(Entry(key, VALUE, placed.value))
        if placed.grad is not None:
            draft.entries.append(Entry(f"grad.{key}", GRADIENT, placed.grad))
    draft.entries.append(Entry(LOSS, VALUE, placement.tensors[graph.loss].value))
    return draft


def elsewhere(value: Value, grid: Grid) -> PlacedTensor:
    """Return a value that lies in `grid`, for formulas on other sheets; it has no gradient there."""
    return PlacedTensor(value.name, value.shape, value.is_float, grid.seen_from_elsewhere(), None)
