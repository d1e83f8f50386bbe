"""Workbooks with a number in the place of a formula, as a wrong exporter or a damaged file would have it."""

import re
import zipfile

from excel_export.authoring import COVER, Book, SheetSpec, Story
from excel_export.formulas import Reference
from excel_export.workbook.canvas import Canvas
from tests.support.cells import cell
from tests.support.engines import sheet_parts


def spoiled_by(change) -> Story:
    """A story whose last sheet has no canvas: it changes the others, by `change(book)`, before they are written."""
    return Story("Spoiled", sheets=[SheetSpec("Spoils", "", change, order=COVER)])


def put(book: Book, target: Reference, number: float) -> None:
    """Put a number into a cell instead of its formula."""
    canvas: Canvas = next(canvas for canvas in book.canvases if canvas.name == target.sheet)
    _, style = canvas.cells[target.row][target.col]
    canvas.cells[target.row][target.col] = float(number), style


def store(path, target: Reference, number: float, copy) -> None:
    """Write a copy of a workbook in which one cell has another stored value, formula or not."""
    pattern = re.compile(rb'(<c r="%b"[^>]*>(?:<f.*?(?:</f>|/>))?<v>)[^<]*' % cell(target.row, target.col).encode())
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        part = sheet_parts(old)[target.sheet]
        for name in old.namelist():
            data = old.read(name)
            if name == part:
                data, count = pattern.subn(rb"\g<1>%b" % repr(float(number)).encode(), data)
                assert count == 1
            new.writestr(name, data)
