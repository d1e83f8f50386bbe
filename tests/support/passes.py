"""A workbook of the two passes alone, without the sheets that explain them and without values: for many small cases.

It takes a tenth of the time of a whole one, which `tests/excel_export/test_operators.py` makes of each operator.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
from torch import nn

from excel_export import export
from excel_export.book import network_sheet, tensors_sheet
from excel_export.book.composition import start_book
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.arguments import Inputs
from excel_export.graph.graph import Graph
from excel_export.workbook.styles import BACKWARD
from excel_export.workbook.write import BareWorkbook, bare_workbook
from tests.support.many_sheets import many_sheets


def write_passes(graph: Graph, path: Path, apart: bool = False) -> None:
    """Write the workbook to a file."""
    two_passes(graph, apart).save(path)


def write_alone(module: nn.Module, inputs: Inputs, path: Path) -> None:
    """Write the two passes of a module, traced and confirmed as `export` does."""
    write_passes(confirmed_trace(module, inputs)[0], path)


each_writer = pytest.mark.parametrize(
    "write", [pytest.param(write_alone, id="two passes"), pytest.param(export, id="whole", marks=pytest.mark.slow)]
)
"""For tests of what is recorded: among the quick ones, workbooks of the two passes; whole ones are long proofs."""


def two_passes(graph: Graph, apart: bool = False) -> BareWorkbook:
    """Make the forward and the backward pass of a graph, and `Tensors`, which says where each tensor stands.

    With `apart`, each layer has a sheet of its own: formualizer refuses a sheet as wide as many of them side by side.
    """
    with many_sheets(0, 0) if apart else nullcontext():
        book = start_book(graph, 0.1)
    for sheet in book.placement.sheets:
        canvas = network_sheet.network_sheet(sheet, book.contents, "", BACKWARD)
        canvas.rules = []
        book.drawn.add(canvas)
    book.draw(tensors_sheet.SHEET)
    return bare_workbook(book.canvases, book.names, "two passes")
