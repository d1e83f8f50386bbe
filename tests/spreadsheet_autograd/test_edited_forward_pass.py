"""Gradients of a wrong forward pass are judged again with the corrected one."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents
from spreadsheet_autograd.repair.edited_forward_pass import REMARK, edited_graph, repairs_of, verdicts_after_repair
from tests.support.sheets_by_hand import save


def claim(verdict, value=1.0):
    return {"cell": "S!B6", "of": "S!B3", "verdict": verdict, "value": value}


FORWARD = [{"cell": "S!B4", "mended": "=B1*B3"}, {"cell": "S!B5", "mended": None}]


@pytest.mark.parametrize(
    ("verdicts", "forward", "repairs"),
    [
        (["right", "wrong"], FORWARD, {"S!B4": "=B1*B3"}),
        (["wrong", "wrong"], FORWARD, {"S!B4": "=B1*B3"}),
        (["right", "unknown"], FORWARD, {}),
        (["wrong"], [], {}),
    ],
)
def test_the_forward_pass_is_corrected_only_for_wrong_gradients(verdicts, forward, repairs):
    assert repairs_of({"claims": [claim(verdict) for verdict in verdicts], "forward": forward}) == repairs
    assert repairs_of({"claims": [claim("wrong")]}) == {}


@pytest.mark.parametrize(
    ("before", "after", "verdict", "remark"),
    [
        ("wrong", "right", "right", REMARK),
        ("wrong", "wrong", "wrong", None),
        ("wrong", "unknown", "wrong", None),
        ("right", "wrong", "right", None),
    ],
)
def test_what_was_right_stays_right_and_the_sheet_keeps_its_number(before, after, verdict, remark):
    (found,) = verdicts_after_repair([claim(before)], [claim(after, value=2.0)])
    assert (found["verdict"], found["value"], found.get("remark")) == (verdict, 1.0, remark)
    assert verdicts_after_repair([claim(before)], []) == [claim(before)]


def test_the_other_formulas_are_computed_and_nothing_else_changes(tmp_path):
    path = save({"S": {"A1": 3, "B1": "=A1*2", "C1": "=B1+1", "D1": "=WEBSERVICE(A1)"}}, tmp_path / "sheet.xlsx")
    graph = SpreadsheetGraph(read_contents(path))
    edited = edited_graph(graph, {"S!B1": "=A1*5", "S!Z9": "=A1"})
    assert [edited.numbers["S", 1, col] for col in (1, 2, 3)] == [3.0, 15.0, 16.0]
    assert graph.numbers["S", 1, 3] == 7.0
    assert edited.left_out.keys() == {("S", 1, 4)}
    assert ("S", 9, 26) not in edited.formulas
