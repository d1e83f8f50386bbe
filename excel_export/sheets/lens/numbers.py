"""The large numbers of the Lens: below each picture the part that counts now, and the products that are added up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from excel_export.formulas.expression import Expression, as_expression, equal, joined
from excel_export.formulas.functions import ABS, AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, MOD, SIGN
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.codes import ROW, SHEET, Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import CAPTION, NAME, NUMBER, NUMBERS, PRODUCTS, SLOT_WIDTH, slot
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
DOWN, ACROSS = PLACES // COLUMNS, PLACES % COLUMNS


def draw(
    canvas: Canvas, desk: Desk, slot: Slot, selection: Selection, codes: Codes, wording: Wording, looks: Looks,
) -> None:  # fmt: skip
    """Draw the numbers of a slot."""
    found = MATCH((slot.number + 1) * KEY + PLACES, selection.keys.box.fixed, 0)
    listed = desk.rectangle(
        f"{slot.what}: listed", IF(ISNUMBER(found), INDEX(selection.reads.box.fixed, found), NOTHING)
    )
    middle = desk.cell(f"{slot.what}: middle", _middle(slot, selection))
    first = slot.field("code")
    beyond = desk.cell(f"{slot.what}: beyond the first", MOD(middle, SHEET) - MOD(first, SHEET))
    row, col = (desk.cell(f"{slot.what}: {way} of the middle", _at(slot, beyond, way)) for way in ("row", "column"))
    rows, columns = slot.field("rows"), slot.field("columns")
    # What is around the middle, but nothing beyond the tensor as long as there is more of it on the other side.
    down, across = (
        desk.cell(f"{slot.what}: first {way} from the middle", MAX(-at, MIN(-(room // 2), size - at - room)))
        for way, at, size, room in (("row", row, rows, ROWS), ("column", col, columns, COLUMNS))
    )
    is_there = AND(row + down + DOWN < rows, col + across + ACROSS < columns)
    around = middle + (down + DOWN) * slot.field("step down") + (across + ACROSS) * slot.field("step right")
    shown = desk.rectangle(
        f"{slot.what}: shown",
        IF(equal(slot.mode, EMPTY), NOTHING, IF(equal(slot.mode, LIST), listed, IF(is_there, around, NOTHING))),
    )
    numbers = desk.shared(f"{slot.what}: numbers", ROWS, COLUMNS, lambda _: number_of(shown.first, codes))
    largest = desk.cell(f"{slot.what}: largest shown", _largest(numbers))
    full = desk.cell(f"{slot.what}: full colour of numbers", IF(slot.tensor > 0, slot.largest, largest))
    unit = desk.cell(f"{slot.what}: unit shown", IF(slot.tensor > 0, slot.unit, unit_of(largest)))
    framed = _framed(desk, slot, selection, shown)
    _fill(canvas, looks, slot.first_col, numbers, unit, full, slot.is_grad, framed)
    scale = IF(full > 0, joined("   ±", wording.plain(full)), "")
    caption = joined(_caption(slot, selection), unit_words(unit, "  "), scale)
    put_caption(canvas, slot.first_col, IF(equal(slot.mode, EMPTY), "", caption))


def draw_products(canvas: Canvas, desk: Desk, selection: Selection, looks: Looks) -> None:
    """Draw the products of the group that is open."""
    found = MATCH(PLACES, selection.product_keys.box.fixed, 0)
    products = INDEX(selection.products.box.fixed, found)
    several = desk.cell("several products", IF(AND(equal(selection.spelled, 0), selection.terms > 1), 1, 0))
    numbers = desk.rectangle("products shown", IF(equal(several, 1), IF(ISNUMBER(found), products, ""), ""))
    largest = desk.cell("largest product", _largest(numbers))
    unit = desk.cell("unit of products", unit_of(largest))
    nothing = as_expression(0)
    _fill(canvas, looks, slot(PRODUCTS), numbers, unit, largest, selection.backward, nothing)
    words = joined(
        IF(equal(selection.open_label, ""), "products", joined("products, ", selection.open_label)),
        unit_words(unit, "  "),
    )
    put_caption(canvas, slot(PRODUCTS), IF(equal(several, 1), words, ""))


def _fill(
    canvas: Canvas, looks: Looks, col: int, numbers: Grid, unit: Reference, full: Reference, is_grad: Reference,
    framed: Expression,
) -> None:  # fmt: skip
    """Write numbers in a unit, each over several columns, with the colour of its size."""
    share = MAX(-1, MIN(1, numbers / MAX(full, 1e-300)))
    size = SIGN(share) * INT(ABS(share) * LEVELS + WHITE)
    colour = IF(equal(is_grad, 1), OF_GRADIENT, 0)
    shown = Grid(NAME, NUMBERS, col, (ROWS, COLUMNS), (1, 0), (0, NUMBER))
    shades = looks.of_numbers(shown, IF(ISNUMBER(numbers), IF(numbers <= NEVER, BLANK, size + colour + framed), BLANK))
    # LibreOffice paints a cell anew where its own number is another one: in a frame, its last digits are.
    written = numbers / unit * IF(shades > FRAMED / 2, IN_A_FRAME, 1)
    canvas.fill(shown, IF(equal(numbers, ""), "", IF(numbers <= NEVER, "−∞", written)), "lens_number")
    for place in np.ndindex(*shown.shape):
        canvas.merge(replace(shown.at(*place), width=NUMBER))


def _framed(desk: Desk, slot: Slot, selection: Selection, shown: Grid) -> Expression:
    """What makes the number that is made, or that is read alone, a framed one."""
    middle = desk.cell(
        f"{slot.what}: framed",
        IF(AND(slot.mode > LIST, slot.mode < FIRST), _middle(slot, selection), NOTHING + NOTHING),
    )
    return IF(equal(shown, middle), FRAMED, 0)


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
