"""What an engine computes of a sheet of somebody else's."""

from math import exp

import pytest
from openpyxl import Workbook

from spreadsheet_autograd.graph.engine_values import engine_numbers
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents


def test_a_function_of_each_number_inside_sumproduct_is_computed(tmp_path):
    book, path = Workbook(), tmp_path / "sheet.xlsx"
    for row, number in enumerate((1, 2, 3), start=1):
        book.active.cell(row, 1, number)
    book.active["C1"] = "=SUMPRODUCT(EXP(A1:A3))"
    book.save(path)
    graph = SpreadsheetGraph(read_contents(path))
    assert engine_numbers(path, graph) == {("Sheet", 1, 3): pytest.approx(exp(1) + exp(2) + exp(3), rel=1e-12)}
