"""Steps that are copies of each other: one is tried at other numbers, and what only looks like a copy is tried, too."""

from __future__ import annotations

import pytest

from spreadsheet_autograd import check as checking
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents
from spreadsheet_autograd.judge import verdicts
from spreadsheet_autograd.judge.copied_steps import shape_of_step
from spreadsheet_autograd.worker import check_here
from tests.support.sheets_by_hand import save

FEW_ROWS = range(2, 8)


def sheet(**other):
    """Each row has a weight, an input, a target, the loss and its gradient by the weight."""
    cells = {"A1": "w", "B1": "x", "C1": "t", "D1": "loss", "E1": "dL/dw"}
    for row in FEW_ROWS:
        cells |= {
            f"A{row}": 0.5 + row / 7, f"B{row}": 1.5 + row / 3, f"C{row}": 2.0 + row / 9,
            f"D{row}": f"=(A{row}*B{row}-C{row})^2", f"E{row}": f"=2*(A{row}*B{row}-C{row})*B{row}",
        }  # fmt: skip
    return {"S": cells | other}


def verdicts_of(sheets, tmp_path):
    found = check_here(save(sheets, tmp_path / "sheet.xlsx"))
    return {claim["cell"].removeprefix("S!"): claim["verdict"] for claim in found["claims"]}


def test_a_copy_is_only_compared_at_the_numbers_of_the_file(tmp_path, monkeypatch):
    tried = []
    own = verdicts._trials
    monkeypatch.setattr(verdicts, "_trials", lambda *asked: tried.append(asked[1].cell) or own(*asked))
    assert set(verdicts_of(sheet(), tmp_path).values()) == {"right"}
    assert tried == [("S", 2, 5)]


@pytest.mark.parametrize(
    ("put", "wrong"),
    [
        # Right at the numbers of the file, and nowhere else.
        ({"A5": 2.5, "B5": 2.5, "E5": "=2*(A5*B5-C5)*A5"}, {"E5"}),
        ({"B5": 2.5, "B6": 2.5, "E5": "=2*(A5*B5-C5)*B6"}, {"E5"}),
        ({"B5": 2.5, "E5": "=(A5*B5-C5)*5"}, {"E5"}),
        # The numbers in the loss' formula count, too.
        ({"B5": 2.5, "D5": "=(A5*B5-C5)^2*B5/2.5"}, {"E5"}),
        ({"F5": 0.0, "D5": "=(A5*B5-C5)^2+F5*A5", "E5": "=2*(A5*B5-C5)*B5"}, {"E5"}),
    ],
)
def test_what_is_no_copy_is_tried_at_other_numbers(put, wrong, tmp_path):
    found = verdicts_of(sheet(**put), tmp_path)
    assert {cell for cell, verdict in found.items() if verdict == "wrong"} == wrong
    assert len(found) == len(FEW_ROWS)


def test_a_number_that_only_the_gradient_reads_must_be_the_same(tmp_path):
    """The rows' formulas are copies, but the factor in F is 2 in all rows and 2.5 in one: no loss is drawn by it."""
    put = {f"E{row}": f"=F{row}*(A{row}*B{row}-C{row})*B{row}" for row in FEW_ROWS}
    put |= {f"F{row}": 2.0 for row in FEW_ROWS} | {"F5": 2.5}
    found = verdicts_of(sheet(**put), tmp_path)
    assert found.pop("E5") == "wrong"
    assert set(found.values()) == {"right"}


def test_a_shape_names_no_cell_that_was_left_out(tmp_path, monkeypatch):
    """RAND keeps the number of the file: nothing that depends on it is known from a copy."""
    shapes = []
    own = checking.shape_of_step
    monkeypatch.setattr(checking, "shape_of_step", lambda *asked: shapes.append(own(*asked)) or shapes[-1])
    verdicts_of(sheet(C5="=RAND()"), tmp_path)
    assert shapes.count(None) == 1
    assert len({*shapes}) == 2


ONE = {
    "A1": 0.5,
    "B1": 1.5,
    "C1": 0.25,
    "D1": "=A1*B1",
    "E1": "=(D1-C1)^2+SUM(B1:C1)",
    "F1": "=2*(D1-C1)*B1*H1",
    "H1": 3,
}


def is_copy(tmp_path, **other):
    """Whether row 3 has the shape of row 1, if some cells of row 3 are changed."""
    third = {f"{at[0]}3": content.replace("1", "3") if isinstance(content, str) else content
             for at, content in ONE.items()}  # fmt: skip
    graph = SpreadsheetGraph(read_contents(save({"S": ONE | third | {"C5": 0.25, "B5": 2.5} | other},
                                                tmp_path / "sheet.xlsx")))  # fmt: skip
    states = {("S", 1, 1), ("S", 3, 1)}
    one, other_one = (
        shape_of_step(graph, states, ("S", row, 5), [Claim(("S", row, 6), ("S", row, 1), "heading")]) for row in (1, 3)
    )
    return one == other_one


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"A3": -4.0, "B3": 7.5, "C3": 0.75}, True),  # all of them are drawn
        ({"C3": 1.25}, False),  # a share is drawn from 0 to 1
        ({"C3": 0.0}, False),  # it may be a label
        ({"D3": "=A3+B3"}, False),
        ({"D3": "=A3*C3"}, False),
        ({"D3": "=A3*B5"}, False),  # the loss reads B3 as well
        ({"D3": "=A3*B5", "E3": "=(D3-C5)^2+SUM(B5:C5)", "F3": "=2*(D3-C5)*B5*H3"}, True),
        ({"E3": "=(D3-C3)^2.5+SUM(B3:C3)"}, False),
        ({"E3": "=(D3-C3)^2+AVERAGE(B3:C3)"}, False),
        ({"E3": "=(D3-C3)^2+SUM(B3:C3,B3)"}, False),
        ({"E3": "=(D3-C3)^2+SUM(C3:D3)"}, False),
        ({"E3": "=(D3-C3)^2+SUM(B5:C5)", "D3": "=A3*B5"}, False),
        ({"F3": "=2*(D3-C3)*B3*-H3"}, False),
        ({"F3": "=2*(D3-C3)*A3*H3"}, False),
        ({"H3": 4}, False),  # no loss is computed from it, so it isn't drawn
        ({"H3": True}, False),
    ],
)
def test_steps_are_copies_if_only_their_cells_differ(other, same, tmp_path):
    assert is_copy(tmp_path, **other) is same
