"""The slot of the products: what each group adds up to, what stands alone, and what comes out together."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.expression import equal, joined
from excel_export.formulas.functions import AND, IF
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import HEADS, NUMBER, PICTURE, PRODUCTS, SLOT_WIDTH, slot
from excel_export.sheets.lens.looks import Looks
from excel_export.sheets.lens.selection import Selection
from excel_export.sheets.lens.wording import Wording
from excel_export.views.groups import COLUMNS
from excel_export.xlsx.canvas import Canvas

HEIGHT = 4
"""The rows of a sum, which are as low as a picture's."""


def draw(canvas: Canvas, desk: Desk, selection: Selection, wording: Wording, looks: Looks) -> None:
    """Draw the sums of all groups, and below them what is added to them."""
    col = slot(PRODUCTS)
    several = desk.cell("is a sum of products", IF(AND(equal(selection.spelled, 0), selection.terms > 1), 1, 0))
    canvas.put(HEADS, col, IF(equal(several, 1), "= products, added up", ""), "lens_head", width=SLOT_WIDTH)
    count = selection.shown_sums.shape[0]
    numbers = np.arange(count)
    shown = desk.column("shown sums", IF(equal(selection.shown_labels, ""), "", selection.shown_sums))
    for k in numbers.tolist():
        line, place = divmod(k, COLUMNS)
        row, first = PICTURE + line * HEIGHT, col + place * NUMBER
        canvas.put(row, first, shown.at(k), "lens_sum", height=HEIGHT, width=NUMBER)
        looks.bold(canvas.at(row, first), equal(selection.first_group + k, selection.open))
    lines = -(-count // COLUMNS)
    row = PICTURE + lines * HEIGHT + 1
    texts = (
        IF(selection.groups > 1, "the sum of each group", ""),
        IF(AND(selection.groups > 1, equal(several, 1)),
           joined(selection.open_label, ": ", wording.plain(selection.open_sum)), ""),
        IF(equal(selection.has_alone, 1), joined("added: ", wording.plain(selection.alone)), ""),
        IF(equal(several, 1), joined("together: ", wording.plain(selection.share + selection.alone)), ""),
    )  # fmt: skip
    for text in texts:
        canvas.put(row, col, text, "lens_caption", height=HEIGHT - 1, width=SLOT_WIDTH)
        row += HEIGHT
