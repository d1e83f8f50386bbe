"""Which cell a claim is the derivative of: the one whose derivative it is. Headings break ties, and name it.

Where no cell has it as its derivative, a claim is held against the nearest in kind: what its heading names, what the
claims beside it are derivatives of, what is called a loss.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from math import inf
from types import MappingProxyType
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.claims import Claim, shown_formula
from spreadsheet_autograd.find.labels import Labels, is_loss_name, key, loss_score
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.joined import Joined
from spreadsheet_autograd.graph.sample_points import Points
from spreadsheet_autograd.graph.slopes import Sweeps
from spreadsheet_autograd.language.places import in_lines
from spreadsheet_autograd.language.syntax import Binary
from spreadsheet_autograd.roles.losses_without_cell import losses_without_cell
from spreadsheet_autograd.roles.matches import Matches

FEWEST_IN_LINE = 3


class Form(NamedTuple):
    """Where a loss stands as it is seen from a claim."""

    kind: str
    """'cell' is one cell for all; 'row' and 'column' are one in the claim's own row or column, or so many further."""
    sheet: str
    row: int
    col: int

    def of(self, claim: Claim) -> Place | None:
        """The cell that stands so from a claim."""
        row = self.row + (claim.cell[1] if self.kind == "row" else 0)
        col = self.col + (claim.cell[2] if self.kind == "column" else 0)
        return (self.sheet, row, col) if min(row, col) > 0 else None


def candidates(
    graph: SpreadsheetGraph,
    labels: Labels,
    claims: Sequence[Claim],
    states: Collection[Place],
    loss: Place | None = None,
) -> list[Place]:
    """The cells that may be what is differentiated: they depend on what claims are of, and on no claim alone.

    Where the loss is known, it is the only one that no heading names.
    """
    ends = {*states, *(claim.cell for claim in claims)}
    behind = graph.descendants_of_all({graph.repeated(claim.of) for claim in claims}, ends) - ends
    found = [at for at in behind if at[1] > 0 and at in graph.formulas and isinstance(graph.numbers.get(at), float)]
    if loss:
        numerators = {claim.numerator for claim in claims if not is_loss_name(claim.numerator)}
        found = [
            loss,
            *(at for at in found if at != loss and any(key(text) in numerators for text in labels.beside(at))),
        ]
    return sorted(found)


def choose_losses(
    graph: SpreadsheetGraph, labels: Labels, claims: Sequence[Claim], points: Points, listed: Sequence[Place],
    seconds: float = inf, instead: Mapping[Claim, Claim] = MappingProxyType({}),
    rivals: Mapping[Claim, Claim] = MappingProxyType({}), changes: Collection[Claim] = (),
) -> tuple[dict[Claim, Place], list[Claim]]:  # fmt: skip
    """For each claim the cell that it is the derivative of, or is held against; some have none.

    Comes with the claims for which there was no time.

    Args:
        graph: the workbook.
        labels: its headings.
        claims: what claims to be a gradient.
        points: the sample points.
        listed: the cells that may be a loss.
        seconds: of the processor that this process may take in all.
        instead: what some of them may be instead, the derivative by another cell; then that claim is in the answer.
        rivals: claims of updates that only remember another one, if that is a derivative and they aren't.
        changes: claims that updates add, as what is called dw may be: they have no loss, unless they are derivatives.
    """
    return _Choice(graph, labels, claims, points, listed, seconds, instead, rivals, changes).made()


class _Choice:
    def __init__(
        self, graph: SpreadsheetGraph, labels: Labels, claims: Sequence[Claim], points: Points,
        listed: Sequence[Place], seconds: float, instead: Mapping[Claim, Claim], rivals: Mapping[Claim, Claim],
        changes: Collection[Claim],
    ) -> None:  # fmt: skip
        self._graph, self._points, self._listed = graph, points, {*listed}
        sweeps = Sweeps(graph, {*points.states, *(claim.cell for claim in claims)})
        self._matches = Matches(points, sweeps, listed)
        self._equal = self._matches.of([*claims, *instead.values(), *rivals.values()], seconds)
        judged = [claim for claim in claims if claim in self._equal and claim not in changes]
        without = losses_without_cell(points, {claim: self._equal[claim] for claim in judged}, listed)
        if without:
            sweeps = Sweeps(graph, {*points.states, *(claim.cell for claim in claims)})
            self._listed |= {*without}
            lonely = [claim for claim, cells in self._equal.items() if not cells]
            late, self._matches = self._matches.late, Matches(points, sweeps, without)
            self._equal |= self._matches.of(lonely, seconds)
            self._matches.late |= late
        self._any_is_right = any(self._equal.values())
        stale = {own for own, other in rivals.items() if not self._equal.get(own) and self._equal.get(other)}
        are_most = 2 * len(stale) > len(rivals)
        stale |= {claim for claim in changes if not self._equal.get(claim)}
        left = [c for c in claims if c not in stale and not (are_most and c in rivals and not self._equal.get(c))]
        self._late = [claim for claim in left if claim in self._matches.late]
        self._claims = self._decided([claim for claim in left if claim not in self._matches.late], instead)
        parameters = {graph.repeated(claim.of) for claim in self._claims}
        self._reach = {by: frozenset(sweeps.behind(by)) for by in parameters}
        full = [claim for claim in self._claims if claim.heading and not claim.is_short]
        self._with_full_heading = {graph.repeated(claim.of) for claim in full}
        self._size = cache(points.size)
        self._score = cache(lambda at: max(map(loss_score, labels.beside(at)), default=0))
        self._for_short = cache(self._losses_for_short)
        self._by_name: dict[str, list[Place]] = {}
        for at in listed:
            for name in {key(text) for text in labels.beside(at)}:
                self._by_name.setdefault(name, []).append(at)

    def made(self) -> tuple[dict[Claim, Place], list[Claim]]:
        chosen: dict[Claim, Place] = {}
        for claim in self._claims:
            named = self._named(claim)
            if named:
                equal = [at for at in named if at in self._equal.get(claim, ())]
                chosen[claim] = min(equal or named, key=lambda at: self._distance(claim, at))
        others = [claim for claim in self._claims if claim not in chosen]
        joined = _joined(self._graph, self._points.states)
        for (name, _), group in grouped(others, lambda claim: (_name(claim), joined.first(claim.cell))).items():
            chosen |= self._of_group(group, is_strange=bool(name))
        # What only the end of a heading says is a gradient where it is one.
        return {
            claim: loss for claim, loss in self._as_in_line(chosen).items()
            if claim.by != "symbol" or self._equal.get(claim)
        }, self._late  # fmt: skip

    def _decided(self, claims: Sequence[Claim], instead: Mapping[Claim, Claim]) -> list[Claim]:
        """The claims, each of the parameter by which some cell has it as its derivative; or as those in its column."""
        votes: Counter[tuple[str, int]] = Counter()
        for claim, other in instead.items():
            votes[claim.cell[0], claim.cell[2]] += bool(self._equal.get(other)) - bool(self._equal.get(claim))
        found = []
        for claim in claims:
            other = instead.get(claim, claim)
            is_other = bool(self._equal.get(other)) - bool(self._equal.get(claim))
            found.append(other if (is_other or votes[claim.cell[0], claim.cell[2]]) > 0 else claim)
        return found

    def _leads(self, claim: Claim, loss: Place) -> bool:
        by = self._graph.repeated(claim.of)
        return loss in self._listed and (loss in self._reach[by] or loss == by)

    def _named(self, claim: Claim) -> list[Place]:
        """The cells that a claim's own heading names, as ∂E1/∂w5 names E1; [] where it means the loss itself."""
        if is_loss_name(claim.numerator):
            return []
        named = [at for at in self._by_name.get(claim.numerator, ()) if self._leads(claim, at)]
        return named or [at for at in self._for_short(claim.numerator) if self._leads(claim, at)]

    def _losses_for_short(self, short: str) -> list[Place]:
        """The losses that a name means for short, as total is total loss."""
        names = [name for name in self._by_name if len(short) > 2 and (name.startswith(short) or name.endswith(short))]
        return [at for name in names for at in self._by_name[name] if self._score(at)]

    def _of_group(self, group: Sequence[Claim], is_strange: bool) -> dict[Claim, Place]:
        """The losses of claims that say the same of what is differentiated."""
        waiting = {claim: self._equal[claim] for claim in group if self._equal.get(claim)}
        informative = len([claim for claim in group if claim in self._equal])
        chosen: dict[Claim, Place] = {}
        forms: list[tuple[Form, int]] = []
        while waiting:
            votes = Counter(
                form
                for claim, cells in waiting.items()
                for form in {each for at in cells for each in _forms(claim, at)}
            )
            cell_of = {form: at for claim, cells in waiting.items() for at in cells for form in _forms(claim, at)}
            form = max(votes, key=lambda form: (
                votes[form], self._score(cell_of[form]), -self._size(cell_of[form]), form.kind == "cell", form,
            ))  # fmt: skip
            having = {claim: at for claim, cells in waiting.items() if (at := form.of(claim)) in cells and at}
            if is_strange or self._is_meant(having, forms, informative):
                chosen |= having
                forms.append((form, len(having)))
            for claim in having:
                waiting[claim] = [at for at in waiting[claim] if at != having[claim]]
                if claim in chosen or not waiting[claim]:
                    del waiting[claim]
        for claim in group:
            if claim not in chosen and not self._is_step(claim):
                loss = self._of_others(claim, forms) or (None if is_strange else self._nearest(claim, chosen))
                if loss:
                    chosen[claim] = loss
        return chosen

    def _is_meant(self, having: dict[Claim, Place], forms: Sequence[tuple[Form, int]], informative: int) -> bool:
        """Whether some cells are what these claims are meant to be derivatives of, and aren't so by a slip."""
        claim, loss = next(iter(having.items()))
        if self._score(loss) or 2 * len(having) >= informative:
            return True
        if any(self._score(at) for at in self._reach[self._graph.repeated(claim.of)] & self._listed) or forms:
            wholes = [whole for form, _ in forms if (whole := form.of(claim)) and self._leads(claim, whole)]
            return any(self._matches.is_share(loss, whole) for whole in wholes)
        return True

    def _of_others(self, claim: Claim, forms: Sequence[tuple[Form, int]]) -> Place | None:
        """What a claim would be the derivative of, were it right as those are that say the same."""
        return next((at for form, _ in forms if (at := form.of(claim)) and self._leads(claim, at)), None)

    def _is_step(self, claim: Claim) -> bool:
        """Whether what is called dw, and is no derivative, is not meant as one, but as how far w moves or varies.

        So it is beside what is called dL/dw, and of the loss itself; and where no claim at all is a derivative, if it
        is typed, or a difference.
        """
        if not claim.is_short:
            return False
        by, formula = self._graph.repeated(claim.of), self._graph.formulas.get(claim.cell)
        if by in self._with_full_heading or self._score(claim.of) > 1:
            return True
        is_plain = formula is None or (isinstance(formula, Binary) and formula.operator == "-")
        return is_plain and not self._any_is_right

    def _nearest(self, claim: Claim, chosen: Mapping[Claim, Place]) -> Place | None:
        """What a claim is held against that is the derivative of no cell that may be meant."""
        reach = self._reach[self._graph.repeated(claim.of)] & self._listed
        losses = [at for at in {*chosen.values()} if self._leads(claim, at)] or [at for at in reach if self._score(at)]
        if not losses and claim.by in ("update", "option"):
            losses = [at for at in reach if reach.isdisjoint(self._graph.dependents.get(at, ()))]
        if not chosen:  # an error from which a gradient goes back is no loss, unless others are its gradients
            formula = shown_formula(self._graph, claim)
            made_of = self._graph.reads_of(formula, self._points.states) if formula is not None else set[Place]()
            losses = [at for at in losses if at not in made_of]
        if len(losses) > 2 and not any(at[:2] == claim.cell[:2] for at in losses):
            last = [at for at in reach if {*losses} - {at} <= self._points.leading(at)]
            if last:  # what the losses of all examples lead to
                return min(last, key=lambda at: (self._size(at), self._distance(claim, at)))
        # What is called a loss most, stands in the same row or column, and leads to no other.
        return min(losses, default=None, key=lambda at: (
            -self._score(at), not any(at[axis] == claim.cell[axis] for axis in (1, 2)) or at[0] != claim.cell[0],
            -self._size(at), self._distance(claim, at),
        ))  # fmt: skip

    def _as_in_line(self, chosen: dict[Claim, Place]) -> dict[Claim, Place]:
        """Hold a claim that differs from most in its column, or its row, against what these are held against.

        Without its 1/n a gradient is that of an example's error, and no longer of their mean.
        """
        found = {**chosen}
        for axis in (2, 1):
            of_losses = [claim for claim in self._claims if is_loss_name(claim.numerator)]
            for line in in_lines(of_losses, axis, lambda claim: claim.cell).values():
                if len(line) < FEWEST_IN_LINE:
                    continue
                votes = Counter(form for claim in line if claim in found for form in _forms(claim, found[claim]))
                [(usual, count)] = votes.most_common(1) or [(Form("", "", 0, 0), 0)]
                for claim in line if 2 * count > len(line) else ():
                    meant = usual.of(claim)
                    # Of a formula that claims to be a gradient, and not 0, the parameter leads to no loss by a slip.
                    is_cut_off = claim not in found and claim in self._equal and self._graph.is_formula(claim.cell)
                    if meant and ((is_cut_off and meant in self._listed) or self._leads(claim, meant)):
                        found[claim] = meant
        return found

    @staticmethod
    def _distance(claim: Claim, at: Place) -> tuple[bool, int, Place]:
        _, row, col = claim.cell
        return at[0] != claim.cell[0], min(abs(at[1] - row), abs(at[2] - col)), at


def _joined(graph: SpreadsheetGraph, states: Collection[Place]) -> Joined[Place]:
    """The cells that formulas join; what is typed, as a rate is, joins none."""
    joined = Joined[Place]()
    for at in [*graph.formulas, *graph.ranges]:
        for other in graph.precedents(at):
            if other in graph.formulas or other in states or other in graph.ranges:
                joined.join(at, other)
    return joined


def _name(claim: Claim) -> str:
    return "" if is_loss_name(claim.numerator) else claim.numerator


def _forms(claim: Claim, loss: Place) -> Iterator[Form]:
    _, row, col = claim.cell
    yield Form("cell", *loss)
    yield Form("row", loss[0], loss[1] - row, loss[2])
    yield Form("column", loss[0], loss[1], loss[2] - col)
