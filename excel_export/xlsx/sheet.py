"""What openpyxl writes of a sheet: all that is not a cell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from openpyxl.utils import get_column_letter
from openpyxl.utils.units import DEFAULT_COLUMN_WIDTH
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.views import Selection, SheetView
from openpyxl.worksheet.worksheet import Worksheet

from excel_export.formulas.reference import Reference
from excel_export.shared.cells import LAST_COLUMN, LAST_ROW, fits, too_large
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.charts import add_chart
from excel_export.xlsx.page import Page, set_page
from excel_export.xlsx.path_chart import PathChart, add_path_chart

# A page of a sheet that is not meant for paper, in rows and in characters.
MOST_ROWS, MOST_WIDTH = 50, 140


def set_up(sheet: Worksheet, canvas: Canvas) -> None:
    """Give an empty sheet everything of a canvas but its cells.

    Raises:
        ExportError: the canvas is larger than a sheet may be.
    """
    last_row, last_column = _extent(canvas)
    if not fits(last_row, last_column):
        raise too_large(canvas.name, last_row, last_column)
    sheet.sheet_properties.tabColor = "FF" + canvas.tab
    if canvas.hidden:
        sheet.sheet_state = sheet.SHEETSTATE_HIDDEN
    _set_view(sheet, canvas)
    if canvas.row_height:
        sheet.sheet_format.defaultRowHeight = canvas.row_height
        sheet.sheet_format.customHeight = True
    for first, last, width, hidden in _columns(canvas):
        letter = get_column_letter(first)
        sheet.column_dimensions[letter] = ColumnDimension(sheet, letter, width, hidden=hidden, min=first, max=last)
    set_page(sheet, canvas.page or Page(one_page=True))
    sheet.print_area = printed(canvas)
    for validation in canvas.validations:
        sheet.add_data_validation(validation)
    for area in canvas.merged:
        sheet.merged_cells.add(area)
    for chart in canvas.charts:
        if isinstance(chart, PathChart):
            add_path_chart(sheet, chart)
        else:
            add_chart(sheet, chart)


def size(canvas: Canvas) -> str:
    """The rectangle from A1 that holds every cell."""
    last_row, last_column = _extent(canvas)
    return f"A1:{get_column_letter(last_column)}{last_row}"


def _extent(canvas: Canvas) -> tuple[int, int]:
    """The last row and the last column that hold a cell."""
    return max(canvas.cells), max(max(row) for row in canvas.cells.values())


def printed(canvas: Canvas) -> str:
    """The rectangle that goes to paper.

    It leaves out columns that nobody sees. Of a sheet that is not meant for paper it is a page; of a hidden sheet,
    which LibreOffice prints like any other, it is an empty cell.
    """
    if canvas.printed:
        return canvas.printed.area
    if canvas.hidden:
        return f"A{min(max(canvas.cells) + 2, LAST_ROW)}"
    behind = min((first for first, last in canvas.hidden_columns if last == LAST_COLUMN), default=LAST_COLUMN + 1)
    cells = [(row, col) for row, line in canvas.cells.items() for col in line if col < behind]
    last_row, last_col = (max(numbers, default=1) for numbers in zip(*cells, strict=True))
    if not canvas.page:
        last_row, last_col = min(last_row, MOST_ROWS), min(last_col, _columns_within(canvas, MOST_WIDTH))
    return f"A1:{get_column_letter(last_col)}{last_row}"


def _columns_within(canvas: Canvas, width: float) -> int:
    """How many columns are no wider than that together; one at least."""
    col = 0
    while width > 0:
        col += 1
        width -= canvas.widths.get(col, DEFAULT_COLUMN_WIDTH)
    return max(1, col - 1)


def _set_view(sheet: Worksheet, canvas: Canvas) -> None:
    """Set what a person sees when the sheet is first shown."""
    view = sheet.sheet_view
    view.showGridLines = False
    view.showRowColHeaders = None if canvas.headings else False
    view.zoomScale = canvas.zoom
    sheet.freeze_panes = canvas.freeze
    if canvas.opens_at:
        (view.pane or view).topLeftCell = canvas.opens_at.area
    if canvas.cursor:
        _choose(view, canvas.cursor)


def _choose(view: SheetView, cursor: Reference) -> None:
    """Choose a cell. Where rows or columns are frozen, each pane has a chosen cell, and one pane is active."""
    pane = "topLeft"
    if view.pane:
        lower, right = cursor.row > (view.pane.ySplit or 0), cursor.col > (view.pane.xSplit or 0)
        below, beside = bool(view.pane.ySplit) and lower, bool(view.pane.xSplit) and right
        pane = ("bottom" if below else "top") + ("Right" if beside else "Left")
        view.pane.activePane = pane
    chosen = Selection(None if pane == "topLeft" else pane, cursor.at(0).area, None, cursor.area)
    view.selection = [chosen, *(other for other in view.selection if (other.pane or "topLeft") != pane)]


def _columns(canvas: Canvas) -> Iterator[tuple[int, int, float, bool]]:
    """Yield ranges of columns that are alike, each with its first and last, its width and whether it is hidden."""
    borders = {edge for col in canvas.widths for edge in (col, col + 1)}
    borders |= {edge for first, last in canvas.hidden_columns for edge in (first, last + 1)}
    ordered = sorted(borders)
    for first, behind in pairwise(ordered):
        width = canvas.widths.get(first)
        hidden = any(start <= first <= last for start, last in canvas.hidden_columns)
        if width is not None or hidden:
            yield first, behind - 1, DEFAULT_COLUMN_WIDTH if width is None else width, hidden
