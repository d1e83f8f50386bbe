"""Merged cells: programs draw borders cell by cell, so each cell of a merge is written, with the style of the first."""

import zipfile

import pytest
from lxml import etree
from openpyxl import load_workbook

from excel_export.authoring import Canvas
from excel_export.workbook.styles import CHOICE_EDGE, INPUT
from excel_export.workbook.write import write
from tests.support.engines import sheet_parts
from tests.support.kinds import SMALL


def styles(path):
    """The number of each cell's style, by sheet; openpyxl changes those of merged cells when it reads a file."""
    with zipfile.ZipFile(path) as package:
        return {
            name: {cell.get("r"): cell.get("s") for cell in etree.fromstring(package.read(part)).iter("{*}c")}
            for name, part in sheet_parts(package).items()
        }


@pytest.mark.parametrize("kind", SMALL)
def test_every_cell_of_a_merge_has_the_style_of_the_first(made_of, kind):
    path, merges = made_of(kind).path, 0
    found = styles(path)
    for sheet in load_workbook(path):
        for area in sheet.merged_cells.ranges:
            names = [sheet.cell(row, col).coordinate for row, col in area.cells]
            first = found[sheet.title].get(area.start_cell.coordinate)
            assert {found[sheet.title].get(name) for name in names} == {first}, (sheet.title, area)
            merges += 1
    assert merges > 2


def test_a_merge_loses_no_content_of_its_first_cell_and_reaches_over_rows(tmp_path):
    canvas = Canvas("Here", "0B5394")
    canvas.merge(canvas.at(2, 2, 3, 3))
    canvas.put(2, 2, 7, "choice")
    canvas.put(2, 6, 8, "cell")
    canvas.stripe(3, 1, 3, "head")
    write([canvas], {}, tmp_path / "merged.xlsx", "Merged")
    found = styles(tmp_path / "merged.xlsx")["Here"]
    merged = {f"{letter}{row}" for letter in "BCD" for row in (2, 3, 4)}
    assert {found[name] for name in merged} == {found["B2"]}
    assert found["A3"] != found["B2"]
    sheet = load_workbook(tmp_path / "merged.xlsx")["Here"]
    assert (sheet["B2"].value, sheet["F2"].value) == (7, 8)
    assert sheet["B2"].fill.fgColor.rgb == f"FF{INPUT}"
    assert sheet["B2"].border.top.color.rgb == f"FF{CHOICE_EDGE}"
