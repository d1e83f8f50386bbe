"""What a learner chooses on the Lens: a step, a part of it, the tensor, the element by its indices, the open group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from excel_export.formulas import AND, IF, INT, ISNUMBER, MAX, MIN, Expression, OperandLike, Reference, equal, joined
from excel_export.sheets.lens.lens_layout import CHOICE, HEAD, MAIN
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.lens.table import HiddenTable
from excel_export.workbook.canvas import Canvas

if TYPE_CHECKING:
    from excel_export.sheets.lens.screen import Screen

ANY_BOX = 1000
"""The bar above the map sets the step to so much more than the number among all steps, whatever the mode."""
OF_QUESTION = 20_000
"""In a lesson the cell of the step begins with this number, which reads 'auto': the step of the question. The arrows
count on from it, to the step behind that one or before it."""


class Mode:
    """The step that is meant by what is typed into the cell of the step, or set by a button.

    The cell of the story says 1 for the story, 0 for every step; `told` is the table of its steps.
    """

    def __init__(
        self, scratch: ScratchColumns, step: Reference, story: Reference, told: HiddenTable, count: int
    ) -> None:
        self._told, self._count = told, count
        self.auto_step = scratch.cell("step where none is typed", 1)
        """Counted among all steps."""
        beyond = IF(ISNUMBER(step), IF(step > OF_QUESTION // 2, INT(step) - OF_QUESTION, ""), 0)
        away = scratch.cell("steps away from the question's", beyond)
        typed = scratch.cell("typed step", IF(ISNUMBER(away), ANY_BOX + self.auto_step + away, INT(step)))
        is_on = IF(ISNUMBER(story), IF(equal(story, 0), 0, 1), 1)
        self.is_on = scratch.cell("story is on", is_on)
        self.steps = scratch.cell("steps", IF(equal(self.is_on, 1), told.count, count))
        self.is_told = scratch.cell("story is told", IF(AND(equal(self.is_on, 1), typed <= ANY_BOX), 1, 0))
        self.row = scratch.cell("step of the story", MAX(1, MIN(told.count, typed)))
        among_all = MAX(1, MIN(count, IF(typed > ANY_BOX, typed - ANY_BOX, typed)))
        self.step = scratch.cell("step", IF(equal(self.is_told, 1), told.look_up("step", self.row), among_all))
        self.shown_up_to = scratch.cell("shown up to step", IF(equal(away, 0), count, self.step))
        """The step up to which other sheets show what is computed."""
        self.shown = scratch.cell("number shown", IF(equal(self.is_told, 1), self.row, self.step))
        """What a learner reads as the number of the step."""

    def told(self, what: str, otherwise: OperandLike) -> Expression:
        """Something that the story says of its step; what is given where it is not told."""
        return IF(equal(self.is_told, 1), self._told.look_up(what, self.row), otherwise)


AUTO = "auto"
"""What stands in the cell of an index as long as the step chooses its own example."""
MOST_COUNTED = 30_000
"""How far a button can count."""
MOST_INDICES = 4
LABEL, CELL, BUTTON = 10, 7, 4
"""The columns of a choice: its name, its cell, its button."""
WITH_BUTTONS = 2
"""So many of the last indices have one: those that nearly every step has."""
PART_LABEL, TARGET_LABEL = 24, 17
PART_COL, TARGET_COL = MAIN + 157, MAIN + 17
"""The columns of the cells that choose a part of the step, and the tensor."""


def choice_col(place: int) -> int:
    """The column of the cell that chooses an index: the last one is the fourth; the fifth chooses the open group."""
    return MAIN + 28 + LABEL + place * (LABEL + CELL + (BUTTON if place > MOST_INDICES - WITH_BUTTONS else 0))


BEHIND = choice_col(MOST_INDICES) + CELL
"""The first column behind the choices."""


class Choices:
    """The cells of the choices, where a tensor has so many dimensions at most; of more, the last can be chosen."""

    def __init__(self, canvas: Canvas, rank: int) -> None:
        dimensions = list(range(rank))[-MOST_INDICES:]
        first = MOST_INDICES - len(dimensions)
        self.part, self.target = canvas.at(HEAD, PART_COL).fixed, canvas.at(CHOICE, TARGET_COL).fixed
        self.group = canvas.at(CHOICE, choice_col(MOST_INDICES)).fixed
        self.indices = {
            k: canvas.at(CHOICE, choice_col(place)).fixed for place, k in enumerate(dimensions, start=first)
        }

    def draw(self, screen: Screen) -> None:
        """Lay them out, each with its label, and the last of them with buttons."""
        selection, tables = screen.selection, screen.tables
        for cell in (self.part, self.target, *self.indices.values(), self.group):
            screen.canvas.put(cell.row, cell.col, AUTO, "lens_choice")
        parts = joined("of ", selection.parts, " parts, shown is")
        self._lay_out(screen, self.part, PART_LABEL, selection.parts, parts, selection.part_refused)
        kind = IF(equal(selection.backward, 1), "gradient", "result")
        which = joined(kind, " 1 … ", selection.count)
        ends = range(1, tables.most_views + 1)
        self._lay_out(screen, self.target, TARGET_LABEL, selection.count, which, selection.target_refused, ends)
        for k, cell in self.indices.items():
            ends = range(tables.largest[k] if k >= tables.rank - WITH_BUTTONS else 0)
            size, refused, name = selection.sizes[k], selection.refused[k], selection.text(f"index {k}")
            self._lay_out(screen, cell, LABEL, size, name, refused, ends)
        self._lay_out(screen, self.group, LABEL, selection.groups, joined("open"), selection.group_refused)

    def _lay_out(
        self, screen: Screen, cell: Reference, label_width: int, count: Reference, label: Expression,
        refused: Reference, ends: range = range(0),
    ) -> None:  # fmt: skip
        """Lay out a choice with its label, and a button where that has something to count.

        Where the choice has no use, nothing of it is seen; beside a button, which can't be hidden, stands that it has
        none.
        """
        has_button = len(ends) > 1 and ends[-1] <= MOST_COUNTED
        label = IF(count > 1, label, "no use" if has_button else "")
        screen.canvas.put(cell.row, cell.col - label_width, label, "lens_name", width=label_width)
        area = screen.canvas.at(cell.row, cell.col, width=CELL)
        screen.formats.say("choice", area, IF(count < 2, 1, IF(equal(refused, 1), 2, 0)))
        screen.canvas.merge(area)
        if has_button:
            button = screen.canvas.at(cell.row, cell.col + CELL, width=BUTTON)
            screen.canvas.spin(button, cell, ends[0], ends[-1], alt="the next one, or the one before")
