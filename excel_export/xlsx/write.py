"""Write canvases to an .xlsx file, without stored values.

openpyxl makes the package: styles, views, names. The cells themselves are streamed
into it: openpyxl's own cell writer takes about five times as long, and rounds numbers to 16 digits.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from excel_export.formulas.fills import Fill
from excel_export.formulas.reference import Reference
from excel_export.formulas.texts import Text
from excel_export.xlsx.canvas import Canvas, xml_text
from excel_export.xlsx.form_controls import drawing
from excel_export.xlsx.recalculate import sheet_parts
from excel_export.xlsx.save import save
from excel_export.xlsx.sheet import set_up, size
from excel_export.xlsx.styles import STYLES

_KINDS_OF_STYLES = (
    "_fonts", "_fills", "_borders", "_alignments", "_protections", "_number_formats", "_cell_styles",
)  # fmt: skip
EPOCH = datetime(1980, 1, 1)
PROGRAM = "excel_export"
"""Who has written a workbook, and when, as the file says: the same network gives the same bytes."""
_SIZE = re.compile(rb"<dimension [^>]*/>")
_UNNAMED_CHART = re.compile(rb'name="Chart \d+"')
_NO_CELLS = re.compile(rb"<sheetData ?/>|<sheetData></sheetData>")


def write(
    canvases: Sequence[Canvas],
    names: Mapping[str, Reference],
    path: Path | BinaryIO,
    title: str,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Write the sheets in order.

    Args:
        canvases: the sheets.
        names: the defined names, each with the cells it stands for.
        path: the file, replaced if it is there; or one that is open.
        title: the document's title.
        progress: told which share of the cells is written, from 0 to 1, sheet by sheet.
    """
    book, styles = _with_styles()
    book.properties.title = str(Text(title))
    book.properties.creator = PROGRAM
    book.properties.created = book.properties.modified = EPOCH
    book.calculation.fullCalcOnLoad = True
    for name, target in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=target.fixed.everywhere)
    drawings: dict[str, bytes] = {}
    by_name = {canvas.name: canvas for canvas in canvases}
    for canvas in canvases:
        sheet = book.create_sheet(canvas.name)
        set_up(sheet, canvas)
        if canvas.controls:
            block = len(drawings) + 1
            sheet.legacy_drawing = f"xl/drawings/vmlDrawing{block}.vml"
            drawings[sheet.legacy_drawing] = drawing(
                canvas.controls, block, names, lambda cell: _content(by_name, cell)
            )
    package = save(book, drawings, {canvas.name: canvas.rules for canvas in canvases})
    # Not packed: the values of the formulas are still to be put in.
    with zipfile.ZipFile(package) as empty, zipfile.ZipFile(path, "w") as full:
        parts = dict(zip(sheet_parts(empty).values(), canvases, strict=True))
        counts = {part: sum(map(len, canvas.cells.values())) for part, canvas in parts.items()}
        written, total = 0, sum(counts.values())
        progress(0)
        # openpyxl numbers drawings and the charts in them in the order of the sheets.
        charts = [chart for canvas in canvases for chart in canvas.charts]
        names_of_charts = iter([(_attribute(chart.title), _attribute(chart.alt)) for chart in charts])
        for part in empty.namelist():
            data = empty.read(part)
            if part in parts:
                # With its true size, a reader need not search the sheet for its end.
                dimension = f'<dimension ref="{size(parts[part])}"/>'.encode()
                before, after = _NO_CELLS.split(_SIZE.sub(dimension, data))
                data = before + _cells(parts[part], styles) + after
                written += counts[part]
                progress(written / total)
            elif part.startswith("xl/drawings/drawing"):
                data = _UNNAMED_CHART.sub(lambda _: b'name="%b" descr="%b"' % next(names_of_charts), data)
            full.writestr(part, data)


def _content(canvases: Mapping[str, Canvas], cell: Reference) -> object:
    """What stands in a cell."""
    content, _ = canvases[cell.sheet].cells.get(cell.row, {}).get(cell.col, (None, ""))
    return content


def _attribute(text: str) -> bytes:
    return escape(Text(text), {'"': "&quot;"}).encode()


def _with_styles() -> tuple[Workbook, dict[str, int]]:
    """Return an empty workbook that knows every style, and each style's number there."""
    known, numbers = _all_styles()
    book = Workbook()
    book.remove(book.worksheets[0])
    for kind in _KINDS_OF_STYLES:
        setattr(book, kind, getattr(known, kind))
    return book, numbers


@cache
def _all_styles() -> tuple[Workbook, dict[str, int]]:
    """Register every style with a workbook. It takes longer than all else of a small file, and is always the same."""
    book, numbers = Workbook(), {}
    cells = book.worksheets[0]
    for name, style in STYLES.items():
        cell = cells.cell(1, 1)
        cell.font, cell.fill, cell.alignment, cell.border = style.font, style.pattern, style.alignment, style.border
        cell.number_format = style.format
        numbers[name] = cell.style_id
        del cells._cells[1, 1]  # the workbook keeps the cell's own style, so the next style needs a new cell
    return book, numbers


def _cells(canvas: Canvas, styles: Mapping[str, int]) -> bytes:
    """Return the sheet's rows and cells as XML."""
    letters = [
        get_column_letter(col) if col else "" for col in range(1 + max(max(row) for row in canvas.cells.values()))
    ]
    rows = []
    fills: dict[Fill, int] = {}
    for row in sorted(canvas.cells.keys() | canvas.heights.keys()):
        height = canvas.heights.get(row)
        rows.append(f'<row r="{row}" ht="{height}" customHeight="1">' if height else f'<row r="{row}">')
        line = canvas.cells.get(row, {})
        for col in sorted(line):
            content, style = line[col]
            head = f'<c r="{letters[col]}{row}" s="{styles[style]}"'
            if content is None:
                rows.append(f"{head}/>")
            elif isinstance(content, Text):
                rows.append(f'{head} t="inlineStr"><is><t xml:space="preserve">{xml_text(content)}</t></is></c>')
            elif isinstance(content, Fill):
                # The first cell has the formula, the others its number.
                formula = "" if content in fills else escape(content.text)
                area = f' ref="{content.area.area}"' if formula else ""
                number = fills.setdefault(content, len(fills))
                rows.append(f'{head}><f t="shared"{area} si="{number}">{formula}</f><v></v></c>')
            elif isinstance(content, str):
                formula = escape(content) if "<" in content or "&" in content else content
                rows.append(f"{head}><f>{formula}</f><v></v></c>")
            else:
                rows.append(f"{head}><v>{content!r}</v></c>")
        rows.append("</row>")
    return f"<sheetData>{''.join(rows)}</sheetData>".encode()
