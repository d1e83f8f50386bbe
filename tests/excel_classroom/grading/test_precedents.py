"""What answers read besides the cells that were handed out, and what reaches out of the file."""

import pytest

from excel_classroom.grading.precedents import precedents, without_names
from excel_export.shared.a1_notation import place, rectangles
from excel_export.shared.cells import name_of
from excel_export.shared.errors import ExportError
from excel_export.workbook.contents import Cell
from excel_export.workbook.engine import external_reference


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("", []),
        ("B3", ["B3"]),
        ("K9 K8 K10", ["K8:K10"]),
        ("B2 C2 B3 C3", ["B2:C3"]),
        ("B2 C2 D2 B3", ["B2:B3", "C2:D2"]),
        ("A1 A3 Z9 AA9", ["A1", "A3", "Z9:AA9"]),
    ],
)
def test_cells_side_by_side_are_a_range(cells, expected):
    found = rectangles([("S", *place(cell)) for cell in cells.split()])
    assert [area.name for area in found] == expected
    assert sum(area.size for area in found) == len(cells.split())


def test_cells_of_two_sheets_are_no_range():
    assert [area.name for area in rectangles([("S", 1, 1), ("T", 2, 1)])] == ["A1", "A2"]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("z*w", "Network!$A$1*Network!B2"),
        ("SUM(z,zz)+z.1", "SUM(Network!$A$1,zz)+z.1"),
        ('"z"&z', '"z"&Network!$A$1'),
        ("'z'!A1+Z", "'z'!A1+Network!$A$1"),
        ("half*2", "(1/2)*2"),
        ("myrelu(A1)", "LAMBDA(x,MAX(x,0))(A1)"),
        ("twice+1", "(Network!$A$1*2)+1"),
        ("loss*2", "loss*2"),
        ("circle+1", "circle+1"),
    ],
)
def test_names_of_ones_own_are_written_out(formula, expected):
    names = {
        "z": "Network!$A$1", "w": "Network!B2", "half": "1/2", "myrelu": "LAMBDA(x,MAX(x,0))", "twice": "z*2",
        "loss": "Mine!A1",
    }  # fmt: skip
    assert without_names(formula, names, {"loss"}) == expected


def test_a_name_that_stands_for_itself_ends():
    assert len(without_names("a", {"a": "b+b", "b": "a+a"}, ())) < 40_000


def test_only_what_is_read_and_was_not_handed_out():
    sheets = {
        "S": {(1, 1): Cell(1.0), (9, 9): Cell(None, "notes!A1+S!A1"), (9, 10): Cell(5.0)},
        "Notes": {(1, 1): Cell(None, "B1+ANSWERS!C1"), (1, 2): Cell(2.0), (1, 3): Cell(3.0)},
    }
    handout = {"S": {(1, 1): Cell(1.0), (2, 1): Cell(2.0)}}
    found = precedents("S", Cell(None, "I9"), sheets, handout, {"Answers"})
    assert set(found.outside) == {("S", 9, 9), ("Notes", 1, 1), ("Notes", 1, 2)}
    assert (found.handed_out, found.closed) == ({("S", 1, 1)}, {"Answers"})


def test_cells_that_read_each_other_end():
    sheets = {"S": {(1, 1): Cell(None, "A2"), (2, 1): Cell(None, "A1+SUM(A:A)")}}
    assert len(precedents("S", Cell(None, "A1"), sheets, {}).outside) == 2


def test_too_many_are_refused():
    sheets = {"S": {(row, 1): Cell(1.0) for row in range(1, 20_010)}}
    with pytest.raises(ExportError, match="more than 20,000 cells"):
        precedents("S", Cell(None, "SUM(A:A)"), sheets, {})


@pytest.mark.parametrize(
    ("formula", "what"),
    [
        ('WEBSERVICE("http://x")', "WEBSERVICE"),
        ('1+webservice ("http://x")', "WEBSERVICE"),
        ("[1]Sheet1!A1", "another file"),
        ("SUM('[2]Sheet 1'!A1:A9)", "another file"),
        ("'C:\\files\\[book.xlsx]Sheet1'!A1", "another file"),
        ("cmd|'/c calc'!A0", "another program"),
        ('"WEBSERVICE(1) [1] a|b"', ""),
        ("SUM(A1:A9)*2", ""),
        ("SUMPRODUCT(A1:A3,'My notes'!B1:B3)", ""),
        ("RECALL(1)+CALLS(2)", ""),
        ("'a\"b'!A1&WEBSERVICE(\"http://x\")&'a\"b'!A1", "WEBSERVICE"),
        ('IMAGE("http://x/y.png")', "IMAGE"),
        ('_xlfn.IMAGE("http://x/y.png")', "IMAGE"),
        ("'file:///C:/book.ods'#$Sheet1.A1", "another file"),
        ("[book.xlsx]Sheet1!A1", "another file"),
        ('DDE("soffice","x","y")', "DDE"),
        ("Table1[[#This Row],[x]]*2", ""),
        ("'x|y'!A1", ""),
    ],
)
def test_what_reaches_out(formula, what):
    assert external_reference(formula) == what


@pytest.mark.parametrize("cell", ["A1", "Z9", "AA10", "AZ77", "XFD1048576"])
def test_names_of_cells(cell):
    assert name_of(*place(cell)) == cell
    assert place(f"${cell.rstrip('0123456789')}${cell.lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}") == place(cell)
