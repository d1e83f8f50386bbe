"""The tables that the Explain sheet reads: the numbers to explain, the steps behind each, and tensors."""

import math
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from excel_export.book.book import Book
from excel_export.book.names import choices
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Grid, Index, gradient_name, unravelled
from excel_export.graph.graph import Value
from excel_export.sheets.explain.hidden_table import Content, Factors, HiddenTable
from excel_export.sheets.explain.packed_addresses import ROW, PackedAddresses
from excel_export.sheets.explain.term_tables import TermTables
from excel_export.views.index_names import index_names
from excel_export.views.plan import Plan
from excel_export.views.views import View, Views, with_gradients
from excel_export.workbook.canvas import Canvas

NAME = "Explain tables"
AUTO = "auto"
"""The content of an index's cell that leaves the choice to the sheet."""
MOST_TERMS = 1_600
"""The most terms that are listed."""
INSTRUCTIVE = 24
"""The most terms of a number that makes a good example."""
LONGEST = 30
"""The most characters of a name; of a longer one, the end is shown."""
GIVEN = "given"
"""The name of the step for a number from which the backward pass starts."""
OF_NUMBER = ("listed", "name", "gradient", "first path", "paths", "element", "rank", "code")
BY_DIMENSION = ("index", "size", "example", "stride", "code step")
WAYS = ("within", "period", "step")
"""The numbers from which the index along a dimension follows, given the distance between two codes."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A tensor that can be explained, a gradient or a result: Explained(label='∂L/∂w', name='w', grid=grid, …)."""

    label: str
    """The name in the list, such as '∂L/∂weight'."""
    name: str
    """The tensor's own name, without ∂L/∂."""
    grid: Grid
    """The cells of the tensor."""
    example: Index
    """The index of the element that is shown at first, from 0 on: (0, 2)."""
    views: tuple[View, ...]
    """For a gradient the steps through which it arrives; for a result the step that computes it."""
    index_names: tuple[str, ...]
    """The names of its indices: ('output', 'input')."""
    is_gradient: bool
    """True for a gradient, False for a result."""
    is_parameter: bool = False
    """True for the gradient of a parameter."""


class Tables:
    """The tables that Explain looks up, a row for each tensor ('∂L/∂w'), step, element and pattern.

    They are on the sheet `hidden`; only the list of the tensors that terms read, x and w for x·w, is on `canvas`, from
    the column `left` on. `plan` has the network's steps, `views` a view of each tensor that they compute; `factors`,
    the sheet of factors, gets those of the terms.
    """

    def __init__(
        self, canvas: Canvas, left: int, hidden: Canvas, book: Book, plan: Plan, views: Views,
        addresses: PackedAddresses, factors: Factors,
    ) -> None:  # fmt: skip
        self.items = [*_gradients(book, views), *_results(plan, views)]
        shapes = [item.grid.shape for item in self.items]
        self.rank = max(1, *map(len, shapes))
        self.longest = max(2, *(max(shape, default=1) for shape in shapes))
        """The size of the longest dimension, or 2."""
        by_dimension = [f"{what} {k}" for what in BY_DIMENSION for k in range(self.rank)]
        self.numbers = HiddenTable(hidden, 1, (*OF_NUMBER, *by_dimension))
        self.terms = TermTables(hidden, self.numbers.end, addresses, factors, views, self.rank)
        self._firsts, self._elements = [step.first for step in plan.steps], 0
        self.any_links = False
        """True if the name of a step leads to its sheet."""
        self.longest_words = ""
        counts = [self._add(book, plan, item) for item in self.items]
        # Two at least, of terms and of steps, since one engine finds nothing in a single cell.
        self.most_terms = min(MOST_TERMS, max(2, *counts))
        self.has_more = max(counts) > MOST_TERMS
        self.most_paths = max(2, *(len(item.views) for item in self.items))
        """The most steps that pass a share on to one gradient, at least 2."""
        self.example = self._example(counts)
        """The number of the tensor that is shown at first, from 1 on."""
        self.ways = max((1, *(len(each.grid.shape) for each in self.terms.tensors)))
        """The most dimensions of a tensor that is read."""
        ways = [f"{what} {k}" for what in WAYS for k in range(self.ways)]
        self.tensors = HiddenTable(canvas, left, ("name", "code", *ways))
        self.end = self.tensors.end
        """The first free column."""
        for each in self.terms.tensors:
            found = [_ways(each.grid, self.ways, k) for k in range(self.ways)]
            numbers = [way[k] for k in range(len(WAYS)) for way in found]
            self.tensors.add(_short(each.name), addresses.code_of(each.grid.first), *numbers)

    def _example(self, counts: list[int]) -> int:
        offered = list(zip(range(1, len(counts) + 1), self.items, counts, strict=True))
        own = [each for each in offered if each[1].is_parameter]
        own = own or [each for each in offered if each[1].is_gradient] or offered
        readable = [each for each in own if each[2] <= INSTRUCTIVE]
        shown = max(readable, key=lambda each: each[2]) if readable else min(own, key=lambda each: each[2])
        return shown[0]

    def _add(self, book: Book, plan: Plan, item: Explained) -> int:
        shape, missing, addresses = item.grid.shape, self.rank - len(item.grid.shape), self.terms.addresses
        strides = [math.prod(shape[k + 1 :]) for k in range(len(shape))]
        by_dimension = shape, item.example, strides, addresses.steps(item.grid)
        self.numbers.add(
            item.label, item.name, int(item.is_gradient), self.terms.paths.count, len(item.views), self._elements,
            len(shape), addresses.code_of(item.grid.first), *item.index_names, *[""] * missing,
            *(n for each in by_dimension for n in (*each, *[0] * missing)),
        )  # fmt: skip
        self._elements += math.prod(shape)
        counts = np.zeros(math.prod(shape), dtype=int)
        for view in item.views:
            counts += self.terms.add(view, self._about(book, plan, view))
        return int(counts.max())

    def _about(self, book: Book, plan: Plan, view: View) -> list[Content]:
        if not view.part:
            return [0, 0, GIVEN, "", "", ""]
        part, step = plan.parts[view.part - 1], bisect(self._firsts, view.part)
        target = book.sheet_of(plan.steps[step - 1].call, plan.steps[step - 1].direction)
        self.any_links |= target is not None
        self.longest_words = max(self.longest_words, part.words, key=len)
        leads_to = f"#{target.fixed.everywhere}" if target else ""
        return [view.part, step, _short(part.name), leads_to, part.math, part.words]


def _gradients(book: Book, views: Views) -> Iterator[Explained]:
    values = with_gradients(book.graph, book.placement.tensors)
    found: dict[Value, list[View]] = {value: [] for value in values}
    for view in (*views.views, *views.seeds):
        # Only what goes into a gradient; that the backward pass starts from a number is no step.
        if view.value in found and (view.arriving or not view.part):
            found[view.value].append(view)
    for name, (value, own) in zip(choices([value.called for value in values]), found.items(), strict=True):
        yield _gradient(name, value, own, book.placement)


def _gradient(name: str, value: Value, views: list[View], placement: Placement) -> Explained:
    assert value.gradient is not None
    names = next((view.index_names for view in views), index_names(len(value.shape), False))
    return Explained(
        label=gradient_name(name), name=name, grid=placement.tensors[value].grad, views=tuple(views), index_names=names,
        example=unravelled(int(np.argmax(np.abs(value.gradient))), value.shape),
        is_gradient=True, is_parameter=value.kind == "parameter",
    )  # fmt: skip


def _results(plan: Plan, views: Views) -> Iterator[Explained]:
    found = [view for view in views.views if view.part and plan.parts[view.part - 1].direction == "forward"]
    called = [_called(plan, view) for view in found]
    for name, view in zip(choices(called), found, strict=True):
        example = unravelled(int(np.argmax(view.weights)), view.tensor.grid.shape)
        yield Explained(
            label=name, name=name, grid=view.tensor.grid, views=(view,), index_names=view.index_names, example=example,
            is_gradient=False,
        )  # fmt: skip


def _called(plan: Plan, view: View) -> str:
    part = plan.parts[view.part - 1]
    return f"{part.helper} of {part.call.outputs[0].called}" if part.helper and part.call else view.tensor.name


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"


def _ways(grid: Grid, rank: int, k: int) -> Index:
    """Return how the index along a dimension follows from a distance: the part that counts, its period, and its step.

    Rows and columns differ by their size: a row is `ROW` of a code. The step is 0 if there is no index.
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
"""A number above every distance between two codes."""
