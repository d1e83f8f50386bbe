"""Finds losses that no cell holds: in the delta rule, for instance, a sheet begins with the error o − t.

    (o − t)·o·(1 − o)·x        o is a sigmoid: the gradient of ½(o − t)² by a weight
    Σ (p − y)·x / n            p is a sigmoid or a softmax: that of the cross-entropy, divided by n

In the formulas of gradients we look for differences between an output, which depends on the parameters, and a target,
which doesn't. For these, each kind of loss is tried: it is taken if most gradients of a step are its derivatives times
one common factor. Its formula is then added to the graph, in a column beyond all others.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, reduce
from itertools import chain, islice

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.functions.values import Scalar
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.joined import Joined
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.language.algebra import ONE, one_less
from spreadsheet_autograd.language.single_cells import element_of, rows_of, without_let
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Number, Part, Range, Unary, pieces
from spreadsheet_autograd.roles.matches import SAME, number_of_claim

BEYOND = 16_385
"""The first column that no sheet has; the formulas of such losses are put from there on, in the row of a difference."""
SAMPLES = 3
"""The number of choices of numbers at which a claim must be the same multiple of a derivative."""
Difference = tuple[Node, Node]
"""An output and its target, as formulas."""
KINDS = ("half of the squared error", "the cross-entropy", "the cross-entropy of each output")
"""The kinds of losses that are tried, as they are named to the user."""


def is_without_cell(loss: Place) -> bool:
    """Return whether a loss is one of `losses_without_cell`, beyond the last column XFD: True for ('S', 5, 16385)."""
    return loss[2] >= BEYOND


def words_of(loss: Place) -> str:
    """Return the kind of a loss that no cell holds: 'half of the squared error' for ('S', 5, 16385).

    The other kinds are 'the cross-entropy' and 'the cross-entropy of each output', for each next column in turn.
    """
    return KINDS[(loss[2] - BEYOND) % len(KINDS)]


def losses_without_cell(
    points: Points, equal: Mapping[Claim, Sequence[Place]], losses: Collection[Place]
) -> list[Place]:
    """Add losses that no cell holds, and of which most claims of a step are gradients, to the graph; return the places.

    For a sheet with the error o − t alone and gradients (o − t)·x, ½(o − t)² is added in the row of o, in a column
    after XFD: [('S', 5, 16421)] for o in F5; [] if nothing is added.

    Args:
        points: the sample points.
        equal: the claims that hold a number, each with the cells whose derivative it is: {B6 by B3: []}.
        losses: the cells that may be a loss; claims that one of these fits get none.
    """
    found: dict[Place, Node] = {}
    if all(equal.values()):
        return []
    for steps in _steps(points, equal):
        steps = [step for step in steps if step.lacks_loss(losses)]
        for kind in range(len(KINDS)):
            # All steps have one loss; the mistake may leave a step without a gradient that shows it.
            usual, _ = _most([factor for step in steps if (factor := step.factor(kind))])
            factors = [(step, step.factor(kind) or usual) for step in steps]
            found |= {step.place(kind): step.scaled_loss(kind, factor) for step, factor in factors if factor}
    if found:
        points.graph.add(found)
    return [*found]


class _ClaimsOfStep:
    """Claims that are computed from the same differences."""

    def __init__(
        self,
        points: Points,
        claims: Sequence[Claim],
        differences: Sequence[Difference],
        patterns: CopiedFormulas,
        is_whole: bool,
    ) -> None:
        self._points, self._claims, self._differences, self._is_whole = points, claims, differences, is_whole
        self._factors: dict[int, float | None] = {}
        leading = set[Place]().union(*(_leading(points, claim) for claim in claims))
        self._as_beside = {at: node for at in leading if (node := patterns.pattern(at)) is not None}
        """Formulas that differ from their neighbours, as these would have them: the mistake may be there."""

    def lacks_loss(self, losses: Collection[Place]) -> bool:
        """Return whether the sheet has no loss for these claims: no cell is least where the outputs are the targets.

        Cells from which the claims are computed, such as o − t, don't count.
        """
        graph, states = self._points.graph, self._points.states
        targets = {at for _, target in self._differences for at in graph.cells_read(target)}
        behind = graph.descendants_of_all(targets, states).intersection(losses)
        others = behind.difference(*(_leading(self._points, claim) for claim in self._claims))
        return not any(map(self._is_least_at_targets, sorted(others)))

    def _is_least_at_targets(self, at: Place) -> bool:
        """Return whether a cell behaves as a loss: its slopes are 0 where the outputs are the targets."""
        point = next(iter(self._points.usable(at, with_labels=True, most=1)), None)
        if point is None:
            return False
        outputs = {cell for output, _ in self._differences for cell in self._points.graph.cells_read(output)}
        by = outputs.difference(self._points.states) or outputs
        there = _AtTargets(point, self._differences)
        slopes, at_targets = (each.gradients(at, by) for each in (point, there))
        if slopes is None or at_targets is None:
            return False
        if not any(slopes.values()):  # the loss goes up and down in steps
            return (there.number(at) or 0.0) < (point.number(at) or 0.0)
        return max(map(abs, at_targets.values())) <= SAME * max(map(abs, slopes.values()))

    def _loss(self, kind: int) -> Node:
        return reduce(lambda one, other: Binary("+", one, other), (_loss(kind, *each) for each in self._differences))

    def factor(self, kind: int) -> float | None:
        """Return the factor of most claims over the derivatives of a kind of loss, such as 1/n; None without one."""
        if kind not in self._factors:
            self._factors[kind] = self._usual_factor(kind, {}) or (
                self._usual_factor(kind, self._as_beside) if self._as_beside else None
            )
        return self._factors[kind]

    def _usual_factor(self, kind: int, changes: Mapping[Place, Node]) -> float | None:
        graph, loss = self._points.graph, self.place(kind)
        by = [graph.repeated(claim.of) for claim in self._claims]
        ratios: list[list[float]] = [[] for _ in by]
        points = self._points.sampling(self._points.sampled) if changes else self._points
        with graph.replacing({loss: self._loss(kind), **changes}):
            drawn = [*islice((point for point in points.with_labels if point.number(loss) is not None), SAMPLES)]
            for point in drawn:
                slopes = point.gradients(loss, by) or {}
                for claim, of, own in zip(self._claims, by, ratios, strict=True):
                    said, slope = number_of_claim(point, claim), slopes.get(of)
                    if said is not None and slope and said:
                        own.append(said / slope)
        for point in points.with_labels:
            point.values.pop(loss, None)
        steady = [own[0] for own in ratios if len(own) == len(drawn) > 0 and _is_steady(own) and own[0] > 0]
        usual, count = _most(steady)
        return usual if 2 * count > sum(map(bool, ratios)) else None

    def place(self, kind: int) -> Place:
        """Return the place for a kind of loss: beyond all columns, in the row of the first output."""
        nodes = [piece for output, _ in self._differences for piece in pieces(output)]
        firsts = [piece.first if isinstance(piece, Range) else piece for piece in nodes]
        sheet, row, col = min(piece.place for piece in firsts if isinstance(piece, Cell))
        return sheet, row, BEYOND + (2 * col + self._is_whole) * len(KINDS) + kind

    def scaled_loss(self, kind: int, factor: float) -> Node:
        return Binary("*", Number(factor), self._loss(kind))


class _AtTargets(Point):
    """A choice of numbers at which the targets equal the outputs of another choice."""

    def __init__(self, point: Point, differences: Sequence[Difference]) -> None:
        super().__init__(point.graph, point.states, (), point.seed)
        self._point, self._targets = point, dict[Place, float]()
        for output, target in differences:
            for other in point.graph.reads(output):
                point.number(other)
            for row, targets in enumerate(rows_of(target)):
                for col, cell in enumerate(targets):
                    value = point.graph.value(element_of(output, row, col), point.values, ("", 1, 1))
                    if isinstance(cell, Cell) and isinstance(value, float):
                        self._targets[cell.place] = value

    def leaf(self, at: Place, value: Scalar) -> Scalar:
        return self._targets[at] if at in self._targets else self._point.leaf(at, value)


def _most(factors: Sequence[float]) -> tuple[float | None, int]:
    """Return the most frequent factor, to six digits, and how often it occurs; None and 0 without any."""
    counts = Counter(f"{factor:.6g}" for factor in factors)
    usual, count = counts.most_common(1)[0] if counts else ("", 0)
    return next((factor for factor in factors if f"{factor:.6g}" == usual), None), count


def _is_steady(ratios: Collection[float]) -> bool:
    return max(ratios) - min(ratios) <= SAME * max(map(abs, ratios))


def _steps(points: Points, equal: Mapping[Claim, Sequence[Place]]) -> Iterator[list[_ClaimsOfStep]]:
    """Yield the claims in groups, first by common differences, then by common parameters behind these.

    Groups of which a claim is the derivative of a cell are left out: they have a loss.
    A softmax has one output for each class, and the gradient by the weights of a class comes from one of them.
    """
    graph, states = points.graph, {*points.states}
    behind = graph.descendants_of_all({graph.repeated(claim.of) for claim in equal}, states)
    differences = _Differences(points, behind)
    told = {claim: found for claim in equal if (found := differences.of(claim))}
    alike: dict[Claim, set[object]] = {claim: {*found} for claim, found in told.items()}
    behind_it = cache(lambda output: graph.reads_of(output, states) & states)
    of_same: dict[Claim, set[object]] = {
        claim: {*chain(*(behind_it(output) for output, _ in found))} for claim, found in told.items()
    }
    for is_whole, keys in enumerate((alike, of_same)):
        yield [
            _ClaimsOfStep(
                points, group, sorted({*chain(*(told[claim] for claim in group))}, key=str), differences.patterns,
                bool(is_whole),
            )
            for group in _connected(keys) if not any(equal[claim] for claim in group)
        ]  # fmt: skip


def _connected(keys: Mapping[Claim, set[object]]) -> list[list[Claim]]:
    """Return the claims in groups that share keys, directly or through others."""
    joined = Joined[object]()
    for claim, own in keys.items():
        for key in own:
            joined.join(claim, key)
    return [*grouped(keys, joined.first).values()]


def _formula(graph: SpreadsheetGraph, claim: Claim) -> Node | None:
    formula = shown_formula(graph, claim)
    return graph.formulas[formula.array] if isinstance(formula, Part) else formula


def _leading(points: Points, claim: Claim) -> set[Place]:
    formula = _formula(points.graph, claim)
    return points.graph.reads_of(formula, points.states) if formula is not None else set()


class _Differences:
    """The differences in formulas of which only one side depends on parameters; `behind` are the cells that do."""

    def __init__(self, points: Points, behind: set[Place]) -> None:
        self._points, self._graph, self._behind = points, points.graph, behind
        self.patterns = CopiedFormulas(points.graph)
        self._of_cell = cache(self._in_cell)

    def of(self, claim: Claim) -> set[Difference]:
        """Return the differences from which a claim is computed."""
        leading, formula = _leading(self._points, claim).difference(self._points.states), _formula(self._graph, claim)
        found = set[Difference]().union(*map(self._of_cell, leading))
        return found.union(self._in_formula(formula)) if formula is not None else found

    def _in_cell(self, at: Place) -> frozenset[Difference]:
        node = self.patterns.pattern(at) or self._graph.formulas.get(at)
        return frozenset() if node is None else frozenset(self._in_formula(node))

    def _in_formula(self, node: Node) -> Iterator[Difference]:
        for piece in pieces(without_let(node)) if not isinstance(node, Part) else ():
            if not isinstance(piece, Binary) or piece.operator != "-":
                continue
            follows = [not self._behind.isdisjoint(self._graph.cells_read(side)) for side in (piece.left, piece.right)]
            sides = (piece.left, piece.right) if follows[0] else (piece.right, piece.left)
            if sum(follows) == 1 and isinstance(sides[1], (Cell, Range)):
                yield sides


def _loss(kind: int, output: Node, target: Node) -> Node:
    if kind == 0:
        return Binary("/", Call("SUMXMY2", (output, target)), Number(2.0))
    entropy = Unary("-", _product(target, Call("LN", (output,))))
    if kind == 1:
        return entropy
    return Binary("-", entropy, _product(one_less(target), Call("LN", (one_less(output),))))


def _product(one: Node, other: Node) -> Node:
    return Call("SUMPRODUCT", (Binary("*", one, other),)) if one != ONE else other
