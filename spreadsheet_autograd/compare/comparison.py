"""Hold the forward pass of a sheet against a network: which formulas aren't what the network computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from time import process_time
from types import MappingProxyType
from typing import Any, NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.advice import WHICH_LOSS
from spreadsheet_autograd.compare.correspondence import Choice, given_in
from spreadsheet_autograd.compare.network_cells import NetworkCells
from spreadsheet_autograd.compare.network_losses import losses_of
from spreadsheet_autograd.compare.network_points import Elements, SheetAtPoints
from spreadsheet_autograd.compare.suspects import Step
from spreadsheet_autograd.find.claims import Claim, find_claims
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.find.updates import find_updates
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.judge.verdicts import WRONG, Verdict
from spreadsheet_autograd.repair.edit import Repair
from spreadsheet_autograd.repair.search import Search

FEW_POINTS, MOST_REPAIRS = 2, 8


class Difference(NamedTuple):
    """A cell that isn't what the network computes."""

    cell: Place
    element: str
    """What the network has in its place; '' where the sheet is right but for what no cell holds."""
    holds: str = ""
    """Which other number of the network it holds; '' where it holds none."""
    repair: Repair | None = None
    """The smallest change that mends it, where one is found."""
    missing: tuple[str, ...] = ()
    """The network's parameters that no cell holds."""


@dataclass
class Compared:
    """What was found."""

    differences: list[Difference] = field(default_factory=list)
    losses: list[Place] = field(default_factory=list)
    """The cells that were held against the network's loss."""
    unmatched: list[tuple[str, int]] = field(default_factory=list)
    """The network's parameters and inputs that no cell holds: their tensors, and which of their elements."""
    why_not: str = ""
    """Why the two can't be compared."""
    too_late: list[Place] = field(default_factory=list)
    """The losses for which there was no time."""


def compare(
    graph: SpreadsheetGraph, labels: Labels, network: Mapping[str, Any], loss: Place | None = None,
    seconds: float = inf, cells: Mapping[str, Sequence[Place]] = MappingProxyType({}),
) -> Compared:  # fmt: skip
    """Compare the forward pass of a workbook with a network.

    Where no cell holds some of what the network is given, these are returned as `unmatched`, and nothing is compared
    before they are among what isn't drawn.

    Args:
        graph: the workbook.
        labels: its headings.
        network: the network's numbers, as `Network.sampled` gives them.
        loss: the cell of the loss, where it is known.
        seconds: of the processor that this process may take in all.
        cells: those of some parameters and inputs, by their names.
    """
    return _Comparison(graph, labels, network, cells).run(loss, seconds)


class _Comparison:
    def __init__(
        self, graph: SpreadsheetGraph, labels: Labels, network: Mapping[str, Any], cells: Mapping[str, Sequence[Place]]
    ) -> None:
        self._graph, self._labels = graph, labels
        self._given = given_in(network)
        self._fixed = {(str(name), int(k)) for name, k in network["fixed"]}
        self._kinds = [each for kind in network["points"] if (each := Elements(network, kind)).choices]
        self._updates = find_updates(graph, labels)
        self._states = {graph.repeated(update.old) for update in self._updates}
        self._states |= {update.new for update in self._updates}
        self._cells = NetworkCells(graph, labels, self._updates, self._states, self._given, self._score, cells)
        self._claims = find_claims(graph, labels, self._updates)
        gradients = {claim.cell for claim in self._claims if not claim.formula}
        self._search = Search(graph, self._states, avoided=gradients)
        self._seed = 0

    def run(self, loss: Place | None, seconds: float) -> Compared:
        """Find the cells that belong together, and what differs."""
        if not self._kinds:
            return Compared(why_not="the network gives no finite loss at other numbers")
        losses = [loss] if loss else losses_of(self._graph, self._labels, self._claims, self._states)
        if not losses:
            return Compared(why_not=f"found no loss to compare with the network's: {WHICH_LOSS}")
        first = losses[0]
        choice = self._cells.of_step(first)
        if choice is None:
            return Compared(why_not=_OTHER_NUMBERS)
        elements = [(each.name, k - each.first, k) for each in self._given for k in each.elements]
        unmatched = [(name, place) for name, place, k in elements if k not in choice]
        found = Compared(losses=losses, unmatched=unmatched)
        if set(unmatched) - self._fixed:
            return found
        self._owners = self._owned(losses)
        for root in [*losses]:
            own = self._cells.moved(choice, first, root)
            if any(isinstance(self._graph.numbers.get(at), CellError) for at in own.values()):
                found.losses.remove(root)  # an update led to an error: that says nothing of the forward pass
                continue
            if process_time() > seconds:
                found.too_late.append(root)
            else:
                found.differences += self._differences(root, own)
        parameters = {each.name for each in self._given if each.is_parameter}
        missing = tuple(dict.fromkeys(name for name, _ in unmatched if name in parameters))
        if missing:
            self._tell(missing, found)
        return found

    def _tell(self, missing: tuple[str, ...], found: Compared) -> None:
        """Say what no cell holds: with the first difference that nothing else explains, or by itself."""
        for k, difference in enumerate(found.differences):
            if difference.repair is None:
                found.differences[k] = difference._replace(missing=missing)
                return
        found.differences.append(Difference(found.losses[0], "", missing=missing))

    def _at(self, choice: Choice, elements: Elements) -> SheetAtPoints:
        self._seed += 1000
        return SheetAtPoints(self._graph, self._search.trial, self._states, choice, elements, self._seed)

    def _cone(self, root: Place) -> list[Place]:
        """The formulas that lead to a loss, in the order of computation."""
        leading = self._graph.ancestors(root, self._states)
        return [at for at in self._graph.numbers if at in leading and at[1] > 0 and not self._cells.is_leaf(at)]

    def _owned(self, losses: Sequence[Place]) -> dict[Place, set[Place]]:
        """For each cell the losses that it leads to, only the nearest ones: a step may read from another by mistake."""
        found: dict[Place, set[Place]] = {}
        for root in losses:
            for at in self._cone(root):
                found.setdefault(at, set()).add(root)

        def distance(at: Place, root: Place) -> int:
            return (at[0] != root[0]) * 10**6 + abs(at[1] - root[1]) + abs(at[2] - root[2])

        for at, roots in found.items():
            nearest = min(distance(at, root) for root in roots)
            found[at] = {root for root in roots if distance(at, root) == nearest}
        return found

    def _score(self, root: Place, choice: Choice) -> int:
        """How many of the network's numbers are among the cells that lead to a loss."""
        cone, best = self._cone(root), 0
        for elements in self._kinds:
            sheet = self._at(choice, elements)
            found = {elements.find(sheet.numbers(at, FEW_POINTS)) for at in cone}
            best = max(best, len(found - {None}))
        return best

    def _differences(self, root: Place, choice: Choice) -> list[Difference]:
        """What differs in the step of a loss; nothing where that is the network's."""
        cone, found = [at for at in self._cone(root) if root in self._owners[at]], list[Difference]()
        best: tuple[int, Elements, SheetAtPoints] | None = None
        for elements in self._kinds:
            sheet = self._at(choice, elements)
            if elements.is_loss(sheet.numbers(root)):
                return []
            count = len({elements.find(sheet.numbers(at)) for at in cone} - {None})
            if best is None or count > best[0]:
                best = count, elements, sheet
        assert best is not None
        _, elements, sheet = best
        while len(found) < MOST_REPAIRS and not elements.is_loss(sheet.numbers(root)):
            held = {at: elements.find(sheet.numbers(at)) for at in cone}
            step = Step(self._graph, self._states, root, cone, elements, sheet, held)
            suspects = step.suspects({difference.cell for difference in found})
            for cell, element in suspects:
                wanted = elements.numbers[:, element].tolist()
                repair = self._slip(root, cone, cell, wanted, sheet, held)
                if repair:
                    break
            else:
                wrong_itself = (each for each in suspects[1:] if suspects[0][0] == root and held[each[0]] is None)
                cell, element = next(wrong_itself, suspects[0])
                wanted, repair = elements.numbers[:, element].tolist(), None
            other = held[cell]
            holds = "" if other is None else elements.name(other)
            found.append(Difference(cell, elements.name(element), holds, repair))
            if repair:
                self._search.accept(repair)
            elif cell == root:
                break
            else:  # as if it were right from here on
                self._states.add(cell)
                sheet.give(cell, wanted)
        return found

    def _slip(
        self, root: Place, cone: Sequence[Place], cell: Place, wanted: list[float], sheet: SheetAtPoints,
        held: Mapping[Place, int | None],
    ) -> Repair | None:  # fmt: skip
        """The smallest change of a formula that gives a cell the network's number."""
        verdict = Verdict(Claim(cell, cell, "network"), None, WRONG, points=[*sheet.points], truths=wanted)
        leading = self._graph.ancestors(cell, self._states)
        partial = [at for at in reversed(cone) if at in leading and at != cell and held[at] is None]
        words = self._graph.ancestors(root, self._states)
        repair = self._search.find(verdict, [], [cell, *partial], words)
        if repair is None:
            return None
        # An array formula is one formula, whichever of its cells is looked at.
        sheet_name, row, col = self._graph.home(repair.cell)
        return replace(repair, cell=(sheet_name, abs(row), abs(col)))


_OTHER_NUMBERS = (
    "the sheet's numbers are not the network's: say where these stand, as with --cells fc1.weight=B3:C4, or let the "
    "factory return a network that has the sheet's weights and inputs"
)
