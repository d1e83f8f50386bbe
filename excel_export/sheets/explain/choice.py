"""Which element of which gradient a learner chooses: to be explained, or to be nudged."""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, OR, Expression, equal, joined, total
from excel_export.formulas.reference import Name, Reference, Span
from excel_export.sheets.explain.layout import AS_ON_LENS, AUTO
from excel_export.sheets.explain.tables import Tables
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.names import LENS_GRADIENT, lens_index
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.rules import gone_rule, refused_rule, warning_rule


class Choice:
    """Works it out on the desk. Rows of tables count from 1, indices from 0.

    Args:
        desk: where.
        tables: the gradients.
        tensor: the cell that holds the name of a gradient.
        indices: the cells that hold an index; of more dimensions, the first can be chosen.
        count: how many of the first gradients may be chosen.
        example: the gradient where none is chosen, from 1 on.
        can_follow: whether it may be that of the Lens.
    """

    def __init__(
        self, desk: Desk, tables: Tables, tensor: Name, indices: Sequence[Name], *, count: int, example: int,
        can_follow: bool,
    ) -> None:  # fmt: skip
        self._tables, self._chosen, self._can_follow = tables, indices, can_follow
        column = tables.gradients.column(AS_ON_LENS)
        self.names = Reference(column.sheet, column.row, column.col, count).fixed
        place = MATCH(tensor, self.names, 0)
        # MATCH takes * for anything.
        is_whole = equal(INDEX(self.names, place), tensor)
        found = desk.cell("place in the list", IF(ISNUMBER(place), IF(is_whole, place, 0), 0))
        known = OR(found > 0, equal(tensor, AS_ON_LENS)) if can_follow else found > 0
        self.refused = desk.cell("refused", IF(known, 0, 1))
        instead: Expression | int = example
        if can_follow:
            self.follows = desk.cell("follows the Lens", IF(found > 0, 0, IF(LENS_GRADIENT > 0, 1, 0)))
            instead = IF(equal(self.follows, 1), LENS_GRADIENT, example)
        self.gradient = desk.cell("gradient", IF(found > 0, found, instead))
        self.rank = desk.cell("rank", self.field("rank"))
        self.sizes = [desk.cell(f"size {k}", self.field(f"size {k}")) for k in range(tables.rank)]
        self.index_refused: list[Reference] = []
        self.index = [self._choose_index(desk, k) for k in range(tables.rank)]
        self.number = desk.cell("number of the element", self.along("stride", 0))
        shown = [
            IF(self.rank > k, joined(", ", index) if k else joined(index), "") for k, index in enumerate(self.index)
        ]
        index = IF(equal(self.rank, 0), "", joined("[", *shown, "]"))
        self.label = desk.cell("label", joined(self.text(AS_ON_LENS), index))

    def field(self, name: str) -> Expression:
        """A number of the gradient."""
        return self._tables.gradients.look_up(name, self.gradient)

    def text(self, name: str) -> Expression:
        """A text of the gradient."""
        return self._tables.gradients.text(name, self.gradient)

    def _choose_index(self, desk: Desk, k: int) -> Reference:
        size = self.sizes[k]
        auto = self.field(f"example {k}")
        if self._can_follow:
            auto = IF(equal(self.follows, 1), lens_index(k), auto)
            auto = IF(auto < size, MAX(0, auto), size - 1)  # MIN would overlook a 0 that is left out
        auto = desk.cell(f"auto index {k}", auto).cells
        if k >= len(self._chosen):
            return desk.cell(f"index {k}", auto)
        typed = self._chosen[k]
        is_one = IF(ISNUMBER(typed), IF(AND(typed >= 0, typed < size), IF(equal(typed, INT(typed)), 1, 0), 0), 0)
        taken = desk.cell(f"taken index {k}", is_one)
        unused = OR(equal(taken, 1), equal(typed, AUTO), equal(size, 0))
        self.index_refused.append(desk.cell(f"refused index {k}", IF(unused, 0, 1)))
        return desk.cell(f"index {k}", IF(equal(taken, 1), typed, auto))

    def along(self, steps: str, start: Expression | int) -> Expression:
        """What leads to the element, by what one step along each dimension adds."""
        return total((start, *(at * self.field(f"{steps} {k}") for k, at in enumerate(self.index))))

    def draw_indices(self, canvas: Canvas, row: int, columns: Sequence[int], hints: int, numbers: Reference) -> None:
        """Draw the cells that choose an index, each with its name and limits in the row of hints.

        Args:
            canvas: the sheet.
            row: their row.
            columns: of each.
            hints: the row of the hints.
            numbers: hidden cells below one another that get what may be chosen: 'auto', 0, 1, 2, …
        """
        canvas.say(numbers.row, numbers.col, AUTO, "fixed")
        for k, cell in enumerate(numbers.each()[1:]):
            canvas.put(cell.row, cell.col, k, "fixed")
        for k, (col, refused) in enumerate(zip(columns, self.index_refused, strict=False)):
            here, size = canvas.at(row, col), self.sizes[k]
            limits = IF(equal(size, 1), "only 0", joined("0 … ", size - 1))
            named = joined(self.text(f"index {k}"), " ", limits)
            hint = IF(equal(refused, 1), joined(limits, ", please"), named)
            canvas.say(row, col, AUTO, "edit")
            canvas.put(hints, col, IF(equal(size, 0), "", hint), "index_hint")
            canvas.format(here, gone_rule(equal(size, 0)), refused_rule(refused))
            canvas.format(canvas.at(hints, col), warning_rule(refused))
            listed = Span(numbers.at(0).fixed, INDEX(numbers.fixed, MAX(1, size) + 1))
            canvas.allow_list(here, listed, "Choose a whole number from the list.")
