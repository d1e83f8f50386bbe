"""Save openpyxl's workbooks without files on the way."""

from __future__ import annotations

import io
import zipfile

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter


def save(book: Workbook) -> io.BytesIO:
    """Return the .xlsx file of a workbook."""
    package = io.BytesIO()
    _Writer(book, zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED)).save()
    return package


class _Writer(ExcelWriter):  # type: ignore[misc]
    """Keeps each sheet in memory.

    openpyxl's own writes each to a file in the system's temporary folder, where a process that is killed leaves it.
    """

    def write_worksheet(self, sheet: Worksheet) -> None:
        sheet._drawing = SpreadsheetDrawing()
        sheet._drawing.charts = sheet._charts
        sheet._drawing.images = sheet._images
        writer = WorksheetWriter(sheet, io.BytesIO())
        writer.write()
        sheet._rels = writer._rels
        self._archive.writestr(sheet.path[1:], writer.read())
        self.manifest.append(sheet)
