"""How a sheet learns: each update is tried, and must follow its own parameter, its own gradient and the one rate."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.findings import Finding, most
from spreadsheet_autograd.judge.memory import state_findings
from spreadsheet_autograd.judge.next_values import carried, frozen, not_updated, retyped
from spreadsheet_autograd.judge.optimizer_steps import OptimizerStep, beginnings, optimizer_steps
from spreadsheet_autograd.judge.rates import rate_findings
from spreadsheet_autograd.judge.unlike_other_steps import unlike_other_steps
from spreadsheet_autograd.language.places import along, step_to
from spreadsheet_autograd.language.syntax import Binary, Cell, address


def learning_findings(
    graph: SpreadsheetGraph,
    labels: Labels,
    updates: Sequence[Update],
    claims: Mapping[Place, Claim],
    right: Collection[Place],
    states: Collection[Place],
) -> list[Finding]:
    """Tell what is wrong in the updates of a workbook.

    Args:
        graph: the workbook.
        labels: its headings.
        updates: what was found.
        claims: what claims to be a gradient, by its cell.
        right: the cells of those that are right.
        states: the parameters of all steps.
    """
    gradients = [at for at, claim in claims.items() if claim.formula is None]
    steps = optimizer_steps(graph, updates, states, gradients)
    found = [finding for group in _groups(steps) for finding in _Judged(graph, group, steps, claims, right).findings()]
    found += [*rate_findings(graph, labels, updates), *carried(graph, updates), *retyped(graph, states)]
    found += [*not_updated(graph, updates, claims), *state_findings(graph, labels, steps)]
    found += frozen(graph, updates, {finding.cell for finding in found if finding.kind == "frozen"})
    found = [finding for finding in found if finding.kind != "frozen"]
    told = {finding.cell for finding in found}
    unlike = [
        finding for finding in unlike_other_steps(graph, steps, told)
        if finding.cell in right or finding.cell not in claims
    ]  # fmt: skip
    return _once(graph, [*_not_caused_by({finding.cell for finding in unlike}, steps, found), *unlike])


def _not_caused_by(
    cells: Collection[Place], steps: Sequence[OptimizerStep], found: Sequence[Finding]
) -> list[Finding]:  # fmt: skip
    """The findings, without those of new values that follow from what is wrong in a cell before them."""
    caused = {step.update.new for step in steps if not {*step.cells[:-1]}.isdisjoint(cells)}
    return [finding for finding in found if finding.cell not in caused]


def _once(graph: SpreadsheetGraph, findings: Sequence[Finding]) -> list[Finding]:
    """One for each cell; of an array formula, all elements have it."""
    homes: dict[tuple[Place, str], Finding] = {}
    for finding in findings:
        home = graph.home(finding.cell)
        homes.setdefault((home, "" if home == finding.cell else finding.kind), finding)
    return sorted(homes.values())


def _groups(steps: Sequence[OptimizerStep]) -> list[list[OptimizerStep]]:
    return [*grouped(steps, lambda step: step.update.new[0]).values()]


class _Judged:
    """The updates of a sheet, each held against what it follows."""

    def __init__(
        self, graph: SpreadsheetGraph, group: Sequence[OptimizerStep], steps: Sequence[OptimizerStep],
        claims: Mapping[Place, Claim], right: Collection[Place],
    ) -> None:  # fmt: skip
        self._graph, self._group, self._claims, self._right = graph, group, claims, right
        self._of: dict[Place, set[Place]] = {}
        """By the parameter, the gradients by it."""
        for at, claim in claims.items():
            for parameter in _parameters(graph, claim):
                self._of.setdefault(parameter, set()).add(at)
        self._users = grouped([(at, step) for step in steps for at in step.cells], lambda pair: pair[0])
        self._first = beginnings(graph, [step.update for step in steps])
        self._usual_old = most([step_to(step.update.new, step.update.old) for step in group])

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with each update."""
        for step in self._group:
            yield from self._gradient(step)

    def _gradient(self, step: OptimizerStep) -> Iterator[Finding]:
        update, graph = step.update, self._graph
        own = self._of.get(graph.repeated(update.old), set())
        inside = [self._claims[at] for at in step.cells if at in self._claims]
        if inside:  # the gradient stands inside the update, or its step, and is judged as such
            of = {parameter for claim in inside for parameter in _parameters(graph, claim)}
            if update.is_turned:
                yield self._turned(step)
            elif graph.repeated(update.old) not in of and inside[0].cell != update.new:
                yield self._of_another(step, [inside[0].cell], own)
            return
        read = [at for at in step.leaves if at in self._claims]
        taken = [at for at in read if step.follows(at)[1]]
        mine = [at for at in taken if at in own or self._is_same(at, own)]
        if mine:
            yield from self._sign(step, mine)
        elif taken:
            yield self._of_another(step, taken, own)
        elif any(step.follows(at)[0] for at in read if at in own):
            at = next(at for at in step.cells if at not in step.under_root)
            yield Finding(at, "gradient", f"takes only the square of {address(min(own))}")
        elif own & {*read} or update.is_frozen:
            yield Finding(update.new, "frozen", "")
        elif own and not read and update.source and not self._equals(update.source, own):
            taken_from = address(update.source)
            words = f"learns with {taken_from}; the gradient of {address(update.old)} is {address(min(own))}"
            yield Finding(update.new, "gradient", words)

    def _of_another(self, step: OptimizerStep, taken: Sequence[Place], own: Collection[Place]) -> Finding:
        """What is told where an update follows the gradient of another parameter."""
        update = step.update
        if self._usual_old and step_to(update.new, update.old) != self._usual_old:
            meant = along(update.new, self._usual_old)
            if self._of.get(self._graph.repeated(meant), set()) & {*taken}:
                return Finding(update.new, "parameter", f"begins from {address(update.old)}, not from {address(meant)}")
        at, source = self._reader(step, taken)
        claim = self._claims.get(source) or self._claims[taken[0]]
        verb = "learns with" if at == update.new else "takes"
        users = [each.update for _, each in self._users.get(source, ())]
        is_step = any(each.at == source != each.new and each.rate in self._graph.precedents(source) for each in users)
        what = "step" if is_step or claim.formula is not None else "gradient"
        if source in self._claims and claim.by == "update" and own:
            return Finding(at, "gradient", f"{verb} {address(source)}; the gradient of {address(update.old)} is "
                                           f"{address(min(own))}")  # fmt: skip
        return Finding(at, "gradient", f"{verb} {address(source)}, which is the {what} of {address(claim.of)}")

    def _reader(self, step: OptimizerStep, taken: Sequence[Place]) -> tuple[Place, Place]:
        """Which formula reads what belongs to another parameter: the nearest to the new value."""
        behind, update = step.behind(taken), step.update
        for at in reversed(step.cells):
            for other in sorted(step.reads(at) & behind):
                users = {self._first[each.update] for _, each in self._users.get(other, ())} - {self._first[update]}
                if other in taken or (users and other in step.cells):
                    return at, other
        return update.new, taken[0]

    def _is_same(self, at: Place, own: Collection[Place]) -> bool:
        """Whether a gradient stands in two places."""
        return at in self._right and self._equals(at, own)

    def _equals(self, at: Place, own: Collection[Place]) -> bool:
        """Whether a cell holds the same number as one of several others."""
        value = self._graph.numbers.get(at)
        others = (self._graph.numbers.get(other) for other in own)
        return isinstance(value, float) and any(
            isinstance(other, float) and nearly_equal(value, other, scale=0.0) for other in others
        )

    def _sign(self, step: OptimizerStep, mine: Sequence[Place]) -> Iterator[Finding]:
        update = step.update
        if not any(step.follows(at)[2] for at in mine if at in self._right):
            return
        if update.is_turned:
            yield self._turned(step)
        else:
            words = f"adds {address(mine[0])}: with the gradient the loss grows, so it must be subtracted"
            yield Finding(update.new, "sign", words)

    @staticmethod
    def _turned(step: OptimizerStep) -> Finding:
        does, theirs = ("adds", "subtract") if step.update.adds else ("subtracts", "add")
        return Finding(
            step.update.new, "sign", f"{does} the step in {address(step.update.at)}; the others {theirs} theirs"
        )


def _parameters(graph: SpreadsheetGraph, claim: Claim) -> Iterator[Place]:
    """What a claim is the derivative by: a parameter; or that parameter and a step, as Nesterov's is."""
    of = graph.repeated(claim.of)
    yield of
    formula = graph.formulas.get(of)
    terms = [formula.left, formula.right] if isinstance(formula, Binary) and formula.operator in "+-" else []
    yield from (graph.repeated(term.place) for term in terms if isinstance(term, Cell))
