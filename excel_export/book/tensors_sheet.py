"""The Tensors sheet: the place of every tensor. `read_tensors` finds tensors by it."""

from excel_export.book.book import Book
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import FIRST_COL, FIRST_ROW, HEADS
from excel_export.workbook.read import SHEET as NAME
from excel_export.workbook.styles import GREY


def draw(book: Book) -> Drawn[None]:
    """Draw a row for each entry of the index: 'fc.weight', 'value', '(2, 3)', 'Network', 'B5', '(1, 0)', '(0, 1)'.

    The last two are how many rows down, and columns right, the next element of each dimension lies.
    """
    canvas = Canvas(NAME, GREY, freeze=f"A{FIRST_ROW}")
    canvas.widths = {1: 2, 2: 34, 3: 16, 4: 18, 5: 14, 6: 12, 7: 18, 8: 18, 9: 12}
    canvas.say(1, 2, "Where every tensor lies", "title")
    canvas.say(2, 2, "Element (i, j, …) is i·stride + j·stride + … rows and columns from the first cell. "
               "excel_export.read_tensors reads this table: leave it as it is.", "subtitle")  # fmt: skip
    for col, head in enumerate(HEADS, start=FIRST_COL):
        canvas.say(FIRST_ROW - 1, col, head, "head")
    hidden = {canvas.name for canvas in book.canvases if canvas.hidden}
    for row, entry in enumerate(book.entries, start=FIRST_ROW):
        for col, text in enumerate(entry.texts, start=FIRST_COL):
            canvas.say(row, col, text, "cell")
        if entry.grid.sheet not in hidden:
            canvas.link(row, FIRST_COL + len(HEADS), entry.grid.first, "show", "small_link")
    return Drawn(canvas)


SHEET = SheetSpec(NAME, "where each tensor is", draw, order=800, hidden=True)
