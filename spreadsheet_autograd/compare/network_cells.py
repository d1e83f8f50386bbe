"""The cells of a sheet that hold a network's parameters and inputs, in each of its steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.compare.correspondence import Choice, Given, by_values
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph

ENOUGH = 0.5
"""The share of the parameters that must stand in the sheet for its numbers to be the network's."""
Score = Callable[[Place, Choice], int]
"""How many of the network's numbers are among the cells that lead to a loss."""


class NetworkCells:
    """Finds the cells; a sheet of several steps has some for each of them.

    `score` says how well a choice of cells fits a loss; `named` has the cells of some tensors, row by row.

    Raises:
        ExportError: the network has no tensor that is named, or it has more or fewer numbers.
    """

    def __init__(
        self, graph: SpreadsheetGraph, labels: Labels, updates: Sequence[Update], states: Collection[Place],
        given: Sequence[Given], score: Score, named: Mapping[str, Sequence[Place]],
    ) -> None:  # fmt: skip
        self._graph, self._labels, self._states, self._score = graph, labels, states, score
        self._known: dict[Place, int] = {}
        """Cells of the steps before, and their elements."""
        self._olds = {update.new: graph.repeated(update.old) for update in updates}
        self._parameters = [each for each in given if each.is_parameter]
        self._given = [*self._parameters, *(each for each in given if not each.is_parameter)]
        self._named: Choice = {}
        for name, cells in named.items():
            own = next((each for each in given if each.name == name), None)
            if own is None:
                raise ExportError(
                    f"--cells: the network has no {name}; it has {', '.join(each.name for each in given)}"
                )
            if len(own.elements) != len(cells):
                raise ExportError(f"--cells: {name} has {len(own.elements)} numbers, and {len(cells)} cells are named")
            self._named |= dict(zip(own.elements, cells, strict=True))

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
        left = [each for each in self._given if each.first not in self._named]
        free = {at: value for at, value in typed.items() if at not in self._named.values()}
        choice = self._named | by_values(left, free, cells, lambda trial: self._score(root, self._named | trial))
        elements = [k for each in self._parameters for k in each.elements]
        return choice if sum(k in choice for k in elements) >= ENOUGH * len(elements) else None

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
