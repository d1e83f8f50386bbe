"""Formulas that are copies of their neighbours, as after filling down, and formulas that break such a pattern."""

from collections.abc import Iterable

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.places import moved
from spreadsheet_autograd.language.syntax import Node, Part, shifted

_BESIDE = (((-1, 0), (1, 0)), ((0, -1), (0, 1)), ((-2, 0), (-1, 0)), ((1, 0), (2, 0)), ((0, -2), (0, -1)),
           ((0, 1), (0, 2)))  # fmt: skip
FEWEST = 3


class CopiedFormulas:
    """The formulas of a workbook in a form, form(at), that is equal for copies: =A1*2 in B1 and =A2*2 in B2."""

    def __init__(self, graph: SpreadsheetGraph) -> None:
        self._graph = graph
        self._forms: dict[Place, Node | None] = {}
        self._expected: dict[Place, Node | None] = {}

    def form(self, at: Place) -> Node | None:
        """Return the formula of a cell as if it were copied to one fixed cell, a tree that is equal for all copies.

        Those of `=A1*2` in B1 and `=A2*2` in B2 are equal. None if the cell has no formula, or a part of an array
        formula.
        """
        if at not in self._forms:
            node = self._graph.formulas.get(at)
            usual = node is not None and not isinstance(node, Part) and at[1] > 0
            self._forms[at] = shifted(node, -at[1], -at[2]) if usual and node is not None else None
        return self._forms[at]

    def pattern(self, at: Place) -> Node | None:
        """Return what `expected` returns for a cell with another formula: A2*2 for `=A2*3` between `=A1*2` and `=A3*2`.

        None for a cell that has just that formula, or none, or without such neighbours.
        """
        own = self.form(at)
        usual = None if own is None else self.expected(at)
        return usual if usual is not None and self._graph.formulas[at] != usual else None

    def expected(self, at: Place, among: set[Place] | None = None) -> Node | None:
        """Return the formula of two neighbours that are copies, A2*2 in B2 between =A1*2 and =A3*2; None without them.

        They are the cells on both sides in the row or the column, or the next two on one side. If `among` is not None,
        both must be in that set, and not both below or right of the cell, since the first formula of a column often
        differs from the rest.
        """
        if among is not None:
            return self._of_neighbours(at, among)
        if at not in self._expected:
            self._expected[at] = self._of_neighbours(at)
        return self._expected[at]

    def _of_neighbours(self, at: Place, among: set[Place] | None = None) -> Node | None:
        for one, other in _BESIDE:
            places = moved(at, *one), moved(at, *other)
            if among is not None and (min(one) >= 0 or not among.issuperset(places)):
                continue
            form = self.form(places[0])
            if form is not None and form == self.form(places[1]):
                return shifted(form, *at[1:])
        return None

    def breaks_pattern(self, at: Place) -> bool:
        """Return whether `pattern` suggests another formula: True for =A2*3 between =A1*2 and =A3*2."""
        return self.pattern(at) is not None

    def is_usual(self, at: Place) -> bool:
        """Return whether a cell is a copy of two neighbours, as in `expected`: True for =A2*2 between =A1*2, =A3*2."""
        own = self.form(at)
        sheet, row, col = at
        return own is not None and any(
            own == self.form((sheet, row + r1, col + c1)) == self.form((sheet, row + r2, col + c2))
            for (r1, c1), (r2, c2) in _BESIDE
        )

    def copies(self, at: Place) -> list[Place]:
        """Return the connected cells with copies of a cell's formula, itself included, sorted; at most 5,000.

        Cells are connected if they share an edge. For a cell without a formula: [at].
        """
        own = self.form(at)
        if own is None:
            return [at]
        found = {at: None}
        todo = [at]
        for sheet, row, col in todo:
            for other in ((sheet, row + 1, col), (sheet, row - 1, col), (sheet, row, col + 1), (sheet, row, col - 1)):
                if other not in found and self.form(other) == own and len(found) < 5_000:
                    found[other] = None
                    todo.append(other)
        return sorted(found)

    def in_order(self, cells: Iterable[Place]) -> list[Place]:
        """Return the cells in the order in which they should be suspected of a mistake; each is in the result once.

        First those that break a pattern, then the first of `cells` and one of each region of copies, then all others.
        """
        cells = [*cells]
        breaking = [at for at in cells if self.breaks_pattern(at)]
        seen: set[Place] = set()
        first, others = [], []
        for at in cells:
            if at in seen:
                others.append(at)
            else:
                first.append(at)
                seen.update(self.copies(at))
        return [*dict.fromkeys([*breaking, *cells[:1], *first, *others])]
