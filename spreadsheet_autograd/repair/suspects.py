"""Lists the formulas that may have a mistake: those from which a wrong claim or its loss is computed."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.judge.verdicts import RIGHT, WRONG, Verdict
from spreadsheet_autograd.language.places import nearest
from spreadsheet_autograd.language.syntax import Part
from spreadsheet_autograd.repair.trial import Trial

MOST_CELLS = 40
"""The most suspects from which a claim is computed."""
MOST_FORWARD = 60
"""The most suspects in the forward pass."""
MOST_COPIES = 3_000
"""The most copies of a formula that are changed together."""


class SuspectFormula(NamedTuple):
    """A formula that may have the mistake behind a wrong claim: SuspectFormula(B8, (B8, C8), [(point, 4.0), …])."""

    cell: Place
    """The cell of the formula, B8."""
    copies: tuple[Place, ...]
    """The cells around it with copies of its formula, itself included, (B8, C8); (B8,) if it is changed alone."""
    needed: list[tuple[Point, float]]
    """The value of this cell that makes the claim right, at each sample point, [(point, 4.0), …]; [] if not known."""
    is_forward: bool = False
    """True if the loss is computed from it; False for a formula of gradients only."""


class Suspects:
    """Lists the formulas that may be the mistake behind wrong claims: `backward` those of gradients, `forward` others.

    `states` are the parameters, also those that an update computes; `trial` has the edits that were accepted.
    """

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict],
        patterns: CopiedFormulas, trial: Trial,
    ) -> None:  # fmt: skip
        self._graph, self._states, self._patterns, self._trial = graph, states, patterns, trial
        self._wrong = [verdict for verdict in verdicts if verdict.kind == WRONG]
        self._right = {verdict.claim.cell for verdict in verdicts if verdict.kind == RIGHT and verdict.loss}
        self.behind_right = graph.ancestors_of_all(self._right, states) if self._right else set[Place]()
        """The cells of right claims, and all from which they are computed."""
        self.leading = cache(lambda at: graph.ancestors(at, states))
        """A function that returns the cells from which a cell is computed."""
        self._in_vain: set[tuple[Place, int, bool]] = set()
        """Formulas tried together with all copies: the first cell, the number of edits then, and the kind of sample
        points."""

    def backward(self, verdict: Verdict, words: Collection[Place], cells: Sequence[Place]) -> Iterator[SuspectFormula]:
        """Yield the formulas from which a claim but not its loss is computed: each by itself, then all copies of each.

        For ∂E/∂w in B6 `=B7*B1`, B7 `=2*(B4-B2)`: SuspectFormula(B6, …), then SuspectFormula(B7, …).

        Args:
            verdict: the verdict on the claim.
            words: the cells from which its loss is computed, which are left out.
            cells: the cells to choose from; [] for all from which the claim is computed, without right claims.
        """
        cone = self.cone(verdict.claim)
        spared = self._right.union(words) - {verdict.claim.cell}
        own = self._patterns.in_order(cells or [at for at in cone if at not in spared])
        done: set[Place] = set()
        for cell in own[:MOST_CELLS]:
            needed = self._trial.needed(verdict, cell)
            if needed:
                copies = self._copies(cell)
                is_only_one = {*copies} & {*cone} == {cell}
                yield SuspectFormula(cell, copies if is_only_one else (cell,), needed)
                is_whole = is_only_one and not isinstance(self._graph.formulas.get(cell), Part)
                done |= {copies[0]} if is_whole else set()
        for cell in own:
            is_array = isinstance(self._graph.formulas.get(cell), Part)
            copies = (self._graph.first_cell(cell),) if is_array else self._copies(cell)
            key = copies[0], len(self._trial.mended), any(verdict.points is points for points, _ in verdict.tries[1:])
            if (is_array or len(copies) > 1) and copies[0] not in done and key not in self._in_vain:
                done.add(copies[0])
                self._in_vain.add(key)
                if not self.behind_right.issuperset(copies):
                    yield SuspectFormula(copies[0] if is_array else cell, copies, [])

    def forward(self, loss: Place, leading: Collection[Place]) -> Iterator[SuspectFormula]:
        """Yield the formulas of the forward pass, SuspectFormula(B4, …, is_forward=True) for o in B4.

        Those unlike their neighbours come first, then those that most wrong claims depend on. `leading` are the cells
        from which the loss is computed.
        """
        cells = [at for at in leading if at[1] > 0 and at in self._graph.formulas and at not in self._states]
        shared = Counter(at for each in self._wrong if each.loss for at in self.leading(each.loss))
        close = {at: k for k, at in enumerate(nearest(cells, loss))}
        order = sorted(cells, key=lambda at: (not self._patterns.breaks_pattern(at), -shared[at], close[at]))
        for cell in order[:MOST_FORWARD]:
            if not isinstance(self._graph.formulas[cell], Part):
                yield SuspectFormula(cell, self._copies(cell), [], is_forward=True)

    def _copies(self, cell: Place) -> tuple[Place, ...]:
        copies = tuple(self._patterns.copies(cell))
        return copies if len(copies) <= MOST_COPIES else (cell,)

    def cone(self, claim: Claim) -> list[Place]:
        """Return a claim's cell and the formulas from which it is computed in the sheet as saved, the nearest first.

        With B6 `=B7*B1` and B7 `=2*(B4-B2)`, B4 a formula: [B6, B7, B4]; typed numbers and parameters are left out.
        """
        seen, todo = {claim.cell: None}, [self._trial.formula(claim, claim.cell)]
        for node in todo:
            for at in self._graph.cells_read(node) if node is not None else ():
                if at not in seen and at not in self._states:
                    seen[at] = None
                    todo.append(self._graph.formulas.get(at))
        return [at for at in seen if at == claim.cell or at in self._graph.formulas]
