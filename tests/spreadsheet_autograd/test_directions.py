"""Updates that take a function of the gradient, under no heading, as its sign: what is judged is the gradient."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.worker import check_here
from tests.spreadsheet_autograd.test_clipped_gradients import SHEET
from tests.support.sheets_by_hand import save

DIRECTIONS = {
    "the sign": "=SIGN({g})",
    "the sign, by a quotient": "={g}/ABS({g})",
    "over the norm": "={g}/$B$10",
    "over the norm and a small number": "={g}/($B$10+0.000001)",
    "over the norm, in one formula": "={g}/SQRT($B$8^2+$B$9^2)",
    "over the norm, of a range": "={g}/SQRT(SUMSQ($B$8:$B$9))",
    "squeezed": "=TANH({g})",
    "rounded": "=ROUND({g},1)",
    "clipped, IFS": "=IFS({g}>$E$1,$E$1,{g}<-$E$1,-$E$1,TRUE,{g})",
    "clipped, sign and size": "=SIGN({g})*MIN(ABS({g}),$E$1)",
    "clipped by the norm, LET": "=LET(n,$B$10,IF(n>$E$1,{g}/n*$E$1,{g}))",
    "with weight decay": "={g}+0.01*{w}",
}
SLIPS = {
    "another gradient added": "={g}+$B$9",
    "halved": "={g}/2",
    "a slope too much": "={g}*(1-$B$6^2)",
    "its square": "={g}^2",
    "its negative": "=-TANH({g})",
}


def checked(form, path, **changed):
    steps = {"A12": "r", "B12": form.format(g="B8", w="B4"), "A13": "s", "B13": form.format(g="B9", w="B5")}
    found = check_here(save({"S": SHEET | steps | changed}, path))
    return {claim["cell"]: claim for claim in found["claims"]}, found["learning"]


@pytest.mark.parametrize("form", DIRECTIONS)
def test_the_gradient_is_judged_and_not_its_function(form, tmp_path):
    claims, learning = checked(DIRECTIONS[form], tmp_path / "sheet.xlsx")
    assert {at: claim["verdict"] for at, claim in claims.items()} == {"S!B8": "right", "S!B9": "right"}
    assert not learning
    claims, _ = checked(DIRECTIONS[form], tmp_path / "slip.xlsx", B8="=2*(B6-B3)*B3")
    wrong = {at: claim for at, claim in claims.items() if claim["verdict"] == "wrong"}
    assert {claim["slip"]["cell"] for claim in wrong.values()} == {"S!B8"}
    assert "S!B9" not in wrong


@pytest.mark.parametrize("form", SLIPS)
def test_what_goes_another_way_is_wrong(form, tmp_path):
    claims, learning = checked(SLIPS[form], tmp_path / "sheet.xlsx")
    assert "wrong" in {claim["verdict"] for claim in claims.values()} or learning


def test_a_step_may_be_clipped_with_its_rate(tmp_path):
    steps = {"B14": "=B4-MAX(-0.05,MIN(0.05,$B$1*B8))", "B15": "=B5-MAX(-0.05,MIN(0.05,$B$1*B9))"}
    found = check_here(save({"S": SHEET | steps}, tmp_path / "sheet.xlsx"))
    assert [(claim["cell"], claim["verdict"]) for claim in found["claims"]] == [("S!B8", "right"), ("S!B9", "right")]
    found = check_here(save({"S": SHEET | steps | {"B8": "=2*(B6-B3)*B3"}}, tmp_path / "slip.xlsx"))
    assert [claim["slip"]["cell"] for claim in found["claims"] if claim["verdict"] == "wrong"] == ["S!B8"]


def test_noise_on_a_gradient_is_no_mistake(tmp_path):
    """RAND is not computed: whether the update takes the gradient can't be told."""
    named = {"A8": "dL/dw", "A9": "dL/db"}
    claims, learning = checked("={g}+0.01*RAND()", tmp_path / "sheet.xlsx", **named)
    assert {claim["verdict"] for claim in claims.values()} == {"right"}
    assert not learning
