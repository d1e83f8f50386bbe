"""The cells of a sheet that hold a network's parameters and inputs, in each of its steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.compare.correspondence import Choice, Given, by_order, by_values
from spreadsheet_autograd.find.blocks import blocks
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph

ENOUGH = 0.5
"""The share of the parameters that must stand in the sheet for its numbers to be the network's."""
Score = Callable[[Place, Choice], int]
"""How many of the network's numbers are among the cells that lead to a loss."""


class NetworkCells:
    """Finds the cells; a sheet of several steps has some for each of them."""

    def __init__(
        self, graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update], states: Collection[Place],
        given: Sequence[Given], score: Score, least: float,
    ) -> None:  # fmt: skip
        """Prepare.

        Args:
            graph: the workbook.
            labels: its headings.
            updates: where a step gives parameters to the next one.
            states: the cells that hold parameters at the begin of a step.
            given: what the network is given.
            score: how well a choice of cells fits.
            least: the score of a choice that is made by order only.
        """
        self._graph, self._labels, self._states, self._score = graph, labels, states, score
        self._least = least
        self._known: dict[Place, int] = {}
        """Cells of the steps before, and their elements."""
        self._olds = {update.new: graph.origin(update.old) for update in updates}
        self._parameters = [each for each in given if each.is_parameter]
        self._inputs = [each for each in given if not each.is_parameter]

    def is_leaf(self, at: Place) -> bool:
        """Whether nothing in the same step leads to a cell."""
        return at[1] > 0 and (at in self._states or (at not in self._graph.formulas and at not in self._graph.ranges))

    def of_step(self, root: Place) -> Choice | None:
        """For each number that the network is given its cell in the step of a loss; None where that can't be found."""
        cells = self._begin_of(root)
        typed = {
            at: value
            for at, value in self._graph.numbers.items()
            if isinstance(value, float) and at[1] > 0 and at not in self._graph.formulas
        }
        given = [*self._parameters, *self._inputs]
        choice = by_values(given, typed, cells, lambda trial: self._score(root, trial))
        elements = [k for each in self._parameters for k in each.elements]
        if sum(k in choice for k in elements) < ENOUGH * len(elements):
            return self._by_order(root, cells)
        return choice | self._inputs_by_order(root, cells, choice)

    def moved(self, choice: Choice, first: Place, root: Place) -> Choice:
        """The same elements in the step of another loss."""
        leaves = {at for at in self._graph.ancestors(root, self._states) if self.is_leaf(at)}
        self._known |= {at: k for k, at in choice.items()}
        rows, cols = root[1] - first[1], root[2] - first[2]
        found: Choice = {}
        for k, at in choice.items():
            there = (root[0] if at[0] == first[0] else at[0], at[1] + rows, at[2] + cols)
            is_number = self.is_leaf(there) and isinstance(self._graph.numbers.get(there), float)
            # A formula may have forgotten it: then what tells it is that it is called the same.
            if is_number and (there in leaves or {*self._labels.beside(at)} & {*self._labels.beside(there)}):
                found[k] = there
        taken = {*found.values()}
        for leaf in sorted(leaves - taken):
            known = self._known.get(leaf, self._known.get(self._base(leaf)))
            if known is not None and known not in found:
                found[known] = leaf
        taken = {*found.values()}
        own_sheet = sorted((at for at in self._known if at[0] == root[0]), key=lambda at: abs(at[1] - root[1]))
        for at in own_sheet:  # what no formula of this step reads, as it should
            if self._known[at] not in found and at not in taken:
                found[self._known[at]] = at
        if len(found) < len(choice):  # it has a layout of its own
            other = self.of_step(root) or {}
            found = max(found, other, key=lambda each: self._score(root, each))
        self._known |= {at: k for k, at in found.items()}
        return found

    def _begin_of(self, root: Place) -> dict[Place, float]:
        """The typed numbers that a loss is made of; for a parameter that was updated, what it began with."""
        found = {self._base(at) for at in self._graph.ancestors(root, self._states) if self.is_leaf(at)}
        numbers = self._graph.numbers
        return {at: value for at in sorted(found) if isinstance(value := numbers.get(at), float)}

    def _base(self, at: Place) -> Place:
        seen = set[Place]()
        while at in self._olds and at not in seen:
            seen.add(at)
            at = self._olds[at]
        return at

    def _by_order(self, root: Place, cells: Mapping[Place, float]) -> Choice | None:
        """Where the sheet has other weights than the network: by their shapes and their order."""
        count = sum(len(each.own) for each in self._parameters)
        bases = {self._base(at) for at in self._olds.values()}
        among = (bases, {at for at in bases if at[0] == root[0]}, bases & cells.keys())
        learnt: Collection[Place] = next((some for some in among if len(some) == count), among[-1])
        if not learnt:
            learnt = cells.keys() - {*by_values(self._inputs, cells, cells, lambda trial: 0).values()}
        best: tuple[int, Choice] = (0, {})
        for choice in by_order(self._parameters, learnt, self._rectangles):
            rest = {at: value for at, value in cells.items() if at not in choice.values()}
            whole = choice | by_values(
                self._inputs,
                rest,
                {},
                lambda trial, own=choice: self._score(root, own | trial),  # type: ignore[misc]
            )
            whole |= self._inputs_by_order(root, cells, whole)
            count = self._score(root, whole)
            if count > best[0]:
                best = count, whole
        return best[1] if best[0] >= max(1, self._least) else None

    def _inputs_by_order(self, root: Place, cells: Mapping[Place, float], choice: Choice) -> Choice:
        """The inputs that no cell holds by their values."""
        inputs = [each for each in self._inputs if not any(k in choice for k in each.elements)]
        if not inputs:
            return {}
        rest = {at for at in cells if at not in choice.values()}
        best: tuple[int, Choice] = (self._score(root, choice), {})
        for trial in by_order(inputs, rest, self._rectangles):
            count = self._score(root, choice | trial)
            if count > best[0]:
                best = count, trial
        return best[1]

    @cached_property
    def _rectangles(self) -> list[tuple[Place, int, int]]:
        return [block[1:] for block in blocks(self._graph, self._labels)]
