"""The map: the whole network in one row of small boxes, what is done, what is shown now, and what is still to come.

A box is a step of the forward pass. Backward, the arrows turn round, and a box that no gradient reaches looks dead.
"""

from excel_export.formulas import AND, IF, OR, equal, joined
from excel_export.sheets.lens.choices import ANY_BOX
from excel_export.sheets.lens.conditional_formats import DONE, LIT, RETURNED, TO_COME
from excel_export.sheets.lens.lens_layout import BAR, LANES, LAST, MAIN, MAP, PIXEL
from excel_export.sheets.lens.screen import Screen
from excel_export.views.strip import stops
from excel_export.workbook.calibri import shortened, text_width
from excel_export.workbook.form_controls import FormControl

ARROW = 3
"""The columns of the arrow behind a box."""
WIDEST = 22
"""The columns of a box at most."""


def draw(screen: Screen) -> None:
    """Draw the boxes, and the bar that goes to any of them."""
    canvas, step, count = screen.canvas, screen.selection.step, len(screen.plan.steps)
    boxes = stops(screen.plan, LANES)
    columns = 1 + max(box.place.column for box in boxes)
    pitch = min((LAST - MAIN + 1) // columns, WIDEST + ARROW)
    width = pitch - ARROW
    last_forward = max(box.made for box in boxes)
    backward = screen.scratch.cell("is on the way back", IF(step > last_forward, 1, 0))
    for number, box in enumerate(boxes, start=1):
        row, col = MAP + box.place.lane, MAIN + box.place.column * pitch
        lit = OR(*(AND(step >= first, step <= last) for first, last in box.lit))
        done = IF(step >= box.made, DONE, TO_COME)
        returned = IF(step >= box.known, RETURNED, done) if box.known else done
        returned = IF(step > box.dead, TO_COME, returned) if box.dead else returned
        state = screen.scratch.cell(f"state of box {number}", IF(lit, LIT, returned))
        name = shortened(box.name, width * PIXEL - 4, 8, bold=True)
        # LibreOffice paints a cell anew where its own text is another one, not where only its rules say otherwise.
        text = joined(name, IF(equal(state, LIT), " ", IF(state > TO_COME, "  ", "")))
        canvas.put(row, col, joined(text, IF(equal(state, RETURNED), " ", "")), "lens_box", width=width)
        screen.formats.say("box", canvas.at(row, col, width=width), state.fixed)
        if box.arrow:
            forward, back = box.arrow
            canvas.put(row, col + width, IF(equal(backward, 1), back, forward), "lens_arrow", width=ARROW)
    if count > 1:
        bar = canvas.at(BAR, MAIN, width=min(pitch * columns, LAST - MAIN + 1))
        # Where form controls work, the bar covers it.
        hint = "No buttons here? Type a step into the yellow cell."
        hint = hint if text_width(hint, 8) < bar.width * PIXEL - 4 else "Type a step."
        canvas.put(BAR, MAIN, hint, "lens_hint", width=bar.width)
        page = max(1, count // 10)
        canvas.controls.append(
            FormControl(bar, screen.step_cell, ANY_BOX + 1, ANY_BOX + count, page=page, alt="any step")
        )
