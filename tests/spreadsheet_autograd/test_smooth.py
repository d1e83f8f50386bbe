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


@pytest.mark.parametrize(("right", "smooth"), [("=2*D2*B2", True), ("=2*(MAX(D2,0)+MIN(D2,0))*B2", False)])
def test_a_claim_that_chooses_is_tried_as_often_as_a_loss_that_does(right, smooth, tmp_path, monkeypatch):
    """The loss is smooth; a gradient with MAX in it may be right at many numbers, and wrong at the others."""
    cells = {"A1": "w", "B1": "x", "C1": "t", "D1": "error", "E1": "loss", "F1": "dL/dw"}
    cells |= {"A2": 0.9, "B2": 0.8, "C2": 0.1, "D2": "=A2*B2-C2", "E2": "=D2^2", "F2": right}
    tried, plain = set(), Point.gradients

    def gradients(point, loss, by):
        tried.add(point.seed)
        return plain(point, loss, by)

    monkeypatch.setattr(Point, "gradients", gradients)
    found = check_here(save({"S": cells}, tmp_path / "sheet.xlsx"))
    assert [claim["verdict"] for claim in found["claims"]] == ["right"]
    assert (len([seed for seed in tried if 0 < seed < 100]) <= 6) == smooth


def test_where_a_unit_is_far_off_a_smooth_claim_is_tried_further(tmp_path):
    """At most numbers the slope is 1e-30, and what is wrong there can't be told from rounding."""
    cells = {"A1": "w", "B1": "E", "C1": "∂E/∂w", "A2": 0.9, "B2": "=EXP(-100*A2^2)"}
    cells["C2"] = "=-200*A2*EXP(-100*A2^2)*1.0001"
    found = check_here(save({"S": cells}, tmp_path / "sheet.xlsx"))
    assert [claim["verdict"] for claim in found["claims"]] == ["wrong"]


def test_of_labels_a_smooth_claim_is_tried_as_often_as_any(tmp_path):
    """An error without its target is right wherever the target or the input is 0, as at the first six choices here."""
    last = 12
    cells = {"A1": "w", "B1": "loss", "C1": "dL/dw", "D1": "x", "E1": "t", "F1": "y", "G1": "error", "A2": 0.4}
    cells |= {"B2": f"=SUMXMY2(F2:F{last},E2:E{last})/2", "C2": f"=SUMPRODUCT(G2:G{last},D2:D{last})"}
    for row in range(2, last + 1):
        cells |= {f"D{row}": row / 7 if row < last else 0, f"E{row}": row % 2}
        cells[f"F{row}"] = f"=1/(1+EXP(-$A$2*D{row}))-0.5"
        cells[f"G{row}"] = f"=(F{row}-E{row})*(F{row}+0.5)*(0.5-F{row})"
    cells |= {f"E{last}": 0, f"G{last}": f"=F{last}*(F{last}+0.5)*(0.5-F{last})"}
    (claim,) = check_here(save({"S": cells}, tmp_path / "sheet.xlsx"))["claims"]
    assert claim["slip"]["cell"] == f"S!G{last}"
