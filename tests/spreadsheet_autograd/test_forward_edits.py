"""An edit of the forward pass may never cut a parameter off: then its gradients, all 0, would be right."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents
from spreadsheet_autograd.repair.forward_edits import ForwardEdits
from tests.support.sheets_by_hand import save

CELLS = {
    "A1": 0.5, "B1": -0.75, "C1": 1.5, "D1": "=A1*C1+B1", "E1": "=A1*C1", "F1": "=C1*2", "G1": "=B1+A1*0",
    "H1": "=(D1-1)^2", "I1": "=(E1-1)^2", "J1": "=H1+I1",
}  # fmt: skip
STATES = {("S", 1, 1), ("S", 1, 2)}


@pytest.mark.parametrize(
    ("cell", "formula", "cuts"),
    [
        ("D1", "A1*C1-B1", False),
        ("D1", "A1*F1+B1", False),
        ("D1", "A1+B1", False),  # a typed number may go
        ("D1", "E1+B1", False),  # through another cell
        ("D1", "A1*C1", True),
        ("D1", "E1+C1", True),
        ("D1", "A1*C1+B1*0", True),  # it is read, and doesn't count
        ("D1", "A1*C1+G1", False),
        ("D1", "B1-B1+E1", True),
        ("D1", "MAX(0,A1*C1+B1)", False),  # a unit may be off
        ("H1", "(E1-1)^2", True),  # one loss from another's output
        ("J1", "I1+I1", True),
        ("E1", "D1*C1", False),  # more parameters than before
    ],
)
def test_an_edit_that_cuts_is_known(cell, formula, cuts, tmp_path):
    graph = SpreadsheetGraph(read_contents(save({"S": CELLS}, tmp_path / "sheet.xlsx")))
    edits = ForwardEdits(graph, STATES, [], CopiedFormulas(graph), lambda at: graph.ancestors(at, STATES))
    at = ("S", 1, ord(cell[0]) - 64)
    assert edits.cuts({at: graph.parsed(formula, at)}) is cuts
