"""What a learner chooses on the Lens: a part of the step, the tensor, the element by its indices, the open group."""

from __future__ import annotations

from excel_export.formulas import IF, Expression, Reference, equal, joined
from excel_export.sheets.lens.layout import CHOICE, HEAD, MAIN
from excel_export.sheets.lens.looks import Looks
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import Selection
from excel_export.workbook.canvas import Canvas

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
    """The cells of the choices, and how they are laid out."""

    def __init__(self, canvas: Canvas, rank: int) -> None:
        """Say where the cells are.

        Args:
            canvas: the Lens.
            rank: how many dimensions a tensor has at most; of more than there are choices, the last can be chosen.
        """
        self._canvas = canvas
        dimensions = list(range(rank))[-MOST_INDICES:]
        first = MOST_INDICES - len(dimensions)
        self.part, self.target = canvas.at(HEAD, PART_COL).fixed, canvas.at(CHOICE, TARGET_COL).fixed
        self.group = canvas.at(CHOICE, choice_col(MOST_INDICES)).fixed
        self.indices = {
            k: canvas.at(CHOICE, choice_col(place)).fixed for place, k in enumerate(dimensions, start=first)
        }

    def draw(self, selection: Selection, recipes: Recipes, looks: Looks, most_views: int) -> None:
        """Lay them out.

        Args:
            selection: what is chosen.
            recipes: how large tensors are.
            looks: how cells look.
            most_views: how many tensors a step makes at most.
        """
        canvas = self._canvas
        for cell in (self.part, self.target, *self.indices.values(), self.group):
            canvas.say(cell.row, cell.col, AUTO, "lens_choice")
        parts = joined("of ", selection.parts, " parts, shown is")
        self._lay_out(self.part, PART_LABEL, selection.parts, parts, selection.part_refused, looks)
        kind = IF(equal(selection.backward, 1), "gradient", "result")
        which = joined(kind, " 1 … ", selection.count)
        self._lay_out(self.target, TARGET_LABEL, selection.count, which, selection.target_refused, looks)
        self._button(self.target, 1, most_views)
        for k, cell in self.indices.items():
            with_button = k >= recipes.rank - WITH_BUTTONS and self._has_button(0, recipes.largest[k] - 1)
            size, refused = selection.sizes[k], selection.refused[k]
            # A button can't be hidden: beside it stands that it has no use.
            otherwise = "no use" if with_button else ""
            self._lay_out(cell, LABEL, size, selection.text(f"index {k}"), refused, looks, otherwise)
            if with_button:
                self._button(cell, 0, recipes.largest[k] - 1)
        self._lay_out(self.group, LABEL, selection.groups, joined("open"), selection.group_refused, looks)

    def _lay_out(
        self, cell: Reference, label_width: int, count: Reference, label: Expression, refused: Reference, looks: Looks,
        otherwise: str = "",
    ) -> None:  # fmt: skip
        """Lay out a choice with its label; where it has no use, nothing of it is seen."""
        canvas = self._canvas
        canvas.put(cell.row, cell.col - label_width, IF(count > 1, label, otherwise), "lens_name", width=label_width)
        area = canvas.at(cell.row, cell.col, width=CELL)
        looks.choice(area, count, refused)
        canvas.merge(area)

    def _has_button(self, lowest: int, highest: int) -> bool:
        return lowest < highest <= MOST_COUNTED

    def _button(self, cell: Reference, lowest: int, highest: int) -> None:
        if self._has_button(lowest, highest):
            button = self._canvas.at(cell.row, cell.col + CELL, width=BUTTON)
            self._canvas.spin(button, cell, lowest, highest, alt="the next one, or the one before")
