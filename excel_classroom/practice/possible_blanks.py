"""The cells of a workbook that can be left empty: the idea of each, and how much there is to compute."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from excel_classroom.practice.blanks import ONE_PRODUCT, SUM_OF_PRODUCTS, Direction
from excel_export.book.book import Book
from excel_export.formulas import Expression, Grid, Reference, gradient_name, unravelled
from excel_export.formulas.analysis.chosen import cells_of
from excel_export.graph.graph import Value
from excel_export.shared.a1_notation import Place

FEW = 3
"""The number of cells up to which a formula is of level 1: one product, or a function of a number and a constant."""
LONGEST = 4_000
"""In characters: no person computes a longer formula."""
NOT_ASKED = ("target", "label")
"""The arguments whose gradient nobody needs."""


@dataclass(frozen=True, eq=False)
class PossibleTensor:
    """A tensor whose cells can be left empty: idea 'mul, forward', called 'w·x', math 'y = a · b'."""

    value: Value
    """The value itself, or the value whose gradient or update it is."""
    direction: Direction
    """The part of the training step: 'forward', 'backward' or 'update'."""
    idea: str
    """The idea that its cells ask for: 'relu, backward to input'."""
    called: str
    """Its name for the learner: '∂L/∂fc1.weight'."""
    math: str
    """Its formula as a textbook writes it."""
    grid: Grid
    """Its cells."""
    formulas: Expression
    """The formulas of all its cells."""

    @property
    def tensor(self) -> str:
        """The key of the tensor in `read_tensors`: 'relu', 'grad.fc1.weight'; of an update that of the parameter."""
        return f"grad.{self.value.name}" if self.direction == "backward" else self.value.name

    def candidate(self, index: tuple[int, ...]) -> PossibleBlank | None:
        """Return the cell of an index, (0, 2), from 0 on; None if it only copies a cell or its formula is too long."""
        tokens, read = self.formulas.tokens(index), cells_of(self.formulas, index)
        is_copy = len(tokens) == 1 and isinstance(tokens[0], Reference)
        if not read or (is_copy and self.value.kind != "parameter"):
            return None
        if len(self.formulas.element(index).text("")) > LONGEST:
            return None
        return PossibleBlank(self, index, ONE_PRODUCT if len(read) <= FEW else SUM_OF_PRODUCTS)

    def sampled(self, source: random.Random, most: int) -> list[PossibleBlank]:
        """Return up to `most` of the tensor's cells in random order; fewer, perhaps [], where cells can't be blanks.

        `source` gives the random numbers. `most` cells are drawn, and those for which `candidate` is None are left out.
        """
        picked = shuffled(range(self.value.data.size), source, most)
        found = (self.candidate(unravelled(k, self.value.shape)) for k in picked)
        return [each for each in found if each]


@dataclass(frozen=True, eq=False)
class PossibleBlank:
    """A cell that can be left empty: element (0, 2) of the tensor `source`."""

    source: PossibleTensor
    """The tensor."""
    index: tuple[int, ...]
    """The index of the element, from 0 on."""
    level: int
    """1 (`ONE_PRODUCT`) or 2 (`SUM_OF_PRODUCTS`)."""

    @property
    def place(self) -> Reference:
        """The cell as a reference: J8 of the sheet Network."""
        return self.source.grid.relative.at(*self.index)

    @property
    def at(self) -> Place:
        """The cell's sheet, row and column, from 1 on: ('N1', 7, 3)."""
        return self.place.sheet, self.place.row, self.place.col

    @property
    def read(self) -> list[Place]:
        """The cells that its formula reads, in the formula's order: [('Network', 26, 10), ('Network', 8, 2)]."""
        return [(each.sheet, each.row, each.col) for each in cells_of(self.source.formulas, self.index)]

    @property
    def formula(self) -> Expression:
        """The formula of the cell, an expression: "'Network'!$J$26*x" as text."""
        return self.source.formulas.element(self.index)


def shuffled(items: Sequence[int], source: random.Random, most: int | None = None) -> list[int]:
    """Return all items, or `most` of them, in random order; only as many random numbers are drawn as are needed.

    Example:
        >>> shuffled([10, 20, 30], random.Random(1))
        [10, 30, 20]
    """
    moved: dict[int, int] = {}
    picked = []
    for k in range(len(items) if most is None else min(most, len(items))):
        j = k + int(source.random() * (len(items) - k))
        picked.append(items[moved.get(j, j)])
        moved[j] = moved.get(k, k)
    return picked


def forward_sources(book: Book) -> Iterator[PossibleTensor]:
    """Yield the float results of calls that can have blanks, in the order of computation: those called 'w·x', 'y'.

    Left out are results without formulas in cells, and those whose gradient looks for them among the inputs, as for
    max.
    """
    for call in book.graph.calls:
        for value in call.outputs:
            grid = book.placement.tensors[value].value
            formulas = book.contents.get(grid)
            if isinstance(formulas, Expression) and value.is_float and not call.seeks_result:
                idea = f"{call.kind.replace('_', ' ')}, forward"
                yield PossibleTensor(value, "forward", idea, value.called, call.forward_math, grid, formulas)


def backward_sources(book: Book) -> Iterator[PossibleTensor]:
    """Yield the gradients that can have blanks, in the backward pass's order: those called '∂L/∂y', then '∂L/∂w'.

    Gradients that are always 0, that are no formulas, or that are by a target or a label are left out.
    """
    for value in reversed(book.graph.values):
        placed = book.placement.tensors[value]
        if value.gradient is None or not placed.has_grad or not value.is_float:
            continue
        uses = [call for call in book.graph.calls if value in call.inputs and call.outputs[0].has_grad]
        formulas = book.contents.get(placed.grad)
        if not isinstance(formulas, Expression) or formulas.vanishes or not uses:
            continue
        named = (name for name, item in uses[0].arguments.items() if item is value)
        role = next(named, "input")
        if value.kind != "parameter" and role in NOT_ASKED:
            continue
        if len(uses) > 1:
            idea = "several paths, backward"
            math = f"the sum over all paths: what comes back through {', '.join(c.outputs[0].called for c in uses)}"
        else:
            idea = f"{uses[0].kind.replace('_', ' ')}, backward to {role}"
            math = f"{uses[0].backward_math}   where g = {gradient_name(uses[0].outputs[0].called)}"
        yield PossibleTensor(value, "backward", idea, gradient_name(value.called), math, placed.grad, formulas)
