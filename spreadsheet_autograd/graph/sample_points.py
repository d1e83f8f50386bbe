"""Draws other numbers for a sheet's parameters, inputs and targets, so that no gradient is right by chance."""

from __future__ import annotations

from collections.abc import Collection, Iterator, MutableMapping
from functools import cached_property
from itertools import islice
from random import Random

import torch

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.values import CellError, Scalar, as_float
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.labels_and_shares import LABEL, SHARE, LabelsAndShares, Meaning

SAMPLES = 12
"""The number of choices of numbers for a loss in a small sheet."""
FEWEST_SAMPLES = 4
"""The number of choices of numbers for a loss in a large sheet."""
ATTEMPTS = 24
"""The most choices that are tried, as a loss is no number at some of them."""
MOST_WORK = 200_000
"""The most cells to compute, all losses and choices together; a larger sheet gets fewer choices."""
AS_SAVED = 0
"""The seed of the numbers in the file."""
FAR = 2.5
"""The factor by which parameters spread further at every fourth choice."""


class Point:
    """The values of all cells at one choice of random numbers: point.number(('S', 3, 2)) is B3's.

    Args:
        graph: the workbook.
        states: the parameters, also those that an update computes; they get numbers as if they had no formulas.
        sampled: the other cells whose numbers are drawn.
        seed: the number of the choice; 0 keeps the file's numbers.
        meanings: the kinds of the sampled cells, so that labels remain labels, counts counts, and shares shares; None
            draws each number on its own.
    """

    def __init__(
        self,
        graph: SpreadsheetGraph,
        states: Collection[Place],
        sampled: Collection[Place],
        seed: int,
        meanings: LabelsAndShares | None = None,
    ) -> None:
        self.graph, self.seed, self._meanings = graph, seed, meanings
        self.states, self._sampled = states, sampled
        self.values: dict[Place, Scalar] = {}
        self._mixed: dict[tuple[Place, ...], dict[Place, float]] = {}

    def number(self, at: Place) -> float | None:
        """Return the number in a cell at this choice, 0.37; None if the cell holds no number."""
        found = self.values.get(at)
        if found is None and at not in self.values:
            self.graph.compute([at], self.values, self.leaf, cut=self.states)
            found = self.values[at]
        return as_float(found)

    def shifted(self, at: Place, by: float) -> Point:
        """Return a point in which the cell `at` is larger by `by`; its dependents follow, others stay."""
        point = Point(self.graph, self.states, self._sampled, self.seed, self._meanings)
        behind = self.graph.descendants(at, self.states)
        point.values = {cell: value for cell, value in self.values.items() if cell not in behind}
        point.values[at] = (self.number(at) or 0.0) + by
        return point

    def gradients(self, loss: Place, by: Collection[Place]) -> dict[Place, float] | None:
        """Return PyTorch's derivatives of a loss by some cells, {('S', 3, 2): 0.5}; None if the loss is no number.

        The derivative is 0.0 by a cell that the loss does not depend on.
        """
        values: dict[Place, Scalar] = {}

        def parameter(at: Place, own: Scalar) -> Scalar:
            value = self.leaf(at, own)
            return _parameter(value) if isinstance(value, float) else value

        def node(at: Place, value: Scalar) -> Scalar:
            if isinstance(value, float):  # a float of a dead unit, say, still has a slope
                return _parameter(value)
            return value.clone() if isinstance(value, torch.Tensor) else value

        self.graph.compute([loss], values, parameter, node, cut=self.states)
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
        value = self.graph.numbers.get(at, self.graph.constant(at))
        if self.seed == AS_SAVED or not isinstance(value, float):
            return value
        return other_number(value, self._random(at), self.seed, is_parameter=True)

    def leaf(self, at: Place, value: Scalar) -> Scalar:
        """Return the number that a parameter, or a cell without formula, has at this sample point.

        It is `value`, that of the file, for a text, for a cell that is not drawn, and at the point `as_saved`; else a
        random number of a similar size, the same at each call: perhaps 0.31 for 0.5.
        """
        if at in self.states:
            return self._state(at)
        if self.seed == AS_SAVED or at not in self._sampled or not isinstance(value, float):
            return value
        meaning = self._meanings.meaning(at, value) if self._meanings else None
        if meaning is not None:
            return self._like(at, value, meaning)
        return other_number(value, self._random(at), self.seed, is_parameter=False)

    def _random(self, at: Place) -> Random:
        return Random(f"{self.seed}:{at[0]}:{at[1]}:{at[2]}")

    def _like(self, at: Place, value: float, meaning: Meaning) -> float:
        if meaning.kind == SHARE:
            return self._shares(meaning)[at]
        if meaning.kind == LABEL:
            return float(self._random(at).random() < 0.5)
        return self._random(at).choice(meaning.numbers) if len(meaning.numbers) > 1 else value

    def _shares(self, meaning: Meaning) -> dict[Place, float]:
        cells = tuple(meaning.cells)  # a row and a column of shares may begin in one cell
        if cells not in self._mixed:
            numbers = [*meaning.numbers]
            self._random(cells[0]).shuffle(numbers)
            self._mixed[cells] = dict(zip(cells, numbers, strict=True))
        return self._mixed[cells]


class Over(MutableMapping[Place, object]):
    """A mapping from cells to values that shows another one, `below`, with some values replaced.

    With values = {a1: 1.0, b3: 2.0}, Over({b3: 5.0}, values) has 1.0 for a1 and 5.0 for b3; `values` stays as it is.

    Args:
        over: the replaced values.
        below: the other values.
        hidden: cells of `below` that are not read, as if they had no value; if there are any, neither are large ranges,
            keys such as ('S!A1:A500', 0, 0). () hides nothing.

    A value that is set goes into `over` for a cell that is there or hidden, and into `below` for any other cell.
    """

    def __init__(
        self,
        over: MutableMapping[Place, object],
        below: MutableMapping[Place, object],
        hidden: Collection[Place] = (),
    ) -> None:
        self._over, self._below, self._hidden = over, below, hidden

    def _is_above(self, at: Place) -> bool:
        return at in self._hidden or (bool(self._hidden) and at[2] == 0)

    def __contains__(self, at: object) -> bool:
        return at in self._over or (at in self._below and not self._is_above(at))  # type: ignore[arg-type]

    def __getitem__(self, at: Place) -> object:
        if at in self._over or self._is_above(at):
            return self._over[at]
        return self._below[at]

    def get(self, at: Place, default: object = None) -> object:
        """Return the value of a cell, 0.5, or `default` if it has none."""
        if at in self._over:
            return self._over[at]
        return default if self._is_above(at) else self._below.get(at, default)

    def __setitem__(self, at: Place, value: object) -> None:
        (self._over if self._is_above(at) or at in self._over else self._below)[at] = value

    def __delitem__(self, at: Place) -> None:
        del self._over[at]

    def __iter__(self) -> Iterator[Place]:
        return iter({**self._below, **self._over})

    def __len__(self) -> int:
        return len({*self._below, *self._over})


def other_number(value: float, random: Random, seed: int, *, is_parameter: bool) -> float:
    """Return a random number of a similar size in place of another one: about 1.5 ± 1 for a parameter of 1.5.

    Args:
        value: the number.
        random: the source of random numbers.
        seed: the number of the choice; if it is even, a parameter gets a number around 0, about 0 ± 2 for 1.5.
        is_parameter: True for a parameter; False for any other number: one from 0 to 1 is replaced by one from 0 to 1.
    """
    if is_parameter and seed % 2 == 0:  # either sign at every other choice: units are on at some and off at others
        return random.gauss(0, (abs(value) + 0.5) * (FAR if seed % 4 == 0 else 1.0))
    if not is_parameter and 0 <= value <= 1:
        return random.uniform(0.05, 0.95)
    return value + random.gauss(0, 1) * (0.5 * abs(value) + 0.3)


def _parameter(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


class Points:
    """The choices of random numbers, `free` and `with_labels`, at which claims are compared; `usable` are some of them.

    `states` are the parameters, also those that an update computes; `sampled` are the other cells whose numbers are
    drawn.
    """

    def __init__(self, graph: SpreadsheetGraph, states: Collection[Place], sampled: Collection[Place]) -> None:
        self.graph, self.states, self.sampled = graph, states, sampled
        self.samples = self.enough = SAMPLES
        """The number of choices. At `enough` of them a claim must be right to be tried no further, not counting those
        where the derivative is almost 0."""
        self._sizes: dict[Place, int] = {}

    @cached_property
    def as_saved(self) -> Point:
        """The point with the numbers in the file, unchanged."""
        point = Point(self.graph, self.states, (), AS_SAVED)
        point.values = dict(self.graph.numbers)
        return point

    @cached_property
    def has_signs(self) -> bool:
        """True if a drawn cell holds -1, as where labels are -1 and 1."""
        return any(self.graph.constant(at) == -1.0 for at in self.sampled)

    def leading(self, loss: Place) -> set[Place]:
        """Return the cells from which a loss is computed, itself included: {('S', 9, 2), ('S', 3, 2)}."""
        return self.graph.ancestors(loss, self.states)

    def size(self, loss: Place) -> int:
        """Return the number of cells from which a loss is computed, itself included: 12."""
        if loss not in self._sizes:
            self._sizes[loss] = len(self.leading(loss))
        return self._sizes[loss]

    def sampling(self, sampled: Collection[Place]) -> Points:
        """Return `Points` of the same workbook and parameters at which other cells, `sampled`, get random numbers."""
        points = Points(self.graph, self.states, sampled)
        points.as_saved, points.samples = self.as_saved, self.samples
        return points

    @cached_property
    def free(self) -> list[Point]:
        """The 23 points at which each number is drawn on its own, with the seeds 1, 2, …, [Point(…, seed=1), …]."""
        return [Point(self.graph, self.states, self.sampled, seed) for seed in range(1, ATTEMPTS)]

    @cached_property
    def _like(self) -> LabelsAndShares:
        return LabelsAndShares(self.graph, self.sampled)

    @cached_property
    def has_labels(self) -> bool:
        """True if a drawn cell holds a label, a count or a share; if not, `free` and `with_labels` are alike."""
        typed = ((at, self.graph.constant(at)) for at in self.sampled)
        return any(self._like.meaning(at, own) is not None for at, own in typed if isinstance(own, float))

    @cached_property
    def with_labels(self) -> list[Point]:
        """The 23 points at which labels (0, 1) remain labels, counts counts, and shares shares; seeds 101, 102, …."""
        return [Point(self.graph, self.states, self.sampled, seed, self._like) for seed in range(101, 100 + ATTEMPTS)]

    def plan(self, losses: Collection[Place]) -> None:
        """Set `samples`, the number of choices, from 12 down to 4: the more cells lead to these losses, the fewer."""
        work = sum(map(self.size, losses))
        self.samples = max(FEWEST_SAMPLES, min(SAMPLES, MOST_WORK // max(1, work)))

    def usable(self, loss: Place, with_labels: bool, most: int = 0) -> list[Point]:
        """Return the first points at which a loss is a number, perhaps fewer than wanted; [] if it never is.

        Args:
            loss: the cell of the loss.
            with_labels: True for points at which labels remain labels, and counts counts; False for those of `free`.
            most: the number of points; 0 means `samples`.
        """
        return [*self.each_usable(loss, with_labels, most)]

    def each_usable(self, loss: Place, with_labels: bool, most: int = 0) -> Iterator[Point]:
        """Yield the points that `usable` returns; each is drawn only when it is asked for.

        The arguments are the same: `with_labels` is True for points at which labels remain labels; `most` is the number
        of points, 0 for `samples`.
        """
        numbers = (
            point for point in (self.with_labels if with_labels else self.free) if point.number(loss) is not None
        )
        yield from islice(numbers, most or self.samples)
