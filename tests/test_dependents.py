"""The walker that counts what hangs on a cell sees each way in which a formula names cells, and no other."""

import zipfile
from collections import Counter

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from tests.support.dependents import Walk


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    made = openpyxl.Workbook()
    first, second = made.active, made.create_sheet("it's B1")
    first.title = "A1"
    formulas = {"B1": "A1+1", "B2": "B1*2", "B3": '"A1"&A2', "B4": "INDEX($A$1:$A$99,7)", "B5": "start_rate+1",
                "B6": "SUM(A2:A9)", "B7": "LOG10(A11)+A10", "B8": "XA1+$AA$1"}  # fmt: skip
    for cell, formula in formulas.items():
        first[cell] = f"={formula}"
    second["A1"], second["A2"], second["A3"] = "='A1'!B4", "='it''s B1'!A1", "=A1:A1"
    second["C1"] = "='A1'!A1+$D1"
    made.defined_names["start_rate"] = DefinedName("start_rate", attr_text="'A1'!$B$2")
    path = tmp_path_factory.mktemp("book") / "book.xlsx"
    made.save(path)
    return path


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (("A1", "A1"), {"A1": 4, "it's B1": 4}),
        (("A1", "A9"), {"A1": 2, "it's B1": 3}),
        (("A1", "A99"), {"A1": 1, "it's B1": 3}),
        (("A1", "A100"), {}),
        ("start_rate", {"A1": 1}),
        (("it's B1", "D1"), {"it's B1": 1}),
    ],
)
def test_what_hangs_on_a_cell_is_counted_by_sheet(book, cell, found):
    assert Counter(sheet for sheet, _, _ in Walk(book).from_cell(cell)) == found


def test_a_shared_formula_reads_what_lies_as_far_from_each_of_its_cells(book, tmp_path):
    shared = b'<c r="F1"><f t="shared" ref="F1:F3" si="0">$D1+E1:E2*G$1</f></c>'
    rest = b'<row r="9"><c r="G9"><f t="shared" si="0"/></c></row>'
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(tmp_path / "shared.xlsx", "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if part.endswith("sheet1.xml"):
                data = data.replace(b"</row>", shared + b"</row>", 1).replace(b"</sheetData>", rest + b"</sheetData>")
            new.writestr(part, data)
    walk = Walk(tmp_path / "shared.xlsx")
    readers = {cell: {at[1:] for at in walk.from_cell(("A1", cell))} for cell in ("D1", "D9", "E9", "F10", "G1", "H1")}
    assert readers == {"D1": {(1, 6)}, "D9": {(9, 7)}, "E9": set(), "F10": {(9, 7)}, "G1": {(1, 6)}, "H1": {(9, 7)}}
