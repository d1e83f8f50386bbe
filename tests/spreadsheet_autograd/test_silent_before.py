"""Slips in how a sheet learns that leave each gradient right."""

from openpyxl.formula.translate import Translator

from spreadsheet_autograd.worker import check_here
from tests.support.corpus import LATER, Slip
from tests.support.sheets_by_hand import save


def test_a_correction_with_the_share_of_another_average(tmp_path):
    """The second moment, corrected with β₁ in every row: all rows are alike, and all are wrong."""
    cells = [f"I{row}" for row in range(6, 11)]
    put = {at: Translator("=G6/(1-$B$2^A6)", origin="I6").translate_formula(at) for at in cells}
    example = LATER["adam by hand"]
    found = check_here(example.save(example.sheets(Slip(put)), tmp_path / "sheet.xlsx"))
    assert {each["cell"] for each in found["learning"]} >= {"Adam!I7", "Adam!I10"}
    assert "corrects with 0.9, and Adam!G7 keeps 0.99" in found["learning"][0]["words"]


ONE_STEP = {"A1": "rate", "B1": 0.1, "A2": "x", "B2": 0.6, "A3": "t", "B3": 0.2, "A4": "w", "B4": 0.5, "A5": "b",
            "B5": 0.1, "A6": "y", "B6": "=B4*B2+B5", "A7": "loss", "B7": "=(B6-B3)^2", "A8": "dL/dw",
            "B8": "=2*(B6-B3)*B2",
            "A9": "dL/db", "B9": "=2*(B6-B3)", "A10": "w new", "B10": "=B4-$B$1*B8", "A11": "b new"}  # fmt: skip


def test_one_of_two_updates_has_the_rate_typed(tmp_path):
    found = check_here(save({"S": ONE_STEP | {"B11": "=B5-0.1*B9"}}, tmp_path / "sheet.xlsx"))
    assert [each["cell"] for each in found["learning"]] == ["S!B11"]
    found = check_here(save({"S": ONE_STEP | {"B11": "=B5-0.2*B9"}}, tmp_path / "other.xlsx"))
    assert not found["learning"]  # another rate may be meant


def test_a_rate_of_another_size_may_be_meant_whatever_other_updates_have(tmp_path):
    rows = {"A1": "rate", "B1": 0.1, "A3": "x", "B3": "t", "C3": "w", "D3": "y", "E3": "loss", "F3": "dL/dw"}
    for row in range(4, 7):
        rows |= {f"A{row}": 0.6, f"B{row}": 0.2, f"C{row}": 0.5, f"D{row}": f"=C{row}*A{row}"}
        rows |= {f"E{row}": f"=(D{row}-B{row})^2", f"F{row}": f"=2*(D{row}-B{row})*A{row}"}
    for typed in ((0.1, 0.2), (0.2, 0.1)):
        updates = {f"G{row}": f"=C{row}-{rate}*F{row}" for row, rate in zip((5, 6), typed, strict=True)}
        found = check_here(save({"S": rows | {"G3": "new w", "G4": "=C4-$B$1*F4"} | updates}, tmp_path / "sheet.xlsx"))
        assert [each["cell"] for each in found["learning"]] == [f"S!G{5 + typed.index(0.1)}"]


def test_every_bias_follows_the_gradient_of_its_weight(tmp_path):
    rows = {"A1": "rate", "B1": 0.1, "A3": "x", "B3": "t", "C3": "w", "D3": "b", "E3": "y", "F3": "loss", "G3": "dL/dw"}
    for row in range(4, 8):
        rows |= {f"A{row}": 0.6, f"B{row}": 0.2, f"E{row}": f"=C{row}*A{row}+D{row}", f"F{row}": f"=(E{row}-B{row})^2"}
        rows |= {f"G{row}": f"=2*(E{row}-B{row})*A{row}", f"C{row}": f"=C{row - 1}-$B$1*G{row - 1}"}
        rows |= {f"D{row}": f"=D{row - 1}-$B$1*G{row - 1}"}
    found = check_here(save({"S": rows | {"C4": 0.5, "D4": 0.1}}, tmp_path / "sheet.xlsx"))
    assert {each["cell"] for each in found["learning"]} == {"S!D5", "S!D6", "S!D7"}


def test_a_typed_mask_beside_formulas_is_no_parameter(tmp_path):
    """Two of three numbers of a mask are formulas: the third one, typed, is right."""
    example = LATER["dropout"]
    found = check_here(example.save(example.sheets(Slip({"C4": "=1-0", "C6": "=1-0"})), tmp_path / "sheet.xlsx"))
    assert not found["learning"]
