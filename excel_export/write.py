"""Write canvases to an .xlsx file with openpyxl, without stored values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.dimensions import ColumnDimension

from excel_export.canvas import Canvas, Text
from excel_export.styles import STYLES

_EPOCH = datetime(1980, 1, 1)


def write(canvases: Sequence[Canvas], names: Mapping[str, str], path: Path, title: str) -> None:
    """Write the sheets in order.

    Args:
        canvases: the sheets.
        names: the defined names, each with the absolute reference it stands for.
        path: the file, replaced if it is there.
        title: the document's title.
    """
    book = Workbook(write_only=True)
    book.properties.title = str(Text(title))
    book.properties.creator = "excel_export"
    book.properties.created = book.properties.modified = _EPOCH
    for canvas in canvases:
        _write_sheet(book, canvas)
    for name, target in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=target)
    book.calculation.fullCalcOnLoad = True
    book.save(path)


def _write_sheet(book: Workbook, canvas: Canvas) -> None:
    sheet = book.create_sheet(canvas.name)
    sheet.sheet_properties.tabColor = "FF" + canvas.tab
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = canvas.zoom
    sheet.freeze_panes = canvas.freeze
    if canvas.row_height:
        sheet.sheet_format.defaultRowHeight = canvas.row_height
        sheet.sheet_format.customHeight = True
    for col, width in canvas.widths.items():
        letter = get_column_letter(col)
        sheet.column_dimensions[letter] = ColumnDimension(sheet, letter, width=width, customWidth=True)
    for row, height in canvas.heights.items():
        sheet.row_dimensions[row].height = height
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 8 if canvas.one_page else 9
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 1 if canvas.one_page else 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    last = max(max(row) for row in canvas.cells.values())
    sheet.print_area = f"A1:{get_column_letter(last)}{max(canvas.cells)}"
    for area, rule in canvas.rules:
        sheet.conditional_formatting.add(area, rule)
    for validation in canvas.validations:
        sheet.data_validations.append(validation)
    looks = {
        name: _styled(sheet, name) for name in {style for row in canvas.cells.values() for _, style in row.values()}
    }
    row_now = 1
    for row in sorted(canvas.cells):
        for _ in range(row - row_now):
            sheet.append(())
        line = canvas.cells[row]
        cells: list[WriteOnlyCell | None] = []
        col_now = 1
        for col in sorted(line):
            cells.extend([None] * (col - col_now))
            content, style = line[col]
            cell = WriteOnlyCell(sheet)
            cell._style = looks[style]
            if isinstance(content, Text):
                cell._value, cell.data_type = str(content), "s"
            elif isinstance(content, float):
                # openpyxl would round to 16 digits; a double needs 17.
                cell._value, cell.data_type = repr(content), "n"
            elif content is not None:
                cell.value = content
            cells.append(cell)
            col_now = col + 1
        sheet.append(cells)
        row_now = row + 1
    for area in canvas.merged:
        sheet.merged_cells.add(area)


def _styled(sheet: WriteOnlyWorksheet, name: str) -> StyleArray:
    cell, style = WriteOnlyCell(sheet), STYLES[name]
    cell.font, cell.fill, cell.alignment, cell.border = style.font, style.pattern, style.alignment, style.border
    cell.number_format = style.format
    return cell._style
