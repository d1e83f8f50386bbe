"""A sheet as a part of the file: its cells, and all else about it, in the order that the format demands."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils.units import DEFAULT_COLUMN_WIDTH
from openpyxl.xml.functions import tostring

from excel_export.formulas import LETTERS, Reference, Text
from excel_export.shared.cells import LAST_COLUMN, LAST_ROW, fits, place_of, too_large
from excel_export.workbook.canvas import Canvas, Page
from excel_export.workbook.cell_xml import Rows
from excel_export.workbook.format_rules import text_of
from excel_export.workbook.stylesheet import Stylesheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PAPERS = {"A4": 9, "A3": 8, "Letter": 1}
"""The numbers of papers in the file format."""
_CUSTOM_HEIGHT, _PANE = ' customHeight="1"', ' pane="{}"'
_NOT_ERRORS = (
    '<ignoredErrors><ignoredError sqref="A1:XFD1048576" numberStoredAsText="1" formula="1" formulaRange="1"/>'
    "</ignoredErrors>"
)
"""Switches off Excel's green triangles for what is no mistake here: texts such as '3'; formulas unlike their
neighbours, as at the border of a picture; formulas that leave out numbers beside their range, as each window's."""
FREE = "practice_free"
"""The style of empty cells on a protected sheet: they are free for one's own notes."""
_PROTECTED = '<sheetProtection sheet="1" formatCells="0" formatColumns="0" formatRows="0"/>'
MOST_ROWS = 50
"""The most rows on the printed page of a sheet that is not meant for paper."""
MOST_WIDTH = 140
"""The width, in characters, of that page."""


@dataclass(frozen=True)
class SheetPart:
    """The XML of a sheet in pieces, `before`, `rows`, `merged`, `formats` and `behind`; formats can be left out."""

    name: str
    """The sheet's name."""
    before: str
    """The XML before the rows."""
    rows: Rows
    """The rows with their cells, which give their XML."""
    merged: str
    """The XML of the protection and the merged cells; '' for none."""
    formats: str
    """The XML of the conditional formats, which take an engine long to load."""
    behind: str
    """The XML behind the conditional formats."""


def sheet_part(canvas: Canvas, styles: Stylesheet, related: Sequence[tuple[str, str]]) -> SheetPart:
    """Return a sheet as XML, in pieces: SheetPart('Sheet1', '<worksheet …', rows, …).

    Args:
        canvas: the sheet.
        styles: the styles of the workbook. Looks of the sheet's conditional formats are added to them.
        related: the kind and the id of each part to which the sheet refers: [('drawing', 'rId1')].

    Raises:
        ExportError: the canvas has more rows or columns than a sheet of Excel.
    """
    last_row, last_column = extent(canvas)
    if not fits(last_row, last_column):
        raise too_large(canvas.name, last_row, last_column)
    before = (
        f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
        f'<sheetPr><tabColor rgb="FF{canvas.tab}"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        # With its true size, a reader need not search the sheet for its end.
        f'<dimension ref="A1:{LETTERS[last_column]}{last_row}"/>{_view(canvas)}<sheetFormatPr baseColWidth="8" '
        f'defaultRowHeight="{canvas.row_height or 15}"{_CUSTOM_HEIGHT * bool(canvas.row_height)}/>'
        f"{_columns(canvas, styles)}"
    )
    areas = [f'<mergeCell ref="{area.area}"/>' for area in canvas.merged.values()]
    validations = [tostring(validation.to_tree()).decode() for validation in canvas.validations]
    behind = (
        f"{_counted('dataValidations', validations)}{_links(canvas)}{_page(canvas.page or Page(one_page=True))}"
        + _NOT_ERRORS
        + "".join(f'<{kind} r:id="{id_}"/>' for kind, id_ in related)
        + "</worksheet>"
    )
    merged, formats = (
        _PROTECTED * canvas.protected + _counted("mergeCells", areas),
        text_of(canvas.rules, canvas.name, styles.number),
    )
    return SheetPart(canvas.name, before, Rows(canvas, styles.numbers), merged, formats, behind)


def extent(canvas: Canvas, behind: int = sys.maxsize) -> tuple[int, int]:
    """Return the last row and the last column, from 1 on, of the cells with a content or a style, or merged ones.

    (3, 4) if only B3 has a content, and is merged to B3:D3. Columns from `behind` on are left out: (3, 3) for 4, D.
    """
    ends = [(row, max((col for col in line if col < behind), default=0)) for row, line in canvas.cells.items()]
    merged = [area.last for area in canvas.merged.values() if area.col < behind]
    ends += [(last.row, min(last.col, behind - 1)) for last in merged]
    return max(row for row, col in ends if col), max(col for _, col in ends)


def printed(canvas: Canvas) -> Reference:
    """Return the rectangle to be printed: `canvas.printed`, or A1 to the last cell before columns that are all hidden.

    Of a sheet without a `page` it is 50 rows and 140 characters at most; of a hidden sheet, which LibreOffice prints
    like any other, an empty cell.
    """
    if canvas.printed:
        return canvas.printed
    if canvas.hidden:
        return canvas.at(min(max(canvas.cells) + 2, LAST_ROW), 1)
    behind = min((first for first, last in canvas.hidden_columns if last == LAST_COLUMN), default=LAST_COLUMN + 1)
    last_row, last_col = extent(canvas, behind)
    if not canvas.page:
        widths = accumulate(canvas.widths.get(col, DEFAULT_COLUMN_WIDTH) for col in range(1, last_col + 1))
        last_row, last_col = min(last_row, MOST_ROWS), max(1, sum(width < MOST_WIDTH for width in widths))
    return canvas.at(1, 1, last_row, last_col)


def _view(canvas: Canvas) -> str:
    headings = "" if canvas.headings else ' showRowColHeaders="0"'
    opens_at = canvas.opens_at.area if canvas.opens_at else ""
    top = f' topLeftCell="{opens_at}"' if opens_at and not canvas.freeze else ""
    return (
        f'<sheetViews><sheetView showGridLines="0"{headings}{top} zoomScale="{canvas.zoom}" workbookViewId="0">'
        f"{_panes(canvas, opens_at)}</sheetView></sheetViews>"
    )


def _panes(canvas: Canvas, opens_at: str) -> str:
    cursor = canvas.cursor or canvas.at(1, 1)
    row, col = place_of(canvas.freeze or "A1")
    panes = ["topRight"] * (col > 1) + ["bottomLeft"] * (row > 1) + ["bottomRight"] * (row > 1 < col)
    active = panes[-1] if panes else "topLeft"
    if canvas.cursor:
        below, beside = 1 < row <= cursor.row, 1 < col <= cursor.col
        active = ("bottom" if below else "top") + ("Right" if beside else "Left")
    splits = "".join(f' {split}="{at - 1}"' for split, at in (("xSplit", col), ("ySplit", row)) if at > 1)
    frozen = f'<pane{splits} topLeftCell="{opens_at or canvas.freeze}" activePane="{active}" state="frozen"/>'
    chosen = f' activeCell="{cursor.at(0).area}" sqref="{cursor.area}"'
    selections = "".join(
        f"<selection{_PANE.format(pane) * (pane != 'topLeft')}{chosen * (pane == active)}/>"
        for pane in ("topLeft", *panes)
        if pane in (active, *panes)
    )
    return frozen * bool(panes) + selections


def _columns(canvas: Canvas, styles: Stylesheet) -> str:
    free = f' style="{styles.numbers[FREE]}"' * canvas.protected
    widths = canvas.widths
    borders = {edge for col in widths for edge in (col, col + 1) if widths.get(edge) != widths.get(edge - 1)}
    borders |= {edge for first, last in canvas.hidden_columns for edge in (first, last + 1)}
    borders |= {1, LAST_COLUMN + 1} if canvas.protected else set()
    columns = ""
    for first, behind in pairwise(sorted(borders)):
        width = widths.get(first)
        hidden = any(start <= first <= last for start, last in canvas.hidden_columns)
        if width is not None or hidden or canvas.protected:
            width = DEFAULT_COLUMN_WIDTH if width is None else width
            kind = ' hidden="1"' * hidden
            columns += f'<col min="{first}" max="{behind - 1}" width="{width}" customWidth="1"{kind}{free}/>'
    return f"<cols>{columns}</cols>" if columns else ""


def _counted(tag: str, items: Sequence[str]) -> str:
    return f'<{tag} count="{len(items)}">{"".join(items)}</{tag}>' if items else ""


def _links(canvas: Canvas) -> str:
    if not canvas.links:
        return ""
    links = ""
    for cell, target in canvas.links:
        content, _ = canvas.cells[cell.row][cell.col]
        display = f" display={quoteattr(content)}" if isinstance(content, Text) else ""
        area = canvas.merged.get((cell.row, cell.col), cell)
        links += f'<hyperlink ref="{area.area}" location={quoteattr(target.everywhere)}{display}/>'
    return f"<hyperlinks>{links}</hyperlinks>"


def _page(page: Page) -> str:
    orientation = "landscape" if page.landscape else "portrait"
    head = "   |   ".join(page.heads).replace("&", "&&")
    header = f"<oddHeader>{escape(f'&C{head}')}</oddHeader>" if head else ""
    return (
        '<printOptions horizontalCentered="1"/>'
        '<pageMargins left="0.5" right="0.5" top="0.5" bottom="0.75" header="0.3" footer="0.3"/>'
        f'<pageSetup orientation="{orientation}" paperSize="{PAPERS[page.paper]}" fitToWidth="1" '
        f'fitToHeight="{int(page.one_page)}"/>'
        f"<headerFooter>{header}<oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>"
    )
