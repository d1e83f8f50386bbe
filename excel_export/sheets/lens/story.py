"""The story at the left of the Lens, always in view: the picture, what is read, what it costs, and what may be changed."""

from __future__ import annotations

from excel_export.sheets.book import Book
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import CHOICE, MAIN
from excel_export.sheets.lens.wording import Wording
from excel_export.xlsx.canvas import Canvas


def draw(canvas: Canvas, desk: Desk, book: Book, wording: Wording) -> None:
    """Draw it."""
    for row in range(1, CHOICE + 1):
        canvas.stripe(row, 1, MAIN - 4, "story")
