"""Advice for a gradient that is a part of an update's formula names the whole formula: who follows it learns on."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.worker import check_here
from tests.support.sheets_by_hand import save

ROWS = range(2, 7)


def sheet(update, step="", slip=None):
    """Five steps with one weight; `update` is the next weight's formula, `step` that of a cell with its change."""
    cells = {"A1": "w", "B1": "x", "C1": "t", "D1": "loss", "E1": "Δw", "G1": "lr", "G2": 0.05, "G3": 0.9}
    for row in ROWS:
        names = {"w": f"A{row}", "x": f"B{row}", "t": f"C{row}", "e": f"E{row}", "before": f"E{row - 1}"}
        cells |= {f"B{row}": 0.4 + row / 7, f"C{row}": 1.1 + row / 9, f"D{row}": f"=(A{row}*B{row}-C{row})^2/2"}
        cells[f"A{row + 1}"] = "=" + update.format(**names)
        if step:
            cells[f"E{row}"] = "=" + step.format(**names)
    return {"S": cells | {"A2": 0.7} | (slip or {})}


def checked(sheets, tmp_path):
    found = check_here(save(sheets, tmp_path / "sheet.xlsx"), with_content=True)
    return found, {(row, col): value for row, col, value, _ in found["content"]["S"]}


@pytest.mark.parametrize(
    ("update", "step", "cell", "good", "bad"),
    [
        ("{w}-$G$2*({w}*{x}-{t})*{x}", "", "A5", "*B4", "*C4"),
        ("{w}+$G$2*({t}-{w}*{x})*{x}", "", "A5", "*B4", "*C4"),
        ("{w}-({w}*{x}-{t})*{x}*$G$2", "", "A5", "B4*", "C4*"),
        ("{w}+{e}", "$G$2*({t}-{w}*{x})*{x}", "E4", "*B4", "*C4"),
        ("{w}-{e}", "$G$2*({w}*{x}-{t})*{x}", "E4", "*B4", "*C4"),
        ("{w}+{e}", "-$G$2*({w}*{x}-{t})*{x}", "E4", "*B4", "*C4"),
    ],
)
def test_the_advice_is_the_whole_formula(update, step, cell, good, bad, tmp_path):
    right = sheet(update, step)
    found, numbers = checked(right, tmp_path)
    assert {claim["verdict"] for claim in found["claims"]} == {"right"}
    before, _, behind = right["S"][cell].rpartition(good)
    slip = before + bad + behind
    assert slip != right["S"][cell]
    found, _ = checked(sheet(update, step, {cell: slip}), tmp_path)
    (advice,) = {claim["slip"]["mended"] for claim in found["claims"] if claim["verdict"] == "wrong"}
    assert {claim["slip"]["cell"] for claim in found["claims"] if "slip" in claim} == {f"S!{cell}"}
    found, mended = checked(sheet(update, step, {cell: advice}), tmp_path)
    assert {claim["verdict"] for claim in found["claims"]} == {"right"}
    assert mended == pytest.approx(numbers)
