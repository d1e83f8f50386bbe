"""Judges edits of the forward pass: likely ones, and those that make gradients right only by cutting something off."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from random import Random

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import shown_formula
from spreadsheet_autograd.functions.values import Scalar, as_float
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.judge.verdicts import RIGHT, WRONG, Verdict
from spreadsheet_autograd.language.syntax import Call, Cell, Node, pieces
from spreadsheet_autograd.repair.edit import Edit, Kind

SAMPLES = 2
"""The number of choices of numbers that show whether a formula depends on a cell: all are drawn, then all but typed
ones."""


class ForwardEdits:
    """Judges edits of formulas from which a loss is computed: `is_odd` if one is likely, `cuts` if it is no repair.

    `states` are the parameters, also those that an update computes; leading(cell) returns that cell and all from which
    it is computed.
    """

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict],
        patterns: CopiedFormulas, leading: Callable[[Place], Collection[Place]],
    ) -> None:  # fmt: skip
        self._graph, self._states, self._patterns, self._leading = graph, states, patterns, leading
        self._verdicts = [verdict for verdict in verdicts if verdict.kind in (RIGHT, WRONG)]

    def cuts(self, changed: Mapping[Place, Node]) -> bool:
        """Return whether formulas depend on fewer parameters than before: True for {B4: B1} in place of B1*B3, w in B3.

        `changed` has the new formulas by their cells; the old ones are those in the workbook. Such an edit makes
        gradients right easily, and is no repair.
        """

        def follows(at: Place, node: Node) -> int:
            read = self._behind_states.intersection(self._graph.cells_read(node))
            followed = [by for by in read if self._depends(node, at, by)]
            return len(self._graph.ancestors_of_all(followed, self._states).intersection(self._states))

        return any(follows(at, node) < follows(at, self._graph.formulas[at]) for at, node in changed.items())

    def _depends(self, node: Node, at: Place, by: Place) -> bool:
        for seed in range(SAMPLES):
            random = Random(f"{seed} {at}")
            values: dict[Place, Scalar] = {cell: random.uniform(0.2, 1.8) for cell in self._graph.cells_read(node)}
            values |= {
                cell: self._graph.numbers.get(cell) for cell in values if cell not in self._behind_states and seed
            }
            # Of two numbers alone, such as 0.3 and 1.7, a formula like (o-1)^2 may make the same.
            if len({as_float(self._graph.value(node, {**values, by: x}, at)) for x in (0.3, 0.9, 1.7)}) > 1:
                return True
        return False

    @cached_property
    def _behind_states(self) -> set[Place]:
        return self._graph.descendants_of_all(self._states)

    def is_odd(self, cell: Place, edit: Edit) -> bool:
        """Return whether a forward formula looks wrong by itself, and `edit` mends that.

        True if the edit puts LN in place of LOG; reads another cell in place of one that was read twice, as B1*B3+B2*C3
        for B1*B3+B1*C3, in a formula without IF, MAX or MIN; or reads a cell that only wrong gradients used before.
        """
        if edit.kind == Kind.LOGARITHM:
            return True
        before, after = _counts(self._graph.formulas[cell]), _counts(edit.formula)
        new = after.keys() - before.keys()
        names = {piece.name for piece in pieces(edit.formula) if isinstance(piece, Call)}
        chooses = names & {"IF", "MAX", "MIN"}  # a condition reads its cell twice anyway
        is_once = max(before.values(), default=0) > max(after.values(), default=0)
        if edit.kind == Kind.REFERENCE and not chooses and new and is_once:
            return True
        return any(not self._only_gradients_read.isdisjoint(self._leading(at)) for at in new)

    def may_be_odd(self, cell: Place) -> bool:
        """Return whether `is_odd` may be true for an edit of a cell: True for `=B1*B3+B1*C3`, which reads B1 twice.

        True also for LOG, for a formula unlike those beside it, and if wrong gradients read a cell that no loss reads.
        """
        most = max(_counts(self._graph.formulas[cell]).values(), default=0)
        logarithms = (piece for piece in pieces(self._graph.formulas[cell]) if isinstance(piece, Call))
        return (
            self._patterns.breaks_pattern(cell) or most > 1 or bool(self._only_gradients_read)
            or any(piece.name in ("LOG", "LOG10") for piece in logarithms)
        )  # fmt: skip

    @cached_property
    def _only_gradients_read(self) -> set[Place]:
        """The cells from which wrong gradients are computed, but no loss."""
        formulas = [shown_formula(self._graph, verdict.claim) for verdict in self._verdicts if verdict.kind == WRONG]
        read = set[Place]().union(*(self._graph.reads_of(node, self._states) for node in formulas if node is not None))
        return read.difference(*(self._leading(each.loss) for each in self._verdicts if each.loss))


def _counts(formula: Node) -> Counter[Place]:
    return Counter(piece.place for piece in pieces(formula) if isinstance(piece, Cell))
