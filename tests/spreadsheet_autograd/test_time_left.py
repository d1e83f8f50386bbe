"""What there was no time for is told, and the time that is given is kept."""

from __future__ import annotations

from itertools import count

from spreadsheet_autograd.roles import matches
from spreadsheet_autograd.worker import check_here
from tests.support.corpus import LATER


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
