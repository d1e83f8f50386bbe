"""Sheets of many people: right ones are quiet, a slip is told where it is, and who follows the advice is right."""

from __future__ import annotations

from contextlib import suppress

import pytest
from openpyxl.formula.translate import Translator

from spreadsheet_autograd.worker import check_here
from tests.support.corpus import (
    LEARNING,
    blocks_and_columns,
    models,
    networks,
    one_row_an_example,
    other_habits,
    trainings,
)
from tests.support.long_proofs import only_quick
from tests.support.sheet_text import sheet
from tests.support.sheets_by_hand import is_quiet, save

ROOMS = (one_row_an_example, blocks_and_columns, other_habits, models, networks, trainings)
SHEETS = {name: each for room in ROOMS for name, each in room.SHEETS.items()}
SLIPS = {f"{name} {k}": (name, k) for name, each in SHEETS.items() for k in range(len(each.slips))}
TAKE_LONG = {"batchnorm", "svm rows", "conv maxpool", "ridge logistic", "poisson", "error signal", "attention"}
FIRST = [case for case, (name, k) in SLIPS.items() if not k and name not in TAKE_LONG]
"""The first slip of each sheet; that who follows its advice has a right sheet, which is quiet, is a quick test."""
NEVER_MENDED = [name for name, each in SHEETS.items() if each.slips[0][1] == LEARNING or name in TAKE_LONG]


def cells_of(name):
    return {title: sheet(text) for title, text in SHEETS[name].cells.items()}


def put(sheets, at, content):
    """Put a content into a cell; of an array formula, into its formula."""
    title, _, cell = at.rpartition("!")
    cells = sheets[title.strip("'") or next(iter(sheets))]
    before = cells.get(cell)
    assert before != content
    with suppress(ValueError):
        content = float(content)
    cells[cell] = (before[0], content) if isinstance(before, tuple) else content


def full(sheets, at):
    return at if "!" in at else f"{next(iter(sheets))}!{at}"


@pytest.mark.parametrize("name", only_quick(SHEETS, *NEVER_MENDED))
def test_a_right_sheet_is_quiet(name, tmp_path):
    found = check_here(save(cells_of(name), tmp_path / "sheet.xlsx"))
    assert is_quiet(found), [claim for claim in found["claims"] if claim["verdict"] != "right"] + found["learning"]
    assert len(found["claims"]) >= SHEETS[name].claims


def advised(found):
    """The formulas that are advised, by their cells."""
    formulas = {}
    for claim in found["claims"]:
        if "slip" in claim:
            slip = claim["slip"]
            for at in (slip["cell"], *slip["copies"]):
                origin, cell = slip["cell"].rpartition("!")[2], at.rpartition("!")[2]
                formulas[at] = Translator(slip["mended"], origin=origin).translate_formula(cell)
    return formulas


@pytest.mark.parametrize("case", only_quick(SLIPS, *FIRST))
def test_a_slip_is_told_where_it_is_and_its_advice_leaves_nothing_wrong(case, tmp_path):
    name, k = SLIPS[case]
    changes, kind, *instead = SHEETS[name].slips[k]
    sheets = cells_of(name)
    for at, content in changes.items():
        put(sheets, at, content)
    found = check_here(save(sheets, tmp_path / "slip.xlsx"))
    expected = {full(sheets, at) for at in changes}
    if kind == LEARNING:
        assert {finding["cell"] for finding in found["learning"]} == expected
        # An update may lead to a root of what is negative: what is an error then can't be judged.
        assert {claim["verdict"] for claim in found["claims"]} <= {"right", "unknown"}
        return
    assert any(claim["verdict"] == "wrong" for claim in found["claims"])
    assert all("slip" in claim for claim in found["claims"] if claim["verdict"] == "wrong")
    assert set(advised(found)) in (expected, {full(sheets, at) for at in instead})
    for at, formula in advised(found).items():
        put(sheets, at, formula)
    found = check_here(save(sheets, tmp_path / "mended.xlsx"))
    assert is_quiet(found)
    assert len(found["claims"]) >= SHEETS[name].claims
