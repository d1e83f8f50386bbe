"""What typed numbers look like by the lines in which they stand, so that labels stay labels where numbers are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from excel_export.shared.a1_notation import place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.labels_and_shares import COUNT, LABEL, SHARE, SIGN, LabelsAndShares
from spreadsheet_autograd.graph.read_cells import Content, Contents
from spreadsheet_autograd.graph.sample_points import Points


def table(rows):
    cells = {("S", r, c): Content(float(value)) for r, row in enumerate(rows, 1) for c, value in enumerate(row, 1)}
    return SpreadsheetGraph(Contents(Path("sheet.xlsx"), cells, ["S"], {})), set(cells)


@pytest.mark.parametrize(
    ("rows", "cell", "kind", "numbers"),
    [
        ([[0.3, 0.7]], "B1", SHARE, [0.3, 0.7]),
        ([[0.3], [0.7]], "A2", SHARE, [0.3, 0.7]),
        ([[0.3, 0.6]], "B1", None, []),
        ([[0.31, 1], [0.52, 0], [0.83, 1]], "B2", LABEL, [0, 1]),
        ([[0.31, -1], [0.52, 1], [0.83, -1]], "B2", SIGN, [-1, 1]),
        ([[0.31, 4], [0.52, 6], [0.83, 5]], "B3", COUNT, [4, 6, 5]),
        ([[0.31, 0.0], [0.52, 0.4]], "B1", LABEL, [0, 1]),
        ([[0.0, 1.0], [0.5, 0.0], [0.2, 1.0]], "B1", LABEL, [0, 1]),
    ],
)
def test_what_a_number_looks_like(rows, cell, kind, numbers):
    graph, cells = table(rows)
    at = ("S", *place(cell))
    found = LabelsAndShares(graph, cells).meaning(at, graph.constant(at))
    assert (found and found.kind) == kind
    assert [*found.numbers] == numbers if found else not numbers


def test_where_a_number_is_not_drawn_a_line_ends():
    graph, cells = table([[0.3, 0.7, 0.5]])
    assert LabelsAndShares(graph, cells).meaning(("S", 1, 1), 0.3) is None
    assert LabelsAndShares(graph, cells - {("S", 1, 3)}).meaning(("S", 1, 1), 0.3).kind == SHARE


def test_shares_stay_the_same_ones_in_another_order():
    graph, cells = table([[0.1, 0.2, 0.3, 0.4]])
    drawn = [
        [point.leaf(at, graph.constant(at)) for at in sorted(cells)]
        for point in Points(graph, set(), cells).with_labels
    ]
    assert all(sorted(numbers) == [0.1, 0.2, 0.3, 0.4] for numbers in drawn)
    assert len({*map(tuple, drawn)}) > 5


def test_a_row_and_a_column_of_shares_may_begin_in_one_cell():
    graph, cells = table([[0.25, 0.75], [0.35], [0.40]])
    for point in Points(graph, set(), cells).with_labels:
        row, column = {("S", 1, 1), ("S", 1, 2)}, {("S", 2, 1), ("S", 3, 1)}
        assert {point.leaf(at, graph.constant(at)) for at in row} == {0.25, 0.75}
        assert {point.leaf(at, graph.constant(at)) for at in column} <= {0.25, 0.35, 0.40}


def test_a_long_table_is_looked_through_in_linear_time(monkeypatch):
    looks = []
    whole = SpreadsheetGraph.constant
    monkeypatch.setattr(SpreadsheetGraph, "constant", lambda graph, at: looks.append(at) or whole(graph, at))
    counts = []
    for length in (100, 400):
        graph, cells = table([[k / 7, k % 5, k % 3 % 2] for k in range(length)])
        looks.clear()
        for point in Points(graph, set(), cells).with_labels:
            for at in cells:
                point.leaf(at, graph.numbers[at])
        counts.append(len(looks))
    assert counts[1] < 6 * counts[0]
