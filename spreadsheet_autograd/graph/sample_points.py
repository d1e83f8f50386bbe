"""Other numbers for a sheet: parameters, inputs and targets drawn anew, so that nothing is right by chance."""

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

SAMPLES, FEWEST_SAMPLES, ATTEMPTS, MOST_WORK = 12, 4, 24, 200_000
"""How often numbers are drawn anew; as often as that is this many cells in all, and less often in a large sheet."""
OWN, FAR = 0, 2.5


class Point:
    """All cells of a workbook at one choice of numbers, the sheet as it is for the seed 0.

    The parameters (`states`, also those that an update gives) have numbers of their own; `sampled` cells are drawn
    anew, those that `kept` knows as labels, counts and shares so that they stay such.
    """

    def __init__(
        self,
        graph: SpreadsheetGraph,
        states: Collection[Place],
        sampled: Collection[Place],
        seed: int,
        kept: LabelsAndShares | None = None,
    ) -> None:
        self.graph, self.seed, self._kept = graph, seed, kept
        self.states, self._sampled = states, sampled
        self.values: dict[Place, Scalar] = {}
        self._mixed: dict[tuple[Place, ...], dict[Place, float]] = {}

    def number(self, at: Place) -> float | None:
        """The number in a cell; None where there is none."""
        found = self.values.get(at)
        if found is None and at not in self.values:
            self.graph.compute([at], self.values, self.leaf, cut=self.states)
            found = self.values[at]
        return as_float(found)

    def shifted(self, at: Place, by: float) -> Point:
        """Return this choice of numbers with one number that is larger."""
        point = Point(self.graph, self.states, self._sampled, self.seed, self._kept)
        behind = self.graph.descendants(at, self.states)
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
        own = self.graph.numbers.get(at, self.graph.constant(at))
        if self.seed == OWN or not isinstance(own, float):
            return own
        return other_number(own, self._random(at), self.seed, is_parameter=True)

    def leaf(self, at: Place, own: Scalar) -> Scalar:
        """What stands in a parameter, or in a cell without a formula."""
        if at in self.states:
            return self._state(at)
        if self.seed == OWN or at not in self._sampled or not isinstance(own, float):
            return own
        meaning = self._kept.meaning(at, own) if self._kept else None
        if meaning is not None:
            return self._like(at, own, meaning)
        return other_number(own, self._random(at), self.seed, is_parameter=False)

    def _random(self, at: Place) -> Random:
        return Random(f"{self.seed}:{at[0]}:{at[1]}:{at[2]}")

    def _like(self, at: Place, own: float, meaning: Meaning) -> float:
        """Another number that a label, a count or a share may have."""
        if meaning.kind == SHARE:
            return self._shares(meaning)[at]
        if meaning.kind == LABEL:
            return float(self._random(at).random() < 0.5)
        return self._random(at).choice(meaning.numbers) if len(meaning.numbers) > 1 else own

    def _shares(self, meaning: Meaning) -> dict[Place, float]:
        """Put the shares in another order."""
        cells = tuple(meaning.cells)  # a row and a column of shares may begin in one cell
        if cells not in self._mixed:
            numbers = [*meaning.numbers]
            self._random(cells[0]).shuffle(numbers)
            self._mixed[cells] = dict(zip(cells, numbers, strict=True))
        return self._mixed[cells]


class Over(MutableMapping[Place, object]):
    """Values with others laid over them. Those of hidden cells, and of ranges, are not seen, and don't change."""

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
        """The value of a cell."""
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


def other_number(own: float, random: Random, seed: int, *, is_parameter: bool) -> float:
    """Another number in the place of a parameter's, or of one that is typed; `seed` is which choice."""
    if is_parameter and seed % 2 == 0:  # at every other choice of either sign, so that units are on here and off there
        return random.gauss(0, (abs(own) + 0.5) * (FAR if seed % 4 == 0 else 1.0))
    if not is_parameter and 0 <= own <= 1:
        return random.uniform(0.05, 0.95)
    return own + random.gauss(0, 1) * (0.5 * abs(own) + 0.3)


def _parameter(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


class Points:
    """The choices of numbers at which a loss, and what claims to be its gradient, are compared."""

    def __init__(self, graph: SpreadsheetGraph, states: Collection[Place], sampled: Collection[Place]) -> None:
        self.graph, self.states, self.sampled = graph, states, sampled
        self.samples = self.enough = SAMPLES
        """How often numbers are drawn; and at how many of these choices a claim must be right to be tried no further,
        where those at which the derivative is almost 0 don't count."""
        self._sizes: dict[Place, int] = {}

    @cached_property
    def own(self) -> Point:
        """The sheet as it is."""
        point = Point(self.graph, self.states, (), OWN)
        point.values = dict(self.graph.numbers)
        return point

    @cached_property
    def has_signs(self) -> bool:
        """Whether -1 stands among what is drawn, as it does where labels are -1 and 1."""
        return any(self.graph.constant(at) == -1.0 for at in self.sampled)

    def leading(self, loss: Place) -> set[Place]:
        """The cells that lead to a loss."""
        return self.graph.ancestors(loss, self.states)

    def size(self, loss: Place) -> int:
        """How many these are."""
        if loss not in self._sizes:
            self._sizes[loss] = len(self.leading(loss))
        return self._sizes[loss]

    def sampling(self, sampled: Collection[Place]) -> Points:
        """Return points at which other numbers are drawn."""
        points = Points(self.graph, self.states, sampled)
        points.own, points.samples = self.own, self.samples
        return points

    @cached_property
    def free(self) -> list[Point]:
        """All numbers drawn anew."""
        return [Point(self.graph, self.states, self.sampled, seed) for seed in range(1, ATTEMPTS)]

    @cached_property
    def _like(self) -> LabelsAndShares:
        return LabelsAndShares(self.graph, self.sampled)

    @cached_property
    def has_labels(self) -> bool:
        """Whether labels, counts or shares stand among what is drawn; else both kinds of choices are alike."""
        typed = ((at, self.graph.constant(at)) for at in self.sampled)
        return any(self._like.meaning(at, own) is not None for at, own in typed if isinstance(own, float))

    @cached_property
    def kept(self) -> list[Point]:
        """Points at which labels stay labels and counts stay counts."""
        return [Point(self.graph, self.states, self.sampled, seed, self._like) for seed in range(101, 100 + ATTEMPTS)]

    def plan(self, losses: Collection[Place]) -> None:
        """Choose how often to draw for these losses."""
        work = sum(map(self.size, losses))
        self.samples = max(FEWEST_SAMPLES, min(SAMPLES, MOST_WORK // max(1, work)))

    def usable(self, loss: Place, kept: bool, most: int = 0) -> list[Point]:
        """The first choices at which a loss is a number: `most` of them, or `samples` where that is 0.

        With `kept`, labels stay labels and counts stay counts.
        """
        return [*self.each_usable(loss, kept, most)]

    def each_usable(self, loss: Place, kept: bool, most: int = 0) -> Iterator[Point]:
        """Yield what `usable` lists, and draw each choice only when it is asked for."""
        numbers = (point for point in (self.kept if kept else self.free) if point.number(loss) is not None)
        yield from islice(numbers, most or self.samples)
