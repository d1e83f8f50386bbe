"""Updates that take a gradient which is kept within bounds: what is judged is the gradient itself."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.worker import check_here
from tests.support.sheets_by_hand import save

SHEET = {
    "A1": "rate", "B1": 0.1, "A2": "x", "B2": 0.6, "A3": "t", "B3": 0.2, "A4": "w", "B4": 0.5, "A5": "b", "B5": 0.1,
    "A6": "y", "B6": "=B4*B2+B5", "A7": "loss", "B7": "=(B6-B3)^2", "D1": "bound", "E1": 0.05,
    "A8": "p", "B8": "=2*(B6-B3)*B2", "A9": "q", "B9": "=2*(B6-B3)",
    "A10": "size", "B10": "=SQRT(B8^2+B9^2)", "A11": "scale", "B11": "=MIN(1,$E$1/B10)",
    "A14": "new", "B14": "=B4-$B$1*B12", "A15": "new", "B15": "=B5-$B$1*B13",
}  # fmt: skip
FORMS = {
    "each number, MAX outside": "=MAX(-$E$1,MIN($E$1,{g}))",
    "each number, MIN outside": "=MIN(MAX({g},-$E$1),$E$1)",
    "each number, MEDIAN": "=MEDIAN(-$E$1,{g},$E$1)",
    "each number from above, IF": "=IF({g}>$E$1,$E$1,{g})",
    "each number from above, IF with typed bounds": "=IF({g}>0.05,0.05,{g})",
    "each number, IF in IF": "=IF({g}>$E$1,$E$1,IF({g}<-$E$1,-$E$1,{g}))",
    "each number from above, MIN": "=MIN({g},$E$1)",
    "by the norm, IF": "=IF($B$10>$E$1,{g}*$E$1/$B$10,{g})",
    "by the norm, IF the other way": "=IF($B$10<=$E$1,{g},{g}*$E$1/$B$10)",
    "by the norm, a factor in a cell": "={g}*$B$11",
    "by the norm, a factor": "={g}*MIN(1,$E$1/$B$10)",
    "by the norm, a factor before it": "=MIN($E$1/$B$10,1)*{g}",
}


@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_within_bounds_is_judged_as_it_is(form, tmp_path):
    clips = {"A12": "r", "B12": FORMS[form].format(g="B8"), "A13": "s", "B13": FORMS[form].format(g="B9")}
    found = check_here(save({"S": SHEET | clips}, tmp_path / "sheet.xlsx"))
    assert {claim["cell"]: claim["verdict"] for claim in found["claims"]} == {"S!B8": "right", "S!B9": "right"}
    assert not found["learning"]
    slip = SHEET | clips | {"B8": "=2*(B6-B3)*B3"}
    found = check_here(save({"S": slip}, tmp_path / "slip.xlsx"))
    assert {claim["slip"]["cell"] for claim in found["claims"] if claim["verdict"] == "wrong"} == {"S!B8"}
