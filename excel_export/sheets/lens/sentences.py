"""What the Lens says below the numbers: the line of arithmetic, what a gradient means, the weight that is followed."""

from __future__ import annotations

from excel_export.formulas import ABS, AND, IF, MAX, OR, Expression, PlacedTensor, Reference, equal, joined, unequal
from excel_export.sheets.lens.arithmetic import Arithmetic
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import LAST, LINE, MAIN, MATH, PART
from excel_export.sheets.lens.looks import Looks
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import Selection
from excel_export.sheets.lens.tables import Table
from excel_export.sheets.lens.wording import Wording
from excel_export.views.story import Hero
from excel_export.workbook.canvas import Canvas

HERO_COL = MAIN + 116
"""Where the weight stands that the story follows."""
NUDGED = 1000
"""A number is raised by one part of so many, to say what its gradient means."""


class Sentences:
    """Writes them.

    Attributes:
        share: what comes about in this step: of a gradient, what this path passes on to it.
        partly: 1 where other paths add to it, else 0.
    """

    def __init__(
        self, canvas: Canvas, desk: Desk, selection: Selection, recipes: Recipes, parts: Table, wording: Wording
    ) -> None:
        self._canvas, self._desk, self._selection = canvas, desk, selection
        self._recipes, self._parts, self._wording = recipes, parts, wording
        passes = parts.look_up("passes on", selection.part)
        self._passed_on = desk.cell("passed on", IF(AND(equal(passes, 1), selection.count > 0), 1, 0))
        self._paths = selection.text("paths")
        self.partly = desk.cell("partly", IF(AND(equal(self._passed_on, 1), unequal(self._paths, "")), 1, 0))
        self.share = desk.cell("whole share", IF(equal(self._passed_on, 1), selection.share, selection.made))

    def draw(self, arithmetic: Arithmetic, looks: Looks) -> None:
        """Write the line, the products of the open group, and what the gradient means."""
        desk, selection, wording = self._desk, self._selection, self._wording
        name = joined(selection.name, selection.spaced_index, IF(equal(self.partly, 1), " along this path", ""))
        result = desk.cell("result", wording.plain(self.share))
        # What is only copied is no arithmetic.
        copied = OR(equal(arithmetic.line, ""), equal(arithmetic.line, result),
                    equal(arithmetic.line, wording.bracketed(self.share)))  # fmt: skip
        inner = desk.cell("worked out", arithmetic.worked_out)
        middle = joined(arithmetic.line, "  =  ", IF(equal(inner, ""), "", joined(inner, "  =  ")))
        self._line(LINE, joined(name, "  =  ", IF(copied, "", middle), result), "lens_line")
        meaning = desk.cell("what it means", IF(equal(self._passed_on, 1), self._meaning(), ""))
        part = joined(selection.open_label, ": ", arithmetic.products, "  =  ", wording.plain(selection.open_sum))
        several_groups = selection.groups > 1
        self._line(PART, IF(several_groups, joined("of which ", part), meaning), "lens_part")
        math = self._parts.text("math", selection.part)
        shown = IF(AND(several_groups, equal(self._passed_on, 1)), meaning, math)
        self._line(MATH, shown, "lens_math", HERO_COL - MAIN)
        looks.coloured(self._canvas.at(LINE, MAIN), equal(selection.backward, 1))

    def follow(self, hero: Hero, placed: PlacedTensor, known: int, is_told: Reference) -> None:
        """Say what has become of the weight that the story follows.

        Args:
            hero: the weight.
            placed: where its tensor lies.
            known: the step that makes its gradient.
            is_told: 1 where the story is told.
        """
        desk, wording = self._desk, self._wording
        weight = desk.cell("followed: weight", placed.value.at(*hero.index))
        gradient = desk.cell("followed: gradient", placed.grad.at(*hero.index))
        place = ", ".join(map(str, hero.index))
        behind = IF(self._selection.step >= known, joined(";  its gradient ", wording.plain(gradient)), "")
        text = joined(f"We follow {hero.value.called} ({place}):  ", wording.plain(weight), behind)
        shown = IF(equal(is_told, 1), text, "")
        self._canvas.put(MATH, HERO_COL, shown, "lens_followed", width=LAST - HERO_COL + 1)

    def _meaning(self) -> Expression:
        """What the gradient says about the loss; of one with several paths, what they add up to."""
        desk, selection, wording = self._desk, self._selection, self._wording
        others = desk.cell("others", selection.made - selection.share)
        grows = desk.cell("grows by", ABS(selection.made) / NUDGED)
        way = IF(selection.made < 0, "falls", "grows")
        companion = MAX(1, self._recipes.views.look_up("companion", selection.view))
        name = joined(self._recipes.tensors.table.text("name", companion), selection.spaced_index)
        raised = joined("Raise ", name, " by 0.001: the loss ", way, " by about ", wording.plain(grows), ".")
        several = joined("Other paths (through ", self._paths, ") add ", wording.plain(others), ". Together: ",
                         wording.plain(selection.made), ".")  # fmt: skip
        nothing = IF(selection.terms > 0, "", "This step passes nothing on to it. ")
        whole = IF(equal(selection.made, 0), "A small change of it leaves the loss as it is.", raised)
        return joined(nothing, IF(equal(self.partly, 1), several, whole))

    def _line(self, row: int, text: Expression, style: str, width: int = LAST - MAIN + 1) -> None:
        self._canvas.put(row, MAIN, text, style, width=width)
