"""What is told of sheets in habits of their own besides: labels with signs, frozen weights, a loss without a slope."""

from __future__ import annotations

from spreadsheet_autograd.find.labels import gradient_in, key
from spreadsheet_autograd.worker import check_here
from tests.support.corpus import EXAMPLES, Slip
from tests.support.sheets_by_hand import is_quiet, save


def told(found):
    """The cells that slips and findings name, and those of a slip's copies."""
    slips = [claim["slip"] for claim in found["claims"] if "slip" in claim]
    cells = {slip["cell"] for slip in slips} | {at for slip in slips for at in slip["copies"]}
    return {cell.rpartition("!")[2] for cell in cells | {finding["cell"] for finding in found["learning"]}}


def checked_with(changes, name, tmp_path):
    example = EXAMPLES[name]
    return check_here(example.save(example.sheets(Slip(changes)), tmp_path / "slip.xlsx"))


def test_labels_of_minus_1_and_1_stay_such(tmp_path):
    """Right where a label is 1, and wrong where it is -1: free numbers near 1 don't show it."""
    found = checked_with({"E9": "=IF(C9<1,1,0)"}, "labels with signs", tmp_path)
    assert {claim["verdict"] for claim in found["claims"]} == {"wrong"}
    assert told(found) == {"E9"}


def test_weights_that_are_frozen_are_one_finding(tmp_path):
    changes = {f"B{row}": f"=B{row - 1}-$B$1*E{row - 1}*0" for row in range(4, 7)}
    found = checked_with(changes, "sums in one cell", tmp_path)
    assert {claim["verdict"] for claim in found["claims"]} == {"right"}
    (finding,) = found["learning"]
    assert finding["cell"] == "Line!B4"
    assert "(and 2 more like it)" in finding["words"]


def test_what_teaches_a_perceptron_is_no_wrong_gradient(tmp_path):
    cells = {
        "A1": "learning rate",
        "B1": 0.1,
        "A3": "x",
        "B3": "target",
        "C3": "w",
        "D3": "b",
        "E3": "output",
        "F3": "error",
    }
    for k, row in enumerate(range(4, 9)):
        cells |= {
            f"A{row}": (0.5, -0.3, 0.8, -0.9, 0.2)[k], f"B{row}": k % 2, f"E{row}": f"=IF(C{row}*A{row}+D{row}>0,1,0)",
            f"C{row}": f"=C{row - 1}+$B$1*F{row - 1}*A{row - 1}" if k else 0.2, f"F{row}": f"=B{row}-E{row}",
            f"D{row}": f"=D{row - 1}+$B$1*F{row - 1}" if k else -0.1,
        }  # fmt: skip
    found = check_here(save({"Perceptron": cells}, tmp_path / "perceptron.xlsx"))
    assert {claim["verdict"] for claim in found["claims"]} <= {"unknown", "right"}
    assert not found["learning"]


def test_what_was_subtracted_is_no_memory(tmp_path):
    """The target stands as far above the gradient as the old bias above the new one."""
    rows = [("rate", 0.3), ("x", 0.6), ("target", 0.25), ("w", 0.4), ("bias", 0.1), ("y", "=B4*B2+B5"),
            ("cost", "=0.5*(B6-B3)^2"), ("gradient w", "=(B6-B3)*B2"), ("gradient bias", "=B6-B3"),
            ("new w", "=B4-$B$1*B8"), ("new bias", "=B5-$B$1*B9")]  # fmt: skip
    cells = {f"{at}{row}": item[k] for row, item in enumerate(rows, 1) for k, at in enumerate("AB")}
    assert is_quiet(check_here(save({"S": cells}, tmp_path / "sheet.xlsx")))


def test_names_of_formulas():
    assert key("x̂") == key("x_hat") != key("x")
    assert key("ŷ") == "yhat"
    assert key("Coût") == "cout"
    assert gradient_in(r"\frac{\partial L}{\partial W_1}") == ("l", "w1")
    assert gradient_in("∂/∂w") == ("", "w")
