"""Right sheets in many layouts are quiet; with slips put in by a script, every claim that they reach is wrong.

What a slip reaches is known without the check's own search: the right sheet and the one with the slip are computed at
the same parameters, and the claims that differ are those that must be found.
"""

from __future__ import annotations

import zlib
from random import Random

import pytest

from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.find.updates import find_updates
from spreadsheet_autograd.graph.defined_names import cells_of
from spreadsheet_autograd.graph.graph import CIRCULAR, SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents
from spreadsheet_autograd.graph.sample_points import Points
from spreadsheet_autograd.language.syntax import address, sheet_name
from spreadsheet_autograd.worker import check_here
from tests.support.long_proofs import only_quick
from tests.support.sheet_layouts import LAYOUTS
from tests.support.sheets_by_hand import save
from tests.support.slips_by_script import backward_cells, plant

MANY = 15


def place(contents, text):
    sheet, _, cell = text.rpartition("!")
    return cells_of(contents, f"{sheet_name(sheet)}!{cell}")[0]


@pytest.mark.parametrize("layout", only_quick(LAYOUTS, *({*LAYOUTS} - {"matrices"})))
def test_a_right_sheet_is_quiet(layout, tmp_path):
    found = check_here(save(LAYOUTS[layout](), tmp_path / "sheet.xlsx"))
    assert found["claims"]
    assert {claim["verdict"] for claim in found["claims"]} == {"right"}
    assert not found["learning"]
    assert not found["left out"]


class Sheet:
    """A right sheet, and what its claims are at several choices of numbers."""

    def __init__(self, layout, tmp_path):
        self.sheets = LAYOUTS[layout]()
        self.path = save(self.sheets, tmp_path / "right.xlsx")
        found = check_here(self.path)
        self.contents = read_contents(self.path)
        self.graph = SpreadsheetGraph(self.contents)
        updates = find_updates(self.graph, Labels(self.contents))
        losses = [place(self.contents, loss["cell"]) for loss in found["losses"]]
        self.claims = [claim["cell"] for claim in found["claims"]]
        of = {self.graph.repeated(place(self.contents, claim["of"])) for claim in found["claims"]}
        of |= {at for update in updates for at in (self.graph.repeated(update.old), update.new)}
        news = {update.new for update in updates}
        self.states = {at for at in of if at not in self.graph.formulas} | (of & news)
        leading = self.graph.ancestors_of_all(losses, self.states)
        self.leaves = {at for at in leading if at not in self.graph.formulas and at not in self.states}
        self.cells = backward_cells(self.graph, self.sheets, losses, news)

    def differing(self, path):
        """The claims that have other values in a sheet than the right formulas have at the same parameters."""
        graph = SpreadsheetGraph(read_contents(path))
        with_slip = Points(graph, self.states, self.leaves)
        right = Points(self.graph, self.states, self.leaves)
        found = set()
        for one, other in zip([with_slip.as_saved, *with_slip.free], [right.as_saved, *right.free], strict=True):
            other.values = {at: one.leaf(at, None) for at in self.states}
            for claim in self.claims:
                at = place(self.contents, claim)
                a, b = one.number(at), other.number(at)
                if (a is None) != (b is None) or (a is not None and abs(a - b) > 1e-9 * max(abs(a), abs(b)) + 1e-13):
                    found.add(claim)
        return found


def cases(layout, count, tmp_path):
    """Yield sheets with one or two slips, the cells that have them, and the claims that they reach."""
    sheet = Sheet(layout, tmp_path)
    for k in range(count):
        random = Random(zlib.crc32(f"{layout} {k}".encode()))
        sheets, planted = plant(sheet.sheets, sheet.graph, sheet.cells, random)
        all_planted = [planted]
        if random.random() < 0.35:
            sheets, planted = plant(sheets, sheet.graph, [at for at in sheet.cells if at != planted.cell], random)
            all_planted.append(planted)
        path = save(sheets, tmp_path / f"{k}.xlsx")
        graph = SpreadsheetGraph(read_contents(path))
        if graph.numbers and CIRCULAR in graph.left_out.values():
            continue  # a gradient that reads itself is told as such
        reached = sheet.differing(path)
        yield path, all_planted, reached


def problems(path, planted, reached):
    found = check_here(path)
    wrong = {claim["cell"]: claim for claim in found["claims"] if claim["verdict"] == "wrong"}
    typed = {claim["cell"] for claim in found["claims"] if claim["verdict"] == "right" and "remark" in claim}
    cells = {address(each.cell) for each in planted}
    return {
        "missed": sorted(reached - {*wrong} - typed),
        "false": sorted({*wrong} - reached - cells),
        "unnamed": sorted(cell for cell, claim in wrong.items() if cell in reached and "slip" not in claim),
        "elsewhere": sorted({claim["slip"]["cell"] for claim in wrong.values() if "slip" in claim} - cells),
    }


@pytest.mark.parametrize("layout", only_quick(["row", "column", "german", "two sheets"], "german", "two sheets"))
def test_slips_are_found_where_they_are(layout, tmp_path):
    for path, planted, reached in cases(layout, 3, tmp_path):
        assert not any(problems(path, planted, reached).values()), planted


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_many_slips_are_found_where_they_are(layout, tmp_path):
    tried, lines = 0, []
    unnamed = 0
    for path, planted, reached in cases(layout, MANY, tmp_path):
        tried += 1
        found = problems(path, planted, reached)
        unnamed += bool(found["unnamed"] or found["elsewhere"])
        if found["missed"] or found["false"]:
            lines.append(f"{planted}: {found}")
    assert not lines, "\n".join(lines)
    assert unnamed <= 0.1 * tried
