"""Judges how a sheet learns: an update must follow its own gradient, and keep the state that the others keep."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.labels import Labels, is_state
from spreadsheet_autograd.find.optimizer_state import correction_of
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.functions.evaluation import evaluate
from spreadsheet_autograd.functions.values import as_float
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.optimizer_steps import OptimizerStep, optimizer_steps
from spreadsheet_autograd.judge.usual_updates import MOST, Finding, frozen_updates, most_frequent, unusual_updates
from spreadsheet_autograd.language.places import along, moved, step_to, way
from spreadsheet_autograd.language.syntax import Binary, Cell, Node, address, pieces, written


def learning_findings(
    graph: SpreadsheetGraph,
    labels: Labels,
    updates: Sequence[Update],
    claims: Mapping[Place, Claim],
    right: Collection[Place],
    states: Collection[Place],
    forward: Collection[Place],
) -> list[Finding]:
    """Return the mistakes in the updates of a workbook, sorted; [] if there are none.

    B8 `=B3+B7*B6` with the right gradient B6 gives Finding(B8, 'sign', 'adds S!B6: with the gradient the loss grows,
    …').

    Args:
        graph: the workbook.
        labels: its headings.
        updates: the formulas w − rate · gradient.
        claims: the claims to be gradients, by their cells.
        right: the cells of right gradients, claims or not.
        states: the cells of the parameters before and after each step.
        forward: the other cells from which the losses are computed.
    """
    steps = optimizer_steps(graph, updates, states, [at for at, claim in claims.items() if claim.formula is None])
    judged = _Judged(graph, steps, claims, right)
    found = [finding for step in steps for finding in judged.findings(step)]
    found += [*unusual_updates(graph, labels, updates, claims, right, states), *_state_findings(graph, labels, steps)]
    found += frozen_updates(graph, updates, judged.frozen)
    spared = {finding.cell for finding in found}.union(forward)
    unlike = [
        each for each in _unlike_other_steps(graph, steps, spared) if each.cell in right or each.cell not in claims
    ]
    # A finding on a next value is none if it comes from a cell before it.
    cells = {finding.cell for finding in unlike}
    caused = {step.update.new for step in steps if not cells.isdisjoint(step.cells[:-1])}
    homes: dict[Place, Finding] = {}  # all elements of an array formula have the same finding
    for finding in (*(finding for finding in found if finding.cell not in caused), *unlike):
        homes.setdefault(graph.home(finding.cell), finding)
    return sorted(homes.values())


def _unlike_other_steps(
    graph: SpreadsheetGraph, steps: Sequence[OptimizerStep], spared: Collection[Place]
) -> Iterator[Finding]:
    """Yield the formulas that differ from two neighbours, which belong to the same parameter at other steps.

    `spared` are cells with a finding, which are no example for others, and the forward pass, which gradients judge.
    """
    patterns = CopiedFormulas(graph)

    def differs(step: OptimizerStep, at: Place, usual: Node) -> bool:
        for sample in step.samples:
            values = {**{other: graph.numbers.get(other) for other in graph.reads(usual)}, **step.computed(sample, {})}
            own, other = as_float(values[at]), as_float(evaluate(usual, values, at, False))
            if own is not None and other is not None and not nearly_equal(own, other):
                return True
        return False

    for of_one in grouped(steps, lambda step: step.first).values():
        cells = {at for step in of_one for at in step.cells} - {*spared}
        for step in of_one:
            for at in step.cells:
                usual = patterns.expected(at, cells.difference(step.cells))
                if usual is not None and usual != graph.formulas[at] and differs(step, at, usual):
                    text = f"isn't like the same formula at other steps: ={written(usual, at[0])}"
                    yield Finding(at, "copy", text)


def _state_findings(graph: SpreadsheetGraph, labels: Labels, steps: Sequence[OptimizerStep]) -> Iterator[Finding]:
    """Yield the updates that lack the state that the others keep, and averages of squares without squares."""
    # The places of cells with state relative to the next value, and of the state before relative to them.
    ways: dict[tuple[str, tuple[int, int], tuple[int, int]], None] = {}
    for step in steps:
        for at, before in step.before.items():
            place = step.update.new[0], way(step.update.new, at), way(at, before)
            if at != step.update.new and place not in ways and step.follows(before, at)[0]:
                ways[place] = None
    for (sheet, _), group in grouped(steps, lambda step: (step.update.new[0], step.first)).items():
        for of_sheet, to_cell, back in ways:
            if of_sheet == sheet:
                yield from _forgotten(graph, labels, group, to_cell, back)
    for step in steps:
        yield from _without_square(step)
        yield from _corrected_otherwise(step)


def _forgotten(
    graph: SpreadsheetGraph,
    labels: Labels,
    group: Sequence[OptimizerStep],
    to_cell: tuple[int, int],
    back: tuple[int, int],
) -> Iterator[Finding]:
    states = ((step, moved(step.update.new, *to_cell)) for step in group)
    later = [(step, at, before) for step, at in states
             if isinstance(graph.numbers.get(before := moved(at, *back)), float)]  # fmt: skip
    keeping = {at for step, at, before in later
               if at in step.cells and before in step.reads(at) and step.follows(before, at)[0]}  # fmt: skip
    are_most = len(keeping) >= max(2, MOST * len(later))
    for step, at, before in later:
        source = step.update.source
        if at in keeping or before in step.cells or (at in step.cells and before in step.leaves):
            continue  # it may remember through another cell
        if at in step.cells and (are_most or any(map(is_state, labels.beside(at)))):
            yield Finding(at, "memory", f"doesn't remember {address(before)}, as the others do theirs")
        elif at not in step.cells and are_most and at in graph.formulas and source and source != at:
            text = f"takes {address(source)}, which remembers nothing, not {address(at)}"
            yield Finding(step.update.new, "memory", text)


def _without_square(step: OptimizerStep) -> Iterator[Finding]:
    """Yield the argument of a root that grows with the gradient at one rate: the rate of a square isn't constant."""

    def is_plain(at: Place) -> bool:
        return any(step.has_constant_slope(gradient, at) for gradient in step.gradients)

    for at in step.cells:
        if at in step.rooted and is_plain(at):
            averages = [each for each in step.reads(at) if each in step.cells and at not in step.before]
            at = next(filter(is_plain, averages), at)
            yield Finding(at, "square", "takes no square, though a root is taken of it")
            return


def _corrected_otherwise(step: OptimizerStep) -> Iterator[Finding]:
    """Yield corrections by another share than the average keeps: m / (1 − β^t) needs the average's own β."""
    numbers = step.graph.numbers
    as_it_is = {leaf: numbers.get(leaf) for leaf in step.leaves}
    for at in step.cells:
        for average, share in filter(None, map(correction_of, pieces(step.graph.formulas[at]))):
            if not isinstance(average, Cell) or average.place not in step.before:
                continue
            before, used = step.before[average.place], as_float(evaluate(share, numbers, at, False))
            low, high = (as_float(step.computed(as_it_is, {before: x})[average.place]) for x in (0.0, 1.0))
            if used is None or low is None or high is None:
                continue
            kept, shares = high - low, [numbers.get(leaf) for leaf in step.reads(average.place)]
            if not nearly_equal(kept, used) and any(_is(kept, each) for each in shares):
                text = f"corrects with {used:g}, and {address(average.place)} keeps {kept:.6g} of the one before"
                yield Finding(at, "correction", text)


def _is(number: float, other: object) -> bool:
    return isinstance(other, float) and nearly_equal(number, other)


class _Judged:
    def __init__(
        self, graph: SpreadsheetGraph, steps: Sequence[OptimizerStep], claims: Mapping[Place, Claim],
        right: Collection[Place],
    ) -> None:  # fmt: skip
        self._graph, self._claims, self._right = graph, claims, right
        self._gradients_by: dict[Place, set[Place]] = {}
        """The gradients by each parameter."""
        for at, claim in claims.items():
            for parameter in _parameters(graph, claim):
                self._gradients_by.setdefault(parameter, set()).add(at)
        self._users = grouped([(at, step) for step in steps for at in step.cells], lambda pair: pair[0])
        by_sheet = grouped([step.update for step in steps], lambda update: update.new[0])
        self._usual_step = {
            sheet: most_frequent(step_to(each.new, each.old) for each in own) for sheet, own in by_sheet.items()
        }
        self.frozen: set[Place] = set()
        """The next values that don't follow their gradient at all."""

    def findings(self, step: OptimizerStep) -> Iterator[Finding]:
        update, graph = step.update, self._graph
        own = self._gradients_by.get(graph.repeated(update.old), set())
        inside = [self._claims[at] for at in step.cells if at in self._claims]
        if inside:  # the update, or its step, contains the gradient, which is judged as such
            of = {parameter for claim in inside for parameter in _parameters(graph, claim)}
            if update.is_turned:
                does, theirs = ("adds", "subtract") if update.adds else ("subtracts", "add")
                text = f"{does} the step in {address(update.at)}; the others {theirs} theirs"
                yield Finding(update.new, "sign", text)
            elif graph.repeated(update.old) not in of and inside[0].cell != update.new:
                yield self._of_another(step, [inside[0].cell], own)
            return
        read = [at for at in step.leaves if at in self._claims]
        taken = [at for at in read if step.follows(at)[1]]
        mine = [at for at in taken if at in own or self._equals(at, own)]
        if any(step.follows(at)[2] for at in mine if at in self._right):
            text = f"adds {address(mine[0])}: with the gradient the loss grows, so it must be subtracted"
            yield Finding(update.new, "sign", text)
        elif taken and not mine:
            yield self._of_another(step, taken, own)
        elif not taken and any(step.follows(at)[0] for at in read if at in own):
            cells = [at for at in step.cells if at not in step.under_root]
            at = next((at for at in cells if at[0] == update.new[0]), cells[0])  # not a cell on another sheet
            yield Finding(at, "gradient", f"takes only the square of {address(min(own))}")
        elif not taken and own & {*read}:
            self.frozen.add(update.new)
        elif (
            own
            and not read
            and update.source
            and update.source not in graph.left_out
            and not (update.source in self._right or self._equals(update.source, own))
        ):
            taken_from = address(update.source)
            text = f"learns with {taken_from}; the gradient of {address(update.old)} is {address(min(own))}"
            yield Finding(update.new, "gradient", text)

    def _of_another(self, step: OptimizerStep, gradients: Sequence[Place], expected: Collection[Place]) -> Finding:
        """Return the finding on an update that follows the gradient of another parameter."""
        update, usual = step.update, self._usual_step[step.update.new[0]]
        meant = along(update.new, usual) if usual else update.old
        if meant != update.old and self._gradients_by.get(self._graph.repeated(meant), set()) & {*gradients}:
            return Finding(update.new, "parameter", f"begins from {address(update.old)}, not from {address(meant)}")
        at, source = self._reader(step, gradients)
        claim = self._claims.get(source) or self._claims[gradients[0]]
        said = f"{'learns with' if at == update.new else 'takes'} {address(source)}"
        if source in self._claims and claim.by == "update" and expected:
            return Finding(at, "gradient", f"{said}; the gradient of {address(update.old)} is {address(min(expected))}")
        users = [each.update for _, each in self._users.get(source, ())]
        is_step = any(each.at == source != each.new and each.rate in self._graph.precedents(source) for each in users)
        what = "step" if is_step or claim.formula is not None else "gradient"
        return Finding(at, "gradient", f"{said}, which is the {what} of {address(claim.of)}")

    def _reader(self, step: OptimizerStep, leaves: Sequence[Place]) -> tuple[Place, Place]:
        """Return the formula that reads a cell of another parameter, the nearest to the next value, and that cell."""
        behind = step.behind(leaves)
        for at in reversed(step.cells):
            for other in sorted(step.reads(at) & behind):
                are_others = any(each.first != step.first for _, each in self._users.get(other, ()))
                if other in leaves or (are_others and other in step.cells):
                    return at, other
        return step.update.new, leaves[0]

    def _equals(self, at: Place, cells: Collection[Place]) -> bool:
        """Return whether a cell holds the same number as one of some others: a gradient may stand in two places."""
        value, *others = (self._graph.numbers.get(each) for each in (at, *cells))
        return isinstance(value, float) and any(
            isinstance(other, float) and nearly_equal(value, other, scale=0.0) for other in others
        )


def _parameters(graph: SpreadsheetGraph, claim: Claim) -> Iterator[Place]:
    """Yield the parameter of a claim; for Nesterov's derivative by a parameter plus a step, both of these too."""
    of = graph.repeated(claim.of)
    yield of
    formula = graph.formulas.get(of)
    terms = [formula.left, formula.right] if isinstance(formula, Binary) and formula.operator in "+-" else []
    yield from (graph.repeated(term.place) for term in terms if isinstance(term, Cell))
