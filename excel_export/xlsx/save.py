"""Save openpyxl's workbooks without files on the way, and with the settings of a font in Excel's order."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.constants import ARC_STYLE
from openpyxl.xml.functions import Element

from excel_export.xlsx.formats import Format, Styles, text_of

# Microsoft's schema asks for this order, also in conditional formats; openpyxl has another.
_FONT_SETTINGS = (
    b"b", b"i", b"strike", b"condense", b"extend", b"outline", b"shadow", b"u", b"vertAlign", b"sz", b"color", b"name",
    b"family", b"charset", b"scheme",
)  # fmt: skip
_FONT = re.compile(rb"(?<=<font>).*?(?=</font>)")
_NO_FORMATS = re.compile(rb"<conditionalFormatting ?/>")
_SETTING = re.compile(rb"<(\w+)[^>]*/>")


def save(
    book: Workbook,
    drawings: Mapping[str, bytes] | None = None,
    formats: Mapping[str, Sequence[tuple[str, Format]]] | None = None,
) -> io.BytesIO:
    """Return the .xlsx file of a workbook, not packed.

    Args:
        book: the workbook.
        drawings: the legacy drawings that its sheets refer to, by their parts.
        formats: conditional formats by the names of the sheets, each with its cells.
    """
    package = io.BytesIO()
    archive = _Package(package, "w")
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
        writer = _SheetWriter(sheet, io.BytesIO())
        writer.write()
        sheet._rels = writer._rels
        formats = text_of(self._formats.get(sheet.title, ()), self._styles)
        # Their place is the only one that is empty.
        before, after = _NO_FORMATS.split(writer.read())
        self._archive.writestr(sheet.path[1:], before + formats.encode("ascii", "xmlcharrefreplace") + after)
        self.manifest.append(sheet)


class _SheetWriter(WorksheetWriter):  # type: ignore[misc]
    """Leaves a place for conditional formats of our own."""

    def write_formatting(self) -> None:
        self.xf.send(Element("conditionalFormatting"))
