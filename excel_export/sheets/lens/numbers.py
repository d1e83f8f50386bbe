"""The large numbers of the Lens: below each picture the part that counts now, spelled as in the line of arithmetic.

A tensor of many numbers shows those that are read, or those around the one that matters. A single number stands in a
box of three cells, its gradient in another below. What lies between what is read and what comes out has a slot, too:
the products that are added up, a difference that is squared, the slope that a gradient meets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from excel_export.formulas import Expression, Grid, Reference, equal, joined
from excel_export.formulas.functions import ABS, AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, OR, SIGN
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens import slot_modes as modes
from excel_export.sheets.lens.codes import Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import GAP, NUMBER, NUMBERS, SLOT_WIDTH, SLOTS, slot
from excel_export.sheets.lens.looks import BLANK, FRAMED, LINED, OF_GRADIENT, Looks
from excel_export.sheets.lens.pictures import Pictures
from excel_export.sheets.lens.selection import KEY, NOTHING, Selection
from excel_export.sheets.lens.slot import Slot
from excel_export.sheets.lens.wording import Wording
from excel_export.views.groups import COLUMNS, ROWS
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import LEVELS

WHITE = 0.75
"""What is less than a quarter of a level is white."""
PALE = 1
"""The level of a box."""
PLACES = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
ALONE, ABOVE, BELOW = (row * COLUMNS + COLUMNS // 2 for row in (1, 0, 2))
"""The places of a number in a box of three rows; in the backward pass, of a number and of its gradient below."""


@dataclass(frozen=True)
class Between:
    """What stands between what is read and what comes out: cells of the desk."""

    above: Reference
    """A number in a box, such as a difference; a text without a letter where there is none."""
    below: Reference
    """The slope that a gradient meets."""


class Numbers:
    """Draws them. The places are counted in cells, so that one formula serves for all of a slot."""

    def __init__(
        self, canvas: Canvas, desk: Desk, selection: Selection, codes: Codes, wording: Wording, looks: Looks,
        between: Between, learned: Reference, share: Reference, singles: tuple[Reference, ...],
    ) -> None:  # fmt: skip
        self._canvas, self._desk, self._selection, self._share = canvas, desk, selection, share
        self._codes, self._wording, self._looks, self._between, self._learned = codes, wording, looks, between, learned
        self._singles = singles
        """The largest single number, and the largest single gradient."""
        self._place = desk.rectangle("number of each place", PLACES).first
        self._down = desk.rectangle("rows down", PLACES // COLUMNS).first
        self._across = desk.rectangle("columns right", PLACES % COLUMNS).first
        self._first_place = desk.cell("place in a box", IF(equal(selection.backward, 1), ABOVE, ALONE))

    def draw(self, slot: Slot, pictures: Pictures) -> None:
        """Draw the numbers of a slot."""
        selection, desk, mode = self._selection, self._desk, slot.mode
        boxed = OR(equal(mode, modes.BOX), equal(mode, modes.BETWEEN), equal(mode, modes.FOLLOWED))
        above, below = self._codes_of_box(slot, pictures)
        found = MATCH((slot.number + 1) * KEY + self._place, selection.keys.box.fixed, 0)
        listed = IF(ISNUMBER(found), INDEX(selection.key_cells.box.fixed, found), NOTHING)
        in_box = IF(equal(self._place, self._first_place), above, IF(equal(self._place, BELOW), below, NOTHING))
        around = IF(AND(mode >= modes.WINDOW, mode <= modes.FIRST), self._around(slot, pictures), NOTHING)
        shown = self._rectangle(
            f"{slot.what}: shown",
            IF(
                equal(mode, modes.EMPTY),
                NOTHING,
                IF(
                    equal(mode, modes.LIST),
                    listed,
                    IF(OR(equal(mode, modes.BOX), equal(mode, modes.FOLLOWED)), in_box, around),
                ),
            ),
        )
        numbers = self._rectangle(f"{slot.what}: numbers", self._number(slot, shown.first))
        box = numbers.box.fixed
        largest = desk.cell(
            f"{slot.what}: largest shown", IF(MIN(box) <= NEVER, MAX(box, 0), MAX(MAX(box), -MIN(box), 0))
        )
        single = AND(slot.tensor > 0, slot.look_up("size") <= 1)
        own = IF(single, self._singles[0], IF(slot.tensor > 0, slot.largest, largest))
        full = desk.cell(f"{slot.what}: full colour of numbers", own)
        middle = AND(mode >= modes.MADE, mode <= modes.COMPANION, equal(pictures.is_partly, 0))
        framed = desk.cell(
            f"{slot.what}: framed", IF(OR(middle, equal(mode, modes.WINDOW)), pictures.anchor, NOTHING + NOTHING)
        )
        is_boxed = desk.cell(f"{slot.what}: boxed", IF(boxed, 1, 0))
        self._fill(slot, numbers, shown, full, framed, is_boxed)

    def draw_signs(self, slots: list[Slot]) -> None:
        """Draw the arrows between boxes: forward in the row of the numbers, backward in that of the gradients."""
        selection = self._selection
        for number in range(SLOTS - 1):
            col = slot(number) + SLOT_WIDTH
            here, there = slots[number].mode, slots[number + 1].mode
            comes_out = equal(slots[number + 1].is_made, 1)
            forward = AND(
                equal(selection.backward, 0),
                OR(equal(there, modes.BETWEEN), AND(comes_out, equal(there, modes.BOX))),
                here > modes.EMPTY,
            )
            arrow = IF(forward, "→", "")
            self._canvas.put(NUMBERS + 1, col, arrow, "lens_sign", width=GAP)
            last = OR(equal(here, modes.BETWEEN), equal(there, modes.BETWEEN))
            back = AND(equal(selection.backward, 1), last)
            ends = AND(equal(there, modes.BETWEEN), equal(self._between.below, 0))
            self._canvas.put(NUMBERS + 2, col, IF(back, IF(ends, "↚", "←"), ""), "lens_sign_back", width=GAP)

    def _codes_of_box(self, slot: Slot, pictures: Pictures) -> tuple[Reference, Reference]:
        """The cells of the number in a box, and of the gradient below it."""
        selection, desk = self._selection, self._desk
        is_companion = AND(slot.below > 0, equal(pictures.anchor, selection.made_code))
        value = IF(is_companion, selection.companion_code, pictures.anchor - slot.framed("code") + slot.look_up("code"))
        above = desk.cell(
            f"{slot.what}: in the box",
            IF(
                equal(slot.tensor, 0),
                NOTHING,
                IF(slot.below > 0, IF(slot.is_alike > 0, value, NOTHING), pictures.anchor),
            ),
        )
        return above, desk.cell(f"{slot.what}: below it", IF(slot.below > 0, pictures.anchor, NOTHING))

    def _number(self, slot: Slot, code: Reference) -> Expression:
        """The number of a place; a text without a letter where there is none."""
        selection, mode, place = self._selection, slot.mode, self._place
        found = MATCH(place, selection.product_keys.box.fixed, 0)
        product = IF(ISNUMBER(found), INDEX(selection.shown_products.box.fixed, found), "")
        above = IF(equal(place, self._first_place), self._between.above, "")
        between = IF(AND(equal(place, BELOW), equal(selection.backward, 1)), self._between.below, above)
        loss = IF(place < self._learned.height, INDEX(self._learned, place + 1), "")
        # What a path passes on is not the whole gradient.
        is_share = AND(equal(mode, modes.BOX), equal(place, BELOW), equal(code, selection.made_code))
        gradient = IF(is_share, self._share, self._codes.number(code))
        special = IF(equal(mode, modes.PRODUCTS), product, IF(equal(mode, modes.LOSSES), loss, between))
        return IF(AND(mode > modes.BOX, mode < modes.FOLLOWED), special, IF(code > 0, gradient, ""))

    def _rectangle(self, what: str, formula: Expression) -> Grid:
        """Write a formula for each place, given that of the first."""
        return self._desk.shared(what, ROWS, COLUMNS, formula)

    def _around(self, slot: Slot, pictures: Pictures) -> Expression:
        """What is around the middle, but nothing beyond the tensor as long as there is more on the other side."""
        desk, what = self._desk, slot.what
        row, col = pictures.row, pictures.column
        rows, columns = slot.field("rows"), slot.field("columns")
        first_down, first_right = (
            desk.cell(f"{what}: first {way} from the middle", MAX(-at, MIN(-(room // 2), size - at - room)))
            for way, at, size, room in (("row", row, rows, ROWS), ("column", col, columns, COLUMNS))
        )
        down, right = first_down + self._down, first_right + self._across
        around = pictures.anchor + down * slot.field("step down") + right * slot.field("step right")
        return IF(AND(row + down < rows, col + right < columns), around, NOTHING)

    def _fill(
        self, slot: Slot, numbers: Grid, shown: Grid, full: Reference, framed: Reference, boxed: Reference
    ) -> None:
        """Write numbers, each over several columns, with the colour of its size."""
        selection = self._selection
        for k in range(COLUMNS):
            number, code = numbers.at(0, k), shown.at(0, k)
            share = MAX(-1, MIN(1, number / MAX(full, 1e-300)))
            size = SIGN(share) * INT(ABS(share) * LEVELS + WHITE)
            below = AND(equal(selection.backward, 1), self._down.at(0, k) > 1)
            is_grad = IF(AND(equal(boxed, 1), equal(selection.backward, 1)), IF(below, 1, 0), slot.is_grad)
            is_grad = IF(
                equal(slot.mode, modes.PRODUCTS), selection.backward, IF(equal(slot.mode, modes.LOSSES), 0, is_grad)
            )
            is_it = OR(
                equal(code, framed),
                AND(equal(slot.mode, modes.LIST), selection.spelled > 0, equal(number, selection.made)),
            )
            colour = size + IF(equal(is_grad, 1), OF_GRADIENT, 0) + IF(is_it, FRAMED, 0)
            colour = IF(ISNUMBER(number), IF(number <= NEVER, BLANK, colour), BLANK)
            # A box is as wide as its slot: three cells have the colour of the one in the middle.
            beside, alone = replace(numbers.at(0, COLUMNS // 2), col_fixed=True), numbers.at(1, COLUMNS // 2).fixed
            before = IF(self._down.at(0, k) > 0, replace(numbers.at(-1, COLUMNS // 2), col_fixed=True), "")
            is_tall = AND(equal(selection.backward, 0), ISNUMBER(alone), self._down.at(0, k) < 3)
            middle = IF(is_tall, alone, beside)
            box = IF(middle < 0, -PALE, PALE) + IF(equal(is_grad, 1), OF_GRADIENT, 0)
            is_box = OR(is_tall, ISNUMBER(beside))
            # A line above a box, and one below it, where the next row is another one or none.
            row, tall = self._down.at(0, k), AND(equal(selection.backward, 0), ISNUMBER(alone))
            ends = IF(tall, OR(equal(row, 0), equal(row, 3)), OR(ISNUMBER(beside), ISNUMBER(before)))
            box = IF(is_box, box, BLANK) + IF(ends, LINED, 0)
            area = self._canvas.at(NUMBERS, slot.first_col + k * NUMBER, height=ROWS)
            self._looks.of_numbers(area, IF(equal(boxed, 1), box, colour))
            # LibreOffice paints a cell anew where its own text is another one, not where only its rules say otherwise.
            text = joined(self._wording.plain(number), IF(is_it, " ", ""))
            content = IF(ISNUMBER(number), text, number)
            self._canvas.share(area, content, "lens_number")
            for cell in area.each():
                self._canvas.merge(replace(cell, width=NUMBER))
