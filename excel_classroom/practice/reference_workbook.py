"""The reference workbook: the network's sheets with all formulas, which are the same for all variants."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from excel_classroom.practice import network_sheets
from excel_classroom.practice.key import Options
from excel_classroom.practice.possible_blanks import PossibleTensor, backward_sources, forward_sources
from excel_export.book import inputs_in_use
from excel_export.book.composition import start_book
from excel_export.book.network_sheet import network_sheet
from excel_export.formulas import Grid, Text
from excel_export.graph.graph import Graph
from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from excel_export.workbook.contents import Cell, read_submission
from excel_export.workbook.engine import Engine
from excel_export.workbook.styles import BACKWARD
from excel_export.workbook.write import write
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import Contents


def cells_of_grid(grid: Grid) -> list[Place]:
    """Return the cells of a grid in the tensor's order, each as sheet, row and column.

    Example:
        >>> cells_of_grid(Grid("N1", row=5, col=2, shape=(2,), row_strides=(1,), col_strides=(0,)))
        [('N1', 5, 2), ('N1', 6, 2)]
    """
    rows, cols = grid.rows.ravel().tolist(), grid.cols.ravel().tolist()
    return [(grid.sheet, row, col) for row, col in zip(rows, cols, strict=True)]


class ReferenceWorkbook:
    """A workbook of a network without blanks; values(graph) gives its numbers, (cells,), for a variant's inputs.

    The k-th number is that of the cell places[k], ('Network', 8, 2): sheet, row and column.
    """

    def __init__(self, graph: Graph, options: Options) -> None:
        """Draw the sheets of the network, and of the update if `options` ask for it; no sheets with words."""
        self.book, self._shape = start_book(graph, options.learning_rate), _shape(graph)
        self.book.draw(inputs_in_use.SHEET)
        for sheet in self.book.placement.sheets:
            self.book.drawn.add(network_sheet(sheet, self.book.contents, "", BACKWARD), "")
        self.sources: list[PossibleTensor] = []
        if "forward" in options.directions:
            self.sources += forward_sources(self.book)
        if "backward" in options.directions:
            self.sources += backward_sources(self.book)
        if "update" in options.directions:
            self.sources += network_sheets.draw_update(self.book)
        for canvas in self.book.canvases:
            # The engine takes long to load them.
            canvas.rules.clear()
            canvas.validations.clear()
        placed = self.book.placement.tensors
        self.input_cells = {value.name: placed[value].typed for value in placed if value.kind in ("input", "parameter")}
        """The cells into which each input and parameter is typed, by its name."""
        shown = [value for value in placed if value.kind != "constant"]
        self.tensor_cells = {value.name: placed[value].value for value in shown}
        """The cells that show each tensor and each gradient, by its key: 'relu', 'grad.fc1.weight'."""
        self.tensor_cells |= {f"grad.{value.name}": placed[value].grad for value in shown if placed[value].has_grad}
        self.places: list[Place] = [
            (canvas.name, row, col)
            for canvas in self.book.canvases
            for row, line in canvas.cells.items()
            for col, (content, _) in line.items()
            if content is not None and not isinstance(content, Text)
        ]
        """Every cell that holds a number or a formula, as sheet, row and column."""
        self.index = {place: k for k, place in enumerate(self.places)}
        """The index of each cell in `places`, from 0 on."""

    def numbers(self, graph: Graph) -> Iterator[tuple[Place, float]]:
        """Yield the cells of inputs and parameters with their numbers: (('Network', 8, 2), 3.0)."""
        for value in graph.values:
            if value.kind in ("input", "parameter"):
                numbers = np.asarray(value.data, dtype=np.float64).ravel().tolist()
                yield from zip(cells_of_grid(self.input_cells[value.name]), numbers, strict=True)

    @cached_property
    def _graph(self) -> SpreadsheetGraph:
        # Without names: what has one is given, an input or the learning rate.
        with self._file() as path:
            sheets = read_submission(path).sheets
        cells = {(sheet, *at): cell for sheet, own in sheets.items() for at, cell in own.items()}
        return SpreadsheetGraph(Contents(Path("the network"), cells))

    def reads(self, at: Place) -> list[Place]:
        """Return the cells that a cell's own formula reads, alone or in ranges: [('Network', 26, 10)]; [] for none.

        Cells are (sheet, row, column), from 1 on, here and in the other methods.
        """
        node = self._graph.formulas.get(at)
        return [] if node is None else [*self._graph.cells_read(node)]

    def read_by(self, at: Place) -> list[Place]:
        """Return the cells whose own formulas read a cell, alone or in a range: [('Network', 12, 10)]; [] for none."""
        found, ranges = self._graph.dependents, self._graph.ranges
        return [each for one in found.get(at, ()) for each in (found[one] if one in ranges else [one])]

    def precedents(self, at: Place) -> set[Place]:
        """Return all cells on which a cell depends, directly or not, without itself: {('Network', 26, 10)}."""
        return self._graph.ancestors(at) - {at}

    def dependents(self, at: Place) -> set[Place]:
        """Return all cells that depend on a cell, directly or not, without itself: {('Network', 12, 10)}."""
        return self._graph.descendants(at) - {at}

    @cached_property
    def content(self) -> bytes:
        """The .xlsx file as bytes, b'PK…'; its cells have formulas, but no computed values."""
        package = io.BytesIO()
        write(self.book.canvases, self.book.names, package, "reference")
        return package.getvalue()

    def values(self, graph: Graph) -> np.ndarray:
        """Return a variant's numbers as the engine computes them, (cells,) in the order of `places`; NaN for no number.

        Raises:
            ExportError: with these numbers, the network has other steps.
        """
        if _shape(graph) != self._shape:
            raise ExportError("with other numbers this network takes other steps: it cannot be one exercise for all")
        for place, number in self.numbers(graph):
            self._engine.put(place, Cell(number))
        self._engine.evaluate()
        return np.asarray([self._engine.number(place) for place in self.places], dtype=np.float64)

    def indices(self, cells: Iterable[Place]) -> np.ndarray:
        """Return the indices of cells in `places`, from 0 on, as a sorted int array; other cells are left out."""
        return np.asarray(sorted(self.index[each] for each in cells if each in self.index), dtype=int)

    @cached_property
    def _engine(self) -> Engine:
        with self._file() as path:
            return Engine(str(path))

    @contextmanager
    def _file(self) -> Iterator[Path]:
        with TemporaryDirectory(prefix="excel-export-") as folder:
            path = Path(folder, "reference.xlsx")
            path.write_bytes(self.content)
            yield path


def _shape(graph: Graph) -> list[tuple[str, ...]]:
    return [(call.kind, *(f"{each.name}{each.shape}" for each in call.outputs)) for call in graph.calls]
