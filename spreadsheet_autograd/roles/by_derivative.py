"""Finds gradients without a heading: formulas that are the derivative of a loss by a typed number.

If most numbers of a block have their derivatives at the same distance, the others are expected to have theirs there
too. A cell that a heading calls a gradient may also be the derivative by a computed number.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.labels import Labels, claim_in, is_short, loss_score
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Points
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.language.places import Step, moved, step_to
from spreadsheet_autograd.roles.matches import MOST_SWEPT, ROUNDING

SAMPLES = 3
"""The number of choices of numbers at which a formula must be the derivative, beside those of the file."""
FEWEST = 2
"""The fewest gradients without a heading at one distance from their parameters: a single one may be chance."""
MOST_LOSSES = 100
"""The most losses for which gradients are looked for."""


def losses_of_sheet(
    graph: SpreadsheetGraph, labels: Labels, points: Points, chosen: Iterable[Place]
) -> list[Place]:  # fmt: skip
    """Return the losses of claims, `chosen`, and the copies of their formulas beside them: [B5, B6, B7] for [B5].

    If `chosen` is empty: the cell that is called a loss, as 'MSE', of several the one computed from the most cells, and
    its copies; [] if there is none.
    """
    losses = [*dict.fromkeys(chosen)]
    if not losses:
        numbers = [at for at, number in graph.numbers.items() if isinstance(number, float) and graph.is_formula(at)]
        called = [at for at in numbers if any(loss_score(text) > 1 for text in labels.beside(at))]
        losses = sorted(called, key=points.size)[-1:]
    patterns = CopiedFormulas(graph)
    return [*dict.fromkeys([*losses, *(at for loss in losses for at in patterns.copies(loss))])]


def claims_by_derivative(
    labels: Labels, points: Points, claims: Sequence[Claim], losses: Sequence[Place]
) -> dict[Claim, Place]:
    """Return gradients without a heading, each with its loss: {Claim(B6, B3, 'derivative'): B5}; {} if there are none.

    Derivatives by numbers that `claims` are about already are not looked for.

    Args:
        labels: the headings.
        points: the sample points.
        claims: the gradients that are known.
        losses: the cells whose derivatives are looked for.
    """
    graph = points.graph
    known = {graph.repeated(claim.of) for claim in claims}
    forward = graph.ancestors_of_all([*losses, *known], points.states)
    taken = {*points.states, *(claim.cell for claim in claims)}
    cells = [at for at in graph.formulas if at[1] > 0 and at not in forward and at not in taken]
    called = {
        at: texts
        for at in cells
        if (texts := {text for text in labels.beside(at) if claim_in(text) and not is_short(text)})
    }
    found: dict[Claim, Place] = {}
    for loss in losses[:MOST_LOSSES]:
        if not cells:
            break
        leading = points.leading(loss)
        numbers = {at for at in leading if at[1] > 0 and isinstance(graph.numbers.get(at), float)} - known - {loss}
        if numbers and SAMPLES * len(leading) <= MOST_SWEPT:
            sampled = _SampledSlopes(points, loss, numbers)
            pairs = [(cell, of) for cell, of in sampled.pairs(cells) if of not in graph.formulas or cell in called]
            new = [*_matched(sampled, cells, called, pairs)]
            found |= dict.fromkeys(new, loss)
            known |= {graph.repeated(claim.of) for claim in new}
            taken |= {claim.cell for claim in new}
            cells = [at for at in cells if at not in taken] if new else cells
    return found


class _SampledSlopes:
    """The derivatives of a loss by some numbers, at a few choices of numbers and at those of the file."""

    def __init__(self, points: Points, loss: Place, numbers: Collection[Place]) -> None:
        self.graph = points.graph
        self._points = [*points.usable(loss, with_labels=True, most=SAMPLES), points.as_saved]
        found = [point.gradients(loss, numbers) or {} for point in self._points]
        self.slopes = {at: [each[at] for each in found] for at in sorted(numbers)} if found and all(found) else {}

    def pairs(self, cells: Iterable[Place]) -> Iterator[tuple[Place, Place]]:
        """Yield (formula, number) for each formula that is the loss's derivative by a number at every sample point."""
        by_size: dict[str, list[Place]] = {}
        for at, slopes in self.slopes.items():
            if abs(slopes[0]) > ROUNDING:
                by_size.setdefault(f"{slopes[0]:.6g}", []).append(at)
        for cell in cells if by_size else ():
            first = self._points[0].number(cell)
            for at in by_size.get(f"{first:.6g}", ()) if first is not None else ():
                if self._is(cell, self.slopes[at]):
                    yield cell, at

    def is_absolute(self, cell: Place, of: Place) -> bool:
        """Return whether a formula is the absolute value of a derivative, as for a chart."""
        return self._is(cell, [abs(slope) for slope in self.slopes[of]])

    def _is(self, cell: Place, slopes: Sequence[float]) -> bool:
        said = [point.number(cell) for point in self._points]
        return all(a is not None and nearly_equal(a, b) for a, b in zip(said, slopes, strict=True))


def _matched(
    sampled: _SampledSlopes,
    cells: Sequence[Place],
    called: Mapping[Place, set[str]],
    pairs: Sequence[tuple[Place, Place]],
) -> Iterator[Claim]:
    """Yield the claims, the most frequent distance first, with others of their block or under their headings."""
    steps = Counter(step_to(cell, of) for cell, of in pairs)
    formulas, used = {*cells}, set[Place]()
    typed = {at for at in sampled.slopes if at not in sampled.graph.formulas}
    kinds = (typed, sampled.slopes.keys() - typed)
    for step, _ in steps.most_common():
        here = {of: cell for cell, of in pairs if step_to(cell, of) == step and not {cell, of} & used}
        for block in (block for kind in kinds for block in _blocks([at for at in here if at in kind], kind)):
            own = [here[at] for at in block if at in here]
            is_of_sizes = any(sampled.is_absolute(_back(at, step, own[0]), at) for at in block if at not in here)
            if is_of_sizes or (len(own) < FEWEST and own[0] not in called):
                continue
            texts = {text for at in own for text in called.get(at, ())}
            for at in block:
                cell = here.get(at) or _back(at, step, own[0])
                is_alike = 2 * len(own) > len(block) or not texts.isdisjoint(called.get(cell, ()))
                is_meant = at in here or (is_alike and cell[0] == at[0])
                if is_meant and cell in formulas and not {cell, at} & used:
                    used |= {cell, at}
                    yield Claim(cell, at, "derivative")


def _back(of: Place, step: Step, neighbour: Place) -> Place:
    return moved((neighbour[0], *of[1:]), -step[1], -step[2])


def _blocks(begin: Collection[Place], numbers: Collection[Place]) -> Iterator[list[Place]]:
    seen = set[Place]()
    for first in begin:
        block, stack = list[Place](), [first]
        while stack:
            at = stack.pop()
            if at not in seen:
                seen.add(at)
                block.append(at)
                stack += [each for way in ((0, 1), (1, 0), (0, -1), (-1, 0)) if (each := moved(at, *way)) in numbers]
        if block:
            yield sorted(block)
