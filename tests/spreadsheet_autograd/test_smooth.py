"""Which formulas are smooth: they are tried at fewer numbers."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.graph.smooth import are_smooth
from spreadsheet_autograd.worker import check_here
from tests.support.sheets_by_hand import save


@pytest.mark.parametrize(
    ("formula", "smooth"),
    [
        ("=1/(1+EXP(-A1))", True),
        ("=SUMPRODUCT(A1:A3,A1:A3)-A2^2", True),
        ("=SUMXMY2(A1:A3,B1:B3)/COUNT(A1:A3)", True),
        ("=MAX(0,A1)", False),
        ("=IF(A1>0,A1,0)", False),
        ("=A1*(A1>0)", False),
        ("=A1*(A1>=0)", False),
        ("=A1*(A1<=A2)", False),
        ("=A1*(A1<>A2)", False),
        ("=ABS(A1)", False),
        ("=ROUND(A1,2)", False),
        ("=TANH(MIN(A1,A2))", False),
    ],
)
def test_kinks_jumps_and_choices_are_not_smooth(formula, smooth, tmp_path):
    numbers = {f"{col}{row}": 0.5 * row for col in "AB" for row in (1, 2, 3)}
    graph = SpreadsheetGraph(read_contents(save({"S": numbers | {"C1": formula}}, tmp_path / "sheet.xlsx")))
    assert are_smooth(graph, [("S", 1, 3), ("S", 1, 1)]) == smooth


@pytest.mark.parametrize(("wrong", "smooth"), [("=2*D2*B2*C2", True), ("=2*MAX(D2,0)*B2", False)])
def test_a_claim_that_chooses_is_tried_as_often_as_a_loss_that_does(wrong, smooth, tmp_path, monkeypatch):
    """The loss is smooth; a gradient with MAX in it is right at many numbers, and wrong at the others."""
    cells = {"A1": "w", "B1": "x", "C1": "t", "D1": "error", "E1": "loss", "F1": "dL/dw"}
    cells |= {"A2": 0.9, "B2": 0.8, "C2": 0.1, "D2": "=A2*B2-C2", "E2": "=D2^2", "F2": wrong}
    tried, plain = set(), Point.gradients

    def gradients(point, loss, by):
        tried.add(point.seed)
        return plain(point, loss, by)

    monkeypatch.setattr(Point, "gradients", gradients)
    found = check_here(save({"S": cells}, tmp_path / "sheet.xlsx"))
    assert [claim["verdict"] for claim in found["claims"]] == ["wrong"]
    assert (len([seed for seed in tried if 0 < seed < 100]) <= 6) == smooth
