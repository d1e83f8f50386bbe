"""The map: the whole network in one row of small boxes, what is done, what is shown now, and what is still to come.

A box is a step of the forward pass. Backward, the arrows turn round, and a box that no gradient reaches looks dead.
"""

from __future__ import annotations

from excel_export.formulas import AND, IF, OR, Operand, Reference, equal, joined
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import BAR, LANES, LAST, MAIN, MAP, PIXEL
from excel_export.sheets.lens.looks import DONE, LIT, RETURNED, TO_COME, Looks
from excel_export.sheets.lens.mode import ANY_BOX
from excel_export.views.boxes import stops
from excel_export.views.plan import Plan
from excel_export.workbook.calibri import shortened
from excel_export.workbook.canvas import Canvas

ARROW = 3
"""The columns of the arrow behind a box."""
WIDEST = 22
"""The columns of a box at most."""


class Map:
    """The boxes of a network."""

    def __init__(self, plan: Plan) -> None:
        self._stops = stops(plan, LANES)
        columns = 1 + max((stop.place.column for stop in self._stops), default=0)
        room = (LAST - MAIN + 1) // columns
        self._pitch = min(room, WIDEST + ARROW)
        self._width = self._pitch - ARROW
        self._steps = len(plan.steps)

    def draw(self, canvas: Canvas, desk: Desk, looks: Looks, step: Operand, step_cell: Reference) -> None:
        """Draw the boxes, and the bar that goes to any of them."""
        backward = desk.cell("is on the way back", IF(step > self._turn, 1, 0))
        for number, stop in enumerate(self._stops):
            row, col = MAP + stop.place.lane, MAIN + stop.place.column * self._pitch
            lit = OR(*(AND(step >= first, step <= last) for first, last in stop.lit))
            done = IF(step >= stop.made, DONE, TO_COME)
            returned = IF(step >= stop.known, RETURNED, done) if stop.known else done
            returned = IF(step > stop.dead, TO_COME, returned) if stop.dead else returned
            state = IF(lit, LIT, returned)
            is_shown = desk.cell(f"state of box {number + 1}", state)
            name = shortened(stop.name, self._width * PIXEL - 4, 8, bold=True)
            # LibreOffice paints a cell anew where its own text is another one, not where only its rules say otherwise.
            text = joined(name, IF(equal(is_shown, LIT), " ", IF(is_shown > TO_COME, "  ", "")))
            text = joined(text, IF(equal(is_shown, RETURNED), " ", ""))
            canvas.put(row, col, text, "lens_box", width=self._width)
            looks.of_box(canvas.at(row, col, width=self._width), is_shown)
            if stop.arrow:
                forward, back = stop.arrow
                arrow = IF(equal(backward, 1), back, forward)
                canvas.put(row, col + self._width, arrow, "lens_arrow", width=ARROW)
        if self._steps > 1:
            end = self._pitch * (1 + max(stop.place.column for stop in self._stops))
            bar = canvas.at(BAR, MAIN, width=min(end, LAST - MAIN + 1))
            # Where form controls work, the bar covers it.
            canvas.say(BAR, MAIN, "No buttons here? Type a step into the yellow cell.", "lens_hint", width=bar.width)
            canvas.scroll_bar(
                bar, step_cell, ANY_BOX + 1, ANY_BOX + self._steps, max(1, self._steps // 10), alt="any step"
            )

    @property
    def _turn(self) -> int:
        """The last step of the forward pass."""
        return max((stop.made for stop in self._stops), default=1)
