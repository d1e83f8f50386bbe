"""Which step is shown: of the story, or of all steps; and what the story shows of it."""

from excel_export.formulas import AND, IF, INT, ISNUMBER, MAX, MIN, Expression, OperandLike, Reference, equal
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.lens.table import Table

ANY_BOX = 1000
"""The bar above the map sets the step to so much more than the number among all steps, whatever the mode."""
OF_QUESTION = 20_000
"""In a lesson the cell of the step begins with this number, which reads 'auto': the step of the question. The arrows
count on from it, to the step behind that one or before it."""


class Mode:
    """The step that is meant by what is typed into the cell of the step, or set by a button.

    The cell of the story says 1 for the story, 0 for every step; `told` is the table of its steps.
    """

    def __init__(self, scratch: ScratchColumns, step: Reference, story: Reference, told: Table, count: int) -> None:
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
