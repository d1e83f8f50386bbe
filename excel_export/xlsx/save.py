"""Save openpyxl's workbooks without files on the way, and with the settings of a font in Excel's order."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.constants import ARC_STYLE
from openpyxl.xml.functions import Element

from excel_export.xlsx.formats import Format, Styles, elements

# Microsoft's schema asks for this order, also in conditional formats; openpyxl has another.
_FONT_SETTINGS = (
    b"b", b"i", b"strike", b"condense", b"extend", b"outline", b"shadow", b"u", b"vertAlign", b"sz", b"color", b"name",
    b"family", b"charset", b"scheme",
)  # fmt: skip
_FONT = re.compile(rb"(?<=<font>).*?(?=</font>)")
_SETTING = re.compile(rb"<(\w+)[^>]*/>")


def save(
    book: Workbook,
    drawings: Mapping[str, bytes] | None = None,
    formats: Mapping[str, Sequence[tuple[str, Format]]] | None = None,
) -> io.BytesIO:
    """Return the .xlsx file of a workbook.

    Args:
        book: the workbook.
        drawings: the legacy drawings that its sheets refer to, by their parts.
        formats: conditional formats by the names of the sheets, each with its cells.
    """
    package = io.BytesIO()
    archive = _Package(package, "w", zipfile.ZIP_DEFLATED)
    for part, drawing in (drawings or {}).items():
        archive.writestr(part, drawing)
    _Writer(book, archive, formats or {}).save()
    return package


class _Package(zipfile.ZipFile):
    """Puts the settings of each font in order."""

    def writestr(self, zinfo_or_arcname: str | zipfile.ZipInfo, data: Any, *args: Any, **kwargs: Any) -> None:
        if zinfo_or_arcname == ARC_STYLE:
            data = _FONT.sub(_in_order, data)
        super().writestr(zinfo_or_arcname, data, *args, **kwargs)


def _in_order(settings: re.Match[bytes]) -> bytes:
    found = sorted(_SETTING.finditer(settings[0]), key=lambda setting: _FONT_SETTINGS.index(setting[1]))
    return b"".join(setting[0] for setting in found)


class _Writer(ExcelWriter):  # type: ignore[misc]
    """Keeps each sheet in memory.

    openpyxl's own writes each to a file in the system's temporary folder, where a process that is killed leaves it.
    """

    def __init__(
        self, book: Workbook, archive: zipfile.ZipFile, formats: Mapping[str, Sequence[tuple[str, Format]]]
    ) -> None:
        super().__init__(book, archive)
        self._formats, self._styles = formats, Styles(book._differential_styles)

    def write_worksheet(self, sheet: Worksheet) -> None:
        sheet._drawing = SpreadsheetDrawing()
        sheet._drawing.charts = sheet._charts
        sheet._drawing.images = sheet._images
        writer = _SheetWriter(sheet, elements(self._formats.get(sheet.title, ()), self._styles))
        writer.write()
        sheet._rels = writer._rels
        self._archive.writestr(sheet.path[1:], writer.read())
        self.manifest.append(sheet)


class _SheetWriter(WorksheetWriter):  # type: ignore[misc]
    """Writes a sheet with conditional formats of our own."""

    def __init__(self, sheet: Worksheet, formats: Iterable[Element]) -> None:
        super().__init__(sheet, io.BytesIO())
        self._formats = formats

    def write_formatting(self) -> None:
        super().write_formatting()
        for element in self._formats:
            self.xf.send(element)
