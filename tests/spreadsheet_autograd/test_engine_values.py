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


@pytest.mark.parametrize(("raised", "is_passed_on"), [(BaseException, False), (ValueError, False), (MemoryError, True)])
def test_an_engine_that_breaks_down_computes_nothing(raised, is_passed_on, tmp_path, monkeypatch):
    """A panic of the engine is no Exception; lack of memory is none of its own faults."""

    def panic(path):
        raise raised

    monkeypatch.setattr("excel_export.workbook.engine.Engine", panic)
    book, path = Workbook(), tmp_path / "sheet.xlsx"
    book.active["A1"] = "=1+1"
    book.save(path)
    graph = SpreadsheetGraph(read_contents(path))
    if is_passed_on:
        with pytest.raises(raised):
            engine_numbers(path, graph)
    else:
        assert engine_numbers(path, graph) == {}
