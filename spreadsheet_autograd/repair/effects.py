"""The effects of an edit: the wrong claims that it makes right, if it makes no right one wrong."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import nan

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.judge.verdicts import RIGHT, Verdict
from spreadsheet_autograd.language.places import way
from spreadsheet_autograd.language.syntax import Node, Part, shifted
from spreadsheet_autograd.repair.trial import Trial

MOST_RIGHT = 60
"""The most right claims that an edit is checked with."""
POINTS_OF_RIGHT = 6
"""The number of sample points at which right claims are checked."""


class Effects:
    """Computes the effects of edits: `explained_by` returns (B6 by B3,) if an edit makes this claim right.

    `trial` has the edits that were accepted, `patterns` the copied formulas of the workbook. `verdicts` are those on
    all claims, of which right ones must stay right. `repeated` returns the cell that a cell repeats, B3 for D3 `=B3`.
    """

    def __init__(
        self, trial: Trial, patterns: CopiedFormulas, verdicts: Sequence[Verdict], repeated: Callable[[Place], Place]
    ) -> None:  # fmt: skip
        self._trial, self._patterns, self._repeated = trial, patterns, repeated
        self._right = [verdict for verdict in verdicts if verdict.kind == RIGHT and verdict.loss]
        self._known_near: dict[tuple[object, ...], list[tuple[Verdict, list[float]]]] = {}

    def explained_by(
        self, verdict: Verdict, others: Sequence[Verdict], cell: Place, formula: Node, group: Sequence[Place]
    ) -> tuple[Claim, ...]:  # fmt: skip
        """Return the wrong claims that a cell's new formula makes right, (B6 by B3,); () if a right one turns wrong.

        Args:
            verdict: the claim that must become right.
            others: further wrong claims, which may become right.
            cell: the cell of the formula, ('S', 6, 2).
            formula: the new formula.
            group: the cells that get copies of the new formula, `cell` included.
        """
        changed = self.changed(verdict.claim, cell, formula, group)
        return self.explained(verdict, others, changed, as_beside=formula == self._patterns.expected(cell))

    def explained(
        self, verdict: Verdict, others: Sequence[Verdict], changed: Mapping[Place, Node], *, as_beside: bool
    ) -> tuple[Claim, ...]:  # fmt: skip
        """Return the wrong claims that other formulas make right: (B6 by B3,), `verdict`'s first.

        () if they don't make that claim right, make a right claim wrong, or make the sheet circular.

        Args:
            verdict: the claim that must become right.
            others: further wrong claims, which may become right.
            changed: the new formulas by their cells, {B5: …, C5: …}.
            as_beside: True if the cells beside have copies of these formulas: then the claim may be 0 at all points.
        """
        points = verdict.points[:POINTS_OF_RIGHT]
        try:
            with self._trial.trying(changed):
                if not self._trial.is_right(verdict, where_tried=True, is_known=as_beside):
                    return ()
            before = self._right_near(changed, points)
            with self._trial.trying(changed):
                for right, values in before:
                    is_right = self._trial.is_right_at(right, points, values, is_known=True)
                    if not is_right and not self._is_of(verdict.loss, right, points):
                        return ()
                explains = [other.claim for other in others if self._trial.is_right(other)]
        except (ExportError, RecursionError):  # the edit makes the sheet circular
            return ()
        return verdict.claim, *explains

    def _is_of(self, loss: Place | None, verdict: Verdict, points: Sequence[Point]) -> bool:
        """Return whether a claim is now the derivative of another loss: without 1/n it was that of one example's."""
        if loss in (None, verdict.loss):
            return False
        by = self._repeated(verdict.claim.of)
        truths = [(point.gradients(loss, {by}) or {}).get(by, nan) for point in points]
        return self._trial.is_right_at(replace(verdict, loss=loss), points, truths)

    def _right_near(self, changed: Mapping[Place, Node], points: Sequence[Point]) -> list[tuple[Verdict, list[float]]]:
        """Return the right claims that depend on some formulas, or whose loss does, each with its numbers so far."""
        key = (*changed, len(self._trial.mended), *points)
        if key not in self._known_near:
            behind = self._trial.behind(changed)
            near = [each for each in self._right if each.claim.cell in behind or each.loss in behind][:MOST_RIGHT]
            with self._trial.trying({}):
                numbers = [(each, [self._trial.number(each.claim, point) for point in points]) for each in near]
            # Claims that are no number before the edit don't speak against it.
            kept = [(each, [x for x in values if x is not None]) for each, values in numbers if None not in values]
            self._known_near = {key: kept}
        return self._known_near[key]

    def changed(self, claim: Claim, cell: Place, new: Node, group: Iterable[Place]) -> dict[Place, Node]:
        """Return the new formulas by their cells, {B5: A5*2, C5: B5*2}, if that of `cell`, B5, becomes `new`, A5*2.

        `group` are the cells that get copies, `cell` included. For a cell of an array formula the result is that of the
        whole, {('S', -5, -2): new}. `claim` is needed because `cell` may be a claim that is a part of an update.
        """
        old = self._trial.formula(claim, cell)
        if isinstance(old, Part):
            return {old.array: new}
        return {at: shifted(new, *way(cell, at)) for at in group}
