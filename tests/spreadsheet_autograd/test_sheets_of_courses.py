"""Sheets of courses: what is right isn't changed, and their mirrors are the gradients that they have themselves."""

from __future__ import annotations

import openpyxl
import pytest

from excel_export.cli import main
from excel_export.shared.a1_notation import place
from excel_export.workbook.contents import Cell
from excel_export.workbook.engine import Engine
from spreadsheet_autograd.worker import check_here
from tests.support.corpus import EXAMPLES, Slip, examples
from tests.support.long_proofs import only_quick

BEYOND_THE_ENGINE = {"tied", "lambda"}
"""Those with functions that only Excel has."""
MIRRORED = [name for name in examples("courses") if name not in BEYOND_THE_ENGINE]


@pytest.mark.slow
def test_what_leads_to_something_right_is_not_changed_for_what_is_wrong(tmp_path):
    """Two slips behind one gradient: the column of another gradient, which is right, must not be told."""
    changes = {"F6": "=AVERAGE(H12:H17)"} | {f"I{row}": f"=-$C{row}*(IF($B{row}=2,1,0)-$D$6)" for row in range(12, 18)}
    policy = EXAMPLES["policy"]
    found = check_here(policy.save(policy.sheets(Slip(changes)), tmp_path / "sheet.xlsx"))
    assert [claim["cell"] for claim in found["claims"] if claim["verdict"] == "wrong"] == ["Policy!F6"]
    told = {claim["slip"]["cell"] for claim in found["claims"] if "slip" in claim}
    assert not any(cell.startswith("Policy!H") for cell in told)


@pytest.mark.parametrize("name", only_quick(MIRRORED, "rnn", "contrastive", "batches", "J(θ)"))
def test_the_mirror_is_what_the_sheet_says_itself(name, tmp_path):
    """The formulas of the gradients that the sheet has, made by hand, and those of its mirror are independent."""
    example = EXAMPLES[name]
    path = example.save(example.sheets(), tmp_path / "sheet.xlsx")
    claims = check_here(path)["claims"]
    loss = claims[-1]["loss"]
    of_loss = [claim for claim in claims if claim["loss"] == loss and claim["of"] != loss]
    target = tmp_path / "out.xlsx"
    assert main(["differentiate", str(path), "--loss", loss, "-o", str(target)]) == 0
    stored = openpyxl.load_workbook(target, data_only=True)
    for claim in of_loss:
        title, _, cell = claim["of"].rpartition("!")
        assert stored[f"∂ {title}"][cell].value == pytest.approx(claim["value"], rel=1e-9, abs=1e-13), claim
    engine = Engine(str(target))
    engine.evaluate()

    def number(at, prefix=""):
        title, _, cell = at.rpartition("!")
        return engine.number((prefix + title.strip("'"), *place(cell)))

    in_cells = [
        claim
        for claim in of_loss
        if number(claim["cell"]) == pytest.approx(claim["value"], rel=1e-9)
        and number(claim["of"], "∂ ") == pytest.approx(claim["value"], rel=1e-9)
    ]  # where the engine computes the sheet itself: none where EXP gets a range inside SUMPRODUCT
    assert in_cells or name in ("skip-gram", "spanish")
    title, _, at = of_loss[0]["of"].rpartition("!")
    engine.put((title.strip("'"), *place(at)), Cell(0.37))
    engine.evaluate()
    for claim in in_cells:
        assert number(claim["of"], "∂ ") == pytest.approx(number(claim["cell"]), rel=1e-9, abs=1e-13), claim
