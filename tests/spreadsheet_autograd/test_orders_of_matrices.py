"""Array formulas with the matrices in the wrong order, or not transposed: one advice for the whole formula."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.worker import check_here
from tests.support.sheets_by_hand import is_quiet, save

WEIGHTS, INPUTS = "MMULT(TRANSPOSE(A2:C5),Q2:R5)", "MMULT(Q2:R5,TRANSPOSE(E2:F4))"


def sheet(of_weights=WEIGHTS, of_inputs=INPUTS):
    """Y = XW, with X of 4×3 and W of 3×2, the squared error, and its gradients by Y, W and X."""
    numbers = (0.21, -0.57, 0.83, 0.46, -0.92, 0.35, 0.71, -0.14, 0.64, -0.33, 0.98, -0.76, 0.12, 0.55, -0.41, 0.87)
    cells = {
        "A1": "X", "E1": "W", "H1": "T", "K1": "Y", "N1": "loss", "Q1": "dL/dY", "A10": "dL/dW", "E10": "dL/dX",
        "K2": ("K2:L5", "=MMULT(A2:C5,E2:F4)"), "N2": "=SUMXMY2(K2:L5,H2:I5)",
        "Q2": ("Q2:R5", "=2*(K2:L5-H2:I5)"), "A11": ("A11:B13", f"={of_weights}"), "E11": ("E11:G14", f"={of_inputs}"),
    }  # fmt: skip
    for k, (columns, rows) in enumerate((("ABC", 4), ("EF", 3), ("HI", 4))):
        for i, column in enumerate(columns):
            cells |= {f"{column}{row + 2}": numbers[(5 * k + 3 * i + row) % 16] + i / 50 for row in range(rows)}
    return {"S": cells}


def test_the_sheet_is_right(tmp_path):
    assert is_quiet(check_here(save(sheet(), tmp_path / "sheet.xlsx")))


@pytest.mark.parametrize(
    ("of_weights", "of_inputs"),
    [
        ("MMULT(A2:C5,Q2:R5)", INPUTS),
        ("MMULT(Q2:R5,TRANSPOSE(A2:C5))", INPUTS),
        (WEIGHTS, "MMULT(Q2:R5,E2:F4)"),
        (WEIGHTS, "MMULT(E2:F4,Q2:R5)"),
        (WEIGHTS, "MMULT(E2:F4,TRANSPOSE(Q2:R5))"),
    ],
)
def test_one_advice_mends_the_whole(of_weights, of_inputs, tmp_path):
    found = check_here(save(sheet(of_weights, of_inputs), tmp_path / "sheet.xlsx"))
    wrong = [claim for claim in found["claims"] if claim["verdict"] == "wrong"]
    assert wrong
    (advice,) = {claim["slip"]["mended"] for claim in wrong}
    assert advice == f"={WEIGHTS if of_inputs == INPUTS else INPUTS}"
