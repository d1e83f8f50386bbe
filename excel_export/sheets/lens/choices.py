"""What a learner chooses on the Lens: a part of the step, the tensor, the element by its indices, the open group."""

from __future__ import annotations

from excel_export.formulas.expression import Expression, equal, joined
from excel_export.formulas.functions import IF
from excel_export.formulas.reference import Reference
from excel_export.sheets.lens.layout import CHOICE, HEAD, MAIN
from excel_export.sheets.lens.looks import Looks
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import Selection
from excel_export.xlsx.canvas import Canvas

AUTO = "auto"
"""What stands in the cell of an index as long as the step chooses its own example."""
MOST_COUNTED = 30_000
"""How far a button can count."""
MOST_INDICES = 4
LABEL, CELL, BUTTON = 13, 9, 5
"""The columns of a choice: its name, its cell, its button."""
PART_LABEL, TARGET_LABEL = 16, 21
PART_COL, TARGET_COL = MAIN + 148, MAIN + 21
"""The columns of the cells that choose a part of the step, and the tensor."""


def choice_col(place: int) -> int:
    """The column of the cell that chooses an index: the last one is the fourth; the fifth chooses the open group."""
    return MAIN + 36 + LABEL + place * (LABEL + CELL + BUTTON)


BEHIND = choice_col(MOST_INDICES) + CELL + BUTTON
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

    def draw(self, selection: Selection, recipes: Recipes, looks: Looks, most_parts: int, most_views: int) -> None:
        """Lay them out.

        Args:
            selection: what is chosen.
            recipes: how large tensors are.
            looks: how cells look.
            most_parts: how many parts a step has at most.
            most_views: how many tensors a step makes at most.
        """
        canvas = self._canvas
        for cell in (self.part, *self.indices.values(), self.group):
            canvas.say(cell.row, cell.col, AUTO, "lens_choice")
        canvas.put(CHOICE, self.target.col, 1, "lens_choice")
        parts = joined("part 1 … ", selection.parts)
        self._lay_out(self.part, PART_LABEL, selection.parts, parts, 1, most_parts, selection.part_refused, looks)
        kind = IF(equal(selection.backward, 1), "gradient", "result")
        which = joined(kind, " 1 … ", selection.count)
        self._lay_out(self.target, TARGET_LABEL, selection.count, which, 1, most_views, selection.target_refused, looks)
        for k, cell in self.indices.items():
            label, highest = selection.text(f"index {k}"), recipes.largest[k] - 1
            self._lay_out(cell, LABEL, selection.sizes[k], label, 0, highest, selection.refused[k], looks)
        highest = recipes.most_groups - 1
        self._lay_out(self.group, LABEL, selection.groups, joined("open"), 0, highest, selection.group_refused, looks)

    def _lay_out(
        self, cell: Reference, label_width: int, count: Reference, label: Expression, lowest: int, highest: int,
        refused: Reference, looks: Looks,
    ) -> None:  # fmt: skip
        """Lay out a choice with its label and its button; where it has no use, it is grey and says nothing."""
        canvas = self._canvas
        canvas.put(cell.row, cell.col - label_width, IF(count > 1, label, ""), "lens_name", width=label_width)
        area = canvas.at(cell.row, cell.col, width=CELL)
        looks.choice(cell, count, refused)
        canvas.merge(area)
        if lowest < highest <= MOST_COUNTED:
            button = canvas.at(cell.row, cell.col + CELL, width=BUTTON)
            canvas.spin(button, cell, lowest, highest, alt="the next one, or the one before")
