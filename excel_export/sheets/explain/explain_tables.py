"""What the Explain sheet looks up, beside the tables of the Lens: gradients, the steps behind each, and tensors."""

import math
from bisect import bisect
from dataclasses import dataclass

import numpy as np

from excel_export.formulas import Grid, Index, unravelled
from excel_export.graph.graph import Value
from excel_export.sheets.book import Book
from excel_export.sheets.lens.lookup_tables import LookupTables
from excel_export.sheets.lens.packed_addresses import ROW
from excel_export.sheets.lens.table import HiddenTable
from excel_export.sheets.names import choices
from excel_export.views.plan import Plan
from excel_export.views.views import index_names, with_gradients
from excel_export.workbook.canvas import Canvas

AS_ON_LENS, AUTO = "as on the Lens", "auto"
"""The choices that let the sheet follow the Lens."""
MOST_TERMS = 1_600
"""Of more terms, the first are listed."""
INSTRUCTIVE = 24
"""A good example has about as many terms."""
LONGEST = 30
"""Of a longer name, the end is shown."""
GIVEN = "given"
"""What stands for a step where the backward pass starts from a number."""
BY_DIMENSION = ("index", "size", "example", "stride", "code step", "value step")
WAYS = ("within", "period", "step")
"""How the index along a dimension is found from the distance between two codes."""


@dataclass(frozen=True)
class Explained:
    """A gradient of the list: its name, and the views of the steps that pass something on to it."""

    value: Value
    label: str
    views: tuple[int, ...]
    """Their numbers in the tables of the Lens."""
    terms: int
    """The most terms that an element has."""


class Tables:
    """The tables on the hidden columns of a sheet."""

    def __init__(self, canvas: Canvas, left: int, book: Book, plan: Plan, lens: LookupTables) -> None:
        self.items = _explained(book, lens)
        self.ways = lens.rank
        """How many dimensions a tensor may have."""
        self.rank = max(1, max(len(item.value.shape) for item in self.items))
        # Two at least, of terms and of steps, since one engine finds nothing in a single cell.
        self.terms = min(MOST_TERMS, max(2, max(item.terms for item in self.items)))
        self.has_more = any(item.terms > MOST_TERMS for item in self.items)
        self.paths_of_one = max(2, max(len(item.views) for item in self.items))
        """The most steps that a gradient has."""
        self.longest = max(2, *(max(item.value.shape, default=1) for item in self.items))
        """The size of the longest dimension, or 2."""
        # Where nothing is chosen: a parameter's gradient with a list that can be overlooked, the longest of these.
        own = [item for item in self.items if item.value.kind == "parameter"] or self.items
        readable = [item for item in own if item.terms <= INSTRUCTIVE]
        shown = max(readable, key=lambda item: item.terms) if readable else min(own, key=lambda item: item.terms)
        self.example = 1 + self.items.index(shown)
        by_dimension = [f"{what} {k}" for what in BY_DIMENSION for k in range(self.rank)]
        self.gradients = HiddenTable(
            canvas, left, (AS_ON_LENS, "first path", "paths", "element", "rank", "code", "value code", *by_dimension)
        )
        self.paths = HiddenTable(canvas, self.gradients.end, ("view", "part", "step", "name"))
        ways = [f"{what} {k}" for what in WAYS for k in range(self.ways)]
        self.tensors = HiddenTable(canvas, self.paths.end, ("name", "code", *ways))
        self.end = self.tensors.end
        """The first free column."""
        self._add_gradients(book, plan, lens)
        for operand in lens.tensors.operands:
            found = [_ways(operand.grid, self.ways, k) for k in range(self.ways)]
            numbers = [way[k] for k in range(len(WAYS)) for way in found]
            self.tensors.add(_short(operand.name), lens.addresses.of(operand.grid.first), *numbers)

    def _add_gradients(self, book: Book, plan: Plan, lens: LookupTables) -> None:
        element = 0
        firsts = [step.first for step in plan.steps]
        for item in self.items:
            value, placed, addresses = item.value, book.placement.tensors[item.value], lens.addresses
            shape, missing = value.shape, self.rank - len(value.shape)
            names = next((lens.shown[k - 1].index_names for k in item.views), index_names(len(shape), False))
            assert value.gradient is not None
            example = unravelled(int(np.argmax(np.abs(value.gradient))), shape)
            strides = [math.prod(shape[k + 1 :]) for k in range(len(shape))]
            self.gradients.add(
                item.label, self.paths.count, len(item.views), element, len(shape),
                addresses.of(placed.grad.first), addresses.of(placed.value.first),
                *names, *[""] * missing,
                *(n for each in (shape, example, strides, addresses.steps(placed.grad), addresses.steps(placed.value))
                  for n in (*each, *[0] * missing)),
            )  # fmt: skip
            element += value.data.size
            for number in item.views:
                part = lens.shown[number - 1].part
                step = bisect(firsts, part)
                name = f"{step} {_short(plan.parts[part - 1].name)}" if part else GIVEN
                self.paths.add(number, part, step, name)


def _explained(book: Book, lens: LookupTables) -> list[Explained]:
    values = with_gradients(book.graph, book.placement.tensors)
    found: dict[Value, list[int]] = {value: [] for value in values}
    for number, view in enumerate(lens.shown, start=1):
        # Only what goes into a gradient; that the backward pass starts from a number is no step.
        if view.value in found and (view.arriving or not view.part):
            found[view.value].append(number)
    labels = choices([value.called for value in values])
    explained = []
    for label, (value, numbers) in zip(labels, found.items(), strict=True):
        counts = np.zeros(value.data.size, dtype=int)
        for number in numbers:
            counts += lens.counts[number - 1]
        explained.append(Explained(value, label, tuple(numbers), int(counts.max())))
    return explained


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"


def _ways(grid: Grid, rank: int, k: int) -> Index:
    """How the index along a dimension is found: what counts of the distance, after how much it repeats, and its step.

    Rows and columns are told apart by their size: a row is `ROW` of an address. The step is 0 where there is no index.
    """
    k -= rank - len(grid.shape)
    if k < 0 or grid.shape[k] == 1:
        return FAR, FAR, 0
    along_rows = bool(grid.row_strides[k])
    strides, unit = (grid.row_strides, ROW) if along_rows else (grid.col_strides, 1)
    outer = [other for other, size in zip(strides, grid.shape, strict=True) if size > 1 and other > strides[k]]
    period = min(outer) * unit if outer else FAR
    return FAR if along_rows else ROW, period, strides[k] * unit


FAR = 10**15
"""More than the distance between any two codes."""
