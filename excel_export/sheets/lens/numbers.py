"""The large numbers of the Lens: below each picture the part that counts now, and the products that are added up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from excel_export.formulas.expression import Expression, as_expression, equal, joined
from excel_export.formulas.functions import ABS, AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, MOD, SIGN
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.codes import ROW, SHEET, Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import CAPTION, NUMBER, NUMBERS, PRODUCTS, SLOT_WIDTH, slot
from excel_export.sheets.lens.looks import BLANK, FRAMED, Looks
from excel_export.sheets.lens.pictures import OF_GRADIENT, number_of
from excel_export.sheets.lens.recipes import COMPANION, EMPTY, FIRST, LIST, MADE, WINDOW
from excel_export.sheets.lens.selection import KEY, NOTHING, Selection
from excel_export.sheets.lens.slot import Slot, unit_of, unit_words
from excel_export.sheets.lens.wording import Wording
from excel_export.views.groups import COLUMNS, ROWS
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.styles import LEVELS

WHITE = 0.75
"""What is less than a quarter of a level is white."""
IN_A_FRAME = 1 + 1e-12
"""What a number with a frame is multiplied by, which nobody sees."""
PLACES = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)


class Numbers:
    """Draws them. The places are counted in cells, so that one formula serves for all of a slot."""

    def __init__(
        self, canvas: Canvas, desk: Desk, selection: Selection, codes: Codes, wording: Wording, looks: Looks
    ) -> None:
        self._canvas, self._desk, self._selection = canvas, desk, selection
        self._codes, self._wording, self._looks = codes, wording, looks
        self._place = desk.rectangle("number of each place", PLACES).first
        self._down = desk.rectangle("rows down", PLACES // COLUMNS).first
        self._across = desk.rectangle("columns right", PLACES % COLUMNS).first

    def draw(self, slot: Slot) -> None:
        """Draw the numbers of a slot."""
        selection = self._selection
        found = MATCH((slot.number + 1) * KEY + self._place, selection.keys.box.fixed, 0)
        listed = self._rectangle(
            f"{slot.what}: listed", IF(ISNUMBER(found), INDEX(selection.reads.box.fixed, found), NOTHING)
        )
        shown = self._rectangle(
            f"{slot.what}: shown",
            IF(equal(slot.mode, EMPTY), NOTHING, IF(equal(slot.mode, LIST), listed.first, self._around(slot))),
        )
        numbers = self._rectangle(f"{slot.what}: numbers", number_of(shown.first, self._codes))
        largest = self._desk.cell(f"{slot.what}: largest shown", _largest(numbers))
        full = self._desk.cell(f"{slot.what}: full colour of numbers", IF(slot.tensor > 0, slot.largest, largest))
        unit = self._desk.cell(f"{slot.what}: unit shown", IF(slot.tensor > 0, slot.unit, unit_of(largest)))
        framed = self._desk.cell(
            f"{slot.what}: framed",
            IF(AND(slot.mode > LIST, slot.mode < FIRST), _middle(slot, selection), NOTHING + NOTHING),
        )
        self._fill(
            slot.first_col, numbers, unit, full, slot.is_grad,
            lambda k: IF(equal(shown.at(0, k), framed), FRAMED, 0),
        )  # fmt: skip
        scale = IF(full > 0, joined("   ±", self._wording.plain(full)), "")
        caption = joined(_caption(slot, selection), unit_words(unit, "  "), scale)
        put_caption(self._canvas, slot.first_col, IF(equal(slot.mode, EMPTY), "", caption))

    def draw_products(self) -> None:
        """Draw the products of the group that is open."""
        selection, desk = self._selection, self._desk
        found = MATCH(self._place, selection.product_keys.box.fixed, 0)
        product = INDEX(selection.products.box.fixed, found)
        several = desk.cell("several products", IF(AND(equal(selection.spelled, 0), selection.terms > 1), 1, 0))
        numbers = self._rectangle("products shown", IF(equal(several, 1), IF(ISNUMBER(found), product, ""), ""))
        largest = desk.cell("largest product", _largest(numbers))
        unit = desk.cell("unit of products", unit_of(largest))
        self._fill(slot(PRODUCTS), numbers, unit, largest, selection.backward, lambda k: as_expression(0))
        words = joined(
            IF(equal(selection.open_label, ""), "products", joined("products, ", selection.open_label)),
            unit_words(unit, "  "),
        )
        put_caption(self._canvas, slot(PRODUCTS), IF(equal(several, 1), words, ""))

    def _rectangle(self, what: str, formula: Expression) -> Grid:
        """Write a formula for each place, given that of the first."""
        return self._desk.shared(what, ROWS, COLUMNS, formula)

    def _around(self, slot: Slot) -> Expression:
        """What is around the middle, but nothing beyond the tensor as long as there is more on the other side."""
        desk, what = self._desk, slot.what
        middle = desk.cell(f"{what}: middle", _middle(slot, self._selection))
        beyond = desk.cell(f"{what}: beyond the first", MOD(middle, SHEET) - MOD(slot.field("code"), SHEET))
        row, col = (desk.cell(f"{what}: {way} of the middle", _at(slot, beyond, way)) for way in ("row", "column"))
        rows, columns = slot.field("rows"), slot.field("columns")
        first_down, first_right = (
            desk.cell(f"{what}: first {way} from the middle", MAX(-at, MIN(-(room // 2), size - at - room)))
            for way, at, size, room in (("row", row, rows, ROWS), ("column", col, columns, COLUMNS))
        )
        down, right = first_down + self._down, first_right + self._across
        around = middle + down * slot.field("step down") + right * slot.field("step right")
        return IF(AND(row + down < rows, col + right < columns), around, NOTHING)

    def _fill(
        self, col: int, numbers: Grid, unit: Reference, full: Reference, is_grad: Reference,
        framed: Callable[[int], Expression],
    ) -> None:  # fmt: skip
        """Write numbers in a unit, each over several columns, with the colour of its size.

        `framed` gives the formula of what the first number of a column has more for a frame.
        """
        for k in range(COLUMNS):
            number = numbers.at(0, k)
            share = MAX(-1, MIN(1, number / MAX(full, 1e-300)))
            size = SIGN(share) * INT(ABS(share) * LEVELS + WHITE)
            colour = size + IF(equal(is_grad, 1), OF_GRADIENT, 0) + framed(k)
            shown = self._canvas.at(NUMBERS, col + k * NUMBER, height=ROWS)
            shade = self._looks.of_numbers(shown, IF(ISNUMBER(number), IF(number <= NEVER, BLANK, colour), BLANK))
            # LibreOffice paints a cell anew where its own number is another one: in a frame, its last digits are.
            written = number / unit * IF(shade > FRAMED / 2, IN_A_FRAME, 1)
            content = IF(equal(number, ""), "", IF(number <= NEVER, "−∞", written))
            self._canvas.share(shown, content, "lens_number")
            for cell in shown.each():
                self._canvas.merge(replace(cell, width=NUMBER))


def _middle(slot: Slot, selection: Selection) -> Expression:
    """The cell in the middle: the one that is made, or whose gradient is, or the one that is read."""
    found = INDEX(selection.reads.box.fixed, MATCH(slot.number + 1, selection.slots_read.box.fixed, 0))
    read = IF(equal(slot.mode, WINDOW), found, slot.look_up("code"))
    return IF(
        equal(slot.mode, MADE), selection.made_code, IF(equal(slot.mode, COMPANION), selection.companion_code, read)
    )


def _at(slot: Slot, beyond: Reference, way: str) -> Expression:
    """The row or the column of a cell in its tensor's picture."""
    steps = IF(equal(slot.field(f"{way} along"), 1), MOD(beyond, ROW), INT(beyond / ROW))
    return INT(MOD(steps, slot.field(f"{way} period")) / slot.field(f"{way} step"))


def _caption(slot: Slot, selection: Selection) -> Expression:
    """What the large numbers are."""
    listed = IF(equal(selection.open_label, ""), "what is read", selection.open_label)
    index = joined("around ", selection.shown_index)
    around = IF(equal(selection.shown_index, ""), "", index)
    words = IF(equal(slot.mode, MADE), around, IF(equal(slot.mode, COMPANION), "its number, and those around", ""))
    return IF(equal(slot.mode, LIST), listed, words)


def put_caption(canvas: Canvas, col: int, text: Expression) -> None:
    """Write what stands below a picture and above its numbers."""
    canvas.put(CAPTION, col, text, "lens_caption", width=SLOT_WIDTH)


def _largest(numbers: Grid) -> Expression:
    box = numbers.box.fixed
    return IF(MIN(box) <= NEVER, MAX(box, 0), MAX(MAX(box), -MIN(box), 0))
