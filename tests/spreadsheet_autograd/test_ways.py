"""A gradient that forgets a way through the graph, or counts one twice, is told by that way."""

import pytest
from openpyxl.formula.translate import Translator

from spreadsheet_autograd.worker import check_here
from tests.support.corpus import LATER, Slip

COLUMN = {
    "var": (["G4", "G5", "G6", "G7"], "=(F4-SUM($F$4:$F$7)/4)/$J$3"),
    "mean": (["G4", "G5", "G6", "G7"], "=(F4-SUMPRODUCT($F$4:$F$7,$C$4:$C$7)*C4/4)/$J$3"),
    "both": (["G4", "G5", "G6", "G7"], "=F4/$J$3"),
    "diagonal": (["B10", "B11", "B12"], "=E3*D3*(1-D3)"),
    "future": (["C14", "D14", "E14"], "=C13*$B$4"),
    "one": (["E12"], "=E9"),
    "twice": (["E12"], "=E9+E10+E10"),
    "decay": (["B12"], "=2*SUMPRODUCT(D4:D8,A4:A8)/5"),
}


def words(name, column, tmp_path):
    """What is told of each wrong claim of a sheet in which cells hold copies of another formula."""
    cells, first = COLUMN[column]
    put = {at: Translator(first, origin=cells[0]).translate_formula(at) for at in cells}
    example = LATER[name]
    found = check_here(example.save(example.sheets(Slip(put)), tmp_path / "sheet.xlsx"))
    return {claim["cell"]: claim["slip"]["words"] for claim in found["claims"] if "slip" in claim}


@pytest.mark.parametrize(
    ("name", "column", "cell", "says"),
    [
        ("norm with all ways", "var", "Norm!G5", "In G5 the way over J2 (var) is missing."),
        ("norm with all ways", "mean", "Norm!G5", "In G5 the way over J1 (mean) is missing."),
        ("norm with all ways", "both", "Norm!G6", "In G6 the way over J1 (mean), and that over J2 (var), is missing."),
        ("softmax with its jacobian", "diagonal", "Softmax!B10", "the way over D3 (p) stands alone"),
        ("back through time", "future", "Time!C14", "In C14 the way over D10 (s) is missing."),
        ("a shared bias", "one", "Shared!E12", "In E12 the way over B9 (h2) is missing."),
        ("a shared bias", "twice", "Shared!E12", "In E12 the way over B9 (h2) is counted twice."),
    ],
)
def test_a_way_that_is_missing_or_double_is_told(name, column, cell, says, tmp_path):
    assert says in words(name, column, tmp_path)[cell]


def test_the_way_straight_into_the_loss_is_one(tmp_path):
    """Of J = MSE + λ·w², the gradient of the MSE alone: told with the term that is missing."""
    assert "In B12 the way over G4 (J) is missing. With =" in words("ridge", "decay", tmp_path)["Ridge!B12"]


def test_no_advice_cuts_the_loss_off(tmp_path):
    """A loss that follows fewer numbers has gradients that are right more easily: that is no repair."""
    assert not [each for each in words("norm with all ways", "var", tmp_path).values() if "J2 reads" in each]
