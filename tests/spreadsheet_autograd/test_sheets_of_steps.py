"""Sheets that show a network step by step, as our own workbooks do: nothing that is right there is called wrong."""

import pytest

from spreadsheet_autograd.find.labels import claim_in
from spreadsheet_autograd.worker import check_here
from tests.support.sheets_by_hand import save


def claims_of(sheets, tmp_path):
    found = check_here(save(sheets, tmp_path / "steps.xlsx"))
    assert not found["learning"]
    return {claim["cell"]: claim for claim in found["claims"]}


@pytest.mark.parametrize("heading", ["gradient × weight", "gradient · number", "gradient * input"])
def test_a_product_is_no_gradient(heading):
    """Before: a column of products was held against the derivative by what is called 'weight'."""
    assert claim_in(heading) is None
    assert claim_in("gradient of weight")


SQUARE = {
    "A1": "x", "A2": 1.5, "B1": "w", "B2": 0.7, "C1": "target", "C2": 2.0,
    "E1": "loss", "E2": "=(A2*B2-C2)^2", "F1": "∂L/∂w", "F2": "=2*(A2*B2-C2)*A2",
}  # fmt: skip


def test_a_title_has_a_shape_and_a_link_below_it(tmp_path):
    """The gradient of 'output' is that of the block with this title, not of a copy of a weight on another sheet."""
    network = SQUARE | {
        "H1": "output  1", "H2": "2 output →", "H3": "=A2*B2", "H5": "loss", "H6": "=(H3-C2)^2",
        "J1": "∂L/∂ output", "J2": "3 back →", "J3": "=2*(H3-C2)",
    }  # fmt: skip
    step = {"A1": "output", "A2": "=Network!B2", "A3": "5 the path →"}
    claims = claims_of({"Network": network, "2 output": step}, tmp_path)
    assert claims["Network!J3"]["of"] == "Network!H3"
    assert {claim["verdict"] for claim in claims.values()} == {"right"}


def test_a_copy_in_one_branch_has_a_gradient_of_its_own(tmp_path):
    """x goes on in two columns, x and x³; the gradient of the first column is not the whole one of x."""
    cells = {
        "A1": "x", "A2": 1.5, "A3": -0.5,
        "C1": "features", "C2": "=A2", "D2": "=A2^3", "C3": "=A3", "D3": "=A3^3",
        "F1": "w", "F2": 0.4, "F3": 0.3,
        "H1": "loss", "H2": "=(C2*F2+D2*F3-1)^2+(C3*F2+D3*F3-2)^2",
        "J1": "∂L/∂ features",
        "J2": "=2*(C2*F2+D2*F3-1)*F2", "K2": "=2*(C2*F2+D2*F3-1)*F3",
        "J3": "=2*(C3*F2+D3*F3-2)*F2", "K3": "=2*(C3*F2+D3*F3-2)*F3",
    }  # fmt: skip
    claims = claims_of({"S": cells}, tmp_path)
    assert {"S!J2", "S!K2", "S!J3", "S!K3"} <= claims.keys()
    assert {claim["verdict"] for claim in claims.values()} == {"right"}
    wrong = claims_of({"S": cells | {"J2": "=2*(C2*F2+D2*F3-1)*F3"}}, tmp_path)
    assert wrong["S!J2"]["verdict"] == "wrong"


def test_a_running_sum_of_products_is_no_learning(tmp_path):
    """Each line adds a gradient times a number to what was added so far: nothing is a parameter there."""
    terms = {
        "A1": "∂L/∂ there", "B1": "number", "C1": "product", "D1": "so far",
        "A2": "=S!F2", "B2": "=S!A2", "C2": "=A2*B2", "D2": "=C2",
        "A3": "=S!F2*2", "B3": "=S!B2", "C3": "=A3*B3", "D3": "=D2+C3",
        "A4": "=S!F2*3", "B4": "=S!C2", "C4": "=A4*B4", "D4": "=D3+C4",
    }  # fmt: skip
    claims = claims_of({"S": SQUARE, "terms": terms}, tmp_path)
    assert claims.keys() == {"S!F2"}
    assert claims["S!F2"]["verdict"] == "right"


def test_a_heading_below_a_title_that_ends_in_a_number_still_names_its_column(tmp_path):
    """'Layer  1' looks like a title with a shape; below it stands no note, but the name of the column."""
    moved = {f"{at[0]}{int(at[1:]) + 1}": content for at, content in SQUARE.items()}
    down = {at: content.replace("2", "3") if str(content).startswith("=") else content for at, content in moved.items()}
    down |= {"E3": "=(A3*B3-C3)^2", "F3": "=2*(A3*B3-C3)*A3", "B1": "Layer  1", "F1": "Layer  1"}
    claims = claims_of({"S": down}, tmp_path)
    assert {cell: (claim["of"], claim["verdict"]) for cell, claim in claims.items()} == {"S!F3": ("S!B3", "right")}


def training(step, state="0"):
    """Three steps of a weight: what is subtracted, and what is remembered for it, as formulas of {row}."""
    cells = {"A1": "w", "B1": "loss", "C1": "dL/dw", "D1": "v", "F1": "rate", "F2": 0.1, "G1": "decay", "G2": 0.01}
    for row in range(2, 6):
        cells |= {
            f"A{row}": f"=A{row - 1}-{step.format(row=row - 1)}" if row > 2 else 0.7,
            f"B{row}": f"=(A{row}*1.5-2)^2", f"C{row}": f"=2*(A{row}*1.5-2)*1.5",
            f"D{row}": "=" + state.format(row=row, before=row - 1 if row > 2 else 9),
        }  # fmt: skip
    return {"S": cells}


@pytest.mark.parametrize(
    "step", ["MAX(-5,MIN(5,$F$2*(C{row}+$G$2*A{row})))", "MIN(5,MAX(-5,$F$2*C{row}))", "MEDIAN(-5,$F$2*C{row},5)"]
)
def test_a_step_that_is_clipped_is_an_update(step, tmp_path):
    """Before: what a clipped step leads to was no parameter, and each loss was followed back through all steps."""
    claims = claims_of(training(step), tmp_path)
    assert {cell: (claim["of"], claim["verdict"]) for cell, claim in claims.items()} == {
        f"S!C{row}": (f"S!A{row}", "right") for row in range(2, 6)
    }
    wrong = training(step)
    wrong["S"]["A4"] = wrong["S"]["A4"].replace("C3", "C2")
    found = check_here(save(wrong, tmp_path / "wrong.xlsx"))
    assert [each["cell"] for each in found["learning"]] == ["S!A4"]


@pytest.mark.parametrize(
    ("state", "cells"),
    [
        ("0.9*D{before}+0.1*(C{row}+$G$2*A{row})^2", []),
        ("0.9*D{before}+0.1*C{row}^2", []),
        ("0.9*D{before}+0.1*(C{row}+$G$2*A{row})", ["S!D2", "S!D3", "S!D4"]),
    ],
)
def test_an_average_of_squares_has_no_constant_slope(state, cells, tmp_path):
    """With a weight decay inside, the square of a gradient isn't the same for either sign."""
    found = check_here(save(training("$F$2*C{row}/(SQRT(D{row})+0.0001)", state), tmp_path / "rms.xlsx"))
    assert [each["cell"] for each in found["learning"] if each["kind"] == "square"] == cells
