"""The annotated copy: a workbook that was handed in, written anew, with a colour and a note at each judged cell.

Of the file, only values are copied, and formulas as texts. So the copy holds no formula, link, macro or picture, and
nothing else that a program would follow or run: only parts on a list are written.
"""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Border, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from excel_classroom.practice.class_list import numbered
from excel_classroom.practice.private import write_private
from excel_classroom.results.tables import clean
from excel_export.shared.cells import name_of, place_of
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import STYLES
from excel_export.workbook.write import EPOCH

PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|xl/(?:workbook|styles|sharedStrings)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/theme/theme1\.xml|xl/worksheets/sheet\d+\.xml"
    r"|xl/worksheets/_rels/sheet\d+\.xml\.rels|xl/comments/comment\d+\.xml|xl/drawings/commentsDrawing\d+\.vml"
)
"""The names of the parts of an .xlsx file that a copy may have."""
LONGEST_TEXT = 32_000
"""In characters: a cell holds 32,767."""
LONGEST_NAME = 31
"""In characters: Excel allows no longer name of a sheet."""
WIDE = 340
"""The width of a note, in pixels."""
HIGH = 150
"""The height of a note, in pixels."""
ABOVE = 4
"""The rows in view above the cell at which a sheet opens."""
LEFT = 6
"""The columns in view left of the cell at which a sheet opens."""
Content = Mapping[str, Sequence[Sequence[Any]]]
"""By sheet, for each cell its row, column, value (or None) and formula (or ''): {'N1': [[7, 3, 0.5, 'B2*B3']]}."""


class Note(NamedTuple):
    """A note at a cell, and the cell's look: Note('wrong, as the derivative by B3', fill='F4B6AE')."""

    text: str
    """The text of the note."""
    frame: str = ""
    """The colour of a thick frame as RRGGBB; '' for no frame."""
    fill: str = ""
    """The colour of the cell as RRGGBB; '' for its own."""
    value: float | None = None
    """The number that is shown if the file holds nothing there; None to show nothing."""


Notes = Mapping[tuple[str, str], Note]
"""The notes by sheet and cell."""


def write_copy(
    target: Path, content: Content, notes: Notes, author: str, canvases: Sequence[Canvas] = (),
    opens_at: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Write the annotated copy of a file, an .xlsx with its values and with `notes`, {('N1', 'C7'): Note('wrong')}.

    Args:
        target: the path of the copy.
        content: the cells of the file, {'N1': [[7, 3, 0.5, 'B2*B3']]}: row, column, value and formula of each.
        notes: the notes.
        author: the name of the notes' author.
        canvases: the sheets as they were handed out, whose look is taken over; hidden ones are not copied.
        opens_at: by sheet, the cell that is in view when it opens; None for the first.

    Raises:
        UserError: it can't be written.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    looks = {canvas.name: canvas for canvas in canvases}
    for name, cells in content.items():
        canvas = looks.get(name)
        if canvas is None or not canvas.hidden:
            sheet = book.create_sheet(_title(name, book))
            if canvas:
                _dress(sheet, canvas, book)
            _fill(sheet, cells, {cell: note for (own, cell), note in notes.items() if own == name}, author)
            if opens_at and name in opens_at:
                (row, col), view = place_of(opens_at[name]), sheet.sheet_view
                view.topLeftCell = name_of(max(1, row - ABOVE), max(1, col - LEFT))
                view.selection[0].activeCell = view.selection[0].sqref = opens_at[name]
    if not book.worksheets:
        book.create_sheet("empty")
    package = io.BytesIO()
    book.properties.creator, book.properties.created = author, EPOCH
    book.save(package)
    write_private(target, _only_listed(package))


def _title(name: str, book: Workbook) -> str:
    stem = re.sub(r"[\[\]:*?/\\']", "_", clean(name))[:LONGEST_NAME].strip() or "sheet"
    taken = {each.casefold() for each in book.sheetnames}
    return numbered(stem, f"{stem[: LONGEST_NAME - 5]} ", "", lambda title: title.casefold() in taken)


def _dress(sheet: Worksheet, canvas: Canvas, book: Workbook) -> None:
    known = {*book.named_styles}
    for row, line in canvas.cells.items():
        for col, (_, name) in line.items():
            if name not in known:
                style = STYLES[name]
                book.add_named_style(
                    NamedStyle(name, style.font, style.pattern, style.border, style.alignment, style.format)
                )
                known.add(name)
            sheet.cell(row, col).style = name
    for col, width in canvas.widths.items():
        sheet.column_dimensions[get_column_letter(col)].width = width
    for row, height in canvas.heights.items():
        sheet.row_dimensions[row].height = height
    for area in canvas.merged.values():
        sheet.merge_cells(area.area)
    sheet.freeze_panes = canvas.freeze
    sheet.sheet_view.zoomScale, sheet.sheet_view.showGridLines = canvas.zoom, False
    sheet.sheet_properties.tabColor = canvas.tab


def _fill(sheet: Worksheet, cells: Sequence[Sequence[Any]], notes: Mapping[str, Note], author: str) -> None:
    covered = {place for area in sheet.merged_cells.ranges for place in [*area.cells][1:]}
    values = {place_of(at): note.value for at, note in notes.items() if note.value is not None}
    values |= {(row, col): value for row, col, value, _ in cells if value is not None and (row, col) not in covered}
    for (row, col), value in values.items():
        cell = sheet.cell(row, col)
        cell.value = clean(value)[:LONGEST_TEXT] if isinstance(value, str) else value
        if isinstance(value, str):
            # A text stays one, also when somebody edits it.
            cell.data_type, cell.quotePrefix = "s", True
    for at, note in notes.items():
        cell = sheet[at]
        if note.frame:
            side = Side("thick", color=f"FF{note.frame}")
            cell.border = Border(side, side, side, side)
        if note.fill:
            cell.fill = PatternFill("solid", fgColor=f"FF{note.fill}")
        lines = "\n".join(map(clean, note.text.split("\n")))
        sheet.cell(*place_of(at)).comment = Comment(lines[:LONGEST_TEXT], author, HIGH, WIDE)


def _only_listed(package: io.BytesIO) -> bytes:
    listed = io.BytesIO()
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(listed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            if not PARTS.fullmatch(name):
                raise AssertionError(f"a copy would hold {name}")
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified\b[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", data)
            new.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return listed.getvalue()
