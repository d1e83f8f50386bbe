"""The large numbers of the Lens: below each picture the part that counts now, spelled as in the line of arithmetic.

A tensor of many numbers shows those that are read, or those around the one that matters. A single number stands in a
box of three cells, its gradient in another below. What lies between what is read and what comes out has a slot, too:
the products that are added up, a difference that is squared, the slope that a gradient meets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from excel_export.formulas import Expression, Grid, Reference, equal, joined
from excel_export.formulas.functions import ABS, AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, OR, SIGN
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens import arrangements as shows
from excel_export.sheets.lens.conditional_formats import BLANK, FRAMED, LINED, OF_GRADIENT
from excel_export.sheets.lens.lens_layout import GAP, NUMBER, NUMBERS, SLOT_WIDTH
from excel_export.sheets.lens.pictures import Pictures
from excel_export.sheets.lens.screen import Screen, TensorSlot
from excel_export.sheets.lens.selection import KEY, NOTHING
from excel_export.views.groups import COLUMNS, ROWS
from excel_export.workbook.styles import LEVELS

WHITE = 0.75
"""What is less than a quarter of a level is white."""
PALE = 1
"""The level of a box."""
PLACES = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
MIDDLE = COLUMNS // 2
ALONE, ABOVE, BELOW = (row * COLUMNS + MIDDLE for row in (1, 0, 2))
"""The places of a number in a box of three rows; in the backward pass, of a number and of its gradient below."""


@dataclass(frozen=True)
class Beside:
    """What numbers there are beside those of tensors: cells of scratch columns."""

    above: Reference
    """Between what is read and what comes out, a number in a box, such as a difference; a text where there is none."""
    below: Reference
    """There, the slope that a gradient meets."""
    learned: Reference
    """The losses and the probabilities before and after a step."""
    singles: Sequence[Reference]
    """The largest single number, and the largest single gradient."""


class Numbers:
    """Draws them. The places are counted in cells, so that one formula serves for all of a slot."""

    def __init__(self, screen: Screen, beside: Beside) -> None:
        self._screen, self._selection, self._beside = screen, screen.selection, beside
        self._scratch = scratch = screen.scratch
        self._place = scratch.rectangle("number of each place", PLACES).first
        self._down = scratch.rectangle("rows down", PLACES // COLUMNS).first
        self._across = scratch.rectangle("columns right", PLACES % COLUMNS).first
        self._first_place = scratch.cell("place in a box", IF(equal(self._selection.backward, 1), ABOVE, ALONE))

    def draw(self, slot: TensorSlot, pictures: Pictures) -> None:
        """Draw the numbers of a slot."""
        selection, scratch, mode, what = self._selection, self._scratch, slot.mode, slot.what
        is_box = equal(mode, shows.BOX), equal(mode, shows.BETWEEN), equal(mode, shows.FOLLOWED)
        above, below = self._addresses_of_box(slot, pictures)
        found = MATCH((slot.number + 1) * KEY + self._place, selection.keys.box.fixed, 0)
        listed = IF(ISNUMBER(found), INDEX(selection.key_cells.box.fixed, found), NOTHING)
        in_box = IF(equal(self._place, self._first_place), above, IF(equal(self._place, BELOW), below, NOTHING))
        around = IF(AND(mode >= shows.WINDOW, mode <= shows.FIRST), self._around(slot, pictures), NOTHING)
        addresses = IF(equal(mode, shows.LIST), listed, IF(OR(is_box[0], is_box[2]), in_box, around))
        addresses = IF(equal(mode, shows.EMPTY), NOTHING, addresses)
        shown = scratch.shared(f"{what}: shown", ROWS, COLUMNS, addresses)
        numbers = scratch.shared(f"{what}: numbers", ROWS, COLUMNS, self._number(slot, shown.first))
        box = numbers.box.fixed
        size = IF(MIN(box) <= NEVER, MAX(box, 0), MAX(MAX(box), -MIN(box), 0))
        largest = scratch.cell(f"{what}: largest shown", size)
        single = AND(slot.tensor > 0, slot.look_up("size") <= 1)
        own = IF(single, self._beside.singles[0], IF(slot.tensor > 0, slot.largest, largest))
        full = scratch.cell(f"{what}: full colour of numbers", own)
        middle = AND(mode >= shows.MADE, mode <= shows.COMPANION, equal(self._screen.partly, 0))
        at = IF(OR(middle, equal(mode, shows.WINDOW)), pictures.anchor, NOTHING + NOTHING)
        framed = scratch.cell(f"{what}: framed", at)
        self._fill(slot, numbers, shown, full, framed, scratch.cell(f"{what}: boxed", IF(OR(*is_box), 1, 0)))

    def draw_signs(self, slots: list[TensorSlot]) -> None:
        """Draw the arrows between boxes: forward in the row of the numbers, backward in that of the gradients."""
        backward, put = self._selection.backward, self._screen.canvas.put
        for left, right in pairwise(slots):
            col, here, there = left.first_col + SLOT_WIDTH, left.mode, right.mode
            is_next = OR(equal(there, shows.BETWEEN), AND(equal(right.is_made, 1), equal(there, shows.BOX)))
            forward = AND(equal(backward, 0), is_next, here > shows.EMPTY)
            put(NUMBERS + 1, col, IF(forward, "→", ""), "lens_sign", width=GAP)
            last = OR(equal(here, shows.BETWEEN), equal(there, shows.BETWEEN))
            ends = AND(equal(there, shows.BETWEEN), equal(self._beside.below, 0))
            arrow = IF(AND(equal(backward, 1), last), IF(ends, "↚", "←"), "")
            put(NUMBERS + 2, col, arrow, "lens_sign_back", width=GAP)

    def _addresses_of_box(self, slot: TensorSlot, pictures: Pictures) -> tuple[Reference, Reference]:
        """The cells of the number in a box, and of the gradient below it."""
        selection, scratch, anchor = self._selection, self._scratch, pictures.anchor
        is_companion = AND(slot.below > 0, equal(anchor, selection.made_address))
        value = IF(is_companion, selection.companion_address, anchor - slot.framed("code") + slot.look_up("code"))
        number = IF(slot.below > 0, IF(slot.is_alike > 0, value, NOTHING), anchor)
        above = scratch.cell(f"{slot.what}: in the box", IF(equal(slot.tensor, 0), NOTHING, number))
        return above, scratch.cell(f"{slot.what}: below it", IF(slot.below > 0, anchor, NOTHING))

    def _number(self, slot: TensorSlot, address: Reference) -> Expression:
        """The number of a place; a text without a letter where there is none."""
        selection, mode, place, beside = self._selection, slot.mode, self._place, self._beside
        found = MATCH(place, selection.product_keys.box.fixed, 0)
        product = IF(ISNUMBER(found), INDEX(selection.shown_products.box.fixed, found), "")
        above = IF(equal(place, self._first_place), beside.above, "")
        between = IF(AND(equal(place, BELOW), equal(selection.backward, 1)), beside.below, above)
        loss = IF(place < beside.learned.height, INDEX(beside.learned, place + 1), "")
        # What a path passes on is not the whole gradient.
        is_share = AND(equal(mode, shows.BOX), equal(place, BELOW), equal(address, selection.made_address))
        gradient = IF(is_share, self._screen.share, self._screen.addresses.number(address))
        special = IF(equal(mode, shows.PRODUCTS), product, IF(equal(mode, shows.LOSSES), loss, between))
        return IF(AND(mode > shows.BOX, mode < shows.FOLLOWED), special, IF(address > 0, gradient, ""))

    def _around(self, slot: TensorSlot, pictures: Pictures) -> Expression:
        """What is around the middle, but nothing beyond the tensor as long as there is more on the other side."""
        row, col = pictures.row, pictures.column
        rows, columns = slot.field("rows"), slot.field("columns")
        first_down, first_right = (
            self._scratch.cell(
                f"{slot.what}: first {way} from the middle", MAX(-at, MIN(-(room // 2), size - at - room))
            )
            for way, at, size, room in (("row", row, rows, ROWS), ("column", col, columns, COLUMNS))
        )
        down, right = first_down + self._down, first_right + self._across
        around = pictures.anchor + down * slot.field("step down") + right * slot.field("step right")
        return IF(AND(row + down < rows, col + right < columns), around, NOTHING)

    def _fill(
        self, slot: TensorSlot, numbers: Grid, shown: Grid, full: Reference, framed: Reference, boxed: Reference
    ) -> None:
        """Write numbers, each over several columns, with the colour of its size."""
        selection, canvas = self._selection, self._screen.canvas
        is_boxed, is_forward = equal(boxed, 1), equal(selection.backward, 0)
        # A box is as wide as its slot: three cells have the colour of the one in the middle.
        beside, alone = replace(numbers.at(0, MIDDLE), col_fixed=True), numbers.at(1, MIDDLE).fixed
        above = replace(numbers.at(-1, MIDDLE), col_fixed=True)
        for k in range(COLUMNS):
            number, address, row = numbers.at(0, k), shown.at(0, k), self._down.at(0, k)
            share = MAX(-1, MIN(1, number / MAX(full, 1e-300)))
            size = SIGN(share) * INT(ABS(share) * LEVELS + WHITE)
            below = AND(equal(selection.backward, 1), row > 1)
            is_grad = IF(AND(is_boxed, equal(selection.backward, 1)), IF(below, 1, 0), slot.is_grad)
            is_grad = IF(equal(slot.mode, shows.LOSSES), 0, is_grad)
            is_grad = IF(equal(slot.mode, shows.PRODUCTS), selection.backward, is_grad)
            is_made = AND(equal(slot.mode, shows.LIST), selection.spelled > 0, equal(number, selection.made))
            is_it = OR(equal(address, framed), is_made)
            colour = size + IF(equal(is_grad, 1), OF_GRADIENT, 0) + IF(is_it, FRAMED, 0)
            colour = IF(ISNUMBER(number), IF(number <= NEVER, BLANK, colour), BLANK)
            before = IF(row > 0, above, "")
            is_tall = AND(is_forward, ISNUMBER(alone), row < 3)
            box = IF(IF(is_tall, alone, beside) < 0, -PALE, PALE) + IF(equal(is_grad, 1), OF_GRADIENT, 0)
            # A line above a box, and one below it, where the next row is another one or none.
            tall = AND(is_forward, ISNUMBER(alone))
            ends = IF(tall, OR(equal(row, 0), equal(row, 3)), OR(ISNUMBER(beside), ISNUMBER(before)))
            box = IF(OR(is_tall, ISNUMBER(beside)), box, BLANK) + IF(ends, LINED, 0)
            area = canvas.at(NUMBERS, slot.first_col + k * NUMBER, height=ROWS)
            self._screen.formats.say("numbers", area, IF(is_boxed, box, colour))
            # LibreOffice paints a cell anew where its own text is another one, not where only its rules say otherwise.
            text = joined(self._screen.wording.plain(number), IF(is_it, " ", ""))
            canvas.share(area, IF(ISNUMBER(number), text, number), "lens_number")
            for cell in area.each():
                canvas.merge(replace(cell, width=NUMBER))
