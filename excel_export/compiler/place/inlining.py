"""Tensors that need no cells: each element is read once, by one element of one other tensor.

The formula of a ReLU can contain the convolution in front of it; the gradient of a convolution can contain the way
through the ReLU and the pool behind it. To find such tensors, all formulas are written once on grids that record how
they are read.
"""

import math
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, fields

import numpy as np

from excel_export.compiler.place.emit import emit
from excel_export.compiler.place.panels import What
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Expression, Grid, Index, Leaf, PlacedTensor, Reference, Region, Writer
from excel_export.graph.graph import Graph, Value

# A formula stays as short as a person can read, and its functions are nested less deeply than Excel's 64.
LONGEST, DEEPEST = 500, 8


def inlinable(graph: Graph, placement: Placement, wanted: Collection[Value], *, remembers: bool = False) -> set[What]:
    """Return the tensors that need no cells: each of their elements is read by one formula, which can contain its own.

    Args:
        graph: the computation.
        placement: cells for all of its tensors, also for those that will get none.
        wanted: values that something outside of the graph reads as well; they keep their cells.
        remembers: True if the learning rule reads the gradients of parameters, which then keep their cells.

    Returns:
        Pairs of a value and 'value', 'grad' or the name of a helper tensor: {(relu, 'grad'), (fc, 'value')}. No formula
        gets longer than 500 characters by it.
    """
    watch = _Watch()
    watched = {value: _watched(tensor, watch) for value, tensor in placement.tensors.items()}
    for grid, formulas in emit(graph, Placement(placement.sheets, watched, placement.given)).items():
        if isinstance(formulas, Expression):
            watch.write(grid, formulas)
    what: dict[Grid, What] = {}
    for value, tensor in watched.items():
        if value.kind == "intermediate" and value not in wanted:
            what[tensor.value] = value, "value"
        if tensor.has_grad:
            what[tensor.grad] = value, "grad"
        what |= {grid: (value, name) for name, grid in tensor.helpers.items()}
    # What is read is written before what reads it.
    found = {what[grid] for grid in watch.lengths if grid in what and watch.can_be_inlined(grid)}
    return found - {(value, "grad") for value in graph.of_kind("parameter")} if remembers else found


class _Watch:
    def __init__(self) -> None:
        self.reader: Grid
        """The grid whose formulas are being written."""
        self.as_a_whole: dict[Grid, list[Grid]] = defaultdict(list)
        """For each grid the grids that read it element by element."""
        self.own: set[Grid] = set()
        """The grids of the tensors. Other watched grids are the same cells in another shape."""
        self.by_cells: set[tuple[str, int, int]] = set()
        """The first cells of the grids that are read by single cells or in another shape, as (sheet, row, column)."""
        self.lengths: dict[Grid, int] = {}
        """The length of each grid's longest formula in characters, with the formulas inside it."""
        self.depths: dict[Grid, int] = defaultdict(int)
        """How deeply formulas are nested in the formulas of each grid."""

    def write(self, grid: Grid, formulas: Expression) -> None:
        self.reader = grid
        self.lengths[grid] = max(map(len, formulas.texts(grid.sheet).ravel().tolist()), default=0)

    def can_be_inlined(self, grid: Grid) -> bool:
        """Return whether a grid can do without cells; if so, its formulas count as part of its reader's from now on.

        No element may be read twice or by itself alone, and the longer formula must stay within the limits.
        """
        readers = self.as_a_whole[grid]
        if _beginning(grid) in self.by_cells or len(readers) > 1 or self.lengths[grid] > LONGEST:
            return False
        for reader in readers:
            length, depth = self.lengths[grid] + self.lengths[reader], max(self.depths[reader], 1 + self.depths[grid])
            if math.prod(reader.shape) > math.prod(grid.shape) or length > LONGEST or depth > DEEPEST:
                return False
            self.lengths[reader], self.depths[reader] = length, depth
        return True


@dataclass(frozen=True)
class _WatchedGrid(Grid):
    watch: _Watch = field(default_factory=_Watch, compare=False)

    @property
    def cells(self) -> Expression:
        return _WatchedCells(self)

    def at(self, *index: int) -> Reference:
        self.watch.by_cells.add(_beginning(self))
        return super().at(*index)

    def __getitem__(self, index: tuple[int | slice, ...] | int | slice) -> Region:
        self.watch.by_cells.add(_beginning(self))
        return super().__getitem__(index)


class _WatchedCells(Leaf):
    def __init__(self, grid: _WatchedGrid) -> None:
        self._grid, self.shape = grid, grid.shape

    def write(self, out: Writer) -> None:
        self._note()
        super().write(out)

    def write_operand(self, out: Writer, needed: int) -> None:
        self._note()
        super().write_operand(out, needed)

    def write_after_minus(self, out: Writer) -> None:
        self._note()
        super().write_after_minus(out)

    def _note(self) -> None:
        watch = self._grid.watch
        if self._grid in watch.own:
            watch.as_a_whole[self._grid].append(watch.reader)
        else:
            watch.by_cells.add(_beginning(self._grid))

    def column(self, home: str) -> np.ndarray:
        return self._grid.texts(home)

    def own_element(self, index: Index) -> Expression:
        return Grid.at(self._grid, *index).cells


def _beginning(grid: Grid) -> tuple[str, int, int]:
    return grid.sheet, grid.row, grid.col


def _watched(tensor: PlacedTensor, watch: _Watch) -> PlacedTensor:
    def wrapped(grid: Grid) -> Grid:
        found = _WatchedGrid(**{each.name: getattr(grid, each.name) for each in fields(grid)}, watch=watch)
        watch.own.add(found)
        return found

    other = PlacedTensor(
        tensor.name, tensor.data, wrapped(tensor.value), wrapped(tensor.grad) if tensor.has_grad else None
    )
    other.know(tensor)
    other.seed = tensor.seed
    other.helpers.update({name: wrapped(grid) for name, grid in tensor.helpers.items()})
    return other
