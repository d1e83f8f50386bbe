"""Chooses for each claim the loss: the cell whose derivative it is; headings decide between several.

A claim that is the derivative of no cell gets the most plausible loss: the one that its heading names, the one of the
claims beside it, or a cell that is called a loss.
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
"""The fewest claims in a row or column that can outvote one of them."""


class Form(NamedTuple):
    """The place of a loss relative to a claim: Form('row', 'S', 0, 5) is column E of the claim's row."""

    kind: str
    """'cell' for one fixed cell; 'row' if `row` counts from the claim's row, 'column' if `col` counts from
    its column."""
    sheet: str
    """The sheet of the loss, 'S'."""
    row: int
    """The row from 1 on, 5; or the rows from the claim's row down, 0 for the same row, if `kind` is 'row'."""
    col: int
    """The column from 1 on, 5 for E; or the columns from the claim's column to the right, if `kind` is 'column'."""

    def cell_for(self, claim: Claim) -> Place | None:
        """Return the cell at this place for a claim, E8 for Form('row', 'S', 0, 5) and B8; None outside the sheet."""
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
    """Return the cells that may be a loss, sorted: formulas of numbers that depend on the parameter of a claim.

    With w in B3, o in B4, E in B5, ∂E/∂w in B6: [B4, B5]. No claim is among them, and no cell that depends on the
    parameter through claims or other parameters only.

    Args:
        graph: the workbook.
        labels: its headings.
        claims: the claims to be gradients.
        states: the parameters of all steps.
        loss: the loss if it is known, else None; all others must then be named in the heading of a claim.
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
    graph: SpreadsheetGraph, labels: Labels, claims: Sequence[Claim], points: Points, losses: Sequence[Place],
    seconds: float = inf, alternatives: Mapping[Claim, Claim] = MappingProxyType({}),
    rivals: Mapping[Claim, Claim] = MappingProxyType({}), changes: Collection[Claim] = (),
) -> tuple[dict[Claim, Place], list[Claim]]:  # fmt: skip
    """Return the loss of each claim, ({B6 by B3: B5}, []) if B6 is the derivative of B5 by B3.

    Args:
        graph: the workbook.
        labels: its headings.
        claims: the claims.
        points: the sample points.
        losses: the cells that may be a loss.
        seconds: the processor time of this process at which to stop.
        alternatives: by some claims another one about the same cell, {B6 by B3: B6 by B2}, which is taken in its place
            if the cell, or most of its column, is a derivative by that parameter only; {} for none.
        rivals: by some claims of updates the claim with a heading that may be meant; a claim is dropped if only its
            rival is a derivative.
        changes: claims that may be steps, as dw = −rate · gradient; they get no loss unless they are derivatives.

    Returns:
        The losses by their claims, and the claims for which there was no time. Some claims have no loss.
    """
    return _Choice(graph, labels, claims, points, losses, seconds, alternatives, rivals, changes).losses()


class _Choice:
    def __init__(
        self, graph: SpreadsheetGraph, labels: Labels, claims: Sequence[Claim], points: Points,
        losses: Sequence[Place], seconds: float, alternatives: Mapping[Claim, Claim], rivals: Mapping[Claim, Claim],
        changes: Collection[Claim],
    ) -> None:  # fmt: skip
        self._graph, self._points, self._losses = graph, points, {*losses}
        sweeps = Sweeps(graph, {*points.states, *(claim.cell for claim in claims)})
        self._matches = Matches(points, sweeps, losses)
        self._equal = self._matches.find([*claims, *alternatives.values(), *rivals.values()], seconds)
        judged = [claim for claim in claims if claim in self._equal and claim not in changes]
        without = losses_without_cell(points, {claim: self._equal[claim] for claim in judged}, losses)
        if without:
            sweeps = Sweeps(graph, {*points.states, *(claim.cell for claim in claims)})
            self._losses |= {*without}
            lonely = [claim for claim, cells in self._equal.items() if not cells]
            late, self._matches = self._matches.late, Matches(points, sweeps, without)
            self._equal |= self._matches.find(lonely, seconds)
            self._matches.late |= late
        self._any_is_right = any(self._equal.values())
        stale = {own for own, other in rivals.items() if not self._equal.get(own) and self._equal.get(other)}
        are_most = 2 * len(stale) > len(rivals)
        stale |= {claim for claim in changes if not self._equal.get(claim)}
        left = [c for c in claims if c not in stale and not (are_most and c in rivals and not self._equal.get(c))]
        self._late = [claim for claim in left if claim in self._matches.late]
        self._claims = self._decided([claim for claim in left if claim not in self._matches.late], alternatives)
        parameters = {graph.repeated(claim.of) for claim in self._claims}
        self._reach = {by: frozenset(sweeps.behind(by)) for by in parameters}
        full = [claim for claim in self._claims if claim.heading and not claim.is_short]
        self._with_full_heading = {graph.repeated(claim.of) for claim in full}
        self._size = cache(points.size)
        self._score = cache(lambda at: max(map(loss_score, labels.beside(at)), default=0))
        self._for_short = cache(self._losses_for_short)
        self._by_name: dict[str, list[Place]] = {}
        for at in losses:
            for name in {key(text) for text in labels.beside(at)}:
                self._by_name.setdefault(name, []).append(at)

    def losses(self) -> tuple[dict[Claim, Place], list[Claim]]:
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
        # A claim found by the end of its heading only counts if it is a derivative.
        return {
            claim: loss for claim, loss in self._as_in_line(chosen).items()
            if claim.by != "symbol" or self._equal.get(claim)
        }, self._late  # fmt: skip

    def _decided(self, claims: Sequence[Claim], alternatives: Mapping[Claim, Claim]) -> list[Claim]:
        """Return the claims, each by the parameter by which it is a derivative, or else as most in its column."""
        votes: Counter[tuple[str, int]] = Counter()
        for claim, other in alternatives.items():
            votes[claim.cell[0], claim.cell[2]] += bool(self._equal.get(other)) - bool(self._equal.get(claim))
        found = []
        for claim in claims:
            other = alternatives.get(claim, claim)
            is_other = bool(self._equal.get(other)) - bool(self._equal.get(claim))
            found.append(other if (is_other or votes[claim.cell[0], claim.cell[2]]) > 0 else claim)
        return found

    def _leads(self, claim: Claim, loss: Place) -> bool:
        by = self._graph.repeated(claim.of)
        return loss in self._losses and (loss in self._reach[by] or loss == by)

    def _named(self, claim: Claim) -> list[Place]:
        """Return the cells that a claim's heading names, as ∂E1/∂w5 names E1; [] if it means the whole loss."""
        if is_loss_name(claim.numerator):
            return []
        named = [at for at in self._by_name.get(claim.numerator, ()) if self._leads(claim, at)]
        return named or [at for at in self._for_short(claim.numerator) if self._leads(claim, at)]

    def _losses_for_short(self, short: str) -> list[Place]:
        """Return the losses of which a name is short for, as total is for total loss."""
        names = [name for name in self._by_name if len(short) > 2 and (name.startswith(short) or name.endswith(short))]
        return [at for name in names for at in self._by_name[name] if self._score(at)]

    def _of_group(self, group: Sequence[Claim], is_strange: bool) -> dict[Claim, Place]:
        """Return the losses of claims whose headings name the same numerator."""
        waiting = {claim: self._equal[claim] for claim in group if self._equal.get(claim)}
        informative = len([claim for claim in group if claim in self._equal])
        chosen: dict[Claim, Place] = {}
        forms: list[tuple[Form, int]] = []
        while waiting:
            votes = Counter(
                form
                for claim, cells in waiting.items()
                for form in {each for at in cells for each in forms_of(claim, at)}
            )
            cell_of = {form: at for claim, cells in waiting.items() for at in cells for form in forms_of(claim, at)}
            form = max(votes, key=lambda form: (
                votes[form], self._score(cell_of[form]), -self._size(cell_of[form]), form.kind == "cell", form,
            ))  # fmt: skip
            having = {claim: at for claim, cells in waiting.items() if (at := form.cell_for(claim)) in cells and at}
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
        """Return whether these cells are the intended losses of the claims, and not their derivatives by mistake."""
        claim, loss = next(iter(having.items()))
        if self._score(loss) or 2 * len(having) >= informative:
            return True
        if any(self._score(at) for at in self._reach[self._graph.repeated(claim.of)] & self._losses) or forms:
            wholes = [whole for form, _ in forms if (whole := form.cell_for(claim)) and self._leads(claim, whole)]
            return any(self._matches.is_share(loss, whole) for whole in wholes)
        return True

    def _of_others(self, claim: Claim, forms: Sequence[tuple[Form, int]]) -> Place | None:
        """Return the loss at the relative place of other claims' losses; None if there is none."""
        return next((at for form, _ in forms if (at := form.cell_for(claim)) and self._leads(claim, at)), None)

    def _is_step(self, claim: Claim) -> bool:
        """Return whether a claim such as dw, which is no derivative, means a step of w and no derivative at all.

        It does beside a claim such as dL/dw, and for the loss itself; and if no claim is a derivative, for a typed
        number or a difference.
        """
        if not claim.is_short:
            return False
        by, formula = self._graph.repeated(claim.of), self._graph.formulas.get(claim.cell)
        if by in self._with_full_heading or self._score(claim.of) > 1:
            return True
        is_plain = formula is None or (isinstance(formula, Binary) and formula.operator == "-")
        return is_plain and not self._any_is_right

    def _nearest(self, claim: Claim, chosen: Mapping[Claim, Place]) -> Place | None:
        """Return the most plausible loss of a claim that is the derivative of no intended one; None without one."""
        reach = self._reach[self._graph.repeated(claim.of)] & self._losses
        losses = [at for at in {*chosen.values()} if self._leads(claim, at)] or [at for at in reach if self._score(at)]
        if not losses and claim.by in ("update", "option"):
            losses = [at for at in reach if reach.isdisjoint(self._graph.dependents.get(at, ()))]
        if not chosen:  # an error term that gradients are computed from is no loss, unless others are its derivatives
            formula = shown_formula(self._graph, claim)
            made_of = self._graph.reads_of(formula, self._points.states) if formula is not None else set[Place]()
            losses = [at for at in losses if at not in made_of or not self._has_either_sign(at)]
        if len(losses) > 2 and not any(at[:2] == claim.cell[:2] for at in losses):
            last = [at for at in reach if {*losses} - {at} <= self._points.leading(at)]
            if last:  # a cell that all these lead to, such as their sum
                return min(last, key=lambda at: (self._size(at), self._distance(claim, at)))
        # Prefer the best name, then the same row or column, then the loss computed from the most cells.
        return min(losses, default=None, key=lambda at: (
            -self._score(at), not any(at[axis] == claim.cell[axis] for axis in (1, 2)) or at[0] != claim.cell[0],
            -self._size(at), self._distance(claim, at),
        ))  # fmt: skip

    def _has_either_sign(self, at: Place) -> bool:
        """Return whether a cell is above and below 0, as the error o − t, and no loss, which only falls to 0."""
        numbers = [number for point in self._points.with_labels if (number := point.number(at)) is not None]
        return min(numbers, default=0.0) < 0 < max(numbers, default=0.0)

    def _as_in_line(self, chosen: dict[Claim, Place]) -> dict[Claim, Place]:
        """Give a claim the loss that most claims in its row or column have.

        Without its factor 1/n a gradient is that of one example's error, and no longer of their mean.
        """
        found = {**chosen}
        for axis in (2, 1):
            of_losses = [claim for claim in self._claims if is_loss_name(claim.numerator)]
            for line in in_lines(of_losses, axis, lambda claim: claim.cell).values():
                if len(line) < FEWEST_IN_LINE:
                    continue
                votes = Counter(form for claim in line if claim in found for form in forms_of(claim, found[claim]))
                [(usual, count)] = votes.most_common(1) or [(Form("", "", 0, 0), 0)]
                for claim in line if 2 * count > len(line) else ():
                    meant = usual.cell_for(claim)
                    # A formula that is not 0 claims a slope: by mistake the parameter leads to no loss.
                    is_cut_off = claim not in found and claim in self._equal and self._graph.is_formula(claim.cell)
                    if meant and ((is_cut_off and meant in self._losses) or self._leads(claim, meant)):
                        found[claim] = meant
        return found

    @staticmethod
    def _distance(claim: Claim, at: Place) -> tuple[bool, int, Place]:
        _, row, col = claim.cell
        return at[0] != claim.cell[0], min(abs(at[1] - row), abs(at[2] - col)), at


def _joined(graph: SpreadsheetGraph, states: Collection[Place]) -> Joined[Place]:
    """Return the groups of cells that formulas connect; typed numbers, such as a rate, connect nothing."""
    joined = Joined[Place]()
    for at in [*graph.formulas, *graph.ranges]:
        for other in graph.precedents(at):
            if other in graph.formulas or other in states or other in graph.ranges:
                joined.join(at, other)
    return joined


def _name(claim: Claim) -> str:
    return "" if is_loss_name(claim.numerator) else claim.numerator


def forms_of(claim: Claim, loss: Place) -> Iterator[Form]:
    """Yield the forms of a loss's place that claims may share: the cell, and its row and column from the claim's."""
    _, row, col = claim.cell
    yield Form("cell", *loss)
    yield Form("row", loss[0], loss[1] - row, loss[2])
    yield Form("column", loss[0], loss[1], loss[2] - col)
