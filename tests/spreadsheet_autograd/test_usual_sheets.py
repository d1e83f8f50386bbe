"""Sheets as people build them, with columns that only look like gradients: what is right is quiet, a slip is told."""

import pytest

from spreadsheet_autograd.worker import check_here
from tests.support.sheet_layouts import LAYOUTS
from tests.support.sheets_by_hand import save


def verdicts(cells, tmp_path):
    """What is said of each claim of a sheet, or of several."""
    sheets = cells if all(isinstance(each, dict) for each in cells.values()) else {"S": cells}
    found = check_here(save(sheets, tmp_path / "sheet.xlsx"))
    assert not found["learning"]
    return {claim["cell"]: claim for claim in found["claims"]}


def wrong(claims):
    return {cell: claim["slip"]["cell"] for cell, claim in claims.items() if claim["verdict"] != "right"}


ONE_NEURON = {"A1": "x", "B1": 0.7, "A2": "t", "B2": 0.2, "A3": "eta", "B3": 0.1, "A4": "w", "B4": 0.9,
              "A6": "L", "B6": "=(B4*B1-B2)^2", "A7": "dL/dw", "B7": "=2*(B4*B1-B2)*B1"}  # fmt: skip


def test_how_far_a_weight_moves_is_no_gradient(tmp_path):
    moved = {"A8": "dw", "B8": "=-B3*B7", "A9": "w new", "B9": "=B4+B8"}
    assert [*verdicts(ONE_NEURON | moved, tmp_path)] == ["S!B7"]


def test_differences_from_a_mean_are_no_gradients(tmp_path):
    """A line through points, with columns dx and dy, and an error; nothing in it is a derivative."""
    cells = {"A1": "x", "B1": "y", "C1": "dx", "D1": "dy", "I3": "error", "J3": "=SUM(G2:G5)", "I1": "slope"}
    for row, (x, y) in enumerate(((1, 2.1), (2, 3.9), (3, 6.2), (4, 7.8)), start=2):
        cells |= {f"A{row}": x, f"B{row}": y, f"C{row}": f"=A{row}-AVERAGE($A$2:$A$5)"}
        cells |= {f"D{row}": f"=B{row}-AVERAGE($B$2:$B$5)", f"G{row}": f"=(D{row}-$J$1*C{row})^2"}
    cells["J1"] = "=SUMPRODUCT(C2:C5,D2:D5)/SUMSQ(C2:C5)"
    assert {claim["verdict"] for claim in verdicts(cells, tmp_path).values()} <= {"unknown"}


TABLE = {"A1": "w", "B1": 0.6, "A2": "b", "B2": -0.2} | dict(
    zip(("A4", "B4", "C4", "D4", "E4", "F4", "G4"), ("x", "y", "pred", "loss", "dpred", "dw", "db"), strict=True)
)
for _row, (_x, _y) in enumerate(((0.5, 1), (1.5, 0.2), (-0.7, 0.4)), start=5):
    TABLE |= {
        f"A{_row}": _x, f"B{_row}": _y, f"C{_row}": f"=$B$1*A{_row}+$B$2", f"D{_row}": f"=(C{_row}-B{_row})^2",
        f"E{_row}": f"=2*(C{_row}-B{_row})", f"F{_row}": f"=E{_row}*A{_row}", f"G{_row}": f"=E{_row}",
    }  # fmt: skip


def test_a_row_of_totals_below_a_table(tmp_path):
    """Of dw and db they are gradients; the total of each example's own dpred is the gradient of no cell."""
    claims = verdicts(TABLE | {f"{col}8": f"=SUM({col}5:{col}7)" for col in "DEFG"}, tmp_path)
    assert not wrong(claims)
    assert {"S!F8", "S!G8"} <= claims.keys()
    assert "S!E8" not in claims


def test_gradients_by_finite_differences_are_left_out(tmp_path):
    cells = (
        ONE_NEURON | {"A5": "eps", "B5": 0.001} | {"D9": "L(+eps)", "E9": "L(-eps)", "B9": "analytic", "C9": "numeric"}
    )
    cells |= {"A10": "dL/dw", "B10": cells["B7"], "C10": "=(D10-E10)/(2*B5)"}
    cells |= {"D10": "=((B4+B5)*B1-B2)^2", "E10": "=((B4-B5)*B1-B2)^2"}
    claims = verdicts(cells, tmp_path)
    assert not wrong(claims)
    assert {"S!B7", "S!B10"} == claims.keys()


def test_a_mask_is_missed_by_numbers_alone_where_the_weight_before_it_is_positive(tmp_path):
    """No heading names a gradient; what they are of is tried below 0, too."""
    forward = {
        "A1": "x", "B1": 0.7, "A2": "w1", "B2": 0.4, "A3": "b1", "B3": 0.1, "A4": "w2", "B4": -1.2, "A5": "b2",
        "B5": 0.3, "A6": "t", "B6": 0.2, "D1": "z1", "E1": "=B2*B1+B3", "D2": "h1", "E2": "=MAX(0,E1)",
        "D3": "out", "E3": "=B4*E2+B5", "D5": "loss", "E5": "=(E3-B6)^2",
    }  # fmt: skip
    back = {
        "A1": "δout", "B1": "=2*(N!E3-N!B6)", "A2": "δw2", "B2": "=B1*N!E2", "A3": "δb2", "B3": "=B1", "A4": "δh1",
        "B4": "=B1*N!B4", "A5": "δz1", "B5": "=B4", "A6": "δw1", "B6": "=B5*N!B1", "A7": "δb1", "B7": "=B5",
    }  # fmt: skip
    assert wrong(verdicts({"N": forward, "back": back}, tmp_path)) == {"back!B6": "back!B5", "back!B7": "back!B5"}
    right = back | {"B5": "=B4*(N!E1>0)"}
    assert not wrong(verdicts({"N": forward, "back": right}, tmp_path))


def test_a_gradient_beside_others_is_found_though_the_next_column_is_computed(tmp_path):
    cells = dict(zip("ABCDEFGHJKLM", ("w", "b", "v", "c", "z", "a", "yhat", "loss", "w", "b", "v", "c"), strict=True))
    cells = {f"{col}1": name for col, name in cells.items()} | {"A2": 0.5, "B2": -0.2, "C2": 1.4, "D2": 0.1}
    cells |= {"E2": "=.8*A2+B2", "F2": "=MAX(0,E2)", "G2": "=C2*F2+D2", "H2": "=(G2-.3)^2"}
    cells |= {"J2": "=2*(G2-.3)*C2*.8", "K2": "=2*(G2-.3)*C2*(E2>0)", "L2": "=2*(G2-.3)*F2", "M2": "=2*(G2-.3)"}
    assert wrong(verdicts(cells, tmp_path)) == {"S!J2": "S!J2"}


def test_a_gradient_is_not_called_as_what_stands_rows_above_it(tmp_path):
    cells = {"A1": "x", "B1": 0.8, "C1": "w", "D1": -1.1, "E1": "b", "F1": 0.4, "A4": "z", "B4": "=D1*B1+F1"}
    cells |= {"A5": "loss", "B5": "=(B4-1)^2", "D4": "∂loss/∂z", "D5": "∂loss/∂w", "D6": "∂loss/∂b"}
    claims = verdicts(cells | {"E4": "=2*(B4-1)", "E5": "=E4*B1", "E6": "=E4"}, tmp_path)
    assert claims["S!E6"]["of"] == "S!F1"
    assert not wrong(claims)


def test_what_is_rounded_to_show_fewer_digits_is_judged_as_if_it_were_not(tmp_path):
    cells = {"A1": "x", "B1": 0.7, "A2": "t", "B2": 0.2, "A3": "w", "B3": 0.9, "A4": "b", "B4": -0.3}
    cells |= {"A5": "z", "B5": "=ROUND(B3*B1+B4,4)", "A6": "y", "B6": "=ROUND(1/(1+EXP(-B5)),4)"}
    cells |= {"A7": "loss", "B7": "=ROUND((B6-B2)^2,6)", "A9": "dL/dz", "B9": "=ROUND(2*(B6-B2)*B6*(1-B6),4)"}
    cells |= {"A10": "dL/dw", "B10": "=ROUND(B9*B1,4)", "A11": "dL/db", "B11": "=TRUNC(B9,5)"}
    right = verdicts(cells, tmp_path)
    assert [*right] == ["S!B9", "S!B10", "S!B11"]
    assert not wrong(right)
    slip = verdicts(cells | {"B9": "=ROUND(2*(B6-B2)*(1-B6),4)"}, tmp_path)
    assert wrong(slip) == dict.fromkeys(("S!B9", "S!B10", "S!B11"), "S!B9")
    assert slip["S!B9"]["slip"]["mended"] == "=2*(B6-B2)*(1-B6)*B6"


def test_what_is_rounded_to_whole_numbers_stays_so(tmp_path):
    """A rounded output has no slope: what is called its gradient is none."""
    cells = ONE_NEURON | {"B6": "=(ROUND(B4*B1,0)-B2)^2"}
    assert verdicts(cells, tmp_path)["S!B7"]["verdict"] != "right"


def test_a_gradient_by_what_no_number_is_called_is_checked_once_one_is_called_so(tmp_path):
    cells = ONE_NEURON | {"A8": "dL/dy", "B8": "=2*(B4*B1-B2)"}
    found = check_here(save({"S": cells}, tmp_path / "sheet.xlsx"))
    assert [claim["cell"] for claim in found["claims"]] == ["S!B7"]
    [left] = found["left out"]
    assert (left["cell"], left["why"]) == (
        "S!B8",
        "no number here is called y, so 'dL/dy' isn't checked: write y beside or above the number that is meant",
    )
    named = cells | {"A5": "y", "B5": "=B4*B1", "B6": "=(B5-B2)^2"}
    assert [*verdicts(named, tmp_path)] == ["S!B7", "S!B8"]
    # On another sheet, which no formula joins to this one.
    found = check_here(save({"S": cells, "T": {"A1": "y", "B1": 1}}, tmp_path / "sheet.xlsx"))
    assert found["left out"] == [left]


@pytest.mark.parametrize("heading", ["∂L/∂(relu layer)", "dL/dReLU layer", "d loss / d output of the network"])
def test_a_title_in_words_asks_for_no_number_of_that_name(heading, tmp_path):
    cells = ONE_NEURON | {"D8": heading, "D9": "=2*(B4*B1-B2)", "E9": "=B4*2", "D10": "=B1*2", "E10": "=B1*3"}
    found = check_here(save({"S": cells}, tmp_path / "sheet.xlsx"))
    assert [claim["cell"] for claim in found["claims"]] == ["S!B7"]
    assert not found["left out"]


def test_two_slips_in_a_column_are_told_though_each_alone_mends_nothing(tmp_path):
    cells = {"A1": "w", "B1": 0.6, "D1": "loss", "E1": "=AVERAGE(D4:D9)", "F1": "dL/dw", "G1": "=AVERAGE(F4:F9)"}
    cells |= dict(zip(("A3", "B3", "C3", "D3", "E3", "F3"), ("x", "y", "pred", "each", "error", "share"), strict=True))
    for row, (x, y) in enumerate(((0.5, 1.1), (1.5, 0.2), (-0.7, 0.4), (0.3, -0.6), (2.1, 0.9), (-1.2, 0.8)), start=4):
        cells |= {f"A{row}": x, f"B{row}": y, f"C{row}": f"=$B$1*A{row}", f"D{row}": f"=(C{row}-B{row})^2"}
        cells |= {f"E{row}": f"=C{row}-B{row}", f"F{row}": f"=2*E{row}*A{row}"}
    assert not wrong(verdicts(cells, tmp_path))
    claims = verdicts(cells | {"E6": "=C6+B6", "F8": "=2*E8*B8"}, tmp_path)
    assert wrong(claims) == {"S!G1": "S!E6"}
    assert claims["S!G1"]["slip"]["mended"] == "=C6-B6"
    assert wrong(verdicts(cells | {"F8": "=2*E8*B8"}, tmp_path)) == {"S!G1": "S!F8"}


@pytest.mark.slow
def test_a_sign_in_the_first_array_formula_of_the_backward_pass_is_told_there(tmp_path):
    sheets = LAYOUTS["matrices"]()
    sheets["Net"]["A30"] = ("A30:B33", "=(G23:H26+E4:F7)/4")
    claims = verdicts(sheets, tmp_path)
    assert {*wrong(claims).values()} == {"Net!A30"}
    assert claims["Net!D30"]["slip"]["mended"] == "=(G23:H26-E4:F7)/4"
