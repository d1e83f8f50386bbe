"""`differentiate`: a copy of one's own workbook with a gradient sheet beside each sheet that leads to the loss."""

from __future__ import annotations

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from excel_export.shared.errors import ExportError
from excel_export.shared.files import write_atomically
from spreadsheet_autograd.differentiate.gradient_sheets import gradient_sheets, refuse_left_out
from spreadsheet_autograd.differentiate.package_parts import WorkbookWithGradients
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.graph.engine_values import engine_numbers, leave_out_what_differs
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.names import cells_of
from spreadsheet_autograd.graph.read import read_contents
from spreadsheet_autograd.language.syntax import address


def differentiate(source: Path, loss: str, target: Path) -> int:
    """Write a copy of a workbook in which each cell's derivative stands on a sheet of its own, at the same address.

    Args:
        source: the workbook, which stays as it is.
        loss: the cell that is differentiated, such as 'M7'.
        target: where to.

    Returns:
        How many derivatives there are.

    Raises:
        ExportError: the file can't be read or written; the loss is none; a cell that leads to it can't be computed.
    """
    if target.resolve() == source.resolve():
        raise ExportError(f"{target}: is the sheet itself; name another file with -o")
    contents = read_contents(source)
    graph = SpreadsheetGraph(contents)
    at = cells_of(contents, loss)[0]
    found = gradient_sheets(graph, at)
    name = Labels(contents).name(at) or address(at)
    workbook = WorkbookWithGradients(source, found, graph, address(at), name)
    derivatives = {
        (gradient_sheet.name, *at): text
        for gradient_sheet in found
        for at, text in (gradient_sheet.formulas | gradient_sheet.helpers).items()
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gradients.xlsx"
        zeros = dict.fromkeys(derivatives, 0.0)  # the engine complains of formulas without a value
        path.write_bytes(workbook.written(zeros, zipfile.ZIP_STORED))
        values = engine_numbers(path, graph, derivatives)
    if leave_out_what_differs(graph, values or engine_numbers(source, graph)):
        refuse_left_out(graph, at)
    write_atomically(target, workbook.written(values))
    return sum(len(gradient_sheet.formulas) for gradient_sheet in found)
