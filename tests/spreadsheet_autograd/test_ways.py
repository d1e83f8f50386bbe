"""A gradient that forgets a way through the graph, or counts one twice, is told by that way."""

from functools import cache, partial

import pytest
from openpyxl.formula.translate import Translator

from spreadsheet_autograd.worker import check_here
from tests.support.corpus import LATER, Slip
from tests.support.sheets_by_hand import save

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


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A function that gives what is told of each sheet. Each is checked once: the largest takes seconds."""
    return cache(partial(told_words, tmp_path_factory.mktemp("ways")))


def told_words(folder, name, column):
    """What is told of each wrong claim of a sheet in which cells hold copies of another formula."""
    cells, first = COLUMN[column]
    put = {at: Translator(first, origin=cells[0]).translate_formula(at) for at in cells}
    example = LATER[name]
    found = check_here(example.save(example.sheets(Slip(put)), folder / "sheet.xlsx"))
    return {claim["cell"]: claim["slip"]["words"] for claim in found["claims"] if "slip" in claim}


@pytest.mark.parametrize(
    ("name", "column", "cell", "says"),
    [
        pytest.param(
            "norm with all ways", "var", "Norm!G5", "In G5 the way over J2 (var) is missing.", marks=pytest.mark.slow
        ),
        pytest.param(
            "norm with all ways", "mean", "Norm!G5", "In G5 the way over J1 (mean) is missing.", marks=pytest.mark.slow
        ),
        ("norm with all ways", "both", "Norm!G6", "In G6 the way over J1 (mean), and that over J2 (var), is missing."),
        ("softmax with its jacobian", "diagonal", "Softmax!B10", "the way over D3 (p) stands alone"),
        ("back through time", "future", "Time!C14", "In C14 the way over D10 (s) is missing."),
        ("a shared bias", "one", "Shared!E12", "In E12 the way over B9 (h2) is missing."),
        ("a shared bias", "twice", "Shared!E12", "In E12 the way over B9 (h2) is counted twice."),
    ],
)
def test_a_way_that_is_missing_or_double_is_told(name, column, cell, says, words):
    assert says in words(name, column)[cell]


def test_the_way_straight_into_the_loss_is_one(words):
    """Of J = MSE + λ·w², the gradient of the MSE alone: told with the term that is missing."""
    assert "In B12 the way over G4 (J) is missing. With =" in words("ridge", "decay")["Ridge!B12"]


def test_no_advice_cuts_the_loss_off(words):
    """A loss that follows fewer numbers has gradients that are right more easily: that is no repair."""
    assert not [each for each in words("norm with all ways", "var").values() if "J2 reads" in each]


@pytest.mark.parametrize("size", ["1E-5", "1E5"])
def test_a_way_is_told_whatever_the_size_of_the_loss(size, tmp_path):
    cells = {"A1": "w", "B1": 0.7, "A2": "x", "B2": 0.4, "A3": "h1", "B3": "=TANH(B1*B2)", "A4": "h2", "B4": "=EXP(B1)"}
    cells |= {"A5": "loss", "B5": f"={size}*(B3-B4)^2", "A6": "dL/dh1", "B6": f"=2*{size}*(B3-B4)"}
    cells |= {"A7": "dL/dh2", "B7": f"=-2*{size}*(B3-B4)", "A8": "dL/dw", "B8": "=B6*(1-B3^2)*B2"}
    found = check_here(save({"S": cells}, tmp_path / "sheet.xlsx"))
    told = {claim["cell"]: claim["slip"]["words"] for claim in found["claims"] if "slip" in claim}
    assert told.keys() == {"S!B8"}
    assert "the way over B4 (h2) is missing" in told["S!B8"]
