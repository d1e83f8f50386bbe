"""The annotated copy: the student's workbook with a frame and a note at each blank, written anew.

Nothing of the student's file gets into it but values, and formulas as texts. So it holds no formula, no link, no macro,
no picture and nothing else that a program would follow or run: only parts that are on a list are written.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Border, NamedStyle, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from excel_classroom.grading.marks import Mark
from excel_classroom.grading.markup import COLOURS, GENERATOR, clean, number
from excel_classroom.grading.mistakes import ADVICE
from excel_classroom.practice.rubric import EMPTY, GIVEN, RIGHT
from excel_export.shared.cells import name_of
from excel_export.shared.files import write_atomically
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import STYLES

PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|xl/(?:workbook|styles|sharedStrings)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/theme/theme1\.xml|xl/worksheets/sheet\d+\.xml"
    r"|xl/worksheets/_rels/sheet\d+\.xml\.rels|xl/comments/comment\d+\.xml|xl/drawings/commentsDrawing\d+\.vml"
)
"""What may be in a copy."""
EARLIEST = datetime(1980, 1, 1)
LONGEST_TEXT, LONGEST_NAME, MOST_NOTES = 32_000, 31, 200
WIDE, HIGH = 340, 150
"""The size of a note, in pixels."""
Content = Mapping[str, Sequence[Sequence[Any]]]
"""By sheet, of each cell the row, the column, the value and the formula."""


def write_copy(target: Path, content: Content, canvases: Sequence[Canvas], marks: Sequence[Mark]) -> None:
    """Write the copy.

    Args:
        target: where to.
        content: what the student's file holds.
        canvases: how the sheets that were handed out look; of those that are hidden there is no copy.
        marks: of the blanks.

    Raises:
        UserError: it can't be written.
    """
    book = empty_book()
    looks = {canvas.name: canvas for canvas in canvases}
    for name, cells in content.items():
        canvas = looks.get(name)
        if canvas is None or not canvas.hidden:
            sheet = book.create_sheet(title_of(name, book))
            if canvas:
                _dress(sheet, canvas, book)
            notes = {mark.blank.cell: (k, mark) for k, mark in enumerate(marks, 1) if mark.blank.sheet == name}
            known = {(row, col) for row, line in canvas.cells.items() for col in line} if canvas else set()
            _fill(sheet, cells, notes, known)
    write_book(target, book)


def empty_book() -> Workbook:
    """A workbook without a sheet."""
    book = Workbook()
    book.remove(book.worksheets[0])
    return book


def write_book(target: Path, book: Workbook, author: str = GENERATOR) -> None:
    """Write a copy; nothing gets into the file but the parts of the list.

    Raises:
        UserError: it can't be written.
    """
    package = io.BytesIO()
    book.properties.creator, book.properties.created = author, EARLIEST
    book.save(package)
    write_atomically(target, _only_listed(package))


def title_of(name: str, book: Workbook) -> str:
    """A title for the copy of a sheet."""
    stem = re.sub(r"[\[\]:*?/\\']", "_", clean(name))[:LONGEST_NAME].strip() or "sheet"
    taken, serial, title = {each.casefold() for each in book.sheetnames}, 1, stem
    while title.casefold() in taken:
        serial += 1
        title = f"{stem[: LONGEST_NAME - 5]} {serial}"
    return title


def _dress(sheet: Worksheet, canvas: Canvas, book: Workbook) -> None:
    """Let a sheet look as it was handed out."""
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
    for area in canvas.merged:
        sheet.merge_cells(area.area)
    sheet.freeze_panes = canvas.freeze
    sheet.sheet_view.zoomScale, sheet.sheet_view.showGridLines = canvas.zoom, False
    sheet.sheet_properties.tabColor = canvas.tab


def _fill(
    sheet: Worksheet, cells: Sequence[Sequence[Any]], notes: Mapping[str, tuple[int, Mark]], known: Collection[Any]
) -> None:
    """Write what stands in the cells, with notes at the blanks and at formulas in places that are not `known`."""
    covered = {place for area in sheet.merged_cells.ranges for place in [*area.cells][1:]}
    said = 0
    for row, col, value, formula in cells:
        if (row, col) in covered:
            continue
        blank = notes.get(name_of(row, col))
        put_value(sheet, row, col, blank[1].number if blank and value is None else value)
        if formula and not blank and (row, col) not in known and said < MOST_NOTES:
            put_note(sheet, row, col, f"={formula}")
            said += 1
    for cell, (k, mark) in notes.items():
        place = sheet[cell]
        side = Side("thick", color=f"FF{COLOURS[mark.state].lstrip('#').upper()}")
        place.border = Border(side, side, side, side)
        put_note(sheet, place.row, place.column, note_of(k, mark))


def put_value(sheet: Worksheet, row: int, col: int, value: Any) -> None:
    """Write a number or a text, which never becomes a formula."""
    if value is None:
        return
    cell = sheet.cell(row, col)
    cell.value = clean(value)[:LONGEST_TEXT] if isinstance(value, str) else value
    if isinstance(value, str):
        # A text stays one, also when somebody edits it.
        cell.data_type, cell.quotePrefix = "s", True


def put_note(sheet: Worksheet, row: int, col: int, text: str, author: str = GENERATOR) -> None:
    """Write a note at a cell."""
    lines = "\n".join(clean(line) for line in text.split("\n"))
    sheet.cell(row, col).comment = Comment(lines[:LONGEST_TEXT], author, HIGH, WIDE)


def note_of(k: int, mark: Mark) -> str:
    """What is said at a blank."""
    lines = [f"Blank {k}: {mark.state}, {mark.points:g} of {mark.of:g}"]
    if mark.kind == "formula":
        lines.append(f"Your formula: {mark.text}")
    if mark.mistake:
        lines.append(f"{mark.mistake}. {ADVICE[mark.mistake]}")
    if mark.state not in (RIGHT, EMPTY, GIVEN) and mark.given is not None:
        lines.append(f"From your numbers: {number(mark.given)}")
    if mark.state != RIGHT:
        lines.append(f"Right is {number(mark.right)}, by ={mark.blank.formula}")
    if mark.missed_by:
        lines.append(mark.missed_by)
    if mark.holds is False:
        lines.append("With other inputs, your formula gives something else.")
    return "\n".join([*lines, *mark.notes])


def _only_listed(package: io.BytesIO) -> bytes:
    """Return the file with the parts of the list, the same bytes for the same contents."""
    listed = io.BytesIO()
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(listed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            if not PARTS.fullmatch(name):
                raise AssertionError(f"a copy would hold {name}")
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified\b[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", data)
            new.writestr(zipfile.ZipInfo(name, EARLIEST.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)
    return listed.getvalue()
