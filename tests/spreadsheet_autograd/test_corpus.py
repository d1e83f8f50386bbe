"""Sheets of many people: right ones are quiet, a slip is told where it is, and who follows the advice is right."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from openpyxl.formula.translate import Translator

from spreadsheet_autograd.worker import check_here
from tests.support.corpus import EXAMPLES, LATER, LATER_SLIPS, SLIPS, put
from tests.support.sheets_by_hand import is_quiet


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_right_sheet_is_quiet(name, tmp_path):
    example = EXAMPLES[name]
    found = check_here(example.save(example.sheets(), tmp_path / "sheet.xlsx"))
    assert is_quiet(found), [claim for claim in found["claims"] if claim["verdict"] != "right"] + found["learning"]
    assert len(found["claims"]) == example.claims
    assert all(left["why"].startswith("no number here is called") for left in found["left out"])
    assert found["engine"] == "ironcalc"


def full(sheets, at):
    return at if "!" in at else f"{next(iter(sheets))}!{at}"


def advised(found):
    """The formulas that are advised, by their cells."""
    formulas = {}
    for claim in found["claims"]:
        if "slip" in claim and claim["slip"]["mended"]:
            slip = claim["slip"]
            for at in (slip["cell"], *slip["copies"]):
                origin, cell = slip["cell"].rpartition("!")[2], at.rpartition("!")[2]
                formulas[at] = Translator(slip["mended"], origin=origin).translate_formula(cell)
    return formulas


@pytest.mark.parametrize(("example", "slip"), SLIPS)
def test_a_slip_is_told_where_it_is_and_its_advice_leaves_nothing_wrong(example, slip, tmp_path):
    sheets = example.sheets(slip)
    found = check_here(example.save(sheets, tmp_path / "slip.xlsx"))
    expected = {full(sheets, at) for at in slip.put}
    if slip.kind == "learning":
        assert {finding["cell"] for finding in found["learning"]} == expected
        assert all(slip.says in finding["words"] for finding in found["learning"])
        # An update may lead to a root of what is negative: what is an error then can't be judged.
        assert {claim["verdict"] for claim in found["claims"]} <= {"right", "unknown"}
        return
    assert any(claim["verdict"] == "wrong" for claim in found["claims"])
    assert all("slip" in claim for claim in found["claims"] if claim["verdict"] == "wrong")
    assert all(slip.says in claim["slip"]["words"] for claim in found["claims"] if "slip" in claim)
    assert set(advised(found)) in (expected, {full(sheets, slip.instead)})
    for at, formula in advised(found).items():
        put(sheets, at, formula)
    assert is_quiet(check_here(example.save(sheets, tmp_path / "mended.xlsx")))


@pytest.mark.parametrize("name", LATER)
def test_nothing_right_is_called_wrong(name, tmp_path):
    """With a loss cell or without, whatever headings say; a derivative of nothing that stands there isn't judged."""
    found = check_here(LATER[name].save(LATER[name].sheets(), tmp_path / "sheet.xlsx"))
    verdicts = [claim["verdict"] for claim in found["claims"]]
    assert "wrong" not in verdicts
    assert "right" in verdicts
    assert not found["learning"]


def told(found):
    """The cells that slips and findings name, and those of a slip's copies."""
    slips = [claim["slip"] for claim in found["claims"] if "slip" in claim]
    return {at for slip in slips for at in (slip["cell"], *slip["copies"])} | {
        each["cell"] for each in found["learning"]
    }


@pytest.mark.parametrize(("example", "slip"), LATER_SLIPS)
def test_a_slip_is_told_at_its_cell_and_no_advice_makes_a_right_cell_wrong(example, slip, tmp_path):
    sheets = example.sheets(slip)
    found = check_here(example.save(sheets, tmp_path / "slip.xlsx"))
    assert told(found) in ({full(sheets, at) for at in slip.put}, {full(sheets, slip.instead)})
    right = {claim["cell"] for claim in found["claims"] if claim["verdict"] == "right"}
    for at, formula in advised(found).items():
        put(sheets, at, formula)
    after = check_here(example.save(sheets, tmp_path / "mended.xlsx"))
    assert right.isdisjoint(claim["cell"] for claim in after["claims"] if claim["verdict"] == "wrong")


@pytest.mark.slow
def test_what_is_found_hangs_on_no_order_of_sets(tmp_path):
    """Two columns have the same derivatives: which of them a claim is of must not change from run to run."""
    example = EXAMPLES["studie"]
    path = example.save(example.sheets(), tmp_path / "sheet.xlsx")
    code = "import pathlib, sys, spreadsheet_autograd.worker as w; print(w.check_here(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(path)]
    said = {
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in "123"
    }
    assert len(said) == 1
