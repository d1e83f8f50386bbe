"""What Excel writes today: stacks, cuts, folds; values by hand, slopes by finite differences, and what is refused."""

from __future__ import annotations

import openpyxl
import pytest

from excel_export.cli import main
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents
from spreadsheet_autograd.graph.sample_points import AS_SAVED, Point
from spreadsheet_autograd.worker import check_here
from tests.support.sheets_by_hand import save

GIVEN = {"A1": 0.5, "A2": 2.0, "A3": -1.0, "B1": 3.0, "B2": 1.5, "B3": 0.25}
X = "_xlpm.x"
FORMULAS = {
    "SUM(_xlfn.VSTACK(A1:A2,B1:B3)^2)": 0.25 + 4 + 9 + 2.25 + 0.0625,
    "SUMPRODUCT(_xlfn.HSTACK(A1:A2,B1:B2),_xlfn.HSTACK(B1:B2,A1:A2))": 2 * (1.5 + 3),
    "SUMPRODUCT(_xlfn.SEQUENCE(3),A1:A3)": 0.5 + 4 - 3,
    "SUM(_xlfn.TAKE(A1:B3,-2,1))": 1.0,
    "SUM(_xlfn.DROP(A1:B3,1)^2)": 4 + 2.25 + 1 + 0.0625,
    "SUM(_xlfn._xlws.FILTER(A1:A3,B1:B3>1)^2)": 4.25,
    "INDEX(_xlfn._xlws.SORT(A1:A3),1,1)*A2": -2.0,
    f"_xlfn.REDUCE(1,A1:A3,_xlfn.LAMBDA(_xlpm.a,{X},_xlpm.a*(1+{X}^2)))": 1.25 * 5 * 2,
    f"SUM(_xlfn.SCAN(0,A1:A3,_xlfn.LAMBDA(_xlpm.a,{X},_xlpm.a+{X})))": 0.5 + 2.5 + 1.5,
    f"SUM(_xlfn.BYROW(A1:B3,_xlfn.LAMBDA({X},SUMSQ({X}))))": 0.25 + 9 + 4 + 2.25 + 1 + 0.0625,
    f"SUM(_xlfn.BYCOL(A1:B3,_xlfn.LAMBDA({X},MAX({X}))))": 5.0,
}


def point_of(cells, tmp_path):
    return Point(SpreadsheetGraph(read_contents(save({"S": cells}, tmp_path / "sheet.xlsx"))), (), (), AS_SAVED)


@pytest.mark.parametrize(("formula", "value"), FORMULAS.items())
def test_values_and_slopes(formula, value, tmp_path):
    at, by = ("S", 5, 4), [("S", int(cell[1]), "AB".index(cell[0]) + 1) for cell in GIVEN]
    point = point_of(GIVEN | {"D5": f"={formula}"}, tmp_path)
    assert point.number(at) == pytest.approx(value)
    slopes, step = point.gradients(at, by), 1e-6
    for cell, place in zip(GIVEN, by, strict=True):
        moved = ({cell: GIVEN[cell] + way, "D5": f"={formula}"} for way in (-step, step))
        low, high = (point_of(GIVEN | each, tmp_path).number(at) for each in moved)
        assert slopes[place] == pytest.approx((high - low) / (2 * step), abs=1e-6), cell


@pytest.mark.parametrize(
    "formula", ["SUM(_xlfn._xlws.FILTER(A1:A3,B1:B3>1))", "SUMPRODUCT(_xlfn._xlws.FILTER(A1:A3,B1:B3>1),A1:A2)"]
)
def test_what_has_no_formula_for_its_slope_is_refused_in_a_line(formula, tmp_path, capsys):
    source = save({"S": GIVEN | {"D5": f"={formula}"}}, tmp_path / "sheet.xlsx")
    assert main(["differentiate", str(source), "--loss", "D5", "-o", str(tmp_path / "out.xlsx")]) != 0
    assert "S!D5: " in capsys.readouterr().err


@pytest.mark.parametrize("formula", ["SUM(_xlfn._xlws.FILTER(A1:A3,B1:B2>1))", "SUM(_xlfn.VSTACK())"])
def test_what_does_not_fit_is_an_error_of_the_cell(formula, tmp_path):
    source = save({"S": GIVEN | {"D5": f"={formula}"}}, tmp_path / "sheet.xlsx")
    assert not check_here(source)["claims"]
    assert point_of(GIVEN | {"D5": f"={formula}"}, tmp_path).number(("S", 5, 4)) is None


def test_a_stack_and_a_row_of_numbers_are_differentiated(tmp_path):
    formula = "=SUMPRODUCT(_xlfn.SEQUENCE(3),A1:A3)+SUM(_xlfn.VSTACK(B1,B2:B3)^2)"
    source, target = save({"S": GIVEN | {"D5": formula}}, tmp_path / "sheet.xlsx"), tmp_path / "out.xlsx"
    assert main(["differentiate", str(source), "--loss", "D5", "-o", str(target)]) == 0
    found = openpyxl.load_workbook(target, data_only=True)["∂ S"]
    assert [found[cell].value for cell in GIVEN] == [1, 2, 3, 6, 3, 0.5]
