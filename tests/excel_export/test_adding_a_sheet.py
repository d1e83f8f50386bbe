"""Adding a sheet is adding one file: the one that CONTRIBUTING.md shows, in a folder of its own."""

import os
import re
import subprocess
import sys

import pytest
from openpyxl import load_workbook

from excel_export import ExportError, export
from excel_export.authoring import COVER, Canvas, Drawn, SheetSpec, Story, own_sheets
from excel_export.sheets import update
from excel_export.sheets.start import start
from tests.support.live import Live
from tests.support.package_rules import faults
from tests.support.sheets import load_sheet
from tests.support.tiny import Tiny, X
from tests.test_readme import ROOT, blocks

(SHOWN,) = [
    each for each in blocks((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "python") if "SheetSpec" in each
]
# In a process of its own: no other test shall know the sheet.
EXPORT = """
import sys

import excel_export.sheets
from excel_export import export
from tests.support.tiny import Tiny, X

excel_export.sheets.__path__.append(sys.argv[1])
assert export(Tiny(), (X,), sys.argv[2]).ok
"""


@pytest.mark.slow
def test_the_file_is_all_that_a_sheet_needs(tmp_path):
    folder, path = tmp_path / "more", tmp_path / "made.xlsx"
    folder.mkdir()
    (folder / "largest.py").write_text(SHOWN, encoding="utf-8")
    command = [sys.executable, "-c", EXPORT, folder, path]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    name, shows = re.search(r'SheetSpec\("([^"]+)", "([^"]+)"', SHOWN).groups()
    book = load_workbook(path)
    tabs = [sheet.title for sheet in book if sheet.sheet_state == "visible"]
    # Behind the network's own sheets.
    assert tabs[-2:] == ["Nudge", name]
    texts = [cell.value for row in book["Start"].iter_rows() for cell in row if isinstance(cell.value, str)]
    assert shows in texts
    links = [cell.hyperlink.location for row in book[name].iter_rows() for cell in row if cell.hyperlink]
    assert links == ["'Start'!A1"]  # as every tab has one
    assert faults(path) == []
    live = Live(path, tmp_path)
    numbers = [cell.coordinate for row in book[name].iter_rows() for cell in row if str(cell.value).startswith("=")]
    sizes = [item.detach().abs().max().item() for item in Tiny().double().parameters()]
    assert [live.value((name, cell)) for cell in numbers] == pytest.approx(sizes, rel=1e-12)
    export(Tiny(), (X,), tmp_path / "without.xlsx")
    assert name not in load_workbook(tmp_path / "without.xlsx", read_only=True).sheetnames


def test_where_a_sheet_stands_is_what_it_says(tmp_path):
    def sheet(name, **more):
        return SheetSpec(name, f"the {name}", lambda book: Drawn(Canvas(name, "808080")), **more)

    def filled(spec):
        def draw(book):
            drawn = spec.draw(book)
            drawn.canvases[0].say(1, 1, spec.name, "title")
            return drawn

        return SheetSpec(spec.name, spec.shows, draw, spec.order, spec.first, spec.hidden)

    sheets = [sheet("cover", order=COVER, first=True), sheet("last", order=COVER + 1), sheet("hidden", hidden=True),
              sheet("front", first=True), sheet("plain"), sheet("early", order=0)]  # fmt: skip
    export(Tiny(), (X,), tmp_path / "made.xlsx", story=Story("A title", sheets=[filled(each) for each in sheets]))
    start = load_sheet(tmp_path / "made.xlsx", "Start")
    book = start.parent
    visible = [item.title for item in book if item.sheet_state == "visible"]
    assert visible[:3] == ["cover", "Start", "front"]
    behind_the_story = [name for name in visible[3:] if not name[0].isdigit()]
    assert visible[3:][-len(behind_the_story) :] == behind_the_story
    assert behind_the_story[0] == "early"
    assert [name for name in visible if name in ("early", "Network", "plain", "Nudge", "last")] == [
        "early", "Network", "Nudge", "plain", "last",
    ]  # fmt: skip
    assert book["hidden"].sheet_state == "hidden"
    texts = [cell.value for row in start.iter_rows() for cell in row if isinstance(cell.value, str)]
    # Start is drawn before the last one.
    assert {"the cover", "the front", "the plain", "the early"} <= {*texts}
    assert "the last" not in texts
    assert any("hidden (the hidden)" in text for text in texts)


def test_the_names_of_sheets_are_taken(tmp_path):
    same = SheetSpec("Update", "another one", lambda book: None)
    with pytest.raises(ExportError, match="there are two sheets 'Update'"):
        export(Tiny(), (X,), tmp_path / "made.xlsx", story=Story("A title", sheets=[same]))
    own = own_sheets()
    names = [name for sheet in own for name in (sheet.name, *sheet.also)]
    assert len({name.lower() for name in names}) == len(names)
    assert {"Explain tables", "Examples", "Rule steps", "Tensors", "Inputs in use"} <= {*names}
    assert own == sorted(own, key=lambda sheet: sheet.order)
    assert own[-1] is start.SHEET
    assert update.SHEET in own
