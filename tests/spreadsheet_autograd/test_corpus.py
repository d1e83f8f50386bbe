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
from tests.support.sheet_text import sheet
from tests.support.sheets_by_hand import is_quiet, save

FIRST_SLIPS = {**models.SHEETS, **networks.SHEETS, **trainings.SHEETS}
"""Of these only the first slip of each is tried among the quick tests."""
SHEETS = {**one_row_an_example.SHEETS, **blocks_and_columns.SHEETS, **other_habits.SHEETS, **FIRST_SLIPS}
SLIPS = {f"{name} {k}": (name, k) for name, each in SHEETS.items() for k in range(len(each.slips))}
CASES = [
    pytest.param(case, marks=[pytest.mark.slow] if name in FIRST_SLIPS and k else [])
    for case, (name, k) in SLIPS.items()
]


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


@pytest.mark.parametrize("name", SHEETS)
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


@pytest.mark.parametrize("case", CASES)
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
    assert is_quiet(check_here(save(sheets, tmp_path / "mended.xlsx")))
