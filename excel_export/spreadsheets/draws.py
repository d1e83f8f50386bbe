"""Other numbers for a sheet: parameters, inputs and targets drawn anew, so that nothing is right by chance."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cached_property
from itertools import islice
from random import Random

import torch

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.values import CellError, Scalar

DRAWS, FEWEST_DRAWS, ATTEMPTS, MOST_WORK = 12, 4, 24, 200_000
"""How often numbers are drawn anew; as often as that is this many cells in all, and less often in a large sheet."""
OWN = 0


class Point:
    """All cells of a workbook at one choice of numbers."""

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], drawn: Collection[Place], seed: int, kept: bool
    ) -> None:
        """Choose numbers.

        Args:
            graph: the workbook.
            states: the parameters, also those that an update gives; they have numbers of their own.
            drawn: the further cells with numbers that are drawn anew.
            seed: which choice; 0 is the sheet as it is.
            kept: whether what looks like labels, counts and shares stays so: whole numbers, rows that sum up to 1.
        """
        self.graph, self.seed, self._kept = graph, seed, kept
        self._states, self._drawn = states, drawn
        self.values: dict[Place, Scalar] = {}
        self._runs: dict[tuple[Place, int], list[Place]] = {}
        self._are_labels: dict[tuple[Place, int], bool] = {}

    def number(self, at: Place) -> float | None:
        """The number in a cell; None where there is none."""
        found = self.values.get(at)
        if found is None and at not in self.values:
            self.graph.compute([at], self.values, self.leaf, cut=self._states)
            found = self.values[at]
        return float(found) if isinstance(found, (float, bool)) else None

    def shifted(self, at: Place, by: float) -> Point:
        """The same numbers, but for one that is larger."""
        point = Point(self.graph, self._states, self._drawn, self.seed, self._kept)
        behind = self.graph.descendants(at, self._states)
        point.values = {cell: value for cell, value in self.values.items() if cell not in behind}
        point.values[at] = (self.number(at) or 0.0) + by
        return point

    def gradients(self, loss: Place, by: Collection[Place]) -> dict[Place, float] | None:
        """PyTorch's derivative of a cell by others; None where it can't be computed."""
        values: dict[Place, Scalar] = {}

        def parameter(at: Place, own: Scalar) -> Scalar:
            value = self.leaf(at, own)
            return _parameter(value) if isinstance(value, float) else value

        def node(at: Place, value: Scalar) -> Scalar:
            if isinstance(value, float):  # of a dead unit, say: a number that nothing led to still has a slope behind
                return _parameter(value)
            return value.clone() if isinstance(value, torch.Tensor) else value

        self.graph.compute([loss], values, parameter, node, cut=self._states)
        result = values[loss]
        if isinstance(result, CellError) or not isinstance(result, (float, torch.Tensor)):
            return None
        wanted = [at for at in by if isinstance(values.get(at), torch.Tensor)]
        if isinstance(result, float) or not wanted or not result.requires_grad:
            return dict.fromkeys(by, 0.0)
        found = torch.autograd.grad(result, [values[at] for at in wanted], allow_unused=True)
        slopes = {at: 0.0 if slope is None else float(slope) for at, slope in zip(wanted, found, strict=True)}
        return {at: slopes.get(at, 0.0) for at in by}

    def _state(self, at: Place) -> Scalar:
        own = self.graph.numbers.get(at, self.graph.constant(at))
        if self.seed == OWN or not isinstance(own, float):
            return own
        random = self._random(at)
        # At every other choice with either sign, so that units are on here and off there.
        return _near(own, random) if self.seed % 2 else random.gauss(0, abs(own) + 0.5)

    def leaf(self, at: Place, own: Scalar) -> Scalar:
        """What stands in a parameter, or in a cell without a formula."""
        if at in self._states:
            return self._state(at)
        if self.seed == OWN or at not in self._drawn or not isinstance(own, float):
            return own
        if self._kept:
            alike = self._like(at, own)
            if alike is not None:
                return alike
        random = self._random(at)
        return random.uniform(0.05, 0.95) if 0 <= own <= 1 else _near(own, random)

    def _random(self, at: Place) -> Random:
        return Random(f"{self.seed}:{at[0]}:{at[1]}:{at[2]}")

    def _like(self, at: Place, own: float) -> float | None:
        """Another number that a label, a count or a share may have; None where it is none of these."""
        for run in (self._run(at, 0, 1, own), self._run(at, 1, 0, own)):
            numbers = [float(self.graph.constant(each)) for each in run]
            if len(run) > 1 and abs(sum(numbers) - 1) < 1e-12 and min(numbers) >= 0:
                self._random(run[0]).shuffle(numbers)
                return numbers[run.index(at)]
        if own != int(own):
            return None
        line = max((self._line(at, down, 1 - down, self._is_typed) for down in (1, 0)), key=len)
        signs = {sign for cell in line if (sign := self._typed(cell)) is not None}
        if -1.0 in signs and signs <= {-1.0, 0.0, 1.0} and len(signs) > 1:
            return self._random(at).choice(sorted(signs))
        if own in (0, 1):
            return float(self._random(at).random() < 0.5)
        runs = [self._run(at, 0, 1, own), self._run(at, 1, 0, own)]
        run = max(runs, key=len)
        return float(self.graph.constant(self._random(at).choice(run))) if len(run) > 1 else own

    def _run(self, at: Place, down: int, right: int, own: float) -> list[Place]:
        """The labels, or the shares, that stand in one line with a cell."""
        if (at, down) in self._runs:
            return self._runs[at, down]
        of_labels = self._is_line_of_labels(at, right, down)

        def belongs(cell: Place) -> bool:
            value = self._typed(cell)
            # A feature that happens to be 0 beside labels is none of them: other numbers stand in its own line.
            return (
                value is not None
                and (value in (0, 1)) == (own in (0, 1))
                and self._is_line_of_labels(cell, right, down) == of_labels
            )

        run = self._line(at, down, right, belongs)
        self._runs.update(dict.fromkeys(((each, down) for each in run), run))
        return run

    def _typed(self, cell: Place) -> float | None:
        value = self.graph.constant(cell)
        return value if cell in self._drawn and isinstance(value, float) else None

    def _is_typed(self, cell: Place) -> bool:
        return self._typed(cell) is not None

    def _is_line_of_labels(self, at: Place, down: int, right: int) -> bool:
        """Whether only 0 and 1 stand in a line."""
        if (at, down) not in self._are_labels:
            line = self._line(at, down, right, self._is_typed)
            found = all(self._typed(cell) in (0, 1) for cell in line)
            self._are_labels.update(dict.fromkeys(((cell, down) for cell in line), found))
        return self._are_labels[at, down]

    def _line(self, at: Place, down: int, right: int, belongs: Callable[[Place], bool]) -> list[Place]:
        """The cells in one line with a cell, as far as they belong to it."""
        sheet, row, col = at
        while belongs((sheet, row - down, col - right)):
            row, col = row - down, col - right
        line = []
        while belongs((sheet, row, col)):
            line.append((sheet, row, col))
            row, col = row + down, col + right
        return line


def _near(own: float, random: Random) -> float:
    return own + random.gauss(0, 1) * (0.5 * abs(own) + 0.3)


def _parameter(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


class Points:
    """The choices of numbers at which a loss, and what claims to be its gradient, are compared."""

    def __init__(self, graph: SpreadsheetGraph, states: Collection[Place], drawn: Collection[Place]) -> None:
        self.graph, self.states, self.drawn = graph, states, drawn
        self.draws = DRAWS
        self._sizes: dict[Place, int] = {}

    @cached_property
    def own(self) -> Point:
        """The sheet as it is."""
        point = Point(self.graph, self.states, (), OWN, False)
        point.values = dict(self.graph.numbers)
        return point

    @cached_property
    def has_signs(self) -> bool:
        """Whether -1 stands among what is drawn, as it does where labels are -1 and 1."""
        return any(self.graph.constant(at) == -1.0 for at in self.drawn)

    def leading(self, loss: Place) -> set[Place]:
        """The cells that lead to a loss."""
        return self.graph.ancestors(loss, self.states)

    def size(self, loss: Place) -> int:
        """How many these are."""
        if loss not in self._sizes:
            self._sizes[loss] = len(self.leading(loss))
        return self._sizes[loss]

    def drawing(self, drawn: Collection[Place]) -> Points:
        """The same where other numbers are drawn."""
        points = Points(self.graph, self.states, drawn)
        points.own, points.draws = self.own, self.draws
        return points

    @cached_property
    def free(self) -> list[Point]:
        """All numbers drawn anew."""
        return [Point(self.graph, self.states, self.drawn, seed, False) for seed in range(1, ATTEMPTS)]

    @cached_property
    def kept(self) -> list[Point]:
        """The same, with labels and counts as labels and counts."""
        return [Point(self.graph, self.states, self.drawn, seed, True) for seed in range(101, 100 + ATTEMPTS)]

    def plan(self, losses: Collection[Place]) -> None:
        """Choose how often to draw for these losses."""
        work = sum(map(self.size, losses))
        self.draws = max(FEWEST_DRAWS, min(DRAWS, MOST_WORK // max(1, work)))

    def usable(self, loss: Place, kept: bool, most: int = 0) -> list[Point]:
        """Some choices at which a loss is a number."""
        numbers = (point for point in (self.kept if kept else self.free) if point.number(loss) is not None)
        return [*islice(numbers, most or self.draws)]
