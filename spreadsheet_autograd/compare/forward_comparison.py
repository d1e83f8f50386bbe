"""Compares the forward pass of a sheet with a network, and finds the formulas that compute something else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from time import process_time
from types import MappingProxyType
from typing import Any, NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.advice import WHICH_LOSS
from spreadsheet_autograd.compare.network_numbers import NetworkNumbers
from spreadsheet_autograd.compare.step import ForwardStep
from spreadsheet_autograd.compare.tensor_cells import Choice, TensorCells, network_tensors
from spreadsheet_autograd.find.claims import Claim, find_claims
from spreadsheet_autograd.find.labels import Labels, is_loss_name, loss_score
from spreadsheet_autograd.find.updates import find_updates
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Points
from spreadsheet_autograd.judge.verdicts import WRONG, Verdict
from spreadsheet_autograd.language.places import way
from spreadsheet_autograd.repair.edit import Repair
from spreadsheet_autograd.repair.search import Search
from spreadsheet_autograd.roles.losses_of_claims import candidates, choose_losses
from spreadsheet_autograd.roles.losses_without_cell import is_without_cell

FEW_POINTS = 2
"""The number of choices of numbers at which places of tensors are compared."""
MOST_REPAIRS = 8
"""The most differences that are reported in a step."""
_OTHER_NUMBERS = (
    "the sheet's numbers are not the network's: say where these stand, as with --cells fc1.weight=B3:C4, or let the "
    "factory return a network that has the sheet's weights and inputs"
)


class Difference(NamedTuple):
    """A cell that doesn't hold the network's number: Difference(('S', 3, 2), 'fc1[0, 1]', holds='fc1[0, 0]')."""

    cell: Place
    """The cell, as sheet, row and column from 1 on; the first loss if `element` is ''."""
    element: str
    """The network's number that it should hold, such as 'fc1[0, 1]'; '' if only parameters without cells are
    reported."""
    holds: str = ""
    """The network's number that it holds instead; '' if it holds none."""
    repair: Repair | None = None
    """The smallest edit that corrects the formula; None if none is found."""
    missing: tuple[str, ...] = ()
    """The names of the network's parameters that no cell holds, ('fc1.bias',); () if there are none."""


@dataclass
class ComparedPass:
    """The result of a comparison with a network: ComparedPass([Difference(…)], losses=[('S', 9, 2)])."""

    differences: list[Difference] = field(default_factory=list)
    """The cells that don't hold the network's numbers; [] if all is right."""
    losses: list[Place] = field(default_factory=list)
    """The cells that are compared with the network's loss."""
    unmatched: list[tuple[str, int]] = field(default_factory=list)
    """The numbers of parameters and inputs that no cell holds: [('fc1.weight', 3)], tensor and index, from 0 on."""
    why_not: str = ""
    """The reason why nothing is compared, a phrase; '' if the sheet was compared."""
    too_late: list[Place] = field(default_factory=list)
    """The losses, out of `losses`, for which there was no time."""


def compare(
    graph: SpreadsheetGraph, labels: Labels, network: Mapping[str, Any], loss: Place | None = None,
    seconds: float = inf, cells: Mapping[str, Sequence[Place]] = MappingProxyType({}),
) -> ComparedPass:  # fmt: skip
    """Compare the forward pass of a workbook with a network, and return the cells that differ.

    If some numbers of parameters or inputs are in no cell, they are returned as `unmatched`, and nothing is compared:
    call again with the result of network.sampled(unmatched), in which these numbers don't change.

    Args:
        graph: the workbook.
        labels: its headings.
        network: the network's numbers, as `Network.sampled` returns them.
        loss: the cell of the loss, ('S', 9, 2) for B9; None to find it.
        seconds: the processor time of this process at which to stop.
        cells: the cells of some parameters and inputs by name, row by row: {'fc1.bias': [('S', 3, 2)]}; {} for none.
    """
    return _Comparison(graph, labels, network, cells).run(loss, seconds)


class _Comparison:
    def __init__(
        self, graph: SpreadsheetGraph, labels: Labels, network: Mapping[str, Any], cells: Mapping[str, Sequence[Place]]
    ) -> None:
        self._graph, self._labels = graph, labels
        self._tensors = network_tensors(network)
        self._fixed = {(str(name), int(k)) for name, k in network["fixed"]}
        self._kinds = [each for kind in network["points"] if (each := NetworkNumbers(network, kind)).choices]
        updates = find_updates(graph, labels)
        self._states = {at for update in updates for at in (graph.repeated(update.old), update.new)}
        self._cells = TensorCells(graph, labels, updates, self._states, self._tensors, self._score, cells)
        self._claims = find_claims(graph, labels, updates)
        gradients = {claim.cell for claim in self._claims if not claim.formula}
        self._search = Search(graph, self._states, avoided=gradients)
        self._seed = 0

    def run(self, loss: Place | None, seconds: float) -> ComparedPass:
        if not self._kinds:
            return ComparedPass(why_not="the network gives no finite loss at other numbers")
        losses = [loss] if loss else _losses_of(self._graph, self._labels, self._claims, self._states)
        if not losses:
            return ComparedPass(why_not=f"found no loss to compare with the network's: {WHICH_LOSS}")
        first = losses[0]
        choice = self._cells.of_step(first)
        if choice is None:
            return ComparedPass(why_not=_OTHER_NUMBERS)
        lacking = [(each, k) for each in self._tensors for k in each.elements if k not in choice]
        found = ComparedPass(losses=losses, unmatched=[(each.name, k - each.first) for each, k in lacking])
        if {*found.unmatched} - self._fixed:
            return found
        cones = self._nearest_cones(losses)
        for root in [*losses]:
            own = self._cells.moved(choice, first, root)
            if any(isinstance(self._graph.numbers.get(at), CellError) for at in own.values()):
                found.losses.remove(root)  # an update led to an error, which is no fault of the forward pass
            elif process_time() > seconds:
                found.too_late.append(root)
            else:
                found.differences += self._differences(root, cones[root], own)
        missing = tuple(dict.fromkeys(each.name for each, _ in lacking if each.is_parameter))
        if missing:  # report them with the first unexplained difference, or alone
            alone = Difference(found.losses[0], "")
            if all(difference.repair for difference in found.differences):
                found.differences.append(alone)
            k = next(k for k, difference in enumerate(found.differences) if not difference.repair)
            found.differences[k] = found.differences[k]._replace(missing=missing)
        return found

    def _steps(self, root: Place, cone: Sequence[Place], choice: Choice) -> list[ForwardStep]:
        self._seed += 1000 * len(self._kinds)
        return [
            ForwardStep(
                self._graph, self._search.trial, self._states, root, cone, choice, elements, self._seed + 1000 * k
            )
            for k, elements in enumerate(self._kinds)
        ]

    def _cone(self, root: Place) -> list[Place]:
        leading = self._graph.ancestors(root, self._states)
        return [at for at in self._graph.numbers if at in leading and at[1] > 0 and not self._cells.is_leaf(at)]

    def _nearest_cones(self, losses: Sequence[Place]) -> dict[Place, list[Place]]:
        def distance(at: Place, root: Place) -> int:
            return (at[0] != root[0]) * 10**6 + sum(map(abs, way(at, root)))

        cones = {root: self._cone(root) for root in losses}
        nearest: dict[Place, int] = {}
        for root, cone in cones.items():
            nearest |= {at: min(distance(at, root), nearest.get(at, 10**9)) for at in cone}
        return {root: [at for at in cone if distance(at, root) == nearest[at]] for root, cone in cones.items()}

    def _score(self, root: Place, choice: Choice) -> int:
        return max(step.look(FEW_POINTS) for step in self._steps(root, self._cone(root), choice))

    def _differences(self, root: Place, cone: Sequence[Place], choice: Choice) -> list[Difference]:
        steps, found = self._steps(root, cone, choice), list[Difference]()
        if any(step.is_right for step in steps):
            return []
        step = max(steps, key=ForwardStep.look)
        while len(found) < MOST_REPAIRS and not step.is_right:
            step.look()
            suspects = step.suspects({difference.cell for difference in found})
            repairs = ((pair, self._slip(step, root, pair.cell, pair.element)) for pair in suspects)
            wrong_itself = (
                each for each in suspects[1:] if suspects[0].cell == root and step.element_of[each.cell] is None
            )
            unnamed = next(wrong_itself, suspects[0]), None
            suspect, repair = next((each for each in repairs if each[1]), unnamed)
            cell, other = suspect.cell, step.element_of[suspect.cell]
            holds = "" if other is None else step.elements.names[other]
            found.append(Difference(cell, step.elements.names[suspect.element], holds, repair))
            if repair:
                self._search.accept(repair)
            elif cell == root:
                break
            else:  # go on as if the cell were right
                self._states.update(suspect.whole)
                step.give(suspect.whole)
        return found

    def _slip(self, step: ForwardStep, root: Place, cell: Place, element: int) -> Repair | None:
        """Return the smallest edit of a formula that gives a cell the network's number; None if none is found."""
        wanted = step.elements.numbers[:, element].tolist()
        verdict = Verdict(Claim(cell, cell, "network"), None, WRONG, points=[*step.points], truths=wanted)
        leading = self._graph.ancestors(cell, self._states)
        partial = [
            at for at in reversed([*step.element_of]) if at in leading and at != cell and step.element_of[at] is None
        ]
        repair = self._search.find(verdict, [], [cell, *partial], self._graph.ancestors(root, self._states))
        return None if repair is None else replace(repair, cell=self._graph.first_cell(repair.cell))


def _losses_of(graph: SpreadsheetGraph, labels: Labels, claims: list[Claim], states: Collection[Place]) -> list[Place]:
    """Return the losses of the gradients; without gradients, the cells called a loss; or else the last formulas."""
    cut = {*states, *(at for claim in claims if (at := graph.repeated(claim.of)) not in graph.formulas)}
    listed = candidates(graph, labels, claims, cut)
    of_claims, _ = choose_losses(graph, labels, claims, Points(graph, cut, ()), listed)
    in_cells = {claim: at for claim, at in of_claims.items() if not is_without_cell(at)}
    chosen = {loss for claim, loss in in_cells.items() if is_loss_name(claim.numerator)}
    kinds = {at: type(graph.numbers.get(at)) for at in graph.formulas if at[1] > 0 and at not in states}
    computed = [at for at, kind in kinds.items() if issubclass(kind, (float, CellError))]
    named = {at for at in computed if any(map(loss_score, labels.beside(at)))}
    called = chosen & named or (set() if chosen else named)
    called |= {at for at in named if issubclass(kinds[at], CellError)}  # an error has no gradients
    related = graph.ancestors_of_all(called, states) | graph.descendants_of_all(called, states)
    lines = {line for at in called for line in _lines(labels, at)}
    # Add cells of the same name in line: a step with another computation has no gradients of the loss.
    alike = {at for at in computed if at not in related and not lines.isdisjoint(_lines(labels, at))}
    chosen = (called or chosen) | alike
    if not chosen and not claims:
        chosen = {at for at in computed if not graph.dependents.get(at)}
    leading = set[Place]().union(*(graph.ancestors(at, states) - {at} for at in chosen))
    order = {sheet: k for k, sheet in enumerate(graph.contents.sheets)}
    return sorted(chosen - leading, key=lambda at: (order[at[0]], at[1], at[2]))


def _lines(labels: Labels, at: Place) -> list[tuple[str, str, int, str | int]]:
    return [(labels.name(at), at[0], axis, at[axis]) for axis in (1, 2)]
