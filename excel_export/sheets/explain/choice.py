"""Which element of which gradient a learner chooses: to be explained, or to be nudged."""

from collections.abc import Sequence
from dataclasses import replace

from excel_export.formulas import AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, OR, Expression, equal, joined, total
from excel_export.formulas.reference import Name, Reference, Span
from excel_export.sheets.explain.explain_tables import AS_ON_LENS, AUTO, Tables
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.names import LENS_GRADIENT, lens_index
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import GONE, refused_rule, warning_rule, when


class ChosenGradient:
    """Works it out in scratch columns. Rows of tables count from 1, indices from 0.

    `tensor` and `indices` are the names of the cells that choose; of more dimensions, the first can be chosen. Of the
    first `count` gradients one may be chosen, or that of the Lens; where none is, it is `example`, from 1 on.
    """

    def __init__(
        self, scratch: ScratchColumns, tables: Tables, tensor: Name, indices: Sequence[Name], *, count: int,
        example: int, can_follow: bool,
    ) -> None:  # fmt: skip
        self._tables, self._tensor, self._chosen, self._can_follow = tables, tensor, indices, can_follow
        column = tables.gradients.column(AS_ON_LENS)
        names = replace(column, height=count)
        self._offered = replace(column, row=column.row - can_follow, height=count + can_follow)
        place = MATCH(tensor, names, 0)
        # MATCH takes * for anything.
        is_whole = equal(INDEX(names, place), tensor)
        found = scratch.cell("place in the list", IF(ISNUMBER(place), IF(is_whole, place, 0), 0))
        known = OR(found > 0, equal(tensor, AS_ON_LENS)) if can_follow else found > 0
        self._refused = scratch.cell("refused", IF(known, 0, 1))
        instead: Expression | int = example
        if can_follow:
            self._follows = scratch.cell("follows the Lens", IF(found > 0, 0, IF(LENS_GRADIENT > 0, 1, 0)))
            instead = IF(equal(self._follows, 1), LENS_GRADIENT, example)
        self.gradient = scratch.cell("gradient", IF(found > 0, found, instead))
        rank = scratch.cell("rank", self.field("rank"))
        self._sizes = [scratch.cell(f"size {k}", self.field(f"size {k}")) for k in range(tables.rank)]
        self._index_refused: list[Reference] = []
        self.index = [self._choose_index(scratch, k) for k in range(tables.rank)]
        self.number = scratch.cell("number of the element", self.along("stride", 0))
        shown = [IF(rank > k, joined(", ", index) if k else joined(index), "") for k, index in enumerate(self.index)]
        index = IF(equal(rank, 0), "", joined("[", *shown, "]"))
        self.label = scratch.cell("label", joined(self._text(AS_ON_LENS), index))

    def field(self, name: str) -> Expression:
        """A number of the gradient."""
        return self._tables.gradients.look_up(name, self.gradient)

    def _text(self, name: str) -> Expression:
        return self._tables.gradients.text(name, self.gradient)

    def _choose_index(self, scratch: ScratchColumns, k: int) -> Reference:
        size = self._sizes[k]
        auto = self.field(f"example {k}")
        if self._can_follow:
            auto = IF(equal(self._follows, 1), lens_index(k), auto)
            auto = IF(auto < size, MAX(0, auto), size - 1)  # MIN would overlook a 0 that is left out
        auto = scratch.cell(f"auto index {k}", auto).cells
        if k >= len(self._chosen):
            return scratch.cell(f"index {k}", auto)
        typed = self._chosen[k]
        is_one = IF(ISNUMBER(typed), IF(AND(typed >= 0, typed < size), IF(equal(typed, INT(typed)), 1, 0), 0), 0)
        taken = scratch.cell(f"taken index {k}", is_one)
        unused = OR(equal(taken, 1), equal(typed, AUTO), equal(size, 0))
        self._index_refused.append(scratch.cell(f"refused index {k}", IF(unused, 0, 1)))
        return scratch.cell(f"index {k}", IF(equal(taken, 1), typed, auto))

    def along(self, steps: str, start: Expression | int) -> Expression:
        """What leads to the element, by what one step along each dimension adds."""
        return total((start, *(at * self.field(f"{steps} {k}") for k, at in enumerate(self.index))))

    def draw(
        self, canvas: Canvas, at: Reference, first: str, asked: str, hint: str, columns: Sequence[int],
        numbers: Reference,
    ) -> dict[Name, Reference]:  # fmt: skip
        """Draw the cell that chooses a gradient, and beside it those of an index, with hints; return them by name.

        The first cell holds `first`, and asks for something where something else is typed. `numbers` are hidden cells
        below one another that get what an index may be: 'auto', 0, 1, 2, …
        """
        row, hints = at.row, at.row + 1
        canvas.put(row, at.col, first, "choice")
        canvas.allow_list(at, self._offered, asked)
        canvas.format(at, refused_rule(self._refused))
        canvas.put(hints, at.col, IF(equal(self._refused, 1), "one of the list, please", hint), "hint")
        canvas.format(canvas.at(hints, at.col), warning_rule(self._refused))
        canvas.cursor = at
        canvas.put(numbers.row, numbers.col, AUTO, "fixed")
        for k, cell in enumerate(numbers.each()[1:]):
            canvas.put(cell.row, cell.col, k, "fixed")
        found = {self._tensor: at}
        for k, (col, refused) in enumerate(zip(columns, self._index_refused, strict=False)):
            here, size = canvas.at(row, col), self._sizes[k]
            limits = IF(equal(size, 1), "only 0", joined("0 … ", size - 1))
            named = joined(self._text(f"index {k}"), " ", limits)
            canvas.put(row, col, AUTO, "edit")
            text = IF(equal(size, 0), "", IF(equal(refused, 1), joined(limits, ", please"), named))
            canvas.put(hints, col, text, "index_hint")
            canvas.format(here, when(equal(size, 0), GONE), refused_rule(refused))
            canvas.format(canvas.at(hints, col), warning_rule(refused))
            listed = Span(numbers.at(0).fixed, INDEX(numbers.fixed, MAX(1, size) + 1))
            canvas.allow_list(here, listed, "Choose a whole number from the list.")
            found[self._chosen[k]] = here
        return found
