"""Sheets in other habits are quiet where they are right, and a slip is told at its cell, with what makes it right."""

from __future__ import annotations

import re

import pytest

from spreadsheet_autograd.find.labels import gradient_in, key
from spreadsheet_autograd.worker import check_here
from tests.support.long_proofs import only_quick
from tests.support.sheets_by_hand import Sheets, is_quiet, save
from tests.support.sheets_of_others import OTHERS

COUNTS = {"rows of examples": 36, "steps to the right": 12, "labels beside a zero": 6, "layer norm": 16, "pool": 18,
          "short headings": 5, "labels with signs": 2, "sums in one cell": 16}  # fmt: skip


def told(found):
    """The cells that slips and findings name, and those of a slip's copies."""
    slips = [claim["slip"] for claim in found["claims"] if "slip" in claim]
    cells = {slip["cell"] for slip in slips} | {at for slip in slips for at in slip["copies"]}
    return {cell.rpartition("!")[2] for cell in cells | {finding["cell"] for finding in found["learning"]}}


@pytest.mark.parametrize("layout", OTHERS)
def test_a_right_sheet_is_quiet(layout, tmp_path):
    found = check_here(save(OTHERS[layout](), tmp_path / "sheet.xlsx"))
    assert is_quiet(found), found
    assert len(found["claims"]) == COUNTS[layout]
    assert not found["left out"]


def with_slip(layout, changes) -> tuple[Sheets, str]:
    sheets = OTHERS[layout]()
    (name,) = sheets
    for at, content in changes.items():
        assert sheets[name][at] != content
        sheets[name][at] = content
    return sheets, name


SLIPS = [
    ("rows of examples", {"I5": "=2*(G5-C5)*G5*(1-G5)*B5"}),  # one example's own gradient
    ("rows of examples", {"J7": "=AVERAGE(J4:J6)"}),
    ("rows of examples", {"I12": "=2*(C12-G12)*G12*(1-G12)*A12"}),
    ("steps to the right", {"C12": "=C11*C7*(1-C8)"}),
    ("steps to the right", {"C13": "=$B$1*C12*C3"}),  # the sign of Δw
    ("steps to the right", {"B15": "=-$B$1*B11*B9"}),
    ("labels beside a zero", {"G3": "=SUMPRODUCT($B$7:$B$10,O$7:O$10)/4"}),
    ("labels beside a zero", {"O8": "=K8-E8"}),
    ("layer norm", {"I6": "=H6*B6"}),
    ("layer norm", {"K5": "=(J5-AVERAGE($J$4:$J$7)-C5*SUMPRODUCT($J$4:$J$7,$C$4:$C$7))/$N$4"}),
    ("pool", {"E10": "=G10"}),
    ("pool", {"K9": "=2*(K3-SUMPRODUCT(G3:G5,I3:I5))"}),
    ("short headings", {"B13": "=B11*B7*(1-B8)"}),
    ("short headings", {"B15": "=B12*B2"}),
    ("labels with signs", {"H2": "=D2*A2+AVERAGE(G6:G13)"}),
    ("labels with signs", {f"F{row}": f"=-B{row}*A{row}" for row in range(6, 14)}),  # no mask anywhere
    ("sums in one cell", {"E5": "=-2*SUMPRODUCT($I$2:$I$7-B5*$H$2:$H$7,$H$2:$H$7)/6"}),
    ("sums in one cell", {f"F{row}": f"=-2*SUMPRODUCT($I$2:$I$7-B{row}*$H$2:$H$7)/6" for row in range(3, 7)}),
]  # fmt: skip
TAKES_LONG = "labels with signs"
"""Some quick tests below have a slip in this layout."""
FIRST = [
    slip for slip, before in zip(SLIPS, [("", {}), *SLIPS], strict=False) if slip[0] not in (before[0], TAKES_LONG)
]
"""Of each other layout, the first slip."""


@pytest.mark.parametrize(("layout", "changes"), only_quick(SLIPS, *FIRST))
def test_a_slip_is_told_where_it_is_and_mended(layout, changes, tmp_path):
    sheets, name = with_slip(layout, changes)
    found = check_here(save(sheets, tmp_path / "slip.xlsx"))
    assert told(found) == {*changes}
    assert all("slip" in claim for claim in found["claims"] if claim["verdict"] == "wrong")
    slips = {claim["slip"]["cell"].rpartition("!")[2]: claim["slip"] for claim in found["claims"] if "slip" in claim}
    for at in changes:
        first = next(iter(slips.values()))
        if at in slips:
            sheets[name][at] = slips[at]["mended"]
        else:  # a copy of the first
            rows = int(re.sub(r"\D", "", at)) - int(re.sub(r"\D", "", first["cell"]))
            sheets[name][at] = re.sub(
                r"(?<![\d$A-Z])(\$?[A-Z]+)(\d+)",
                lambda match, by=rows: f"{match[1]}{int(match[2]) + by}",
                first["mended"],
            )
    assert is_quiet(check_here(save(sheets, tmp_path / "mended.xlsx")))


@pytest.mark.slow
def test_where_else_the_same_slip_is_stands_in_its_words(tmp_path):
    sheets, _ = with_slip("labels with signs", {f"F{row}": f"=-B{row}*A{row}" for row in range(6, 14)})
    (slip,) = [claim["slip"] for claim in check_here(save(sheets, tmp_path / "slip.xlsx"))["claims"] if "slip" in claim]
    assert slip["cell"].endswith("!F6")
    assert slip["words"].endswith(" And the same in F7:F13.")


@pytest.mark.parametrize(
    ("layout", "cell", "content", "kind", "words"),
    [
        ("rows of examples", "F10", "=F4", "not updated", "doesn't update Epochs!F4, whose gradient stands in"),
        ("steps to the right", "C6", "=B6", "not updated", "doesn't update Steps!B6, whose gradient stands in"),
        ("steps to the right", "D5", "=C5-C13", "sign", "subtracts the step in Steps!C13; the others add theirs"),
        ("steps to the right", "D5", "=C5+C14", "gradient", "learns with Steps!C14, which is the step of Steps!C6"),
        ("labels beside a zero", "L4", "=B4", "not updated", "doesn't update Softmax!B4"),
        ("labels with signs", "B3", "=B2+$E$2*I2", "sign", "adds SVM!I2"),
        ("sums in one cell", "B15", "=B14-$B$1*E14", "rate", "takes Line!B1 for the learning rate; the others take"),
        ("sums in one cell", "B16", "=B15-$B$12*E15*0", "not updated", "multiplies its step by 0"),
    ],
)
def test_a_slip_in_learning_is_told_once(layout, cell, content, kind, words, tmp_path):
    sheets, name = with_slip(layout, {cell: content})
    found = check_here(save(sheets, tmp_path / "slip.xlsx"))
    assert {claim["verdict"] for claim in found["claims"]} == {"right"}
    (finding,) = found["learning"]
    assert (finding["cell"], finding["kind"]) == (f"{name}!{cell}", kind)
    assert words in finding["words"]


def test_labels_of_minus_1_and_1_stay_such(tmp_path):
    """Right where a label is 1, and wrong where it is -1: free numbers near 1 don't show it."""
    sheets, _ = with_slip("labels with signs", {"E9": "=IF(C9<1,1,0)"})
    found = check_here(save(sheets, tmp_path / "slip.xlsx"))
    assert {claim["verdict"] for claim in found["claims"]} == {"wrong"}
    assert told(found) == {"E9"}


def test_weights_that_are_frozen_are_one_finding(tmp_path):
    changes = {f"B{row}": f"=B{row - 1}-$B$1*E{row - 1}*0" for row in range(4, 7)}
    found = check_here(save(with_slip("sums in one cell", changes)[0], tmp_path / "frozen.xlsx"))
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
