"""Which tensors need no cells: one whose elements are read once, by the elements of one other tensor.

A ReLU can hold the convolution that it follows, and the gradient of a convolution the way through the ReLU and the
pool behind it. To find them, all formulas are written down once, on grids that notice how they are read.
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
    """Return the tensors that may stand inside the formulas which read them, once all have places.

    `wanted` are values that somebody else reads, too; a rule that `remembers` reads the gradients of parameters.
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
    """Who reads which grid, and how."""

    def __init__(self) -> None:
        self.reader: Grid
        """The grid whose formulas are being written."""
        self.as_a_whole: dict[Grid, list[Grid]] = defaultdict(list)
        self.own: set[Grid] = set()
        """The grids of the tensors; others are the same cells in another shape."""
        self.by_cells: set[tuple[str, int, int]] = set()
        """Where the grids begin that are read by single cells, or in another shape."""
        self.lengths: dict[Grid, int] = {}
        """The length of each grid's longest formula, with those that stand inside it."""
        self.depths: dict[Grid, int] = defaultdict(int)
        """How many formulas stand inside each other in it."""

    def write(self, grid: Grid, formulas: Expression) -> None:
        """Write the formulas of a grid, and watch what they read."""
        self.reader = grid
        self.lengths[grid] = max(map(len, formulas.texts(grid.sheet).ravel().tolist()), default=0)

    def can_be_inlined(self, grid: Grid) -> bool:
        """Whether no element is read more than once or by itself alone, and there is room; if so it stands there."""
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
    """A grid that tells how it is read."""

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
    """The references to the elements of such a grid."""

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
