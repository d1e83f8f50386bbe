"""Canvases as an .xlsx file: all its parts, and their relations.

First without the values of its formulas, then the same file with them (`recalculate.py`).
"""

import posixpath
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from openpyxl.writer.theme import theme_xml

from excel_export.formulas import Reference, Text
from excel_export.shared.saved_by import APP, PROGRAM
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.charts import chart_xml, drawing_xml
from excel_export.workbook.sheet_xml import MAIN, RELATIONS, SheetPart, printed, sheet_part
from excel_export.workbook.stylesheet import Stylesheet

EPOCH = datetime(1980, 1, 1)
"""The time at which every workbook was written, as the file says: the same network gives the same bytes."""
LEVEL = 7
"""The level of compression: the next one takes three times as long, and makes the file 1 to 3 % smaller."""
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_TYPES = {
    "xl/workbook.xml": f"{_OFFICE}.spreadsheetml.sheet.main+xml",
    "xl/styles.xml": f"{_OFFICE}.spreadsheetml.styles+xml",
    "xl/theme/": f"{_OFFICE}.theme+xml",
    "xl/worksheets/": f"{_OFFICE}.spreadsheetml.worksheet+xml",
    "xl/charts/": f"{_OFFICE}.drawingml.chart+xml",
    "xl/drawings/drawing": f"{_OFFICE}.drawing+xml",
    "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    APP: f"{_OFFICE}.extended-properties+xml",
}
"""The content type of a part by the beginning of its path."""
_DEFAULTS = {
    "rels": "application/vnd.openxmlformats-package.relationships+xml",
    "xml": "application/xml",
    "png": "image/png",
}

_APP = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    f"<Application>{PROGRAM}</Application></Properties>"
).encode()
_HIDDEN = ' state="hidden"'
Parts = dict[str, bytes | SheetPart]
"""The parts of a file by their paths in it, such as 'xl/workbook.xml'."""


@dataclass(frozen=True)
class BareWorkbook:
    """A workbook whose formulas lack values, as the parts of its file; `save` writes the file."""

    parts: Parts
    """The parts by their paths in the file, the sheets in order: {'xl/worksheets/sheet1.xml': SheetPart('Sheet1', …),
    'xl/workbook.xml': b'…', …}."""

    @property
    def sheets(self) -> list[SheetPart]:
        """The sheets in their order, each a `SheetPart`."""
        return [part for part in self.parts.values() if isinstance(part, SheetPart)]

    def save(
        self,
        file: Path | BinaryIO,
        rows: Callable[[SheetPart], Iterable[bytes | bytearray]] = lambda sheet: [sheet.rows.bare],
        *,
        formats: bool = True,
        packed: bool = True,
    ) -> None:
        """Write the .xlsx file; the same workbook gives the same bytes.

        Args:
            file: its path, or an open file.
            rows: a function that gives the XML of a sheet's rows, in pieces: `lambda sheet: sheet.rows.filled(value)`;
                by default without the values of formulas.
            formats: True to write the conditional formats.
            packed: True to compress the file, which takes as long as all else.
        """
        compression = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        with zipfile.ZipFile(file, "w", compression, compresslevel=LEVEL) as package:
            for name in sorted(self.parts):  # "[Content_Types].xml" is first, as file sniffers expect
                part = self.parts[name]
                with package.open(name, "w") as out:
                    if isinstance(part, bytes):
                        out.write(part)
                        continue
                    out.write(part.before.encode())
                    for piece in rows(part):
                        out.write(piece)
                    out.write(f"{part.merged}{part.formats * formats}{part.behind}".encode())
            for entry in package.infolist():  # whatever the system
                entry.create_system, entry.external_attr = 3, 0o644 << 16


def write(
    canvases: Sequence[Canvas],
    names: Mapping[str, Reference],
    path: Path | BinaryIO,
    title: str,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Write sheets to an .xlsx file, a path or an open file; its formulas have no values yet.

    `names` are the cells of each defined name, {'rate': B3}, and `title` is the document's. `progress` is called with
    the share of the cells that is written, from 0 to 1, after each sheet.
    """
    bare_workbook(canvases, names, title, progress).save(path)


def bare_workbook(
    canvases: Sequence[Canvas],
    names: Mapping[str, Reference],
    title: str,
    progress: Callable[[float], None] = lambda share: None,
) -> BareWorkbook:
    """Return a workbook whose formulas have no values yet, as a `BareWorkbook`, to be saved.

    Args:
        canvases: the sheets, in their order.
        names: the cells of each defined name: {'rate': Reference('Start', 3, 2)}.
        title: the document's title.
        progress: called with the share of the cells that is written, from 0 to 1, after each sheet.

    Raises:
        ExportError: a canvas has more rows or columns than a sheet of Excel.
    """
    parts: Parts = {}
    styles = Stylesheet()
    counts = [sum(map(len, canvas.cells.values())) for canvas in canvases]
    progress(0)
    for number, canvas in enumerate(canvases, start=1):
        part = f"xl/worksheets/sheet{number}.xml"
        related = _add_drawing(parts, canvas)
        ids = [(kind, f"rId{k}") for k, (kind, _) in enumerate(related, start=1)]
        parts[part] = sheet_part(canvas, styles, ids)
        _relate(parts, part, related)
        progress(sum(counts[:number]) / sum(counts))
    sheets = [("worksheet", part) for part in parts if part.startswith("xl/worksheets/sheet")]
    parts["xl/workbook.xml"] = _workbook(canvases, names)
    parts["xl/styles.xml"], parts["xl/theme/theme1.xml"] = styles.xml(), theme_xml.encode()
    _relate(parts, "xl/workbook.xml", [*sheets, ("styles", "xl/styles.xml"), ("theme", "xl/theme/theme1.xml")])
    parts["docProps/core.xml"], parts[APP] = _core(title), _APP
    core = f"{_PACKAGE}/relationships/metadata/core-properties"
    document, program = ("officeDocument", "xl/workbook.xml"), ("extended-properties", APP)
    _relate(parts, "", (document, (core, "docProps/core.xml"), program))
    parts["[Content_Types].xml"] = _content_types(parts)
    return BareWorkbook(parts)


def _add_drawing(parts: Parts, canvas: Canvas) -> list[tuple[str, str]]:
    if not (canvas.charts or canvas.pictures):
        return []
    shown = [("chart", _next(parts, "xl/charts/chart{}.xml", chart_xml(chart))) for chart in canvas.charts]
    shown += [("image", _next(parts, "xl/media/image{}.png", picture.png)) for picture in canvas.pictures]
    drawing = _next(parts, "xl/drawings/drawing{}.xml", drawing_xml(canvas.charts, canvas.pictures))
    _relate(parts, drawing, shown)
    return [("drawing", drawing)]


def _next(parts: Parts, name: str, content: bytes) -> str:
    part = next(part for k in count(1) if (part := name.format(k)) not in parts)
    parts[part] = content
    return part


def _relate(parts: Parts, part: str, related: Sequence[tuple[str, str]]) -> None:
    relations = "".join(
        f'<Relationship Id="rId{k}" Type="{kind if "/" in kind else f"{RELATIONS}/{kind}"}" Target="/{target}"/>'
        for k, (kind, target) in enumerate(related, start=1)
    )
    if relations:
        folder, name = posixpath.split(part)
        content = f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'
        parts[posixpath.join(folder, "_rels", f"{name}.rels")] = content.encode()


def _content_types(parts: Parts) -> bytes:
    defaults = "".join(f'<Default Extension="{ending}" ContentType="{kind}"/>' for ending, kind in _DEFAULTS.items())
    overrides = "".join(
        f'<Override PartName="/{part}" ContentType="{kind}"/>'
        for part in parts
        for start, kind in _TYPES.items()
        if part.startswith(start) and part.endswith(".xml")
    )
    return f'<Types xmlns="{_PACKAGE}/content-types">{defaults}{overrides}</Types>'.encode()


def _workbook(canvases: Sequence[Canvas], names: Mapping[str, Reference]) -> bytes:
    sheets = "".join(
        f'<sheet name={quoteattr(canvas.name)} sheetId="{k}"{_HIDDEN * canvas.hidden} r:id="rId{k}"/>'
        for k, canvas in enumerate(canvases, start=1)
    )
    defined = [(f'name="{name}"', target.fixed.everywhere) for name, target in names.items()]
    defined += [
        (f'name="_xlnm.Print_Area" localSheetId="{k}"', printed(canvas).fixed.everywhere)
        for k, canvas in enumerate(canvases)
    ]
    texts = "".join(f"<definedName {attributes}>{escape(target)}</definedName>" for attributes, target in defined)
    first = next(k for k, canvas in enumerate(canvases) if not canvas.hidden)
    return (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr/>'
        f'<bookViews><workbookView activeTab="{first}"/></bookViews><sheets>{sheets}</sheets>'
        f'<definedNames>{texts}</definedNames><calcPr calcId="124519" fullCalcOnLoad="1"/></workbook>'
    ).encode()


def _core(title: str) -> bytes:
    dates = "".join(
        f'<dcterms:{what} xsi:type="dcterms:W3CDTF">{EPOCH.isoformat()}Z</dcterms:{what}>'
        for what in ("created", "modified")
    )
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(Text(title))}</dc:title><dc:creator>{PROGRAM}</dc:creator>{dates}</cp:coreProperties>"
    ).encode()
