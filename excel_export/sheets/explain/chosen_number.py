"""The element of a tensor that a learner chooses: to be explained, or to be nudged."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from excel_export.formulas import AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, OR, Expression, equal, joined, total
from excel_export.formulas.reference import Name, Reference, Span
from excel_export.sheets.explain.explain_tables import AUTO, Tables
from excel_export.sheets.explain.scratch_columns import ScratchColumns
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import GONE, refused_rule, warning_rule, when


class ChosenNumber:
    """The element of a tensor that a learner chooses, w[0, 2], computed in hidden columns of the sheet.

    Rows of tables count from 1, indices from 0.

    Args:
        scratch: the hidden columns.
        tables: the tables of Explain.
        tensor: the defined name of the cell in which a tensor is chosen.
        indices: the defined names of the cells in which an index is chosen, one a dimension; of a tensor with more
            dimensions, the first indices can be chosen.
        count: only the first `count` tensors can be chosen.
        example: the number of the tensor, from 1 on, that is shown if the choice is no tensor's name.
        called: 'listed' if a tensor is chosen by its name in the list, '∂L/∂w'; 'name' for the plain name, 'w'.
    """

    def __init__(
        self, scratch: ScratchColumns, tables: Tables, tensor: Name, indices: Sequence[Name], *, count: int,
        example: int, called: Literal["listed", "name"],
    ) -> None:  # fmt: skip
        self._tables, self._tensor, self._chosen, self._called = tables, tensor, indices, called
        self._offered = replace(tables.numbers.column(called), height=count)
        place = MATCH(tensor, self._offered, 0)
        # MATCH takes * for anything.
        is_whole = equal(INDEX(self._offered, place), tensor)
        found = scratch.cell("place in the list", IF(ISNUMBER(place), IF(is_whole, place, 0), 0))
        self._refused = scratch.cell("refused", IF(found > 0, 0, 1))
        self.tensor = scratch.cell("tensor", IF(found > 0, found, example))
        """The cell with the number of the tensor, from 1 on."""
        rank = scratch.cell("rank", self.field("rank"))
        self._sizes = [scratch.cell(f"size {k}", self.field(f"size {k}")) for k in range(tables.rank)]
        self._index_refused: list[Reference] = []
        self.index = [self._choose_index(scratch, k) for k in range(tables.rank)]
        self.number = scratch.cell("number of the element", self.along("stride", 0))
        shown = [IF(rank > k, joined(", ", index) if k else joined(index), "") for k, index in enumerate(self.index)]
        index = IF(equal(rank, 0), "", joined("[", *shown, "]"))
        self.label = scratch.cell("label", joined(self._text(called), index))

    def field(self, name: str) -> Expression:
        """Return a formula for the number in the chosen tensor's row of the tables, in the column with the head `name`:
        INDEX('Explain tables'!$G$3:$G$9,$Q$4) for 'rank'.
        """
        return self._tables.numbers.look_up(name, self.tensor)

    def _text(self, name: str) -> Expression:
        return self._tables.numbers.text(name, self.tensor)

    def _choose_index(self, scratch: ScratchColumns, k: int) -> Reference:
        size = self._sizes[k]
        auto = scratch.cell(f"auto index {k}", self.field(f"example {k}")).cells
        if k >= len(self._chosen):
            return scratch.cell(f"index {k}", auto)
        typed = self._chosen[k]
        is_one = IF(ISNUMBER(typed), IF(AND(typed >= 0, typed < size), IF(equal(typed, INT(typed)), 1, 0), 0), 0)
        taken = scratch.cell(f"taken index {k}", is_one)
        unused = OR(equal(taken, 1), equal(typed, AUTO), equal(size, 0))
        self._index_refused.append(scratch.cell(f"refused index {k}", IF(unused, 0, 1)))
        return scratch.cell(f"index {k}", IF(equal(taken, 1), typed, auto))

    def along(self, steps: str, start: Expression | int) -> Expression:
        """Return a formula: `start` + index 0 · step 0 + index 1 · step 1 + …, for the chosen index.

        The steps are in columns of the tables whose names begin with `steps`: 'stride' for 'stride 0', 'stride 1', ….
        """
        return total((start, *(at * self.field(f"{steps} {k}") for k, at in enumerate(self.index))))

    def draw(
        self, canvas: Canvas, at: Reference, first: str, asked: str, hint: str, columns: Sequence[int],
        numbers: Reference, at_first: Sequence[int | str] = (),
    ) -> dict[Name, Reference]:  # fmt: skip
        """Draw the cell that chooses a tensor, and beside it those of an index, with hints.

        Args:
            canvas: the sheet.
            at: the cell that chooses a tensor.
            first: its content at first.
            asked: the alert for any other content.
            hint: the remark below it.
            columns: the columns of the cells that choose an index.
            numbers: hidden cells below one another that get the contents an index may have: 'auto', 0, 1, 2, …
            at_first: the index at first; dimensions beyond it begin with 'auto', which takes the index of the tensor's
                example, mostly its largest number.

        Returns:
            The cells by their defined names: {Name('explain_tensor'): B2, Name('explain_index_1'): E2, …}.
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
            canvas.put(row, col, at_first[k] if k < len(at_first) else AUTO, "edit")
            text = IF(equal(size, 0), "", IF(equal(refused, 1), joined(limits, ", please"), named))
            canvas.put(hints, col, text, "index_hint")
            canvas.format(here, when(equal(size, 0), GONE), refused_rule(refused))
            canvas.format(canvas.at(hints, col), warning_rule(refused))
            listed = Span(numbers.at(0).fixed, INDEX(numbers.fixed, MAX(1, size) + 1))
            canvas.allow_list(here, listed, "Choose a whole number from the list.")
            found[self._chosen[k]] = here
        return found
