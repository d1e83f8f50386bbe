"""What there was no time for is told, and the time that is given is kept."""

from __future__ import annotations

from collections import Counter
from itertools import count

from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.repair import explain
from spreadsheet_autograd.repair.ways import Ways
from spreadsheet_autograd.roles import matches
from spreadsheet_autograd.worker import check_here
from tests.support.corpus import LATER
from tests.support.sheets_by_hand import save


def test_claims_without_time_are_told_also_where_a_loss_without_cell_is_found(tmp_path, monkeypatch):
    """Time ends after 12 of 15 parameters: enough to tell that there is a loss without a cell, and no time to judge."""
    example = LATER["dw without a loss"]
    path = example.save(example.sheets(), tmp_path / "sheet.xlsx")
    assert len(check_here(path)["claims"]) == 15
    asked = count(1)
    monkeypatch.setattr(matches, "process_time", lambda: 0.0 if next(asked) <= 12 else 1000.0)
    found = check_here(path, seconds=300)
    [late] = [left for left in found["left out"] if left["why"].startswith("no time")]
    assert (late["count"], found["claims"]) == (15, [])


def parts_of_a_gradient(examples, path):
    """A row an example; in the last column its own part of the gradient of the sum of all losses."""
    last = examples + 3
    cells = {"A1": "w", "B1": 0.7, "C1": "loss", "D1": f"=SUMXMY2(B4:B{last},C4:C{last})"}
    cells |= {"A3": "x", "B3": "t", "C3": "y", "D3": "dL/dw", "E1": "gradient w", "F1": f"=SUM(D4:D{last})"}
    for row in range(4, examples + 4):
        cells |= {f"A{row}": row % 5 / 4 + 0.1, f"B{row}": row % 3 / 2, f"C{row}": f"=$B$1*A{row}"}
        cells |= {f"D{row}": f"=2*(C{row}-B{row})*A{row}"}
    return save({"S": cells}, path)


def test_what_a_loss_is_beside_a_point_is_computed_once_for_all_claims(tmp_path, monkeypatch):
    moved, plain = [], Point.shifted

    def shifted(point, *how):
        moved.append(how)
        return plain(point, *how)

    monkeypatch.setattr(Point, "shifted", shifted)
    counts = []
    for examples in (6, 12):
        moved.clear()
        found = check_here(parts_of_a_gradient(examples, tmp_path / "sheet.xlsx"))
        assert len(found["claims"]) == examples + 1
        counts.append(len(moved))
    assert 0 < counts[1] <= counts[0]


def test_parts_of_a_gradient_are_looked_for_as_long_as_there_is_time(tmp_path, monkeypatch):
    """Each of 30 parts takes five seconds of the 20 that a small sheet has: of those after it nothing is said."""
    clock, plain = [0.0], Ways.way_of

    def way_of(ways, verdict):
        clock[0] += 5.0
        return plain(ways, verdict)

    monkeypatch.setattr(Ways, "way_of", way_of)
    monkeypatch.setattr(explain, "process_time", lambda: clock[0])
    found = check_here(parts_of_a_gradient(30, tmp_path / "sheet.xlsx"))
    assert clock[0] == 25.0
    assert Counter(claim["verdict"] for claim in found["claims"]) == {"right": 6, "unknown": 25}
