"""A formula that was filled down or to the right is parsed once, and means what it means where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl.formula.translate import Translator

from excel_export.shared.cells import name_of
from spreadsheet_autograd.graph.formula_trees import Formulas
from spreadsheet_autograd.graph.read_cells import Content, Contents

FORMULAS = [
    "A1+B2", "$A1*A$1-$A$1", "SUM(A1:C3)", "SUM(A$1:A5)", "SUM($A$1:A5)", "SUM({1,2})", "SUM(B2)", "a1+B2",
    "LOG10(A1)+LN(B2)", "IF(A1>0,\"A1\",\"\"\"B2\")", "Data!A1+'A1 B2'!C3", "'it''s'!A1*2", "rate*A1", "SUM(A:A)+B1",
    "ROW()+A1", "OFFSET(A1,1,2)", "1E5*A1", "-A1^2%", "A1:B2", "@A1+A1", "x1y+A1",
]  # fmt: skip
PLACES = [(1, 1), (5, 3), (2, 1), (40, 30)]


def formulas():
    contents = Contents(Path("sheet.xlsx"), {("S", 50, 50): Content(1.0)}, ["S"], {"rate": "S!$B$1"})
    return Formulas(contents, lambda sheet: (50, 50))


def copied(formula, at):
    return str(Translator(f"={formula}", "A1").translate_formula(name_of(*at))).removeprefix("=")


def test_copies_are_what_they_are_alone():
    shared = formulas()
    for row, col in PLACES:
        for formula in FORMULAS:
            text, at = copied(formula, (row, col)), ("S", row, col)
            assert shared.parsed(text, at) == formulas().parsed(text, at), text


@pytest.mark.parametrize(("formula", "times"), [("A1+B2*$C$3", 1), ("rate*A1", 3), ("ROW()*A1", 3)])
def test_only_what_depends_on_its_place_is_parsed_again(formula, times, monkeypatch):
    from spreadsheet_autograd.graph import formula_trees as module

    parsed = []
    whole = module.parse
    monkeypatch.setattr(module, "parse", lambda text, *rest: parsed.append(text) or whole(text, *rest))
    shared = formulas()
    for row in (1, 2, 3):
        shared.parsed(copied(formula, (row, 1)), ("S", row, 1))
    assert len(parsed) == times
